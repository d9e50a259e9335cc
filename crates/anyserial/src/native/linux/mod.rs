//! Linux: what only this kernel has.

mod discovery;
mod lock_holder;
mod low_latency;
mod rs485;
mod uevents;

use std::ffi::c_int;
use std::fs;
use std::os::fd::BorrowedFd;
use std::path::Path;

use rustix::fs::{fstat, major, minor};
use rustix::io::{Errno, Result};
use rustix::termios::{ControlModes, OptionalActions, Termios, tcsetattr};

use super::ioctl;
use crate::config::Parity;
use crate::lines::Counters;

pub(super) use self::discovery::info;
pub(crate) use self::discovery::{is_set_up, list, look};
pub(super) use self::lock_holder::lock_holder;
pub(super) use self::low_latency::{
    SavedLatency, has_low_latency, restore_latency, set_low_latency,
};
pub(super) use self::rs485::{SavedRs485, has_rs485, restore_rs485, set_rs485};
pub(crate) use self::uevents::Notices;
pub(super) use super::ptmx::pty;

/// Request numbers of `include/uapi/asm-generic/ioctls.h`; some architectures differ.
pub(super) mod opcode {
    use rustix::ioctl::Opcode;

    pub(in crate::native) const TIOCMGET: Opcode = libc::TIOCMGET as Opcode;
    pub(in crate::native) const TIOCMSET: Opcode = libc::TIOCMSET as Opcode;
    pub(in crate::native) const TIOCMBIS: Opcode = libc::TIOCMBIS as Opcode;
    pub(in crate::native) const TIOCMBIC: Opcode = libc::TIOCMBIC as Opcode;
    pub(in crate::native) const TIOCOUTQ: Opcode = libc::TIOCOUTQ as Opcode;
    pub(in crate::native) const TIOCSBRK: Opcode = libc::TIOCSBRK as Opcode;
    pub(in crate::native) const TIOCCBRK: Opcode = libc::TIOCCBRK as Opcode;
    pub(in crate::native) const TIOCGEXCL: Opcode = libc::TIOCGEXCL as Opcode;
    pub(in crate::native) const TIOCSERGETLSR: Opcode = libc::TIOCSERGETLSR as Opcode;
    pub(in crate::native) const TIOCGICOUNT: Opcode = libc::TIOCGICOUNT as Opcode;
    pub(in crate::native) const TIOCGSERIAL: Opcode = libc::TIOCGSERIAL as Opcode;
    pub(in crate::native) const TIOCSSERIAL: Opcode = libc::TIOCSSERIAL as Opcode;
    pub(in crate::native) const TIOCGRS485: Opcode = libc::TIOCGRS485 as Opcode;
    pub(in crate::native) const TIOCSRS485: Opcode = libc::TIOCSRS485 as Opcode;
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
    // Documentation/admin-guide/devices.txt: 136 to 143 are the slaves of Unix98
    // pseudo-terminals, 5:2 is /dev/ptmx, whose descriptors are masters.
    const UNIX98_SLAVES: std::ops::RangeInclusive<u32> = 136..=143;
    const MASTER: (u32, u32) = (5, 2);

    let Ok(stat) = fstat(fd) else {
        return Kind::Bus;
    };
    let number = (major(stat.st_rdev), minor(stat.st_rdev));
    if UNIX98_SLAVES.contains(&number.0) || number == MASTER {
        return Kind::Pseudo;
    }
    // drivers/tty/serial/serial_core.c gives its terminals, and no others, the attribute `type`.
    if Path::new(&format!("/sys/dev/char/{}:{}/type", number.0, number.1)).exists() {
        Kind::Uart
    } else {
        Kind::Bus
    }
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

#[cfg(test)]
mod tests {
    use std::ffi::c_long;

    use rustix::ioctl::Opcode;

    use super::super::ioctl::{InterruptCounters, SerialRs485, SerialStruct};
    use super::*;

    /// Request numbers and sizes differ by architecture. Held against the kernel's own headers
    /// (`linux-raw-sys`) when this is compiled, so that no such machine has to run it.
    const _: () = {
        use linux_raw_sys::ioctl as kernel;

        assert!(opcode::TIOCMGET == kernel::TIOCMGET as Opcode);
        assert!(opcode::TIOCMSET == kernel::TIOCMSET as Opcode);
        assert!(opcode::TIOCMBIS == kernel::TIOCMBIS as Opcode);
        assert!(opcode::TIOCMBIC == kernel::TIOCMBIC as Opcode);
        assert!(opcode::TIOCOUTQ == kernel::TIOCOUTQ as Opcode);
        assert!(opcode::TIOCSBRK == kernel::TIOCSBRK as Opcode);
        assert!(opcode::TIOCCBRK == kernel::TIOCCBRK as Opcode);
        assert!(opcode::TIOCGEXCL == kernel::TIOCGEXCL as Opcode);
        assert!(opcode::TIOCSERGETLSR == kernel::TIOCSERGETLSR as Opcode);
        assert!(opcode::TIOCGICOUNT == kernel::TIOCGICOUNT as Opcode);
        assert!(opcode::TIOCGSERIAL == kernel::TIOCGSERIAL as Opcode);
        assert!(opcode::TIOCSSERIAL == kernel::TIOCSSERIAL as Opcode);
        assert!(opcode::TIOCGRS485 == kernel::TIOCGRS485 as Opcode);
        assert!(opcode::TIOCSRS485 == kernel::TIOCSRS485 as Opcode);
        assert!(PARITY.bits() == libc::PARENB | libc::PARODD | libc::CMSPAR);
    };

    #[test]
    fn structs_are_as_large_as_those_of_the_kernel() {
        // include/uapi/linux/serial.h; the last one has a pointer and a long in it.
        assert_eq!(size_of::<InterruptCounters>(), 80);
        assert_eq!(size_of::<SerialRs485>(), 32);
        let with_longs = if size_of::<c_long>() == 8 { 72 } else { 60 };
        assert_eq!(size_of::<SerialStruct>(), with_longs);
    }
}
