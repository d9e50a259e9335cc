//! The port and its halves with tokio's traits.

use std::fmt;
use std::io::{self, IoSlice};
use std::ops::{Deref, DerefMut};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use anyserial::{Error, Result, SerialConfig, device, reactor::Reactor};
use futures_io::AsyncWrite as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::Tokio;

/// A serial port on tokio: [`anyserial::SerialPort`], to which it dereferences, with tokio's
/// [`AsyncRead`] and [`AsyncWrite`].
///
/// `flush` of tokio's `AsyncWriteExt` has nothing to do and returns
/// at once; `shutdown` waits until all output has left, as
/// [`drain`](anyserial::Control::drain) does, without blocking.
#[derive(Debug)]
pub struct SerialPort(anyserial::SerialPort);

impl SerialPort {
    /// Opens a port on the current tokio runtime. See
    /// [`open`](anyserial::SerialPort::open_with) of the core for what it does.
    ///
    /// # Errors
    ///
    /// Those of the core, and [`Error::NoReactor`] outside of a tokio runtime or in one without
    /// I/O and time drivers.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing open: a port whose opening is under way on its thread
    /// is closed there. Until then it is busy.
    pub async fn open(path: impl AsRef<Path>, config: impl Into<SerialConfig>) -> Result<Self> {
        let reactor = current(path.as_ref())?;
        anyserial::SerialPort::open_with(reactor, path, config)
            .await
            .map(SerialPort)
    }

    /// Takes over a terminal that is open already. See
    /// [`from_fd`](anyserial::SerialPort::from_fd_with) of the core.
    ///
    /// # Errors
    ///
    /// As [`open`](SerialPort::open).
    ///
    /// # Cancel safety
    ///
    /// As [`open`](SerialPort::open).
    pub async fn from_fd(fd: impl Into<OwnedFd>, config: impl Into<SerialConfig>) -> Result<Self> {
        let reactor = current(Path::new("/dev/fd"))?;
        anyserial::SerialPort::from_fd_with(reactor, fd, config)
            .await
            .map(SerialPort)
    }

    /// The core's port, still driven by tokio, for code that knows the futures traits.
    #[must_use]
    pub fn into_inner(self) -> anyserial::SerialPort {
        self.0
    }

    /// Splits the port into halves that borrow it.
    pub fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
        let (read, write) = self.0.split();
        (ReadHalf(read), WriteHalf(write))
    }

    /// Splits the port into halves that own it together: for two tasks. The port closes when
    /// both are dropped; [`reunite`](OwnedReadHalf::reunite) gives it back.
    #[must_use]
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        let (read, write) = self.0.into_split();
        (OwnedReadHalf(read), OwnedWriteHalf(write))
    }

    /// Closes the port, and waits until the system has closed it. See
    /// [`close`](anyserial::SerialPort::close) of the core.
    ///
    /// # Errors
    ///
    /// Those of the transport, if it has any.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the close to go on by itself.
    pub async fn close(self) -> Result<()> {
        self.0.close().await
    }
}

/// Any port of the core, whatever its reactor: one in memory, for a test, among them.
impl From<anyserial::SerialPort> for SerialPort {
    fn from(port: anyserial::SerialPort) -> Self {
        SerialPort(port)
    }
}

pub(crate) fn current(path: &Path) -> Result<Arc<dyn Reactor>> {
    match Tokio::current() {
        Ok(tokio) => Ok(Arc::new(tokio)),
        Err(error) => Err(Error::NoReactor {
            path: path.to_path_buf(),
            problem: format!("call this inside of a tokio runtime: {error}"),
        }),
    }
}

/// The reading half of a borrowed port: see [`SerialPort::split`].
#[derive(Debug)]
pub struct ReadHalf<'a>(anyserial::ReadHalf<'a>);

/// The writing half of a borrowed port: see [`SerialPort::split`].
#[derive(Debug)]
pub struct WriteHalf<'a>(anyserial::WriteHalf<'a>);

/// The reading half of a port: see [`SerialPort::into_split`].
#[derive(Debug)]
pub struct OwnedReadHalf(anyserial::OwnedReadHalf);

/// The writing half of a port: see [`SerialPort::into_split`].
#[derive(Debug)]
pub struct OwnedWriteHalf(anyserial::OwnedWriteHalf);

impl OwnedReadHalf {
    /// Makes the port whole again.
    ///
    /// # Errors
    ///
    /// [`ReuniteError`] with both halves, if they are not of the same port.
    pub fn reunite(self, write: OwnedWriteHalf) -> Result<SerialPort, ReuniteError> {
        let reunited = self.0.reunite(write.0);
        reunited.map(SerialPort).map_err(|error| {
            let anyserial::ReuniteError(read, write) = error;
            ReuniteError(OwnedReadHalf(read), OwnedWriteHalf(write))
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

macro_rules! impl_half {
    ($type:ident $(<$lifetime:lifetime>)?) => {
        impl $(<$lifetime>)? $type $(<$lifetime>)? {
            /// The core's half, still driven by tokio, for code that knows the futures traits.
            #[must_use]
            pub fn into_inner(self) -> anyserial::$type $(<$lifetime>)? {
                self.0
            }
        }
    };
}

macro_rules! impl_deref {
    ($type:ident $(<$lifetime:lifetime>)?) => {
        impl $(<$lifetime>)? Deref for $type $(<$lifetime>)? {
            type Target = anyserial::$type $(<$lifetime>)?;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl $(<$lifetime>)? DerefMut for $type $(<$lifetime>)? {
            fn deref_mut(&mut self) -> &mut Self::Target {
                &mut self.0
            }
        }
    };
}

macro_rules! impl_read {
    ($type:ident $(<$lifetime:lifetime>)?) => {
        impl $(<$lifetime>)? AsyncRead for $type $(<$lifetime>)? {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                let port = &mut self.get_mut().0;
                poll_read(buf, |space| port.poll_receive(cx, space))
            }
        }
    };
}

macro_rules! impl_write {
    ($type:ident $(<$lifetime:lifetime>)?) => {
        impl $(<$lifetime>)? AsyncWrite for $type $(<$lifetime>)? {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                data: &[u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.get_mut().0).poll_write(cx, data)
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                data: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.get_mut().0).poll_write_vectored(cx, data)
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            /// Ready at once: nothing is held back here.
            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut self.get_mut().0).poll_flush(cx)
            }

            /// Waits until all output has left. The port stays open and usable; it closes when
            /// it is dropped.
            fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut self.get_mut().0).poll_close(cx)
            }
        }
    };
}

impl_half!(ReadHalf<'a>);
impl_half!(WriteHalf<'a>);
impl_half!(OwnedReadHalf);
impl_half!(OwnedWriteHalf);

impl_deref!(SerialPort);
impl_deref!(ReadHalf<'a>);
impl_deref!(WriteHalf<'a>);
impl_deref!(OwnedReadHalf);
impl_deref!(OwnedWriteHalf);

impl_read!(SerialPort);
impl_read!(ReadHalf<'a>);
impl_read!(OwnedReadHalf);

impl_write!(SerialPort);
impl_write!(WriteHalf<'a>);
impl_write!(OwnedWriteHalf);

/// Lets `receive` fill what is free in `buf`, which need not be initialized.
fn poll_read(
    buf: &mut ReadBuf<'_>,
    receive: impl FnOnce(&mut device::ReadBuf<'_>) -> Poll<Result<()>>,
) -> Poll<io::Result<()>> {
    // SAFETY: what is initialized stays so: a `device::ReadBuf` only ever writes bytes. It counts
    // a byte as filled only when it has written it, in order from the start. So once it is known
    // to be the one made here, the `filled` bytes of this space are initialized, whatever the
    // device did.
    #[allow(unsafe_code)]
    let filled = unsafe {
        let unfilled = buf.unfilled_mut();
        let start = unfilled.as_ptr().cast::<u8>();
        let mut space = device::ReadBuf::from(unfilled);
        ready!(receive(&mut space))?;
        if space.as_ptr() != start {
            return Poll::Ready(Err(io::Error::other(
                "the device exchanged the read buffer",
            )));
        }
        let filled = space.filled();
        buf.assume_init(filled);
        filled
    };
    buf.advance(filled);
    Poll::Ready(Ok(()))
}
