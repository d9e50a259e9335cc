//! illumos: what POSIX and the heritage of System V give.

use rustix::termios::ControlModes;

pub(super) use super::discovery::info;
pub(crate) use super::discovery::{Notices, is_set_up, list, look, place};
pub(super) use super::plain::{
    SavedLatency, low_latency, restore_latency, set_low_latency, set_termios,
};
pub(super) use super::posix::{
    Kind, PARITY, SavedRs485, counters, is_exclusive, is_locked, is_unsupported, kind, lock_holder,
    lock_holder_at, owning_group, parity_bits, restore_rs485, rs485, set_rs485, transmitter_empty,
};
pub(super) use super::ptmx::pty;

/// The bits of `c_cflag` by which a modem line stops the sender.
pub(super) const LINE_FLOW: ControlModes = ControlModes::CRTSCTS;

/// Request numbers of `<sys/termios.h>`.
pub(super) mod opcode {
    use rustix::ioctl::Opcode;

    pub(in crate::native) const TIOCMGET: Opcode = libc::TIOCMGET as Opcode;
    pub(in crate::native) const TIOCMSET: Opcode = libc::TIOCMSET as Opcode;
    pub(in crate::native) const TIOCMBIS: Opcode = libc::TIOCMBIS as Opcode;
    pub(in crate::native) const TIOCMBIC: Opcode = libc::TIOCMBIC as Opcode;
    pub(in crate::native) const TIOCOUTQ: Opcode = libc::TIOCOUTQ as Opcode;
    pub(in crate::native) const TIOCSBRK: Opcode = libc::TIOCSBRK as Opcode;
    pub(in crate::native) const TIOCCBRK: Opcode = libc::TIOCCBRK as Opcode;
}
