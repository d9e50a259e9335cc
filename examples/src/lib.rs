//! The examples of anyserial: `cargo run --example NAME`.
