//! RS-485 by the kernel's driver.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::io::{Errno, Result};
use rustix::termios::{ControlModes, tcgetattr};

use super::super::ioctl::{self, SerialRs485};
use super::super::termios::Difference;
use super::is_unsupported;
use crate::capability::Capability;
use crate::rs485::Rs485Config;

// Linux include/uapi/linux/serial.h.
const SER_RS485_ENABLED: u32 = 1 << 0;
const SER_RS485_RTS_ON_SEND: u32 = 1 << 1;
const SER_RS485_RTS_AFTER_SEND: u32 = 1 << 2;
const SER_RS485_RX_DURING_TX: u32 = 1 << 4;
const SER_RS485_TERMINATE_BUS: u32 = 1 << 5;
const SER_RS485_ADDRB: u32 = 1 << 6;
const SER_RS485_ADDR_RECV: u32 = 1 << 7;
const SER_RS485_ADDR_DEST: u32 = 1 << 8;
const SER_RS485_MODE_RS422: u32 = 1 << 9;

/// `ADDRB` of Linux include/uapi/asm-generic/termbits-common.h.
const ADDRB: ControlModes = ControlModes::from_bits_retain(0x2000_0000);

/// The RS-485 state that was in force before.
#[derive(Debug)]
pub(in crate::native) struct SavedRs485(SerialRs485);

/// Turns RS-485 on. Gives what was in force before, and what the driver made of the request
/// where that differs: then the caller puts back what was before. ENOTTY where the driver has no
/// RS-485.
pub(in crate::native) fn set_rs485(
    fd: BorrowedFd<'_>,
    config: &Rs485Config,
) -> Result<(SavedRs485, Option<Difference>)> {
    let before = ioctl::rs485(fd)?;
    let asked = encode(config, before);
    let difference = match ioctl::set_rs485(fd, asked) {
        // Some drivers write back what they made of it, some do not: ask.
        Ok(_) => difference(asked, ioctl::rs485(fd)?).or_else(|| missing_address_bit(fd, asked)),
        Err(Errno::INVAL) => Some(refusal(fd, config, before)),
        Err(error) => return Err(error),
    };
    Ok((SavedRs485(before), difference))
}

/// Puts the RS-485 state back. A device that is gone has nothing to be put back.
pub(in crate::native) fn restore_rs485(fd: BorrowedFd<'_>, saved: &SavedRs485) {
    let _ = ioctl::set_rs485(fd, saved.0);
}

/// Whether the driver takes RS-485 settings. (A 16550A tells some, and takes none.)
pub(in crate::native) fn rs485(fd: BorrowedFd<'_>) -> Capability {
    match ioctl::takes_rs485(fd) {
        Ok(()) => Capability::Supported,
        Err(error) if is_unsupported(error) => Capability::Unsupported,
        Err(_) => Capability::Unknown,
    }
}

/// `config` on top of what is in force, whose other flags stay.
fn encode(config: &Rs485Config, before: SerialRs485) -> SerialRs485 {
    let addressing = config.addressing.unwrap_or_default();
    let mut flags = before.flags | SER_RS485_ENABLED;
    for (on, flag) in [
        (config.rts_on_send, SER_RS485_RTS_ON_SEND),
        (config.rts_after_send, SER_RS485_RTS_AFTER_SEND),
        (config.receive_during_send, SER_RS485_RX_DURING_TX),
        (config.terminate_bus, SER_RS485_TERMINATE_BUS),
        (config.addressing.is_some(), SER_RS485_ADDRB),
        (addressing.receive.is_some(), SER_RS485_ADDR_RECV),
        (addressing.destination.is_some(), SER_RS485_ADDR_DEST),
        // The other mode of such hardware, without direction control.
        (false, SER_RS485_MODE_RS422),
    ] {
        if on {
            flags |= flag;
        } else {
            flags &= !flag;
        }
    }
    SerialRs485 {
        flags,
        delay_rts_before_send: milliseconds(config.delay_before_send),
        delay_rts_after_send: milliseconds(config.delay_after_send),
        addr_recv: addressing.receive.unwrap_or(0),
        addr_dest: addressing.destination.unwrap_or(0),
        ..before
    }
}

fn milliseconds(delay: Duration) -> u32 {
    // `SerialConfig::validate` has refused what does not fit.
    u32::try_from(delay.as_millis()).unwrap_or(u32::MAX)
}

/// The first setting asked for that is not in force.
fn difference(asked: SerialRs485, got: SerialRs485) -> Option<Difference> {
    for (field, flag) in [
        ("rs485", SER_RS485_ENABLED),
        ("rs485.rts_on_send", SER_RS485_RTS_ON_SEND),
        ("rs485.rts_after_send", SER_RS485_RTS_AFTER_SEND),
        ("rs485.receive_during_send", SER_RS485_RX_DURING_TX),
        ("rs485.terminate_bus", SER_RS485_TERMINATE_BUS),
        ("rs485.addressing", SER_RS485_ADDRB),
        ("rs485.addressing.receive", SER_RS485_ADDR_RECV),
        ("rs485.addressing.destination", SER_RS485_ADDR_DEST),
    ] {
        let (asked, got) = (asked.flags & flag != 0, got.flags & flag != 0);
        if asked != got {
            return Some(Difference::new(field, asked, got));
        }
    }
    for (field, asked, got) in [
        (
            "rs485.delay_before_send",
            asked.delay_rts_before_send,
            got.delay_rts_before_send,
        ),
        (
            "rs485.delay_after_send",
            asked.delay_rts_after_send,
            got.delay_rts_after_send,
        ),
    ] {
        if asked != got {
            return Some(Difference::new(
                field,
                format!("{asked} ms"),
                format!("{got} ms"),
            ));
        }
    }
    for (field, asked, got) in [
        ("rs485.addressing.receive", asked.addr_recv, got.addr_recv),
        (
            "rs485.addressing.destination",
            asked.addr_dest,
            got.addr_dest,
        ),
    ] {
        if asked != got {
            return Some(Difference::new(field, asked, got));
        }
    }
    None
}

/// Drivers from before addressing keep any flags. Those that have it say so in the settings too.
fn missing_address_bit(fd: BorrowedFd<'_>, asked: SerialRs485) -> Option<Difference> {
    let addressing = asked.flags & SER_RS485_ADDRB != 0;
    let works = !addressing || tcgetattr(fd).is_ok_and(|got| got.control_modes.contains(ADDRB));
    (!works).then(|| Difference::new("rs485.addressing", true, false))
}

/// What of a request that was refused as a whole, with EINVAL, is to blame. The kernel refuses
/// addressing so (and flags that are newer than itself), but makes something of all the rest.
fn refusal(fd: BorrowedFd<'_>, config: &Rs485Config, before: SerialRs485) -> Difference {
    let without = encode(&config.addressing(None), before);
    let field = if config.addressing.is_some() && ioctl::set_rs485(fd, without).is_ok() {
        "rs485.addressing"
    } else {
        "rs485"
    };
    Difference::new(field, "on", "an error (EINVAL)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rs485::Rs485Addressing;

    #[test]
    fn has_the_layout_of_the_kernel_header() {
        assert_eq!(size_of::<SerialRs485>(), 32);
        assert_eq!(std::mem::offset_of!(SerialRs485, addr_recv), 12);
        assert_eq!(std::mem::offset_of!(SerialRs485, addr_dest), 13);
    }

    #[test]
    fn encodes_what_the_kernel_header_says() {
        let config = Rs485Config::new()
            .rts_on_send(false)
            .rts_after_send(true)
            .receive_during_send(true)
            .delay_before_send(Duration::from_millis(3))
            .delay_after_send(Duration::from_millis(4));
        let encoded = encode(&config, SerialRs485::default());
        assert_eq!(encoded.flags, 0b1_0101);
        assert_eq!(encoded.delay_rts_before_send, 3);
        assert_eq!(encoded.delay_rts_after_send, 4);

        let addressing = Rs485Addressing::new().receive(5).destination(6);
        let encoded = encode(&config.addressing(addressing), encoded);
        assert_eq!(encoded.flags, 0b1_1101_0101);
        assert_eq!((encoded.addr_recv, encoded.addr_dest), (5, 6));
    }

    #[test]
    fn changes_nothing_but_what_it_speaks_of() {
        const OTHER: u32 = 1 << 20;
        let before = SerialRs485 {
            flags: OTHER | SER_RS485_MODE_RS422 | SER_RS485_TERMINATE_BUS | SER_RS485_ADDR_RECV,
            addr_recv: 7,
            ..SerialRs485::default()
        };
        let encoded = encode(&Rs485Config::new(), before);
        assert_eq!(
            encoded.flags,
            OTHER | SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND
        );
        assert_eq!(encoded.addr_recv, 0);
    }

    #[test]
    fn names_what_a_driver_clamps_and_drops() {
        let plain = Rs485Config::new();
        let refused = |config: Rs485Config, got: fn(SerialRs485) -> SerialRs485| {
            let asked = encode(&config, SerialRs485::default());
            let difference = difference(asked, got(asked)).unwrap();
            [difference.field, &difference.asked, &difference.got].join(" ")
        };
        let clamped = refused(
            plain.delay_after_send(Duration::from_millis(500)),
            |asked| SerialRs485 {
                delay_rts_after_send: 100,
                ..asked
            },
        );
        assert_eq!(clamped, "rs485.delay_after_send 500 ms 100 ms");
        let dropped = refused(plain.terminate_bus(true), |asked| SerialRs485 {
            flags: asked.flags & !SER_RS485_TERMINATE_BUS,
            ..asked
        });
        assert_eq!(dropped, "rs485.terminate_bus true false");
        let addressing = Rs485Addressing::new().receive(5);
        let dropped = refused(plain.addressing(addressing), |asked| SerialRs485 {
            addr_recv: 0,
            ..asked
        });
        assert_eq!(dropped, "rs485.addressing.receive 5 0");
        let asked = encode(&plain, SerialRs485::default());
        assert!(difference(asked, asked).is_none());
    }
}
