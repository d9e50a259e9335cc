//! What can go wrong, told apart.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::capability::Feature;

/// The result of an operation on a serial port.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong with a serial port.
///
/// Every variant that concerns a port names its path and keeps the error of the operating
/// system as its [source](std::error::Error::source). An `Error` converts into an
/// [`io::Error`] of the kind that [`kind`](Error::kind) tells, with itself as the inner error.
///
/// ```
/// use std::io;
///
/// let error = anyserial::SerialConfig::new(0).validate().unwrap_err();
/// assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
/// assert_eq!(io::Error::from(error).kind(), io::ErrorKind::InvalidInput);
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no file at this path: the device is not plugged in, or has another name.
    #[error("{}: no such serial port; is the device plugged in?", path.display())]
    NotFound {
        /// The path that was to be opened.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },

    /// This user may not open the port.
    #[error("{}: permission denied{}", path.display(), permission_advice(group.as_deref()))]
    PermissionDenied {
        /// The path that was to be opened.
        path: PathBuf,
        /// The group that may open the port, where it is known and is not root's own.
        group: Option<String>,
        /// The operating system's error.
        source: io::Error,
    },

    /// Another program, or another part of this one, holds the port exclusively.
    #[error("{}: busy: {}", path.display(), busy_advice(path, *holder))]
    Busy {
        /// The path of the port.
        path: PathBuf,
        /// The process that holds the lock, where the system tells.
        holder: Option<u32>,
        /// The operating system's error.
        source: io::Error,
    },

    /// The path or descriptor is something else than a terminal: a directory, a plain file, a
    /// socket.
    #[error("{}: not a serial port", path.display())]
    NotSerialPort {
        /// The path that was to be opened, or what is known of the descriptor.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },

    /// The node exists and opens, but no hardware is behind it.
    ///
    /// Linux shows up to 32 `/dev/ttyS` nodes whether or not there are so many UARTs.
    #[error("{}: no hardware behind this node", path.display())]
    NoHardware {
        /// The path that was to be opened.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },

    /// The hardware, its driver or the system lacks this feature.
    #[error("{}: {feature} is not supported here", path.display())]
    UnsupportedFeature {
        /// The path of the port.
        path: PathBuf,
        /// What was asked for.
        feature: Feature,
        /// The operating system's error, where it gave one.
        source: Option<io::Error>,
    },

    /// The driver did not accept a setting. The previous settings are in force.
    #[error("{}: {field} {asked} is not supported: the driver made it {got}", path.display())]
    UnsupportedConfiguration {
        /// The path of the port.
        path: PathBuf,
        /// The field of [`SerialConfig`](crate::SerialConfig).
        field: &'static str,
        /// The value that was asked for.
        asked: String,
        /// The value that the driver had in force afterwards.
        got: String,
    },

    /// A configuration that no port can have. Nothing was applied.
    #[error("invalid {field} {value}: expected {expected}")]
    InvalidConfiguration {
        /// The field of [`SerialConfig`](crate::SerialConfig).
        field: &'static str,
        /// The value it had.
        value: String,
        /// The values it can have.
        expected: &'static str,
    },

    /// An argument that the method cannot work with. Nothing was done.
    #[error("invalid {argument}: {problem}")]
    InvalidArgument {
        /// The name of the argument.
        argument: &'static str,
        /// What is wrong with it.
        problem: String,
    },

    /// The device is gone: unplugged, or the far end of a pseudo-terminal has closed. It stays
    /// gone for this port; after a replug, open it anew.
    #[error("{}: disconnected", path.display())]
    Disconnected {
        /// The path of the port.
        path: PathBuf,
        /// The operating system's error, where it gave one.
        source: Option<io::Error>,
    },

    /// The operation did not finish within its time. What it had done stays done.
    #[error("{}: timed out after {after:?}", path.display())]
    TimedOut {
        /// The path of the port.
        path: PathBuf,
        /// The time that the operation had.
        after: Duration,
    },

    /// The port was closed or dropped before this call.
    #[error("{}: this port is closed", path.display())]
    Closed {
        /// The path of the port.
        path: PathBuf,
    },

    /// The reactor cannot serve the port here, for example because no runtime is running.
    #[error("{}: {problem}", path.display())]
    NoReactor {
        /// The path of the port.
        path: PathBuf,
        /// What the reactor lacks.
        problem: String,
    },

    /// No delimiter ends a frame of at most `max_bytes` bytes. Nothing was consumed: all of it is
    /// still in the [`Buffered`](crate::Buffered).
    #[error("no delimiter after {max_bytes} bytes")]
    DelimiterNotFound {
        /// The first `max_bytes` bytes of what was received.
        received: Vec<u8>,
        /// The most that a frame could have.
        max_bytes: usize,
    },

    /// The stream ended before all that was waited for had come. Nothing was consumed: all of it
    /// is still in the [`Buffered`](crate::Buffered). (A serial port has no end: once its device
    /// is gone it is [`Disconnected`](Error::Disconnected).)
    #[error("the stream ended too early, after {} bytes", received.len())]
    IncompleteRead {
        /// What had come before; nothing, where the stream ended between two frames.
        received: Vec<u8>,
    },

    /// An error of a stream that is no port of this crate.
    #[error("cannot {operation} the stream")]
    Stream {
        /// What was being done.
        operation: &'static str,
        /// The stream's error.
        source: io::Error,
    },

    /// No port matches the filter: the device is not plugged in.
    #[error("no serial port found: {filter}; is the device plugged in?")]
    NoPortFound {
        /// The filter, in words.
        filter: String,
    },

    /// Several ports match a filter that is to choose one. Name more of it, or ask for the
    /// [first](crate::PortFilter::first).
    #[error("several serial ports found: {filter}: {}", paths(ports))]
    AmbiguousPort {
        /// The filter, in words.
        filter: String,
        /// The paths of the ports that match.
        ports: Vec<PathBuf>,
    },

    /// Any other error of the operating system.
    #[error("{}: cannot {operation}", path.display())]
    Io {
        /// The path of the port.
        path: PathBuf,
        /// What was being done.
        operation: &'static str,
        /// The operating system's error.
        source: io::Error,
    },
}

impl Error {
    /// The kind that an [`io::Error`] made of this error has.
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        match self {
            Error::NotFound { .. } | Error::NoPortFound { .. } => io::ErrorKind::NotFound,
            Error::PermissionDenied { .. } => io::ErrorKind::PermissionDenied,
            Error::Busy { .. } => io::ErrorKind::ResourceBusy,
            Error::NotSerialPort { .. }
            | Error::AmbiguousPort { .. }
            | Error::InvalidConfiguration { .. }
            | Error::InvalidArgument { .. } => io::ErrorKind::InvalidInput,
            Error::UnsupportedFeature { .. } | Error::UnsupportedConfiguration { .. } => {
                io::ErrorKind::Unsupported
            }
            Error::Disconnected { .. } => io::ErrorKind::BrokenPipe,
            Error::TimedOut { .. } => io::ErrorKind::TimedOut,
            Error::NoHardware { .. } | Error::Closed { .. } => io::ErrorKind::NotConnected,
            Error::NoReactor { .. } => io::ErrorKind::Other,
            Error::DelimiterNotFound { .. } => io::ErrorKind::InvalidData,
            Error::IncompleteRead { .. } => io::ErrorKind::UnexpectedEof,
            Error::Stream { source, .. } | Error::Io { source, .. } => source.kind(),
        }
    }

    /// The path of the port, where the error concerns one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Error::NotFound { path, .. }
            | Error::PermissionDenied { path, .. }
            | Error::Busy { path, .. }
            | Error::NotSerialPort { path, .. }
            | Error::NoHardware { path, .. }
            | Error::UnsupportedFeature { path, .. }
            | Error::UnsupportedConfiguration { path, .. }
            | Error::Disconnected { path, .. }
            | Error::TimedOut { path, .. }
            | Error::Closed { path }
            | Error::NoReactor { path, .. }
            | Error::Io { path, .. } => Some(path),
            Error::InvalidConfiguration { .. }
            | Error::InvalidArgument { .. }
            | Error::DelimiterNotFound { .. }
            | Error::IncompleteRead { .. }
            | Error::Stream { .. }
            | Error::NoPortFound { .. }
            | Error::AmbiguousPort { .. } => None,
        }
    }

    /// Whether the device is gone: true of [`Error::Disconnected`] alone.
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        matches!(self, Error::Disconnected { .. })
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        io::Error::new(error.kind(), error)
    }
}

fn permission_advice(group: Option<&str>) -> String {
    match group {
        Some(group) => format!(
            "; members of the group {group} may open it: add yourself with \
             `sudo usermod -aG {group} $USER` and log in again"
        ),
        None => String::new(),
    }
}

fn busy_advice(path: &Path, holder: Option<u32>) -> String {
    match holder {
        Some(pid) => format!("process {pid} holds it exclusively"),
        None => format!(
            "another program holds it exclusively; `fuser {}` may tell which",
            path.display()
        ),
    }
}

fn paths(paths: &[PathBuf]) -> String {
    let paths: Vec<_> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    paths.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_small_enough_to_return() {
        assert!(size_of::<Error>() <= 96, "{}", size_of::<Error>());
    }
}
