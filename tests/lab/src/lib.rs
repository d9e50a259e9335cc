//! A laboratory for serial ports: real kernel drivers in a virtual machine.
//!
//! `tests/lab/run` boots it; its README tells how. Here is what a test finds inside:
//!
//! | cable | ports | what it can do |
//! |---|---|---|
//! | [`Uart`] | two 16550A | carry at any baud rate, break |
//! | [`Usb`] | two FTDI adapters of QEMU's | be unplugged, through xHCI |
//! | [`Ftdi`] | two FTDI adapters over USB/IP | baud rate, all lines, RI, break, parity and framing errors, be unplugged |
//! | [`Acm`] | a CDC-ACM device and its host | be unplugged |
//!
//! [`PHANTOM`] is a node without a UART behind it. The arm64 machine has one port, [`PL011`], with
//! RS-485 by the kernel's driver. A test is an `async fn(Env)` and runs under
//! each of [`RUNTIMES`], one after the other: there is one of each cable. [`run`] makes a report
//! of them; outside of the lab it says so instead.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

pub mod cable;
pub mod ftdi;
pub mod host;
mod report;

use std::time::{Duration, Instant};

pub use cable::{Acm, Cable, Ftdi, Pluggable, Side, Uart, Unplugged, Usb};
pub use report::{Arch, RUNTIMES, run};

/// A node of a UART that is not there.
pub const PHANTOM: &str = "/dev/ttyS3";

/// The UART of the arm64 machine, whose wire brings back what it is given.
pub const PL011: &str = "/dev/ttyAMA0";

/// Looks until there is something, at most for half a minute.
///
/// # Panics
///
/// If nothing comes of it.
pub fn wait<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    const LONGEST: Duration = Duration::from_secs(30);
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < LONGEST, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
