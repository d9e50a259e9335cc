//! embedded-io-async's traits, so that drivers written for microcontrollers run over a port.

use embedded_io_async::{ErrorKind, ErrorType, Read, ReadReady, Write};

use crate::error::Error;
use crate::port::SerialPort;
use crate::split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};

impl embedded_io_async::Error for Error {
    fn kind(&self) -> ErrorKind {
        Error::kind(self).into()
    }
}

macro_rules! impl_error {
    ($type:ident $(<$lifetime:lifetime>)?) => {
        impl ErrorType for $type $(<$lifetime>)? {
            type Error = Error;
        }
    };
}

macro_rules! impl_read {
    ($type:ident $(<$lifetime:lifetime>)?) => {
        impl Read for $type $(<$lifetime>)? {
            /// As `receive`. Dropping the future loses no byte.
            async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Error> {
                if buf.is_empty() {
                    return Ok(0);
                }
                self.receive(buf).await
            }
        }

        impl ReadReady for $type $(<$lifetime>)? {
            /// Whether [`input_waiting`](crate::Control::input_waiting) says that there is
            /// something.
            fn read_ready(&mut self) -> Result<bool, Error> {
                Ok(self.input_waiting()? > 0)
            }
        }
    };
}

macro_rules! impl_write {
    ($type:ident $(<$lifetime:lifetime>)?) => {
        impl Write for $type $(<$lifetime>)? {
            /// As `send_some`. If the future is dropped before it is ready, nothing was sent.
            async fn write(&mut self, data: &[u8]) -> Result<usize, Error> {
                if data.is_empty() {
                    return Ok(0);
                }
                self.send_some(data).await
            }

            /// Waits until all output has left, as [`drain`](crate::Control::drain) does: drivers
            /// that turn a bus around rely on it.
            async fn flush(&mut self) -> Result<(), Error> {
                self.drain().await
            }

            /// As `send`. Dropping the future may leave the beginning of `data` sent.
            async fn write_all(&mut self, data: &[u8]) -> Result<(), Error> {
                self.send(data).await
            }
        }
    };
}

impl_error!(SerialPort);
impl_error!(ReadHalf<'_>);
impl_error!(WriteHalf<'_>);
impl_error!(OwnedReadHalf);
impl_error!(OwnedWriteHalf);

impl_read!(SerialPort);
impl_read!(ReadHalf<'_>);
impl_read!(OwnedReadHalf);

impl_write!(SerialPort);
impl_write!(WriteHalf<'_>);
impl_write!(OwnedWriteHalf);
