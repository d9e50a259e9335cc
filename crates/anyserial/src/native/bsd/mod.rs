//! FreeBSD, DragonFly BSD, NetBSD and OpenBSD: baud rates are plain numbers.

use std::ffi::CString;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::io::Result;
use rustix::termios::ttyname;
use rustix_openpty::openpty;

use super::posix;

pub(super) use super::discovery::info;
pub(crate) use super::discovery::{Notices, is_set_up, list, look, place};
pub(super) use super::plain::{
    SavedLatency, low_latency, restore_latency, set_low_latency, set_termios,
};
pub(super) use super::posix::{
    Kind, PARITY, SavedRs485, counters, is_exclusive, is_locked, is_unsupported, lock_holder,
    lock_holder_at, owning_group, parity_bits, restore_rs485, rs485, set_rs485, transmitter_empty,
};
pub(super) use super::ttycom::{LINE_FLOW, opcode};

/// Tells the kind of a terminal by its name, then by whether it has lines.
pub(super) fn kind(fd: BorrowedFd<'_>) -> Kind {
    // FreeBSD's pseudo-terminals claim to have a carrier.
    let name = ttyname(fd, Vec::new());
    if name.is_ok_and(|name| name.to_bytes().starts_with(b"/dev/pts/")) {
        return Kind::Pseudo;
    }
    posix::kind(fd)
}

/// A fresh pseudo-terminal: the master, and the path of the slave.
pub(super) fn pty() -> Result<(OwnedFd, CString)> {
    // Not all of these systems have a `ptsname` that threads can share.
    let pty = openpty(None, None)?;
    let name = ttyname(&pty.user, Vec::new())?;
    Ok((pty.controller, name))
}
