//! Bounding a future in time.

use std::future::Future;
use std::io;
use std::time::Duration;

use async_io::Timer;
use futures_lite::future::or;

/// The time of a [`timeout`] was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("timed out after {after:?}")]
#[non_exhaustive]
pub struct Elapsed {
    /// The time that the future had.
    pub after: Duration,
}

impl From<Elapsed> for io::Error {
    fn from(elapsed: Elapsed) -> Self {
        io::Error::new(io::ErrorKind::TimedOut, elapsed)
    }
}

/// Gives any future a bound in time. For an operation of a port that gives this crate's
/// [`Result`](crate::Result), [`Control::timeout`](crate::Control::timeout) is the shorter way.
///
/// ```
/// use std::time::Duration;
/// use anyserial_smol::timeout;
///
/// smol::block_on(async {
///     let late = timeout(Duration::from_millis(5), smol::future::pending::<()>()).await;
///     assert_eq!(late.unwrap_err().to_string(), "timed out after 5ms");
///     assert_eq!(timeout(Duration::ZERO, async { 7 }).await, Ok(7));
/// });
/// ```
///
/// # Errors
///
/// [`Elapsed`] when the time is over; it converts into an [`io::Error`] of the kind
/// [`TimedOut`](io::ErrorKind::TimedOut). A future that is ready at once is never timed out. A
/// limit too long for the clock is none.
///
/// # Cancel safety
///
/// That of the future, which is dropped when the time is over.
pub async fn timeout<T>(limit: Duration, future: impl Future<Output = T>) -> Result<T, Elapsed> {
    or(async { Ok(future.await) }, async {
        Timer::after(limit).await;
        Err(Elapsed { after: limit })
    })
    .await
}
