//! anyserial beside its peers.
//!
//! `cargo run --release -p anyserial-benches --bin report` measures everything in one run and
//! writes it as Markdown; `cargo bench -p anyserial-benches` measures the wall time of a few
//! workloads by criterion. Each workload is written once, over [`Contestant`] and [`Port`].

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_errors_doc,
    reason = "a measurement that cannot go on stops"
)]

pub mod contestants;
pub mod epoll;
pub mod far;
pub mod jobs;

use std::future::Future;
use std::io;

pub use contestants::{NAMES, OURS, with_contestant};

/// A port as a workload sees it.
#[allow(async_fn_in_trait, reason = "each workload runs on one thread")]
pub trait Port: 'static {
    /// Writes all of `data`.
    async fn send(&mut self, data: &[u8]) -> io::Result<()>;

    /// Reads what is there, at least one byte.
    async fn receive(&mut self, buf: &mut [u8]) -> io::Result<usize>;

    /// What it calls flushing.
    async fn flush(&mut self) -> io::Result<()>;

    /// Waits until everything is on the wire, if it can.
    async fn drain(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Closes it, if there is more to that than dropping it.
    async fn close(self) -> io::Result<()>
    where
        Self: Sized,
    {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// A library, on a runtime.
#[allow(async_fn_in_trait, reason = "each workload runs on one thread")]
pub trait Contestant {
    /// Its kind of port.
    type Port: Port;

    /// Whether one thread can wait for many of its ports.
    const MANY: bool = true;

    /// Runs a future to its end, on one thread.
    fn block_on<T>(future: impl Future<Output = T>) -> T;

    /// Opens a port at 9600 8N1.
    async fn open(path: &str) -> io::Result<Self::Port>;

    /// Sleeps on the runtime's own timer.
    async fn sleep(duration: std::time::Duration);
}

/// Runs a workload with the contestant of a name.
pub trait Workload {
    /// What it gives.
    type Output;

    /// Runs it.
    fn run<C: Contestant>(self) -> Self::Output;
}
