//! macOS: the serial ports of its `IOSerialFamily`.

mod discovery;
mod iokit;
mod latency;

use std::os::fd::BorrowedFd;

use rustix::io::{Errno, Result};
use rustix::termios::{OptionalActions, Termios, tcsetattr};

use super::{ioctl, macos_rate};

pub(super) use self::discovery::info;
pub(crate) use self::discovery::{Notices, is_set_up, list, look, place};
pub(super) use self::latency::{SavedLatency, low_latency, restore_latency, set_low_latency};
pub(super) use super::posix::{
    Kind, PARITY, SavedRs485, counters, is_exclusive, is_locked, is_unsupported, kind, lock_holder,
    lock_holder_at, owning_group, parity_bits, restore_rs485, rs485, set_rs485, transmitter_empty,
};
pub(super) use super::ptmx::pty;
pub(super) use super::ttycom::LINE_FLOW;

/// Request numbers of `<sys/ttycom.h>` and of `<IOKit/serial/ioss.h>`.
pub(super) mod opcode {
    use std::ffi::c_ulong;

    use rustix::ioctl::Opcode;

    pub(in crate::native) use super::super::ttycom::opcode::*;

    pub(in crate::native) const IOSSDATALAT: Opcode =
        rustix::ioctl::opcode::write::<c_ulong>(b'T', 0);
    pub(in crate::native) const IOSSIOSPEED: Opcode =
        rustix::ioctl::opcode::write::<libc::speed_t>(b'T', 2);

    // What the header's macros come to where a long has 64 bits.
    const _: () = assert!(size_of::<c_ulong>() != 8 || IOSSDATALAT == 0x8008_5400);
    const _: () = assert!(size_of::<c_ulong>() != 8 || IOSSIOSPEED == 0x8008_5402);
}

/// Puts settings in force at once.
///
/// A baud rate outside of the system's table does not go with the rest: an even one is refused,
/// an odd one means an external clock of half of it. So the rest goes first, with the rate of a
/// placeholder, and then the rate by itself.
pub(super) fn set_termios(fd: BorrowedFd<'_>, termios: &Termios) -> Result<()> {
    let now = OptionalActions::Now;
    let rate = termios.output_speed();
    let Some(placeholder) = macos_rate::placeholder(rate) else {
        return tcsetattr(fd, now, termios);
    };
    let mut rest = termios.clone();
    rest.set_speed(placeholder)?;
    tcsetattr(fd, now, &rest)?;
    match ioctl::set_speed(fd, rate.into()) {
        // A pseudo-terminal has no table: it takes every rate with the rest, and only so.
        Err(Errno::NOTTY) => tcsetattr(fd, now, termios),
        // The driver's refusal, if it is not for a bad argument.
        Err(error) if error.raw_os_error() == libc::EDEVERR => Err(Errno::INVAL),
        outcome => outcome,
    }
}
