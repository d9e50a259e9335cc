//! RS-485 by the kernel's driver.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::io::{Errno, Result};

use super::super::ioctl::{self, SerialRs485};
use super::super::termios::Difference;
use crate::rs485::Rs485Config;

// Linux include/uapi/linux/serial.h.
const SER_RS485_ENABLED: u32 = 1 << 0;
const SER_RS485_RTS_ON_SEND: u32 = 1 << 1;
const SER_RS485_RTS_AFTER_SEND: u32 = 1 << 2;
const SER_RS485_RX_DURING_TX: u32 = 1 << 4;
const SER_RS485_TERMINATE_BUS: u32 = 1 << 5;

/// The RS-485 state that was in force before.
#[derive(Debug)]
pub(in crate::native) struct SavedRs485(SerialRs485);

/// Turns RS-485 on. Gives what was in force before, and what the driver made of the request
/// where that differs. ENOTTY where the driver has no RS-485.
pub(in crate::native) fn set_rs485(
    fd: BorrowedFd<'_>,
    config: &Rs485Config,
) -> Result<(SavedRs485, Option<Difference>)> {
    let saved = SavedRs485(ioctl::rs485(fd)?);
    let asked = encode(config);
    let difference = match ioctl::set_rs485(fd, asked) {
        // Some drivers write back what they made of it, some do not: ask.
        Ok(_) => differences(asked, ioctl::rs485(fd)?),
        // A flag that this driver refuses to take; it applied nothing.
        Err(Errno::INVAL) => Some(Difference::new("rs485", format!("{config:?}"), "refused")),
        Err(error) => return Err(error),
    };
    Ok((saved, difference))
}

/// Puts the RS-485 state back.
pub(in crate::native) fn restore_rs485(fd: BorrowedFd<'_>, saved: &SavedRs485) -> Result<()> {
    ioctl::set_rs485(fd, saved.0).map(drop)
}

/// Whether the driver knows RS-485 at all; a 16550A answers this and still refuses to change it.
pub(in crate::native) fn has_rs485(fd: BorrowedFd<'_>) -> Result<()> {
    ioctl::rs485(fd).map(drop)
}

fn encode(config: &Rs485Config) -> SerialRs485 {
    let mut flags = SER_RS485_ENABLED;
    for (on, flag) in [
        (config.rts_on_send, SER_RS485_RTS_ON_SEND),
        (config.rts_after_send, SER_RS485_RTS_AFTER_SEND),
        (config.receive_during_send, SER_RS485_RX_DURING_TX),
        (config.terminate_bus, SER_RS485_TERMINATE_BUS),
    ] {
        if on {
            flags |= flag;
        }
    }
    SerialRs485 {
        flags,
        delay_rts_before_send: milliseconds(config.delay_before_send),
        delay_rts_after_send: milliseconds(config.delay_after_send),
        padding: [0; 5],
    }
}

fn milliseconds(delay: Duration) -> u32 {
    // `SerialConfig::validate` has refused what does not fit.
    u32::try_from(delay.as_millis()).unwrap_or(u32::MAX)
}

fn differences(asked: SerialRs485, got: SerialRs485) -> Option<Difference> {
    for (field, flag) in [
        ("rs485", SER_RS485_ENABLED),
        ("rs485.rts_on_send", SER_RS485_RTS_ON_SEND),
        ("rs485.rts_after_send", SER_RS485_RTS_AFTER_SEND),
        ("rs485.receive_during_send", SER_RS485_RX_DURING_TX),
        ("rs485.terminate_bus", SER_RS485_TERMINATE_BUS),
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
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_what_the_kernel_header_says() {
        let config = Rs485Config::new()
            .rts_on_send(false)
            .rts_after_send(true)
            .receive_during_send(true)
            .delay_before_send(Duration::from_millis(3))
            .delay_after_send(Duration::from_millis(4));
        let encoded = encode(&config);
        assert_eq!(encoded.flags, 0b1_0101);
        assert_eq!(encoded.delay_rts_before_send, 3);
        assert_eq!(encoded.delay_rts_after_send, 4);
    }

    #[test]
    fn names_what_a_pl011_clamps_and_drops() {
        let asked = encode(&Rs485Config::new().delay_after_send(Duration::from_millis(500)));
        let got = SerialRs485 {
            delay_rts_after_send: 100,
            ..asked
        };
        let difference = differences(asked, got).unwrap();
        assert_eq!(difference.field, "rs485.delay_after_send");
        assert_eq!(
            (difference.asked.as_str(), difference.got.as_str()),
            ("500 ms", "100 ms")
        );

        let asked = encode(&Rs485Config::new().terminate_bus(true));
        let got = SerialRs485 {
            flags: asked.flags & !SER_RS485_TERMINATE_BUS,
            ..asked
        };
        assert_eq!(
            differences(asked, got).unwrap().field,
            "rs485.terminate_bus"
        );
        assert!(differences(asked, asked).is_none());
    }
}
