//! What macOS has in its own way, and the other systems without the Linux kernel plainly or not at
//! all.

use std::convert::Infallible;
use std::os::fd::BorrowedFd;

use rustix::io::{Errno, Result};
use rustix::termios::{OptionalActions, Termios, tcsetattr};

use super::posix::Kind;
use crate::capability::Capability;

/// Puts settings in force at once.
pub(super) fn set_termios(fd: BorrowedFd<'_>, termios: &Termios) -> Result<()> {
    tcsetattr(fd, OptionalActions::Now, termios)
}

/// There is none: nothing was changed that could be put back.
#[derive(Debug)]
pub(super) struct SavedLatency(Infallible);

pub(super) fn low_latency(_: BorrowedFd<'_>, _: Kind) -> Capability {
    Capability::Unsupported
}

pub(super) fn set_low_latency(_: BorrowedFd<'_>) -> Result<Option<SavedLatency>> {
    Err(Errno::NOTTY)
}

pub(super) fn restore_latency(_: BorrowedFd<'_>, saved: &SavedLatency) {
    match saved.0 {}
}
