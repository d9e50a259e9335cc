//! The parts of a configuration.

/// Bits per character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum DataBits {
    /// 5
    Five,
    /// 6
    Six,
    /// 7
    Seven,
    /// 8
    #[default]
    Eight,
}

impl DataBits {
    /// The number.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            DataBits::Five => 5,
            DataBits::Six => 6,
            DataBits::Seven => 7,
            DataBits::Eight => 8,
        }
    }
}

/// The bit after the data bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Parity {
    /// There is none.
    #[default]
    None,
    /// It makes the number of ones odd.
    Odd,
    /// It makes the number of ones even.
    Even,
    /// It is always 1. Not every driver has it.
    #[doc(alias = "CMSPAR")]
    Mark,
    /// It is always 0. Not every driver has it.
    #[doc(alias = "CMSPAR")]
    Space,
}

/// How long the line rests after a character, in bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum StopBits {
    /// 1
    #[default]
    One,
    /// 1.5. POSIX systems have it with 5 data bits only, where UARTs make it of 2.
    OnePointFive,
    /// 2
    #[doc(alias = "CSTOPB")]
    Two,
}

/// Who may stop the sender: three switches that can be combined.
///
/// ```
/// use anyserial::FlowControl;
///
/// let both = FlowControl::RTS_CTS | FlowControl::XON_XOFF;
/// assert!(both.rts_cts && both.xon_xoff && !both.dtr_dsr);
/// assert_eq!(both.to_string(), "rts_cts+xon_xoff");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct FlowControl {
    /// By RTS and CTS.
    #[doc(alias = "CRTSCTS")]
    pub rts_cts: bool,
    /// By the characters XON (0x11) and XOFF (0x13), which then are no data.
    #[doc(alias = "IXON")]
    #[doc(alias = "IXOFF")]
    pub xon_xoff: bool,
    /// By DTR and DSR. Linux has none.
    pub dtr_dsr: bool,
}

impl FlowControl {
    /// Nobody.
    pub const NONE: Self = FlowControl {
        rts_cts: false,
        xon_xoff: false,
        dtr_dsr: false,
    };
    /// RTS and CTS.
    pub const RTS_CTS: Self = FlowControl {
        rts_cts: true,
        ..Self::NONE
    };
    /// XON and XOFF.
    pub const XON_XOFF: Self = FlowControl {
        xon_xoff: true,
        ..Self::NONE
    };
    /// DTR and DSR.
    pub const DTR_DSR: Self = FlowControl {
        dtr_dsr: true,
        ..Self::NONE
    };
}

impl std::ops::BitOr for FlowControl {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        FlowControl {
            rts_cts: self.rts_cts || other.rts_cts,
            xon_xoff: self.xon_xoff || other.xon_xoff,
            dtr_dsr: self.dtr_dsr || other.dtr_dsr,
        }
    }
}

/// What opening a port does with RTS or DTR.
///
/// It is done once the port is locked, before any other setting, and undone if the open fails.
///
/// ```
/// use anyserial::{LineOnOpen, SerialConfig};
///
/// // RTS keys the transmitter of a radio.
/// let radio = SerialConfig::new(1200).rts_on_open(LineOnOpen::Low);
/// assert_eq!(radio.to_string(), "1200 8N1 rts_low");
///
/// // A board that resets when DTR rises: it rises once, and stays.
/// let board = SerialConfig::new(115_200).hangup_on_close(false);
/// ```
///
/// # Platform notes
///
/// Linux raises both lines in every opening of a serial port, before the program that opens gets
/// hold of it: no program can keep a line down through an open. `Low` makes that a pulse, as
/// short as it can be. A board that resets when DTR *rises* keeps running if DTR never falls: with
/// [`hangup_on_close(false)`](crate::SerialConfig::hangup_on_close) closing leaves both lines up,
/// and only the first open after the plug went in resets the board.
///
/// Where two drive the same port, the open of the one raises the lines of the other. An
/// [exclusive](crate::SerialConfig::exclusive) open looks at the lock of the node first, so that
/// it does not so much as touch a port that is busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum LineOnOpen {
    /// Leave it as the system has it.
    #[default]
    Keep,
    /// Raise it.
    High,
    /// Drop it.
    Low,
}

impl LineOnOpen {
    /// The level to drive, if any.
    pub(crate) fn level(self) -> Option<bool> {
        match self {
            LineOnOpen::Keep => None,
            LineOnOpen::High => Some(true),
            LineOnOpen::Low => Some(false),
        }
    }
}

/// What to do about an optional feature that the device lacks: `low_latency`, `rs485`,
/// `dtr_dsr`, mark and space parity, `rts_on_open` and `dtr_on_open`. To go on without means: none
/// of it, no parity, and lines as they are.
/// [`Control::config`](crate::Control::config) tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum UnsupportedPolicy {
    /// Fail, and change nothing.
    #[default]
    Error,
    /// Emit a `tracing` event of level WARN and go on without. Needs the feature `tracing`;
    /// without it this is `Ignore`.
    Warn,
    /// Go on without.
    Ignore,
}
