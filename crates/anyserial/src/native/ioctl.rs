//! Typed ioctls. All `unsafe` of this crate stands here, but for the calls to IOKit in
//! `apple/iokit.rs`.
//!
//! Each function binds a request number to the type that the kernel reads or writes for it, so
//! that callers cannot mismatch them. A terminal that does not know a request answers ENOTTY and
//! touches no memory.

#![allow(unsafe_code)]

use std::ffi::c_int;
use std::os::fd::BorrowedFd;

use rustix::io::Result;
use rustix::ioctl::{Getter, NoArg, Opcode, Setter, ioctl};

use super::system::opcode;

/// `TIOCMGET`: the modem and control lines as `TIOCM_` bits.
pub(super) fn modem_bits(fd: BorrowedFd<'_>) -> Result<c_int> {
    get_int::<{ opcode::TIOCMGET }>(fd)
}

/// `TIOCMSET`: sets all control lines at once, as `TIOCM_` bits.
pub(super) fn set_modem_bits(fd: BorrowedFd<'_>, bits: c_int) -> Result<()> {
    set_int::<{ opcode::TIOCMSET }>(fd, bits)
}

/// `TIOCMBIS`: raises the control lines of these `TIOCM_` bits.
pub(super) fn raise_modem_bits(fd: BorrowedFd<'_>, bits: c_int) -> Result<()> {
    set_int::<{ opcode::TIOCMBIS }>(fd, bits)
}

/// `TIOCMBIC`: drops the control lines of these `TIOCM_` bits.
pub(super) fn drop_modem_bits(fd: BorrowedFd<'_>, bits: c_int) -> Result<()> {
    set_int::<{ opcode::TIOCMBIC }>(fd, bits)
}

/// `TIOCOUTQ`: bytes in the output queue.
pub(super) fn output_queue(fd: BorrowedFd<'_>) -> Result<c_int> {
    get_int::<{ opcode::TIOCOUTQ }>(fd)
}

/// `TIOCSBRK`: the transmitter begins to send a break.
pub(super) fn begin_break(fd: BorrowedFd<'_>) -> Result<()> {
    call::<{ opcode::TIOCSBRK }>(fd)
}

/// `TIOCCBRK`: the transmitter ends its break.
pub(super) fn end_break(fd: BorrowedFd<'_>) -> Result<()> {
    call::<{ opcode::TIOCCBRK }>(fd)
}

fn get_int<const OPCODE: Opcode>(fd: BorrowedFd<'_>) -> Result<c_int> {
    // SAFETY: used in this file alone, with requests whose argument the kernel takes as a
    // pointer to an `int` that it writes.
    unsafe { ioctl(fd, Getter::<OPCODE, c_int>::new()) }
}

fn set_int<const OPCODE: Opcode>(fd: BorrowedFd<'_>, value: c_int) -> Result<()> {
    // SAFETY: used in this file alone, with requests whose argument the kernel takes as a
    // pointer to an `int` that it reads.
    unsafe { ioctl(fd, Setter::<OPCODE, c_int>::new(value)) }
}

fn call<const OPCODE: Opcode>(fd: BorrowedFd<'_>) -> Result<()> {
    // SAFETY: used in this file alone, with requests that take no argument.
    unsafe { ioctl(fd, NoArg::<OPCODE>::new()) }
}

super::on_linux! {
    /// `TIOCGEXCL`: whether the terminal is in exclusive mode (Linux 3.8).
    pub(super) fn is_exclusive(fd: BorrowedFd<'_>) -> Result<bool> {
        Ok(get_int::<{ opcode::TIOCGEXCL }>(fd)? != 0)
    }

    /// `TIOCSERGETLSR`: `TIOCSER_TEMT`, if the transmitter is empty, else 0.
    pub(super) fn line_status(fd: BorrowedFd<'_>) -> Result<c_int> {
        get_int::<{ opcode::TIOCSERGETLSR }>(fd)
    }

    /// `struct serial_icounter_struct` of Linux `include/uapi/linux/serial.h`.
    #[repr(C)]
    #[derive(Debug, Clone, Copy)]
    pub(super) struct InterruptCounters {
        pub(super) cts: c_int,
        pub(super) dsr: c_int,
        pub(super) rng: c_int,
        pub(super) dcd: c_int,
        pub(super) rx: c_int,
        pub(super) tx: c_int,
        pub(super) frame: c_int,
        pub(super) overrun: c_int,
        pub(super) parity: c_int,
        pub(super) brk: c_int,
        pub(super) buf_overrun: c_int,
        reserved: [c_int; 9],
    }

    /// `TIOCGICOUNT`: line changes, bytes and errors since the driver was bound.
    pub(super) fn counters(fd: BorrowedFd<'_>) -> Result<InterruptCounters> {
        // SAFETY: the kernel writes one `struct serial_icounter_struct`.
        unsafe { ioctl(fd, Getter::<{ opcode::TIOCGICOUNT }, InterruptCounters>::new()) }
    }

    /// `struct serial_struct` of Linux `include/uapi/linux/serial.h`.
    #[repr(C)]
    #[derive(Debug, Clone, Copy)]
    pub(super) struct SerialStruct {
        kind: c_int,
        line: c_int,
        port: std::ffi::c_uint,
        irq: c_int,
        /// `ASYNC_` flags of `include/uapi/linux/tty_flags.h`.
        pub(super) flags: c_int,
        xmit_fifo_size: c_int,
        custom_divisor: c_int,
        baud_base: c_int,
        close_delay: std::ffi::c_ushort,
        io_type: std::ffi::c_char,
        reserved_char: [std::ffi::c_char; 1],
        hub6: c_int,
        closing_wait: std::ffi::c_ushort,
        closing_wait2: std::ffi::c_ushort,
        iomem_base: usize,
        iomem_reg_shift: std::ffi::c_ushort,
        port_high: std::ffi::c_uint,
        iomap_base: std::ffi::c_ulong,
    }

    /// `TIOCGSERIAL`: the driver's settings of the port.
    pub(super) fn serial(fd: BorrowedFd<'_>) -> Result<SerialStruct> {
        // SAFETY: the kernel writes one `struct serial_struct`.
        unsafe { ioctl(fd, Getter::<{ opcode::TIOCGSERIAL }, SerialStruct>::new()) }
    }

    /// `TIOCSSERIAL`: changes the driver's settings of the port.
    pub(super) fn set_serial(fd: BorrowedFd<'_>, serial: SerialStruct) -> Result<()> {
        // SAFETY: the kernel reads one `struct serial_struct`; the pointer in it is the number
        // that it gave itself, and user space never follows it.
        unsafe { ioctl(fd, Setter::<{ opcode::TIOCSSERIAL }, SerialStruct>::new(serial)) }
    }

    /// `struct serial_rs485` of Linux `include/uapi/linux/serial.h`.
    #[repr(C)]
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub(super) struct SerialRs485 {
        /// `SER_RS485_` flags.
        pub(super) flags: u32,
        /// In milliseconds.
        pub(super) delay_rts_before_send: u32,
        /// In milliseconds.
        pub(super) delay_rts_after_send: u32,
        /// Used by a flag, else zero.
        pub(super) addr_recv: u8,
        /// Used by a flag, else zero.
        pub(super) addr_dest: u8,
        /// As the kernel gave it.
        pub(super) padding0: [u8; 2],
        /// As the kernel gave it.
        pub(super) padding1: [u32; 4],
    }

    /// `TIOCGRS485`: the RS-485 state.
    pub(super) fn rs485(fd: BorrowedFd<'_>) -> Result<SerialRs485> {
        // SAFETY: the kernel writes one `struct serial_rs485`.
        unsafe { ioctl(fd, Getter::<{ opcode::TIOCGRS485 }, SerialRs485>::new()) }
    }

    /// `TIOCSRS485`: changes the RS-485 state; gives what the driver made of it.
    pub(super) fn set_rs485(fd: BorrowedFd<'_>, mut rs485: SerialRs485) -> Result<SerialRs485> {
        // SAFETY: the kernel reads one `struct serial_rs485` and writes it back.
        unsafe {
            ioctl(
                fd,
                rustix::ioctl::Updater::<{ opcode::TIOCSRS485 }, SerialRs485>::new(&mut rs485),
            )?;
        }
        Ok(rs485)
    }

    /// Whether the driver takes `TIOCSRS485`, without a change: it is sent with an address that
    /// no process can have, which the kernel refuses to read from (EFAULT) only once it has found
    /// that the driver has RS-485.
    pub(super) fn takes_rs485(fd: BorrowedFd<'_>) -> Result<()> {
        type Request = rustix::ioctl::IntegerSetter<{ opcode::TIOCSRS485 }>;
        // SAFETY: the kernel checks the address before it reads a `struct serial_rs485` there.
        // This one is the last of the address space: such a struct does not fit, and what is
        // there is the kernel's own, so it reads and writes no memory of this process.
        match unsafe { ioctl(fd, Request::new_usize(usize::MAX)) } {
            Err(rustix::io::Errno::FAULT) => Ok(()),
            outcome => outcome,
        }
    }
}

super::on_macos! {
    /// `IOSSIOSPEED`: sets the baud rate, whatever it is.
    pub(super) fn set_speed(fd: BorrowedFd<'_>, rate: libc::speed_t) -> Result<()> {
        // SAFETY: the kernel reads one `speed_t`.
        unsafe { ioctl(fd, Setter::<{ opcode::IOSSIOSPEED }, libc::speed_t>::new(rate)) }
    }

    /// `IOSSDATALAT`: sets how long the driver may keep what it has received, in microseconds.
    pub(super) fn set_latency(fd: BorrowedFd<'_>, latency: std::ffi::c_ulong) -> Result<()> {
        type Request = Setter<{ opcode::IOSSDATALAT }, std::ffi::c_ulong>;
        // SAFETY: the kernel reads one `unsigned long`.
        unsafe { ioctl(fd, Request::new(latency)) }
    }
}
