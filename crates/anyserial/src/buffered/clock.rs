//! Time for streams.

use std::time::Duration;

use crate::control::Control;
use crate::error::Result;
use crate::port::SerialPort;
use crate::reactor::BoxFuture;
use crate::split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};

/// What can wait for a time, as ports and their halves can, each on its own reactor.
///
/// [`receive_until_idle`](super::Buffered::receive_until_idle) needs it. Implement it for a
/// stream of your own that has a clock.
pub trait Clock {
    /// A future that is ready once this much time has passed.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`](crate::Error::Closed), where the clock was the port's.
    fn sleep(&self, duration: Duration) -> Result<BoxFuture<'static, ()>>;
}

macro_rules! impl_clock {
    ($($type:ident $(<$lifetime:lifetime>)?),*) => {$(
        impl Clock for $type $(<$lifetime>)? {
            fn sleep(&self, duration: Duration) -> Result<BoxFuture<'static, ()>> {
                Control::sleep(self, duration)
            }
        }
    )*};
}

impl_clock!(
    Control,
    SerialPort,
    ReadHalf<'_>,
    WriteHalf<'_>,
    OwnedReadHalf,
    OwnedWriteHalf
);

impl<T: Clock + ?Sized> Clock for &mut T {
    fn sleep(&self, duration: Duration) -> Result<BoxFuture<'static, ()>> {
        (**self).sleep(duration)
    }
}

impl<T: Clock + ?Sized> Clock for Box<T> {
    fn sleep(&self, duration: Duration) -> Result<BoxFuture<'static, ()>> {
        (**self).sleep(duration)
    }
}
