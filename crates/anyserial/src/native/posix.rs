//! macOS and the BSDs: what POSIX and their common heritage give.

use std::convert::Infallible;
use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;

use rustix::fs::{FileType, fstat};
use rustix::io::{Errno, Result};
use rustix::termios::ControlModes;

use super::termios::Difference;
use super::{Descriptor, Found, Notice, ioctl};
use crate::capability::{Capability, Feature};
use crate::config::Parity;
use crate::lines::Counters;
use crate::port_info::PortInfo;
use crate::rs485::Rs485Config;

/// Request numbers of `<sys/ttycom.h>`, the same on macOS and on all BSDs.
pub(super) mod opcode {
    use std::ffi::c_int;

    use rustix::ioctl::{Opcode, opcode};

    pub(in crate::native) const TIOCMGET: Opcode = opcode::read::<c_int>(b't', 106);
    pub(in crate::native) const TIOCMBIC: Opcode = opcode::write::<c_int>(b't', 107);
    pub(in crate::native) const TIOCMBIS: Opcode = opcode::write::<c_int>(b't', 108);
    pub(in crate::native) const TIOCMSET: Opcode = opcode::write::<c_int>(b't', 109);
    pub(in crate::native) const TIOCOUTQ: Opcode = opcode::read::<c_int>(b't', 115);
    pub(in crate::native) const TIOCCBRK: Opcode = opcode::none(b't', 122);
    pub(in crate::native) const TIOCSBRK: Opcode = opcode::none(b't', 123);
}

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
    matches!(
        error,
        Errno::NOTTY | Errno::INVAL | Errno::OPNOTSUPP | Errno::NOTSUP | Errno::NODEV
    )
}

/// Which group may open a port differs too much between these systems to say.
pub(super) fn owning_group(_: &Path) -> Option<String> {
    None
}

/// There is none: nothing was changed that could be put back.
#[derive(Debug)]
pub(super) struct SavedLatency(Infallible);

/// There is none: nothing was changed that could be put back.
#[derive(Debug)]
pub(super) struct SavedRs485(Infallible);

pub(super) fn low_latency(_: BorrowedFd<'_>, _: Kind) -> Capability {
    Capability::Unsupported
}

pub(super) fn set_low_latency(_: BorrowedFd<'_>) -> Result<Option<SavedLatency>> {
    Err(Errno::NOTTY)
}

pub(super) fn restore_latency(_: BorrowedFd<'_>, saved: &SavedLatency) {
    match saved.0 {}
}

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

/// Not told on these systems yet.
pub(super) fn info(_: BorrowedFd<'_>) -> Option<PortInfo> {
    None
}

/// Not possible on these systems yet, and no empty list.
pub(crate) fn list(root: &Path) -> crate::Result<Vec<Found>> {
    Err(crate::Error::UnsupportedFeature {
        path: root.join("dev"),
        feature: Feature::Discovery,
        source: None,
    })
}

/// Nothing is found on these systems yet; whoever asks has failed to list them before.
pub(crate) fn look(_: &Path, _: &str) -> Option<Found> {
    None
}

pub(crate) fn is_set_up(_: &Path, _: &Found) -> bool {
    true
}

/// There are none.
#[derive(Debug)]
pub(crate) struct Notices(Infallible);

impl Notices {
    pub(crate) fn open(_: &Path) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn descriptor(&self) -> &Descriptor {
        match self.0 {}
    }

    pub(crate) fn receive(&mut self) -> io::Result<Notice> {
        match self.0 {}
    }
}
