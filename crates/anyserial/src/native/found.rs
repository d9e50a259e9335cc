//! Ports and the news of them, as a system gives them.

use crate::port_info::PortInfo;

/// A port, as one look at the system found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) info: PortInfo,
    /// Tells a device from the next one that gets its name.
    pub(crate) incarnation: u64,
    /// The number of the device's node, `188:0`, where the system has such numbers.
    pub(crate) number: Option<String>,
}

/// A reason to look at the system again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Notice {
    /// A port of this name may have come, ready to be opened.
    Arrived(String),
    /// A port of this name may have gone.
    Left(String),
    /// Notices were lost: anything may have come and gone.
    Missed,
}
