//! Two ports connected by the kernel.

use std::sync::Arc;

use crate::config::SerialConfig;
use crate::error::{Error, Result};
use crate::native::pty;
use crate::port::SerialPort;
use crate::reactor::Reactor;

/// Two ports on a fresh pseudo-terminal, on the default reactor: see [`pty_pair_with`].
///
/// # Errors
///
/// As there.
///
/// # Cancel safety
///
/// Dropping the future leaves nothing open.
#[cfg(feature = "async-io")]
pub async fn pty_pair() -> Result<(SerialPort, SerialPort)> {
    pty_pair_with(Arc::new(crate::reactor::AsyncIo)).await
}

/// Two ports on a fresh pseudo-terminal, both in raw mode. The first is its slave, opened by its
/// path as any port; the second is its master.
///
/// # Errors
///
/// [`Error::Io`] if the system has no pseudo-terminal left, and those of opening a port.
///
/// # Cancel safety
///
/// Dropping the future leaves nothing open.
///
/// # Platform notes
///
/// A pseudo-terminal has no modem lines and no counters, any baud rate, and 8 data bits only.
pub async fn pty_pair_with(reactor: Arc<dyn Reactor>) -> Result<(SerialPort, SerialPort)> {
    let (master, path) = pty().map_err(|source| Error::Io {
        path: "/dev/ptmx".into(),
        operation: "make a pseudo-terminal",
        source,
    })?;
    // The slave first: a master whose slave is not open yet is not hung up, one whose slave was
    // closed is.
    let port = SerialPort::open_with(Arc::clone(&reactor), path, SerialConfig::default()).await?;
    // All masters are opens of one file, /dev/ptmx: a lock on it would keep out everybody.
    let config = SerialConfig::default().exclusive(false);
    let far = SerialPort::from_fd_with(reactor, master, config).await?;
    Ok((port, far))
}
