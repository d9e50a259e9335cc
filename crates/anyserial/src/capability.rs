//! What a device can do.

use std::fmt;

/// Whether a device can do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Capability {
    /// It can.
    Supported,
    /// It cannot.
    Unsupported,
    /// Only using it will tell: the driver does not say, or says yes and may still refuse.
    #[default]
    Unknown,
}

impl Capability {
    /// Whether it is known that the device can.
    #[must_use]
    pub fn is_supported(self) -> bool {
        self == Capability::Supported
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Capability::Supported => "supported",
            Capability::Unsupported => "unsupported",
            Capability::Unknown => "unknown",
        })
    }
}

macro_rules! capabilities {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What an open device can do, as its driver answered when it was asked: see
        /// [`Control::capabilities`](crate::Control::capabilities). Nothing is guessed from the
        /// platform.
        ///
        /// ```
        /// # futures_lite::future::block_on(async {
        /// use anyserial::Capability;
        ///
        /// let (port, _far) = anyserial::testing::pair();
        /// let capabilities = port.capabilities().await?;
        /// assert_eq!(capabilities.modem_lines, Capability::Supported);
        /// # Ok::<(), anyserial::Error>(()) }).unwrap();
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        #[non_exhaustive]
        pub struct Capabilities {
            $($(#[$doc])* pub $name: Capability,)*
        }

        /// One line for each: its name and what is known.
        impl fmt::Display for Capabilities {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                $(writeln!(f, "{:20} {}", stringify!($name), self.$name)?;)*
                Ok(())
            }
        }
    };
}

capabilities! {
    /// Reading CTS, DSR, RI and CD.
    modem_lines,
    /// Driving RTS and DTR.
    control_lines,
    /// Counting bytes, errors and line changes.
    counters,
    /// Sending a break.
    break_signal,
    /// RTS/CTS flow control by driver or hardware.
    rts_cts,
    /// XON/XOFF flow control by driver or hardware.
    xon_xoff,
    /// DTR/DSR flow control.
    dtr_dsr,
    /// Mark and space parity.
    mark_space_parity,
    /// Baud rates that are not standard ones.
    custom_baud_rate,
    /// Low latency.
    low_latency,
    /// RS-485 direction control by the driver.
    rs485,
    /// Telling whether the transmitter is empty, so that a drain is exact.
    transmitter_status,
    /// Exclusive access.
    exclusive,
}

/// A feature that a device can lack: what
/// [`Error::UnsupportedFeature`](crate::Error::UnsupportedFeature) names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Feature {
    /// [`SerialConfig::low_latency`](crate::SerialConfig::low_latency).
    LowLatency,
    /// [`SerialConfig::rs485`](crate::SerialConfig::rs485).
    Rs485,
    /// [`FlowControl::dtr_dsr`](crate::FlowControl::dtr_dsr).
    DtrDsr,
    /// [`Parity::Mark`](crate::Parity::Mark) and [`Parity::Space`](crate::Parity::Space).
    MarkSpaceParity,
    /// [`StopBits::OnePointFive`](crate::StopBits::OnePointFive).
    OnePointFiveStopBits,
    /// Reading CTS, DSR, RI and CD.
    ModemLines,
    /// Reading back and driving RTS and DTR.
    ControlLines,
    /// [`Control::counters`](crate::Control::counters).
    Counters,
    /// [`Control::send_break`](crate::Control::send_break).
    Break,
    /// [`SerialConfig::mark_errors`](crate::SerialConfig::mark_errors).
    MarkErrors,
    /// [`Control::input_waiting`](crate::Control::input_waiting) and
    /// [`output_waiting`](crate::Control::output_waiting).
    QueueSizes,
    /// [`Ports::list`](crate::Ports::list) and what builds on it.
    Discovery,
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Feature::LowLatency => "low latency",
            Feature::Rs485 => "RS-485",
            Feature::DtrDsr => "DTR/DSR flow control",
            Feature::MarkSpaceParity => "mark or space parity",
            Feature::OnePointFiveStopBits => "1.5 stop bits",
            Feature::ModemLines => "reading the modem lines",
            Feature::ControlLines => "access to the control lines",
            Feature::Counters => "counting errors and line changes",
            Feature::Break => "sending a break",
            Feature::MarkErrors => "marking breaks and damaged characters",
            Feature::QueueSizes => "reading the queue sizes",
            Feature::Discovery => "listing the ports of the system",
        })
    }
}
