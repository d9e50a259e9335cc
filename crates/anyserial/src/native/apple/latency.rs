//! `IOSSDATALAT`: how long the driver may keep what it has received.

use std::ffi::c_ulong;
use std::os::fd::BorrowedFd;

use rustix::io::Result;

use super::super::ioctl;
use super::super::posix::Kind;
use crate::capability::Capability;

/// The shortest latency that can be asked for: 1 microsecond. 0 asks for the driver's own, the
/// time of 256 / 3 characters.
const SHORTEST: c_ulong = 1;
const DEFAULT: c_ulong = 0;

/// That the driver's own latency was in force before. It cannot be read.
#[derive(Debug)]
pub(in crate::native) struct SavedLatency(());

/// Turns low latency on. ENOTTY where the terminal is of another family, as a pseudo-terminal is.
///
/// Whether the driver heeds it is not known: the system keeps the driver's answer to itself.
pub(in crate::native) fn set_low_latency(fd: BorrowedFd<'_>) -> Result<Option<SavedLatency>> {
    ioctl::set_latency(fd, SHORTEST)?;
    Ok(Some(SavedLatency(())))
}

/// Turns low latency off again.
pub(in crate::native) fn restore_latency(fd: BorrowedFd<'_>, _: &SavedLatency) {
    // A device that is gone has nothing to be put back.
    let _ = ioctl::set_latency(fd, DEFAULT);
}

/// Whether a driver has low latency cannot be asked.
pub(in crate::native) fn low_latency(_: BorrowedFd<'_>, kind: Kind) -> Capability {
    match kind {
        Kind::Pseudo => Capability::Unsupported,
        Kind::Uart | Kind::Bus => Capability::Unknown,
    }
}
