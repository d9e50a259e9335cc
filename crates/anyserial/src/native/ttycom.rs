//! What macOS and the BSDs inherited together: `<sys/ttycom.h>` and the bits of `c_cflag`.

use rustix::termios::ControlModes;

/// The bits of `c_cflag` by which a modem line stops the sender. They differ from system to
/// system, but all are of these: `CCTS_OFLOW` and `CRTS_IFLOW`, which are `CRTSCTS` together,
/// `CDTR_IFLOW`, `CDSR_OFLOW` and `CCAR_OFLOW`, also called `MDMBUF`.
pub(super) const LINE_FLOW: ControlModes = ControlModes::from_bits_retain(0x001f_0000);

/// Request numbers.
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

// Held against libc's wherever this is compiled, which needs no such system to run on. On NetBSD
// and OpenBSD it has no TIOCOUTQ.
const _: () = {
    use rustix::ioctl::Opcode;

    assert!(opcode::TIOCMGET == libc::TIOCMGET as Opcode);
    assert!(opcode::TIOCMBIC == libc::TIOCMBIC as Opcode);
    assert!(opcode::TIOCMBIS == libc::TIOCMBIS as Opcode);
    assert!(opcode::TIOCMSET == libc::TIOCMSET as Opcode);
    assert!(opcode::TIOCCBRK == libc::TIOCCBRK as Opcode);
    assert!(opcode::TIOCSBRK == libc::TIOCSBRK as Opcode);
    assert!(opcode::TIOCOUTQ == 0x4004_7473);
    assert!(LINE_FLOW.bits() & libc::CRTSCTS == libc::CRTSCTS);
    assert!(LINE_FLOW.bits() & libc::MDMBUF == libc::MDMBUF);
};
