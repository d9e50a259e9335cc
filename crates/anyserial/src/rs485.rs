//! RS-485.

use std::time::Duration;

/// How the driver steers an RS-485 transceiver by RTS.
///
/// Times are whole milliseconds, at most [`MAX_DELAY`](Rs485Config::MAX_DELAY).
///
/// ```
/// use std::time::Duration;
/// use anyserial::{Rs485Config, SerialConfig};
///
/// let config = SerialConfig::new(9600)
///     .rs485(Rs485Config::new().delay_after_send(Duration::from_millis(1)));
/// assert!(config.validate().is_ok());
/// ```
///
/// # Platform notes
///
/// Linux: `struct serial_rs485` of `include/uapi/linux/serial.h`; see
/// `Documentation/driver-api/serial/serial-rs485.rst`. What a driver clamps or drops, as the
/// PL011 does with delays above 100 ms and with `terminate_bus`, is refused as
/// [`Error::UnsupportedConfiguration`](crate::Error::UnsupportedConfiguration) that names the
/// field. RTS both or neither while and after sending is no direction control, and kernels from
/// 6.0 on make it RTS while sending. Flags of the driver that are not spoken of here stay as they
/// are. USB adapters with RS-485 steer the transceiver by themselves and need none of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
#[doc(alias = "serial_rs485")]
#[doc(alias = "TIOCSRS485")]
pub struct Rs485Config {
    /// RTS is high while sending. Default: true.
    #[doc(alias = "SER_RS485_RTS_ON_SEND")]
    pub rts_on_send: bool,
    /// RTS is high after sending. Default: false.
    #[doc(alias = "SER_RS485_RTS_AFTER_SEND")]
    pub rts_after_send: bool,
    /// From raising RTS to the first bit. Default: none.
    #[doc(alias = "delay_rts_before_send")]
    pub delay_before_send: Duration,
    /// From the last bit to dropping RTS. Default: none.
    #[doc(alias = "delay_rts_after_send")]
    pub delay_after_send: Duration,
    /// Receive while sending: hear oneself. Default: false.
    #[doc(alias = "SER_RS485_RX_DURING_TX")]
    pub receive_during_send: bool,
    /// Switch the bus termination on. Default: false.
    #[doc(alias = "SER_RS485_TERMINATE_BUS")]
    pub terminate_bus: bool,
    /// Characters carry a ninth bit that tells addresses from data. Default: they do not.
    #[doc(alias = "SER_RS485_ADDRB")]
    pub addressing: Option<Rs485Addressing>,
}

impl Rs485Config {
    /// The longest delay that can be asked for.
    pub const MAX_DELAY: Duration = Duration::from_secs(3600);

    /// RTS high while sending, no delays.
    #[must_use]
    pub const fn new() -> Self {
        Rs485Config {
            rts_on_send: true,
            rts_after_send: false,
            delay_before_send: Duration::ZERO,
            delay_after_send: Duration::ZERO,
            receive_during_send: false,
            terminate_bus: false,
            addressing: None,
        }
    }

    /// Sets whether RTS is high while sending.
    #[must_use]
    pub const fn rts_on_send(mut self, high: bool) -> Self {
        self.rts_on_send = high;
        self
    }

    /// Sets whether RTS is high after sending.
    #[must_use]
    pub const fn rts_after_send(mut self, high: bool) -> Self {
        self.rts_after_send = high;
        self
    }

    /// Sets the time from raising RTS to the first bit.
    #[must_use]
    pub const fn delay_before_send(mut self, delay: Duration) -> Self {
        self.delay_before_send = delay;
        self
    }

    /// Sets the time from the last bit to dropping RTS.
    #[must_use]
    pub const fn delay_after_send(mut self, delay: Duration) -> Self {
        self.delay_after_send = delay;
        self
    }

    /// Sets whether to receive while sending.
    #[must_use]
    pub const fn receive_during_send(mut self, on: bool) -> Self {
        self.receive_during_send = on;
        self
    }

    /// Sets whether the bus termination is on.
    #[must_use]
    pub const fn terminate_bus(mut self, on: bool) -> Self {
        self.terminate_bus = on;
        self
    }

    /// Sets how characters are addressed; `None`: not at all.
    #[must_use]
    pub fn addressing(mut self, addressing: impl Into<Option<Rs485Addressing>>) -> Self {
        self.addressing = addressing.into();
        self
    }
}

impl Default for Rs485Config {
    fn default() -> Self {
        Self::new()
    }
}

/// How the hardware addresses the devices of an RS-485 bus: by characters whose ninth bit is set.
///
/// ```
/// use anyserial::{Rs485Addressing, Rs485Config};
///
/// let addressing = Rs485Addressing::new().receive(0x21).destination(0x01);
/// let config = Rs485Config::new().addressing(addressing);
/// assert_eq!(config.addressing, Some(addressing));
/// ```
///
/// # Platform notes
///
/// Linux 5.19 and later, and few drivers: `8250_dw` is one. Older kernels keep the request and do
/// nothing about it; that is found out, and refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Rs485Addressing {
    /// Only what follows this address is received. Default: everything is.
    #[doc(alias = "SER_RS485_ADDR_RECV")]
    pub receive: Option<u8>,
    /// What is sent goes to this address. Default: no address is sent.
    #[doc(alias = "SER_RS485_ADDR_DEST")]
    pub destination: Option<u8>,
}

impl Rs485Addressing {
    /// Addressing without any address yet.
    #[must_use]
    pub const fn new() -> Self {
        Rs485Addressing {
            receive: None,
            destination: None,
        }
    }

    /// Sets the address that is received.
    #[must_use]
    pub const fn receive(mut self, address: u8) -> Self {
        self.receive = Some(address);
        self
    }

    /// Sets the address that is sent to.
    #[must_use]
    pub const fn destination(mut self, address: u8) -> Self {
        self.destination = Some(address);
        self
    }
}
