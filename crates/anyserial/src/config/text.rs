//! Configurations as text, for logs and command lines.

use std::fmt;
use std::str::FromStr;

use super::{DataBits, FlowControl, LineOnOpen, Parity, SerialConfig, StopBits, UnsupportedPolicy};
use crate::lines::write_names;

/// Text that is no configuration, or no value of one of its fields.
///
/// ```
/// let error = "115200 9N1".parse::<anyserial::SerialConfig>().unwrap_err();
/// assert_eq!(error.to_string(), r#"invalid data bits "9": expected 5, 6, 7 or 8"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid {what} {text:?}: expected {expected}")]
pub struct ParseConfigError {
    what: &'static str,
    text: String,
    expected: &'static str,
}

impl ParseConfigError {
    fn new(what: &'static str, text: &str, expected: &'static str) -> Self {
        ParseConfigError {
            what,
            text: text.to_owned(),
            expected,
        }
    }
}

/// Names for the values of a type, and the two directions between them. The first name is the
/// one that is shown; all are understood, in upper and lower case.
macro_rules! names {
    ($type:ident, $what:literal, $expected:literal: $($variant:ident = $first:literal $(| $more:literal)*),*) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self {
                    $($type::$variant => $first,)*
                })
            }
        }

        impl FromStr for $type {
            type Err = ParseConfigError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text.to_ascii_lowercase().as_str() {
                    $($first $(| $more)* => Ok($type::$variant),)*
                    _ => Err(ParseConfigError::new($what, text, $expected)),
                }
            }
        }
    };
}

names!(DataBits, "data bits", "5, 6, 7 or 8":
    Five = "5", Six = "6", Seven = "7", Eight = "8");
names!(Parity, "parity", "none, odd, even, mark, space or their first letter":
    None = "none" | "n", Odd = "odd" | "o", Even = "even" | "e", Mark = "mark" | "m",
    Space = "space" | "s");
names!(StopBits, "stop bits", "1, 1.5 or 2":
    One = "1", OnePointFive = "1.5", Two = "2");
names!(LineOnOpen, "line on open", "keep, high or low":
    Keep = "keep", High = "high", Low = "low");
names!(UnsupportedPolicy, "policy", "error, warn or ignore":
    Error = "error", Warn = "warn", Ignore = "ignore");

impl TryFrom<u8> for DataBits {
    type Error = ParseConfigError;

    fn try_from(bits: u8) -> Result<Self, Self::Error> {
        bits.to_string().parse()
    }
}

/// The switches that are on, `rts_cts+xon_xoff`, or `none`.
impl fmt::Display for FlowControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_names(
            f,
            &[
                (self.rts_cts, "rts_cts"),
                (self.xon_xoff, "xon_xoff"),
                (self.dtr_dsr, "dtr_dsr"),
            ],
        )
    }
}

impl FromStr for FlowControl {
    type Err = ParseConfigError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("none") {
            return Ok(FlowControl::NONE);
        }
        text.split('+').try_fold(FlowControl::NONE, |flow, name| {
            flow_control(name).map(|more| flow | more).ok_or_else(|| {
                let expected = "none, or rts_cts, xon_xoff and dtr_dsr joined by +";
                ParseConfigError::new("flow control", text, expected)
            })
        })
    }
}

fn flow_control(name: &str) -> Option<FlowControl> {
    match name.to_ascii_lowercase().as_str() {
        "rts_cts" => Some(FlowControl::RTS_CTS),
        "xon_xoff" => Some(FlowControl::XON_XOFF),
        "dtr_dsr" => Some(FlowControl::DTR_DSR),
        _ => None,
    }
}

/// The short form: baud rate and frame, then what differs from the default by name: `rts_cts`,
/// `xon_xoff`, `dtr_dsr`, `shared` (not exclusive), `no_hangup` (not on close), `rts_high`,
/// `rts_low`, `dtr_high` and `dtr_low` (on open), `mark_errors`, `low_latency`.
///
/// `rs485`, `read_chunk_size` and `unsupported` are not part of it.
impl fmt::Display for SerialConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parity = match self.parity {
            Parity::None => 'N',
            Parity::Odd => 'O',
            Parity::Even => 'E',
            Parity::Mark => 'M',
            Parity::Space => 'S',
        };
        let mut text = format!(
            "{} {}{parity}{}",
            self.baud_rate, self.data_bits, self.stop_bits
        );
        for (on, name) in [
            (self.flow_control.rts_cts, "rts_cts"),
            (self.flow_control.xon_xoff, "xon_xoff"),
            (self.flow_control.dtr_dsr, "dtr_dsr"),
            (!self.exclusive, "shared"),
            (!self.hangup_on_close, "no_hangup"),
            (self.rts_on_open == LineOnOpen::High, "rts_high"),
            (self.rts_on_open == LineOnOpen::Low, "rts_low"),
            (self.dtr_on_open == LineOnOpen::High, "dtr_high"),
            (self.dtr_on_open == LineOnOpen::Low, "dtr_low"),
            (self.mark_errors, "mark_errors"),
            (self.low_latency, "low_latency"),
        ] {
            if on {
                text.push(' ');
                text.push_str(name);
            }
        }
        f.pad(&text)
    }
}

/// Understands the short form, in upper and lower case, its parts separated by spaces or commas.
/// The frame may be left out: `9600` is `9600 8N1`.
impl FromStr for SerialConfig {
    type Err = ParseConfigError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text
            .split([' ', ','])
            .filter(|part| !part.is_empty())
            .peekable();
        let baud_rate = parts.next().unwrap_or(text);
        let baud_rate = match baud_rate.parse() {
            Ok(baud_rate) if baud_rate > 0 => baud_rate,
            _ => {
                let expected = "1 to 4294967295";
                return Err(ParseConfigError::new("baud rate", baud_rate, expected));
            }
        };
        let mut config = SerialConfig::new(baud_rate);
        if let Some(frame) = parts.next_if(|part| part.starts_with(|c: char| c.is_ascii_digit())) {
            config = parse_frame(config, frame)?;
        }
        for part in parts {
            config = match part.to_ascii_lowercase().as_str() {
                "shared" => config.exclusive(false),
                "no_hangup" => config.hangup_on_close(false),
                "rts_high" => config.rts_on_open(LineOnOpen::High),
                "rts_low" => config.rts_on_open(LineOnOpen::Low),
                "dtr_high" => config.dtr_on_open(LineOnOpen::High),
                "dtr_low" => config.dtr_on_open(LineOnOpen::Low),
                "mark_errors" => config.mark_errors(true),
                "low_latency" => config.low_latency(true),
                name => match flow_control(name) {
                    Some(more) => config.flow_control(config.flow_control | more),
                    None => {
                        let expected = "a frame like 8N1 right after the baud rate, rts_cts, \
                                        xon_xoff, dtr_dsr, shared, no_hangup, rts_high, rts_low, \
                                        dtr_high, dtr_low, mark_errors or low_latency";
                        return Err(ParseConfigError::new("setting", part, expected));
                    }
                },
            };
        }
        Ok(config)
    }
}

/// `8N1`: a digit, a letter, a number.
fn parse_frame(config: SerialConfig, frame: &str) -> Result<SerialConfig, ParseConfigError> {
    let incomplete = || ParseConfigError::new("frame", frame, "data bits, parity, stop bits: 8N1");
    let (data_bits, rest) = frame.split_at_checked(1).ok_or_else(incomplete)?;
    let (parity, stop_bits) = rest.split_at_checked(1).ok_or_else(incomplete)?;
    Ok(config
        .data_bits(data_bits.parse()?)
        .parity(parity.parse()?)
        .stop_bits(stop_bits.parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frame_and_every_flag_survives_the_round_trip() {
        let flows = [false, true]
            .into_iter()
            .flat_map(|rts_cts| [false, true].map(|xon_xoff| (rts_cts, xon_xoff)))
            .flat_map(|(rts_cts, xon_xoff)| {
                [false, true].map(|dtr_dsr| FlowControl {
                    rts_cts,
                    xon_xoff,
                    dtr_dsr,
                })
            });
        for flow in flows {
            assert_eq!(flow.to_string().parse(), Ok(flow));
            for bits in 5..=8 {
                for parity in ["none", "odd", "even", "mark", "space"] {
                    for stop_bits in ["1", "1.5", "2"] {
                        for (flag, line) in [
                            (false, LineOnOpen::Keep),
                            (true, LineOnOpen::High),
                            (true, LineOnOpen::Low),
                        ] {
                            let config = SerialConfig::new(123)
                                .data_bits(DataBits::try_from(bits).unwrap())
                                .parity(parity.parse().unwrap())
                                .stop_bits(stop_bits.parse().unwrap())
                                .flow_control(flow)
                                .exclusive(flag)
                                .hangup_on_close(!flag)
                                .rts_on_open(line)
                                .dtr_on_open(line)
                                .mark_errors(flag)
                                .low_latency(flag);
                            assert_eq!(config.to_string().parse(), Ok(config));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn understands_what_people_write() {
        let parse = |text: &str| text.parse::<SerialConfig>().unwrap();
        assert_eq!(parse("9600"), SerialConfig::new(9600));
        assert_eq!(parse(" 9600,8n1 "), SerialConfig::new(9600));
        assert_eq!(
            parse("300 7E1.5, RTS_CTS"),
            SerialConfig::new(300)
                .data_bits(DataBits::Seven)
                .parity(Parity::Even)
                .stop_bits(StopBits::OnePointFive)
                .flow_control(FlowControl::RTS_CTS)
        );
        assert_eq!(parse("4294967295").baud_rate, u32::MAX);
    }

    #[test]
    fn says_what_it_does_not_understand() {
        let message = |text: &str| text.parse::<SerialConfig>().unwrap_err().to_string();
        let baud_rate = |text| format!("invalid baud rate {text:?}: expected 1 to 4294967295");
        for text in ["", "fast", "0", "-1", "4294967296"] {
            assert_eq!(message(text), baud_rate(text));
        }
        assert_eq!(
            message("9600 8"),
            r#"invalid frame "8": expected data bits, parity, stop bits: 8N1"#
        );
        assert_eq!(
            message("9600 8X1"),
            "invalid parity \"X\": expected none, odd, even, mark, space or their first letter"
        );
        assert_eq!(
            message("9600 8N3"),
            r#"invalid stop bits "3": expected 1, 1.5 or 2"#
        );
        assert!(message("9600 rtscts").starts_with("invalid setting \"rtscts\": expected"));
        assert!("rts_cts+".parse::<FlowControl>().is_err());
        assert!(DataBits::try_from(9).is_err());
    }

    #[cfg(feature = "serde")]
    #[test]
    fn serde_takes_what_is_left_out_from_the_default() {
        let config: SerialConfig = serde_json::from_str(
            r#"{"baud_rate": 9600, "parity": "even", "flow_control": {"rts_cts": true}}"#,
        )
        .unwrap();
        let expected = SerialConfig::new(9600)
            .parity(Parity::Even)
            .flow_control(FlowControl::RTS_CTS);
        assert_eq!(config, expected);
        let full = expected
            .flow_control(FlowControl::NONE)
            .dtr_on_open(LineOnOpen::Low)
            .rs485(crate::Rs485Config::new().addressing(crate::Rs485Addressing::new().receive(1)));
        let text = serde_json::to_string(&full).unwrap();
        assert_eq!(serde_json::from_str::<SerialConfig>(&text).unwrap(), full);
        assert!(serde_json::from_str::<SerialConfig>(r#"{"baudrate": 9600}"#).is_err());
    }
}
