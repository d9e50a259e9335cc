//! Ports without hardware, for tests under tokio: see [`testing`](anyserial::testing) of the
//! core.
//!
//! ```
//! use anyserial_tokio::testing;
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (mut port, mut instrument) = testing::pair()?;
//! port.write_all(b"*IDN?\n").await?;
//! let mut query = [0; 6];
//! instrument.read_exact(&mut query).await?;
//! assert_eq!(&query, b"*IDN?\n");
//! # Ok(()) }
//! ```
//!
//! A pair with faults comes of the core's [`PairBuilder`], whose ports
//! [convert](crate::SerialPort#impl-From<SerialPort>-for-SerialPort) into those of this crate.

use anyserial::Result;
#[doc(no_inline)]
pub use anyserial::testing::{FaultPlan, PairBuilder};

use crate::SerialPort;
use crate::port::current;

/// Two ports connected in memory, whose timers are those of the current runtime.
///
/// # Errors
///
/// [`Error::NoReactor`](anyserial::Error::NoReactor) outside of a tokio runtime.
pub fn pair() -> Result<(SerialPort, SerialPort)> {
    let (near, far) = anyserial::testing::pair_with(current("memory".as_ref())?);
    Ok((near.into(), far.into()))
}

/// Two ports on a fresh pseudo-terminal. See
/// [`pty_pair_with`](anyserial::testing::pty_pair_with) of the core.
///
/// # Errors
///
/// As there, and [`Error::NoReactor`](anyserial::Error::NoReactor) outside of a tokio runtime or
/// in one without I/O and time drivers.
///
/// # Cancel safety
///
/// Dropping the future leaves nothing open.
pub async fn pty_pair() -> Result<(SerialPort, SerialPort)> {
    let reactor = current("/dev/ptmx".as_ref())?;
    let (near, far) = anyserial::testing::pty_pair_with(reactor).await?;
    Ok((near.into(), far.into()))
}
