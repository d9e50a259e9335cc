//! Numbers and sizes that differ by architecture, held against those of the C library and of the
//! kernel's headers. The numbers when this is compiled: no machine of the architecture has to run
//! it.

use std::ffi::c_long;

use rustix::ioctl::Opcode;

use super::ioctl::{InterruptCounters, SerialRs485, SerialStruct};
use super::system::{PARITY, opcode};

const _: () = {
    assert!(opcode::TIOCMGET == libc::TIOCMGET as Opcode);
    assert!(opcode::TIOCMSET == libc::TIOCMSET as Opcode);
    assert!(opcode::TIOCMBIS == libc::TIOCMBIS as Opcode);
    assert!(opcode::TIOCMBIC == libc::TIOCMBIC as Opcode);
    assert!(opcode::TIOCOUTQ == libc::TIOCOUTQ as Opcode);
    assert!(opcode::TIOCSBRK == libc::TIOCSBRK as Opcode);
    assert!(opcode::TIOCCBRK == libc::TIOCCBRK as Opcode);
    assert!(opcode::TIOCGEXCL == libc::TIOCGEXCL as Opcode);
    assert!(opcode::TIOCSERGETLSR == libc::TIOCSERGETLSR as Opcode);
    assert!(opcode::TIOCGICOUNT == libc::TIOCGICOUNT as Opcode);
    assert!(opcode::TIOCGSERIAL == libc::TIOCGSERIAL as Opcode);
    assert!(opcode::TIOCSSERIAL == libc::TIOCSSERIAL as Opcode);
    assert!(PARITY.bits() == libc::PARENB | libc::PARODD | libc::CMSPAR);
};

// The C library does not have them on SPARC.
#[cfg(not(any(target_arch = "sparc", target_arch = "sparc64")))]
const _: () = {
    assert!(opcode::TIOCGRS485 == libc::TIOCGRS485 as Opcode);
    assert!(opcode::TIOCSRS485 == libc::TIOCSRS485 as Opcode);
};

#[test]
fn structs_are_as_large_as_those_of_the_kernel() {
    // include/uapi/linux/serial.h; the last one has a pointer and a long in it.
    assert_eq!(size_of::<InterruptCounters>(), 80);
    assert_eq!(size_of::<SerialRs485>(), 32);
    let with_longs = if size_of::<c_long>() == 8 { 72 } else { 60 };
    assert_eq!(size_of::<SerialStruct>(), with_longs);
}
