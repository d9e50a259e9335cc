//! Linux: what only this kernel has.

mod discovery;
mod lock_holder;
mod low_latency;
mod rs485;
mod uevents;

use std::ffi::c_int;
use std::fs;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{Stat, fstat, major, minor};
use rustix::io::{Errno, Result};
use rustix::termios::{ControlModes, OptionalActions, Termios, tcsetattr};

use super::ioctl;
use crate::config::Parity;
use crate::lines::Counters;

pub(super) use self::discovery::info;
pub(crate) use self::discovery::{is_set_up, list, look, place};
pub(super) use self::lock_holder::{is_locked, lock_holder, lock_holder_at};
pub(super) use self::low_latency::{SavedLatency, low_latency, restore_latency, set_low_latency};
pub(super) use self::rs485::{SavedRs485, restore_rs485, rs485, set_rs485};
pub(crate) use self::uevents::Notices;
pub(super) use super::ptmx::pty;

/// Request numbers of the kernel's headers, which differ by architecture.
pub(super) mod opcode {
    use linux_raw_sys::ioctl;
    use rustix::ioctl::Opcode;

    pub(in crate::native) const TIOCMGET: Opcode = ioctl::TIOCMGET as Opcode;
    pub(in crate::native) const TIOCMSET: Opcode = ioctl::TIOCMSET as Opcode;
    pub(in crate::native) const TIOCMBIS: Opcode = ioctl::TIOCMBIS as Opcode;
    pub(in crate::native) const TIOCMBIC: Opcode = ioctl::TIOCMBIC as Opcode;
    pub(in crate::native) const TIOCOUTQ: Opcode = ioctl::TIOCOUTQ as Opcode;
    pub(in crate::native) const TIOCSBRK: Opcode = ioctl::TIOCSBRK as Opcode;
    pub(in crate::native) const TIOCCBRK: Opcode = ioctl::TIOCCBRK as Opcode;
    pub(in crate::native) const TIOCGEXCL: Opcode = ioctl::TIOCGEXCL as Opcode;
    pub(in crate::native) const TIOCSERGETLSR: Opcode = ioctl::TIOCSERGETLSR as Opcode;
    pub(in crate::native) const TIOCGICOUNT: Opcode = ioctl::TIOCGICOUNT as Opcode;
    pub(in crate::native) const TIOCGSERIAL: Opcode = ioctl::TIOCGSERIAL as Opcode;
    pub(in crate::native) const TIOCSSERIAL: Opcode = ioctl::TIOCSSERIAL as Opcode;
    pub(in crate::native) const TIOCGRS485: Opcode = ioctl::TIOCGRS485 as Opcode;
    pub(in crate::native) const TIOCSRS485: Opcode = ioctl::TIOCSRS485 as Opcode;
}

/// The parity bits of `c_cflag`.
pub(super) const PARITY: ControlModes = ControlModes::PARENB
    .union(ControlModes::PARODD)
    .union(ControlModes::CMSPAR);

/// The parity bits for each parity; `None` where the system has none for it.
pub(super) fn parity_bits(parity: Parity) -> Option<ControlModes> {
    Some(match parity {
        Parity::None => ControlModes::empty(),
        Parity::Even => ControlModes::PARENB,
        Parity::Odd => ControlModes::PARENB | ControlModes::PARODD,
        Parity::Space => ControlModes::PARENB | ControlModes::CMSPAR,
        Parity::Mark => PARITY,
    })
}

/// The bits of `c_cflag` by which a modem line stops the sender.
pub(super) const LINE_FLOW: ControlModes = ControlModes::CRTSCTS;

/// Puts settings in force at once.
pub(super) fn set_termios(fd: BorrowedFd<'_>, termios: &Termios) -> Result<()> {
    tcsetattr(fd, OptionalActions::Now, termios)
}

/// What kind of terminal a descriptor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A pseudo-terminal: no wire, no transmitter; nothing on it waits for hardware.
    Pseudo,
    /// A UART under the kernel's serial core: its registers answer at once.
    Uart,
    /// Behind a bus, USB as a rule: calls wait for transfers.
    Bus,
}

/// Tells the kind of a terminal by its device number and by sysfs.
pub(super) fn kind(fd: BorrowedFd<'_>) -> Kind {
    match fstat(fd) {
        Ok(stat) if is_pseudo(&stat) => return Kind::Pseudo,
        Ok(_) => {}
        Err(_) => return Kind::Bus,
    }
    // drivers/tty/serial/serial_core.c gives its terminals, and no others, the attribute `type`.
    if sysfs(fd).is_some_and(|entry| entry.join("type").exists()) {
        Kind::Uart
    } else {
        Kind::Bus
    }
}

/// Whether a node is that of a pseudo-terminal.
fn is_pseudo(stat: &Stat) -> bool {
    // Documentation/admin-guide/devices.txt: 136 to 143 are the slaves of Unix98
    // pseudo-terminals, 5:2 is /dev/ptmx, whose descriptors are masters.
    const UNIX98_SLAVES: std::ops::RangeInclusive<u32> = 136..=143;
    const MASTER: (u32, u32) = (5, 2);

    let number = (major(stat.st_rdev), minor(stat.st_rdev));
    UNIX98_SLAVES.contains(&number.0) || number == MASTER
}

/// Where sysfs has this terminal, by its device number: under whatever name it was opened.
fn sysfs(fd: BorrowedFd<'_>) -> Option<PathBuf> {
    let number = fstat(fd).ok()?.st_rdev;
    let (major, minor) = (major(number), minor(number));
    Some(PathBuf::from(format!("/sys/dev/char/{major}:{minor}")))
}

/// Whether another open of the terminal made it exclusive; root can open it all the same.
pub(super) fn is_exclusive(fd: BorrowedFd<'_>) -> bool {
    // Kernels before 3.8 do not tell.
    ioctl::is_exclusive(fd).unwrap_or(false)
}

/// Whether the transmitter is empty; `None` where the driver does not tell.
pub(super) fn transmitter_empty(fd: BorrowedFd<'_>) -> Result<Option<bool>> {
    // include/uapi/asm-generic/ioctls.h.
    const TIOCSER_TEMT: c_int = 0x01;
    match ioctl::line_status(fd) {
        Ok(status) => Ok(Some(status & TIOCSER_TEMT != 0)),
        Err(error) if is_unsupported(error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The driver's counters.
pub(super) fn counters(fd: BorrowedFd<'_>) -> Result<Counters> {
    let counters = ioctl::counters(fd)?;
    Ok(Counters {
        cts: counters.cts.cast_unsigned(),
        dsr: counters.dsr.cast_unsigned(),
        ri: counters.rng.cast_unsigned(),
        cd: counters.dcd.cast_unsigned(),
        received: counters.rx.cast_unsigned(),
        transmitted: counters.tx.cast_unsigned(),
        framing: counters.frame.cast_unsigned(),
        parity: counters.parity.cast_unsigned(),
        overrun: counters.overrun.cast_unsigned(),
        breaks: counters.brk.cast_unsigned(),
        buffer_overrun: counters.buf_overrun.cast_unsigned(),
    })
}

/// Whether a driver says by this error that it does not know a request.
pub(super) fn is_unsupported(error: Errno) -> bool {
    matches!(
        error,
        Errno::NOTTY | Errno::INVAL | Errno::OPNOTSUPP | Errno::NOSYS
    )
}

/// The name of the group that owns a node, unless that is root.
pub(super) fn owning_group(path: &Path) -> Option<String> {
    let gid = rustix::fs::stat(path).ok()?.st_gid;
    if gid == 0 {
        return None;
    }
    let groups = fs::read_to_string("/etc/group").ok()?;
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(gid)).then(|| name.to_owned())
    })
}
