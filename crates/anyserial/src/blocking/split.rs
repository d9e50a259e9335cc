//! Halves: reading and writing at the same time, on two threads.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::ops::Deref;
use std::time::Duration;

use super::limit::{self, Limit, Limited};
use super::{Control, SerialPort, impl_common, impl_read, impl_write};
#[cfg(doc)]
use crate::config::SerialConfig;
use crate::error::Result;
use crate::received::Received;

impl SerialPort {
    /// Splits the port into halves that borrow it: for two threads of a scope. Each begins with
    /// the timeout of the port.
    ///
    /// ```
    /// # let (near, far) = anyserial::testing::pair();
    /// # let mut port = anyserial::blocking::SerialPort::from(near);
    /// # let mut far = anyserial::blocking::SerialPort::from(far);
    /// # far.send(b"pong")?;
    /// let (mut read, mut write) = port.split();
    /// std::thread::scope(|scope| {
    ///     scope.spawn(move || write.send(b"ping"));
    ///     let mut reply = [0; 8];
    ///     let n = read.receive(&mut reply)?;
    ///     assert_eq!(&reply[..n], b"pong");
    ///     Ok::<(), anyserial::Error>(())
    /// })?;
    /// # Ok::<(), anyserial::Error>(())
    /// ```
    pub fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
        let control = &self.control;
        let (read, write) = self.inner.split();
        let read = ReadHalf {
            inner: read,
            control: control.clone(),
        };
        let write = WriteHalf {
            inner: write,
            control: control.clone(),
        };
        (read, write)
    }

    /// Splits the port into halves that own it together: for two threads. The port closes when
    /// both are dropped; [`reunite`](OwnedReadHalf::reunite) gives it back. Each begins with the
    /// timeout of the port.
    #[must_use]
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        let SerialPort { inner, control } = self;
        let (read, write) = inner.into_split();
        let read = OwnedReadHalf {
            inner: read,
            control: control.clone(),
        };
        let write = OwnedWriteHalf {
            inner: write,
            control,
        };
        (read, write)
    }
}

/// The reading half of a borrowed port: see [`SerialPort::split`].
#[derive(Debug)]
pub struct ReadHalf<'a> {
    inner: crate::ReadHalf<'a>,
    control: Control,
}

/// The writing half of a borrowed port: see [`SerialPort::split`].
#[derive(Debug)]
pub struct WriteHalf<'a> {
    inner: crate::WriteHalf<'a>,
    control: Control,
}

/// The reading half of a port: see [`SerialPort::into_split`].
#[derive(Debug)]
pub struct OwnedReadHalf {
    inner: crate::OwnedReadHalf,
    control: Control,
}

/// The writing half of a port: see [`SerialPort::into_split`].
#[derive(Debug)]
pub struct OwnedWriteHalf {
    inner: crate::OwnedWriteHalf,
    control: Control,
}

impl OwnedReadHalf {
    /// Makes the port whole again, with the timeout of this half.
    ///
    /// # Errors
    ///
    /// [`ReuniteError`] with both halves, if they are not of the same port.
    #[expect(clippy::result_large_err, reason = "it carries both halves")]
    pub fn reunite(self, write: OwnedWriteHalf) -> Result<SerialPort, ReuniteError> {
        let (read_control, write_control) = (self.control, write.control);
        match self.inner.reunite(write.inner) {
            Ok(inner) => Ok(SerialPort {
                inner,
                control: read_control,
            }),
            Err(crate::ReuniteError(read, write)) => Err(ReuniteError(
                OwnedReadHalf {
                    inner: read,
                    control: read_control,
                },
                OwnedWriteHalf {
                    inner: write,
                    control: write_control,
                },
            )),
        }
    }
}

impl OwnedWriteHalf {
    /// Makes the port whole again, with the timeout of the other half.
    ///
    /// # Errors
    ///
    /// [`ReuniteError`] with both halves, if they are not of the same port.
    #[expect(clippy::result_large_err, reason = "it carries both halves")]
    pub fn reunite(self, read: OwnedReadHalf) -> Result<SerialPort, ReuniteError> {
        read.reunite(self)
    }
}

/// Two halves that are not of the same port. Both are in here, unharmed.
#[derive(Debug)]
pub struct ReuniteError(pub OwnedReadHalf, pub OwnedWriteHalf);

impl fmt::Display for ReuniteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot reunite halves of two ports: {} and {}",
            self.0.path().display(),
            self.1.path().display()
        )
    }
}

impl std::error::Error for ReuniteError {}

impl_common!(ReadHalf<'a>);
impl_common!(WriteHalf<'a>);
impl_common!(OwnedReadHalf);
impl_common!(OwnedWriteHalf);

impl_read!(ReadHalf<'a>);
impl_read!(OwnedReadHalf);
impl_write!(WriteHalf<'a>);
impl_write!(OwnedWriteHalf);
