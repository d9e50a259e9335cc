//! How a port is set.

mod parts;
mod text;

use std::time::Duration;

use crate::error::{Error, Result};
use crate::rs485::Rs485Config;

pub use self::parts::{DataBits, FlowControl, LineOnOpen, Parity, StopBits, UnsupportedPolicy};
pub use self::text::ParseConfigError;

/// How a port is set: a plain value, made by naming what differs from 115200 8N1.
///
/// Each field has a setter of the same name. The short form is for logs and command lines.
///
/// ```
/// use anyserial::{FlowControl, Parity, SerialConfig};
///
/// let config = SerialConfig::new(9600)
///     .parity(Parity::Even)
///     .flow_control(FlowControl::RTS_CTS);
/// assert_eq!(config.parity, Parity::Even);
/// assert_eq!(config.to_string(), "9600 8E1 rts_cts");
/// assert_eq!("9600 8E1 rts_cts".parse(), Ok(config));
/// assert_eq!(SerialConfig::default().to_string(), "115200 8N1");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct SerialConfig {
    /// Symbols per second: 1 to 4,294,967,295, as far as the hardware goes. Default: 115200.
    #[doc(alias = "BOTHER")]
    #[doc(alias = "IOSSIOSPEED")]
    pub baud_rate: u32,
    /// Bits per character. Default: 8.
    pub data_bits: DataBits,
    /// Default: none.
    pub parity: Parity,
    /// Default: 1.
    pub stop_bits: StopBits,
    /// Default: none.
    pub flow_control: FlowControl,
    /// Nobody else can open the port meanwhile. Default: true.
    ///
    /// Two locks are taken: `flock`, which other programs have to ask for, and `TIOCEXCL`, which
    /// root can ignore.
    #[doc(alias = "TIOCEXCL")]
    #[doc(alias = "flock")]
    pub exclusive: bool,
    /// RTS and DTR drop when the port is closed. Default: true, which is the system's. Boards
    /// that reset by DTR stay as they are with false: see [`LineOnOpen`].
    #[doc(alias = "HUPCL")]
    pub hangup_on_close: bool,
    /// What opening does with RTS. Default: keep it as the system has it. Configuring an open
    /// port does nothing with it.
    pub rts_on_open: LineOnOpen,
    /// What opening does with DTR. Default: keep it as the system has it. Configuring an open
    /// port does nothing with it.
    pub dtr_on_open: LineOnOpen,
    /// Breaks and damaged characters are marked in the input, for
    /// [`receive_events`](crate::SerialPort::receive_events). Default: false. It is chosen at
    /// open, and stays.
    ///
    /// Whoever receives otherwise gets the same bytes as without: a zero for a break, and of a
    /// damaged character what arrived. Opening with it discards input from before the open.
    #[doc(alias = "PARMRK")]
    #[doc(alias = "INPCK")]
    pub mark_errors: bool,
    /// The driver hands on received bytes at once rather than in batches. Default: false, which
    /// leaves it as it is.
    ///
    /// An FTDI adapter waits for 16 ms by default to fill a USB packet; this makes it 1 ms. It
    /// is put back when the port goes, or is configured without.
    ///
    /// On macOS the system takes the wish, but does not tell whether the driver heeds it.
    #[doc(alias = "ASYNC_LOW_LATENCY")]
    #[doc(alias = "IOSSDATALAT")]
    #[doc(alias = "latency_timer")]
    pub low_latency: bool,
    /// The driver steers an RS-485 transceiver. Default: `None`, which leaves it as it is. It is
    /// put back when the port goes, or is configured without.
    pub rs485: Option<Rs485Config>,
    /// How much [`receive_available`](crate::SerialPort::receive_available) makes room for, in
    /// bytes: 1 to [`MAX_READ_CHUNK_SIZE`](SerialConfig::MAX_READ_CHUNK_SIZE). Default: 4096,
    /// more than a Linux terminal gives per read.
    pub read_chunk_size: usize,
    /// What to do about a feature that the device lacks. Default: an error.
    pub unsupported: UnsupportedPolicy,
}

impl SerialConfig {
    /// The largest [`read_chunk_size`](SerialConfig#structfield.read_chunk_size): 16 MiB.
    pub const MAX_READ_CHUNK_SIZE: usize = 16 * 1024 * 1024;

    /// This baud rate, 8 data bits, no parity, 1 stop bit, no flow control, exclusive.
    #[must_use]
    pub const fn new(baud_rate: u32) -> Self {
        SerialConfig {
            baud_rate,
            data_bits: DataBits::Eight,
            parity: Parity::None,
            stop_bits: StopBits::One,
            flow_control: FlowControl::NONE,
            exclusive: true,
            hangup_on_close: true,
            rts_on_open: LineOnOpen::Keep,
            dtr_on_open: LineOnOpen::Keep,
            mark_errors: false,
            low_latency: false,
            rs485: None,
            read_chunk_size: 4096,
            unsupported: UnsupportedPolicy::Error,
        }
    }

    /// Sets the baud rate.
    #[must_use]
    pub const fn baud_rate(mut self, baud_rate: u32) -> Self {
        self.baud_rate = baud_rate;
        self
    }

    /// Sets the bits per character.
    #[must_use]
    pub const fn data_bits(mut self, data_bits: DataBits) -> Self {
        self.data_bits = data_bits;
        self
    }

    /// Sets the parity.
    #[must_use]
    pub const fn parity(mut self, parity: Parity) -> Self {
        self.parity = parity;
        self
    }

    /// Sets the stop bits.
    #[must_use]
    pub const fn stop_bits(mut self, stop_bits: StopBits) -> Self {
        self.stop_bits = stop_bits;
        self
    }

    /// Sets the flow control.
    #[must_use]
    pub const fn flow_control(mut self, flow_control: FlowControl) -> Self {
        self.flow_control = flow_control;
        self
    }

    /// Sets whether nobody else can open the port.
    #[must_use]
    pub const fn exclusive(mut self, exclusive: bool) -> Self {
        self.exclusive = exclusive;
        self
    }

    /// Sets whether RTS and DTR drop when the port is closed.
    #[must_use]
    pub const fn hangup_on_close(mut self, hangup_on_close: bool) -> Self {
        self.hangup_on_close = hangup_on_close;
        self
    }

    /// Sets what opening does with RTS.
    #[must_use]
    pub const fn rts_on_open(mut self, rts: LineOnOpen) -> Self {
        self.rts_on_open = rts;
        self
    }

    /// Sets what opening does with DTR.
    #[must_use]
    pub const fn dtr_on_open(mut self, dtr: LineOnOpen) -> Self {
        self.dtr_on_open = dtr;
        self
    }

    /// Sets whether breaks and damaged characters are marked in the input.
    #[must_use]
    pub const fn mark_errors(mut self, mark: bool) -> Self {
        self.mark_errors = mark;
        self
    }

    /// Sets whether the driver hands on received bytes at once.
    #[must_use]
    pub const fn low_latency(mut self, low_latency: bool) -> Self {
        self.low_latency = low_latency;
        self
    }

    /// Sets how the driver steers an RS-485 transceiver; `None` leaves that as it is.
    #[must_use]
    pub fn rs485(mut self, rs485: impl Into<Option<Rs485Config>>) -> Self {
        self.rs485 = rs485.into();
        self
    }

    /// Sets how much `receive_available` makes room for, in bytes.
    #[must_use]
    pub const fn read_chunk_size(mut self, bytes: usize) -> Self {
        self.read_chunk_size = bytes;
        self
    }

    /// Sets what to do about a feature that the device lacks.
    #[must_use]
    pub const fn unsupported(mut self, policy: UnsupportedPolicy) -> Self {
        self.unsupported = policy;
        self
    }

    /// Whether any port could be set like this. Opening and configuring ask this first.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidConfiguration`] with the field, its value and the range.
    pub fn validate(&self) -> Result<()> {
        let invalid = |field, value: String, expected| {
            Err(Error::InvalidConfiguration {
                field,
                value,
                expected,
            })
        };
        if self.baud_rate == 0 {
            return invalid("baud_rate", "0".to_owned(), "1 to 4294967295");
        }
        if !(1..=Self::MAX_READ_CHUNK_SIZE).contains(&self.read_chunk_size) {
            return invalid(
                "read_chunk_size",
                self.read_chunk_size.to_string(),
                "1 to 16777216 bytes",
            );
        }
        let rts_is_taken = self.flow_control.rts_cts || self.rs485.is_some();
        if rts_is_taken && self.rts_on_open != LineOnOpen::Keep {
            return invalid(
                "rts_on_open",
                self.rts_on_open.to_string(),
                "keep, where flow control or rs485 drives RTS",
            );
        }
        let Some(rs485) = &self.rs485 else {
            return Ok(());
        };
        if self.flow_control.rts_cts {
            return invalid(
                "flow_control",
                self.flow_control.to_string(),
                "no rts_cts together with rs485, where RTS steers the transceiver",
            );
        }
        for (field, delay) in [
            ("rs485.delay_before_send", rs485.delay_before_send),
            ("rs485.delay_after_send", rs485.delay_after_send),
        ] {
            if delay > Rs485Config::MAX_DELAY || delay.subsec_nanos() % 1_000_000 != 0 {
                return invalid(
                    field,
                    format!("{delay:?}"),
                    "whole milliseconds, at most an hour",
                );
            }
        }
        Ok(())
    }

    /// Whether a port that was opened with `opened` can be configured so.
    pub(crate) fn validate_change(&self, opened: &SerialConfig) -> Result<()> {
        // What the queue holds then has the marks of then, or none.
        if self.mark_errors != opened.mark_errors {
            return Err(Error::InvalidConfiguration {
                field: "mark_errors",
                value: self.mark_errors.to_string(),
                expected: "what the port was opened with",
            });
        }
        Ok(())
    }

    /// How long one character takes on the wire: start bit, data bits, parity bit and stop bits,
    /// rounded up to a nanosecond. Zero for a baud rate of 0.
    ///
    /// ```
    /// use std::time::Duration;
    /// use anyserial::SerialConfig;
    ///
    /// assert_eq!(SerialConfig::new(10_000).character_time(), Duration::from_millis(1));
    /// ```
    #[must_use]
    pub fn character_time(&self) -> Duration {
        let parity = u64::from(self.parity != Parity::None);
        let stop_half_bits = match self.stop_bits {
            StopBits::One => 2,
            StopBits::OnePointFive => 3,
            StopBits::Two => 4,
        };
        let half_bits = 2 * (1 + u64::from(self.data_bits.bits()) + parity) + stop_half_bits;
        if self.baud_rate == 0 {
            return Duration::ZERO;
        }
        Duration::from_nanos((half_bits * 500_000_000).div_ceil(u64::from(self.baud_rate)))
    }
}

/// 115200 8N1.
impl Default for SerialConfig {
    fn default() -> Self {
        Self::new(115_200)
    }
}

/// This baud rate with everything else as [`SerialConfig::new`] has it.
impl From<u32> for SerialConfig {
    fn from(baud_rate: u32) -> Self {
        Self::new(baud_rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(config: SerialConfig) -> String {
        config.validate().unwrap_err().to_string()
    }

    #[test]
    fn says_which_field_is_wrong_and_what_it_can_be() {
        assert_eq!(
            message(SerialConfig::new(0)),
            "invalid baud_rate 0: expected 1 to 4294967295"
        );
        assert_eq!(
            message(SerialConfig::new(1).read_chunk_size(0)),
            "invalid read_chunk_size 0: expected 1 to 16777216 bytes"
        );
        assert_eq!(
            message(SerialConfig::new(1).read_chunk_size(16_777_217)),
            "invalid read_chunk_size 16777217: expected 1 to 16777216 bytes"
        );
        let rs485 = SerialConfig::new(1).rs485(Rs485Config::new());
        assert!(rs485.validate().is_ok());
        assert_eq!(
            message(rs485.flow_control(FlowControl::RTS_CTS)),
            "invalid flow_control rts_cts: expected no rts_cts together with rs485, \
             where RTS steers the transceiver"
        );
        let delay = Rs485Config::new().delay_after_send(Duration::from_micros(1500));
        assert_eq!(
            message(rs485.rs485(delay)),
            "invalid rs485.delay_after_send 1.5ms: expected whole milliseconds, at most an hour"
        );
        let delay = Rs485Config::new().delay_before_send(Duration::MAX);
        assert!(message(rs485.rs485(delay)).contains("rs485.delay_before_send"));
        let low = SerialConfig::new(1).rts_on_open(LineOnOpen::Low);
        assert!(low.validate().is_ok());
        for taken in [
            low.flow_control(FlowControl::RTS_CTS),
            low.rs485(Rs485Config::new()),
        ] {
            assert_eq!(
                message(taken),
                "invalid rts_on_open low: expected keep, where flow control or rs485 drives RTS"
            );
        }
    }

    #[test]
    fn the_extremes_are_valid() {
        assert!(SerialConfig::new(1).validate().is_ok());
        assert!(SerialConfig::new(u32::MAX).validate().is_ok());
        let largest = SerialConfig::new(1).read_chunk_size(SerialConfig::MAX_READ_CHUNK_SIZE);
        assert!(largest.validate().is_ok());
    }

    #[test]
    fn character_time_counts_every_bit() {
        let time = |config: SerialConfig| config.character_time();
        assert_eq!(time(SerialConfig::new(1)), Duration::from_secs(10));
        assert_eq!(time(SerialConfig::new(0)), Duration::ZERO);
        let five = SerialConfig::new(1000).data_bits(DataBits::Five);
        assert_eq!(
            time(five.stop_bits(StopBits::OnePointFive)),
            Duration::from_micros(7500)
        );
        assert_eq!(
            time(five.parity(Parity::Mark).stop_bits(StopBits::Two)),
            Duration::from_millis(9)
        );
        assert_eq!(
            time(SerialConfig::new(3)),
            Duration::from_nanos(3_333_333_334)
        );
    }
}
