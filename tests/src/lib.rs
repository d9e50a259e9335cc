//! The ground that the behaviour tests stand on.
//!
//! A test is an `async fn(Env)`, written once and listed once, and runs under every
//! [`Runtime`]: `cargo test -p anyserial-tests --test behaviour`. What it needs of a runtime (a
//! port, a task, a timer) it asks its [`Env`] for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

pub mod child;
mod env;
mod far;
mod harness;
mod noise;
mod runtimes;
pub mod tree;

pub use env::{Env, Task};
pub use far::FarEnd;
pub use harness::{Body, Test, run};
pub use noise::{Noise, noise};
pub use runtimes::{RUNTIMES, Runtime};
