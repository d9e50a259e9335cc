//! What the systems without the Linux kernel have in common.

use std::convert::Infallible;
use std::os::fd::BorrowedFd;
use std::path::Path;

use rustix::fs::{FileType, fstat};
use rustix::io::{Errno, Result};
use rustix::termios::ControlModes;

use super::ioctl;
use super::termios::Difference;
use crate::capability::Capability;
use crate::config::Parity;
use crate::lines::Counters;
use crate::rs485::Rs485Config;

/// The parity bits of `c_cflag`.
pub(super) const PARITY: ControlModes = ControlModes::PARENB.union(ControlModes::PARODD);

/// The parity bits for each parity; `None` where the system has none for it.
pub(super) fn parity_bits(parity: Parity) -> Option<ControlModes> {
    match parity {
        Parity::None => Some(ControlModes::empty()),
        Parity::Even => Some(ControlModes::PARENB),
        Parity::Odd => Some(PARITY),
        Parity::Mark | Parity::Space => None,
    }
}

/// What kind of terminal a descriptor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A pseudo-terminal: it has no modem lines.
    Pseudo,
    /// A terminal that this system has no better word for.
    #[expect(
        dead_code,
        reason = "only Linux tells such a terminal from one behind a bus"
    )]
    Uart,
    /// Behind a bus, USB as a rule: calls wait for transfers.
    Bus,
}

/// Tells the kind of a terminal by whether it has lines.
pub(super) fn kind(fd: BorrowedFd<'_>) -> Kind {
    let device = fstat(fd).map(|stat| FileType::from_raw_mode(stat.st_mode));
    match (device, ioctl::modem_bits(fd)) {
        (Ok(FileType::CharacterDevice), Err(error)) if is_unsupported(error) => Kind::Pseudo,
        _ => Kind::Bus,
    }
}

/// These systems do not tell; they refuse the second open of an exclusive terminal.
pub(super) fn is_exclusive(_: BorrowedFd<'_>) -> bool {
    false
}

/// These systems do not tell.
pub(super) fn lock_holder_at(_: &Path) -> Option<u32> {
    None
}

/// These systems do not tell without an open.
pub(super) fn is_locked(_: &Path) -> bool {
    false
}

/// These systems do not tell.
pub(super) fn lock_holder(_: BorrowedFd<'_>) -> Option<u32> {
    None
}

/// These systems do not tell.
pub(super) fn transmitter_empty(_: BorrowedFd<'_>) -> Result<Option<bool>> {
    Ok(None)
}

/// These systems do not count.
pub(super) fn counters(_: BorrowedFd<'_>) -> Result<Counters> {
    Err(Errno::NOTTY)
}

/// Whether a driver says by this error that it does not know a request.
pub(super) fn is_unsupported(error: Errno) -> bool {
    // On some of these systems the last two are one.
    [
        Errno::NOTTY,
        Errno::INVAL,
        Errno::NODEV,
        Errno::OPNOTSUPP,
        Errno::NOTSUP,
    ]
    .contains(&error)
}

/// Which group may open a port differs too much between these systems to say.
pub(super) fn owning_group(_: &Path) -> Option<String> {
    None
}

/// There is none: nothing was changed that could be put back.
#[derive(Debug)]
pub(super) struct SavedRs485(Infallible);

pub(super) fn rs485(_: BorrowedFd<'_>) -> Capability {
    Capability::Unsupported
}

pub(super) fn set_rs485(
    _: BorrowedFd<'_>,
    _: &Rs485Config,
) -> Result<(SavedRs485, Option<Difference>)> {
    Err(Errno::NOTTY)
}

pub(super) fn restore_rs485(_: BorrowedFd<'_>, saved: &SavedRs485) {
    match saved.0 {}
}
