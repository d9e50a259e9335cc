//! Modem and control lines, and what drivers count.

use std::fmt;
use std::ops::{BitAnd, BitOr, BitXor, Not};

/// The lines that the far end drives: their levels, or, as a mask, which of them are meant.
///
/// ```
/// use anyserial::ModemLines;
///
/// let mask = ModemLines { cts: true, cd: true, ..ModemLines::NONE };
/// assert_eq!(mask.to_string(), "cts+cd");
/// assert_eq!(mask & ModemLines::ALL, mask);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct ModemLines {
    /// Clear to send.
    #[doc(alias = "TIOCM_CTS")]
    pub cts: bool,
    /// Data set ready.
    #[doc(alias = "TIOCM_DSR")]
    pub dsr: bool,
    /// Ring indicator.
    #[doc(alias = "TIOCM_RI")]
    #[doc(alias = "TIOCM_RNG")]
    pub ri: bool,
    /// Carrier detect.
    #[doc(alias = "TIOCM_CD")]
    #[doc(alias = "TIOCM_CAR")]
    pub cd: bool,
}

impl ModemLines {
    /// No line.
    pub const NONE: Self = ModemLines {
        cts: false,
        dsr: false,
        ri: false,
        cd: false,
    };

    /// Every line.
    pub const ALL: Self = ModemLines {
        cts: true,
        dsr: true,
        ri: true,
        cd: true,
    };

    /// Whether no line is true.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    fn zip(self, other: Self, combine: impl Fn(bool, bool) -> bool) -> Self {
        ModemLines {
            cts: combine(self.cts, other.cts),
            dsr: combine(self.dsr, other.dsr),
            ri: combine(self.ri, other.ri),
            cd: combine(self.cd, other.cd),
        }
    }
}

impl BitAnd for ModemLines {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        self.zip(other, |a, b| a && b)
    }
}

impl BitOr for ModemLines {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.zip(other, |a, b| a || b)
    }
}

/// The other lines.
impl Not for ModemLines {
    type Output = Self;

    fn not(self) -> Self {
        self ^ Self::ALL
    }
}

/// The lines that differ.
impl BitXor for ModemLines {
    type Output = Self;

    fn bitxor(self, other: Self) -> Self {
        self.zip(other, |a, b| a != b)
    }
}

/// The names of the lines that are true, `cts+cd`, or `none`.
impl fmt::Display for ModemLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_names(
            f,
            &[
                (self.cts, "cts"),
                (self.dsr, "dsr"),
                (self.ri, "ri"),
                (self.cd, "cd"),
            ],
        )
    }
}

/// The lines that this end drives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct ControlLines {
    /// Request to send.
    #[doc(alias = "TIOCM_RTS")]
    pub rts: bool,
    /// Data terminal ready.
    #[doc(alias = "TIOCM_DTR")]
    pub dtr: bool,
}

/// The names of the lines that are true, `rts+dtr`, or `none`.
impl fmt::Display for ControlLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_names(f, &[(self.rts, "rts"), (self.dtr, "dtr")])
    }
}

/// Writes the names of what is on, joined by `+`, or `none`.
pub(crate) fn write_names(f: &mut fmt::Formatter<'_>, names: &[(bool, &str)]) -> fmt::Result {
    let on: Vec<&str> = names
        .iter()
        .filter(|(on, _)| *on)
        .map(|(_, name)| *name)
        .collect();
    f.pad(&if on.is_empty() {
        "none".to_owned()
    } else {
        on.join("+")
    })
}

/// What a driver has counted since it took charge of the hardware. Each count wraps.
///
/// # Platform notes
///
/// Linux: `struct serial_icounter_struct` of `include/uapi/linux/serial.h`. Not every driver
/// counts everything: cdc-acm and FTDI do not count bytes on all kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
#[doc(alias = "TIOCGICOUNT")]
#[doc(alias = "serial_icounter_struct")]
pub struct Counters {
    /// Changes of CTS.
    pub cts: u32,
    /// Changes of DSR.
    pub dsr: u32,
    /// Changes of RI; many drivers count only its end.
    pub ri: u32,
    /// Changes of CD.
    pub cd: u32,
    /// Bytes received.
    pub received: u32,
    /// Bytes sent.
    pub transmitted: u32,
    /// Characters without a valid stop bit: a wrong baud rate, or noise.
    pub framing: u32,
    /// Characters with wrong parity.
    pub parity: u32,
    /// Times that the hardware lost characters because nobody fetched them in time.
    pub overrun: u32,
    /// Breaks received.
    pub breaks: u32,
    /// Times that the kernel lost characters because its buffer was full.
    pub buffer_overrun: u32,
}

impl Counters {
    /// The modem lines whose counts differ from `earlier`.
    #[must_use]
    pub fn changed_lines(&self, earlier: &Counters) -> ModemLines {
        ModemLines {
            cts: self.cts != earlier.cts,
            dsr: self.dsr != earlier.dsr,
            ri: self.ri != earlier.ri,
            cd: self.cd != earlier.cd,
        }
    }

    /// The modem lines that have changed exactly once since `earlier`.
    pub(crate) fn lines_changed_once(&self, earlier: &Counters) -> ModemLines {
        let once = |now: u32, earlier: u32| now == earlier.wrapping_add(1);
        ModemLines {
            cts: once(self.cts, earlier.cts),
            dsr: once(self.dsr, earlier.dsr),
            ri: once(self.ri, earlier.ri),
            cd: once(self.cd, earlier.cd),
        }
    }
}

/// A change of modem lines: see [`Control::modem_changes`](crate::Control::modem_changes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ModemChange {
    /// The levels now.
    pub lines: ModemLines,
    /// Which of the watched lines changed, once or more often. A pulse is a change although the
    /// level is back.
    pub changed: ModemLines,
}

impl ModemChange {
    pub(crate) fn new(lines: ModemLines, changed: ModemLines) -> Self {
        ModemChange { lines, changed }
    }
}
