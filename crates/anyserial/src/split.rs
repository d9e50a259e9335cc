//! Halves: reading and writing at the same time.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::control::Control;
use crate::error::Result;
use crate::port::{Closing, SerialPort};

impl SerialPort {
    /// Splits the port into halves that borrow it: to read and write at once in one task.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (mut port, mut far) = anyserial::testing::pair();
    /// far.send(b"pong").await?;
    ///
    /// let (mut read, mut write) = port.split();
    /// let mut reply = [0; 8];
    /// let (sent, received) =
    ///     futures_lite::future::zip(write.send(b"ping"), read.receive(&mut reply)).await;
    /// sent?;
    /// assert_eq!(&reply[..received?], b"pong");
    /// # Ok::<(), anyserial::Error>(()) }).unwrap();
    /// ```
    pub fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
        let write = WriteHalf {
            port: self,
            closing: Closing::default(),
        };
        (ReadHalf { port: self }, write)
    }

    /// Splits the port into halves that own it together: for two tasks. The port closes when
    /// both are dropped; [`reunite`](OwnedReadHalf::reunite) gives it back.
    #[must_use]
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        let port = Arc::new(self);
        let write = OwnedWriteHalf {
            port: Arc::clone(&port),
            closing: Closing::default(),
        };
        (OwnedReadHalf { port }, write)
    }
}

/// The reading half of a borrowed port: see [`SerialPort::split`].
#[derive(Debug)]
pub struct ReadHalf<'a> {
    port: &'a SerialPort,
}

/// The writing half of a borrowed port: see [`SerialPort::split`].
#[derive(Debug)]
pub struct WriteHalf<'a> {
    port: &'a SerialPort,
    pub(crate) closing: Closing,
}

/// The reading half of a port: see [`SerialPort::into_split`].
#[derive(Debug)]
pub struct OwnedReadHalf {
    port: Arc<SerialPort>,
}

/// The writing half of a port: see [`SerialPort::into_split`].
#[derive(Debug)]
pub struct OwnedWriteHalf {
    port: Arc<SerialPort>,
    pub(crate) closing: Closing,
}

impl OwnedReadHalf {
    /// Makes the port whole again.
    ///
    /// # Errors
    ///
    /// [`ReuniteError`] with both halves, if they are not of the same port.
    pub fn reunite(self, write: OwnedWriteHalf) -> Result<SerialPort, ReuniteError> {
        if !Arc::ptr_eq(&self.port, &write.port) {
            return Err(ReuniteError(self, write));
        }
        let OwnedWriteHalf { port, closing } = write;
        drop(self);
        Arc::try_unwrap(port).map_err(|port| {
            let read = OwnedReadHalf {
                port: Arc::clone(&port),
            };
            ReuniteError(read, OwnedWriteHalf { port, closing })
        })
    }
}

impl OwnedWriteHalf {
    /// Makes the port whole again.
    ///
    /// # Errors
    ///
    /// [`ReuniteError`] with both halves, if they are not of the same port.
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

/// What each half has besides its direction.
macro_rules! impl_half {
    ($type:ident $(<$lifetime:lifetime>)?) => {
        impl $(<$lifetime>)? $type $(<$lifetime>)? {
            pub(crate) fn port(&self) -> &SerialPort {
                &self.port
            }
        }

        impl $(<$lifetime>)? Deref for $type $(<$lifetime>)? {
            type Target = Control;

            fn deref(&self) -> &Control {
                &**self.port()
            }
        }
    };
}

impl_half!(ReadHalf<'a>);
impl_half!(WriteHalf<'a>);
impl_half!(OwnedReadHalf);
impl_half!(OwnedWriteHalf);
