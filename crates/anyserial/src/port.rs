//! The port.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice, IoSliceMut};
use std::ops::Deref;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use futures_io::{AsyncRead, AsyncWrite};

use crate::config::SerialConfig;
use crate::control::{Control, invalid};
use crate::device::{BoxFuture, Device, NativeDevice, ReadBuf};
use crate::error::{Error, Result};
use crate::reactor::Reactor;
use crate::received::Received;
use crate::trace;

/// An open serial port, whatever carries its bytes and whatever runtime drives it.
///
/// Reading and writing take `&mut self`; for both at once, [`split`](SerialPort::split) it.
/// Everything else takes `&self` and is in [`Control`], to which a port dereferences.
///
/// ```no_run
/// # async fn example() -> anyserial::Result<()> {
/// use anyserial::{SerialConfig, SerialPort};
///
/// let mut port = SerialPort::open("/dev/ttyUSB0", SerialConfig::new(115_200)).await?;
/// port.send(b"*IDN?\n").await?;
/// let mut reply = [0; 64];
/// let n = port.receive(&mut reply).await?;
/// println!("{}", String::from_utf8_lossy(&reply[..n]));
/// # Ok(()) }
/// ```
///
/// # Two readers at once do not compile
///
/// ```compile_fail,E0499
/// # async fn example(mut port: anyserial::SerialPort) {
/// let (mut a, mut b) = ([0; 8], [0; 8]);
/// let first = port.receive(&mut a);
/// let second = port.receive(&mut b);
/// let _ = (first.await, second.await);
/// # }
/// ```
///
/// # Dropping and closing
///
/// Dropping the port puts back what was changed (low latency, RS-485) and gives up its locks at
/// once, so that it can be opened again right away; the close itself, which waits for unsent
/// output, goes on elsewhere. [`close`](SerialPort::close) does the
/// same and waits for the end of it without blocking. Neither waits for output to be *sent*:
/// call [`drain`](Control::drain) for that. What is unsent when the port is opened again goes out
/// with the settings of then.
///
/// # No read-ahead
///
/// The port holds no bytes of its own: what it has not delivered is still in the kernel's queue.
/// (With [`mark_errors`](SerialConfig::mark_errors) it remembers the beginning of a mark whose end
/// was not read yet.)
#[derive(Debug)]
pub struct SerialPort {
    pub(crate) device: Arc<dyn Device>,
    control: Control,
    closing: Closing,
}

impl SerialPort {
    /// Opens a port on the default reactor, [`AsyncIo`](crate::reactor::AsyncIo), which works
    /// under every executor. (Inside tokio, the adapter `anyserial-tokio` is faster.)
    ///
    /// Opening runs on a thread that may wait: a USB adapter can take hundreds of milliseconds.
    /// The port is locked before any of its settings is touched, so an open that fails has
    /// changed nothing; with [`exclusive(false)`](SerialConfig::exclusive) it is not locked. The
    /// settings are read back from the driver and compared.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::PermissionDenied`], [`Error::Busy`],
    /// [`Error::NotSerialPort`], [`Error::NoHardware`]; those of
    /// [`configure`](Control::configure); [`Error::InvalidArgument`] for a path with a NUL byte.
    ///
    /// [`Error::NotFound`]: crate::Error::NotFound
    /// [`Error::PermissionDenied`]: crate::Error::PermissionDenied
    /// [`Error::Busy`]: crate::Error::Busy
    /// [`Error::NotSerialPort`]: crate::Error::NotSerialPort
    /// [`Error::NoHardware`]: crate::Error::NoHardware
    /// [`Error::InvalidArgument`]: crate::Error::InvalidArgument
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing open: a port whose opening is under way on its thread
    /// is closed there. Until then it is busy.
    ///
    /// # Platform notes
    ///
    /// Linux raises RTS and DTR whenever a port is opened: see [`LineOnOpen`](crate::LineOnOpen)
    /// for boards that mind.
    #[cfg(feature = "async-io")]
    pub async fn open(path: impl AsRef<Path>, config: impl Into<SerialConfig>) -> Result<Self> {
        Self::open_with(Arc::new(crate::reactor::AsyncIo), path, config).await
    }

    /// Opens a port on a reactor of your choice.
    ///
    /// # Errors
    ///
    /// As `open`, and [`Error::NoReactor`](crate::Error::NoReactor) where the reactor cannot work
    /// here, as tokio's outside of a tokio runtime.
    ///
    /// # Cancel safety
    ///
    /// As `open`.
    pub async fn open_with(
        reactor: Arc<dyn Reactor>,
        path: impl AsRef<Path>,
        config: impl Into<SerialConfig>,
    ) -> Result<Self> {
        let path = path.as_ref();
        let config = config.into();
        let opening = async {
            config.validate()?;
            if path.as_os_str().as_encoded_bytes().contains(&0) {
                return Err(invalid(
                    "path",
                    &format!("{} has a NUL byte", path.display()),
                ));
            }
            NativeDevice::open(reactor, path.to_path_buf(), config).await
        };
        match opening.await {
            Ok(device) => Ok(Self::from_device(device)),
            Err(error) => {
                trace::not_opened(path, &config, &error);
                Err(error)
            }
        }
    }

    /// Takes over a terminal that is open already, on the default reactor.
    ///
    /// The descriptor is made non-blocking, which concerns its duplicates too, and is closed on
    /// exec. From there on as `open`.
    ///
    /// # Errors
    ///
    /// As `open`; [`Error::NotSerialPort`](crate::Error::NotSerialPort) for what is no terminal.
    /// The descriptor is closed then.
    ///
    /// # Cancel safety
    ///
    /// As `open`.
    #[cfg(feature = "async-io")]
    pub async fn from_fd(fd: impl Into<OwnedFd>, config: impl Into<SerialConfig>) -> Result<Self> {
        Self::from_fd_with(Arc::new(crate::reactor::AsyncIo), fd, config).await
    }

    /// Takes over a terminal that is open already, on a reactor of your choice.
    ///
    /// # Errors
    ///
    /// As `from_fd`, and [`Error::NoReactor`](crate::Error::NoReactor).
    ///
    /// # Cancel safety
    ///
    /// As `open`.
    pub async fn from_fd_with(
        reactor: Arc<dyn Reactor>,
        fd: impl Into<OwnedFd>,
        config: impl Into<SerialConfig>,
    ) -> Result<Self> {
        let (fd, config) = (fd.into(), config.into());
        let opening = async {
            config.validate()?;
            NativeDevice::from_fd(reactor, fd, config).await
        };
        match opening.await {
            Ok(device) => Ok(Self::from_device(device)),
            Err(error) => {
                let path = error.path().unwrap_or(Path::new("/dev/fd"));
                trace::not_opened(path, &config, &error);
                Err(error)
            }
        }
    }

    /// A port over a transport of your own.
    pub fn from_device(device: impl Device) -> Self {
        let device: Arc<dyn Device> = Arc::new(device);
        trace::opened(device.path(), &device.config());
        SerialPort {
            control: Control::new(&device),
            closing: Closing::default(),
            device,
        }
    }

    /// The descriptor, where the transport has one. See [`with_fd`](Control::with_fd).
    #[must_use]
    pub fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        self.device.descriptor()
    }

    /// Closes the port, and waits until the system has closed it.
    ///
    /// What was changed is put back and the locks are given up at once, before the first wait.
    /// With output unsent this takes as long as that needs to leave, up to a minute if the far end
    /// has stopped it; meanwhile no thread of the executor waits, and for the first 30 s the port
    /// can be opened again at once (in the kernel's own close, for which the rest of the time is,
    /// it would wait). Output that is still queued after that is lost: [`drain`](Control::drain)
    /// first.
    ///
    /// # Errors
    ///
    /// Those of the transport, if it has any; a terminal's close does not fail.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the close to go on by itself.
    pub async fn close(self) -> Result<()> {
        let closed = self.device.close();
        drop(self);
        closed.await
    }

    fn port(&self) -> &SerialPort {
        self
    }
}

impl Drop for SerialPort {
    fn drop(&mut self) {
        trace::closing(self.device.path());
        // Calling it does all that is done at once; the future only waits.
        drop(self.device.close());
    }
}

impl Deref for SerialPort {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.control
    }
}

/// The state of `poll_close`, which drains.
#[derive(Default)]
pub(crate) struct Closing {
    /// In a mutex, which is never locked, because a future need not be `Sync` and a port is.
    drain: Mutex<Option<BoxFuture<'static, Result<()>>>>,
}

impl Closing {
    pub(crate) fn poll(&mut self, control: &Control, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let drain = match self.drain.get_mut() {
            Ok(drain) => drain,
            Err(poisoned) => poisoned.into_inner(),
        };
        let future = drain.get_or_insert_with(|| {
            let control = control.clone();
            Box::pin(async move { control.drain().await })
        });
        let outcome = ready!(future.as_mut().poll(cx));
        *drain = None;
        Poll::Ready(outcome)
    }
}

impl fmt::Debug for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Closing")
    }
}

/// Reading, for the port and its read halves: types with a method `port`.
macro_rules! impl_read {
    ($type:ident $(<$lifetime:lifetime>)?) => {
        impl $(<$lifetime>)? $type $(<$lifetime>)? {
            /// Receives what is there, at least one byte: waits if there is none yet, then reads
            /// once. Gives the number of bytes, which is never 0.
            ///
            /// # Errors
            ///
            /// [`Error::Disconnected`](crate::Error::Disconnected) once the device is gone and
            /// what it had sent is read, and from then on every time;
            /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for an empty buffer.
            ///
            /// # Cancel safety
            ///
            /// Dropping the future loses no byte.
            pub async fn receive(&mut self, buf: &mut [u8]) -> Result<usize> {
                if buf.is_empty() {
                    return Err(invalid("buffer", "it is empty"));
                }
                let device = &*self.port().device;
                poll_fn(|cx| {
                    let mut buf = ReadBuf::from(&mut *buf);
                    ready!(device.poll_read(cx, &mut buf))?;
                    Poll::Ready(Ok(buf.filled()))
                })
                .await
            }

            /// Receives what is there, at least one byte, and at most `limit` bytes or one
            /// [`read_chunk_size`](SerialConfig::read_chunk_size): one wait, one read. The
            /// vector is never empty.
            ///
            /// # Errors
            ///
            /// As [`receive`](Self::receive);
            /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for a limit of 0.
            ///
            /// # Cancel safety
            ///
            /// Dropping the future loses no byte.
            pub async fn receive_available(&mut self, limit: usize) -> Result<Vec<u8>> {
                if limit == 0 {
                    return Err(invalid("limit", "it is 0"));
                }
                let device = &*self.port().device;
                let size = limit.min(device.config().read_chunk_size);
                let mut bytes = Vec::with_capacity(size);
                poll_fn(|cx| device.poll_read(cx, &mut ReadBuf::from(&mut bytes))).await?;
                Ok(bytes)
            }

            /// Receives into several buffers, in their order: one wait, one system call.
            ///
            /// # Errors
            ///
            /// As [`receive`](Self::receive).
            ///
            /// # Cancel safety
            ///
            /// Dropping the future loses no byte.
            pub async fn receive_vectored(
                &mut self,
                bufs: &mut [IoSliceMut<'_>],
            ) -> Result<usize> {
                if bufs.iter().all(|buf| buf.is_empty()) {
                    return Err(invalid("buffer", "it is empty"));
                }
                let device = &*self.port().device;
                poll_fn(|cx| device.poll_read_vectored(cx, bufs)).await
            }

            /// Receives what is there, as [`receive`](Self::receive) does, and tells breaks and
            /// damaged characters from data. The port must have been opened with
            /// [`mark_errors`](SerialConfig::mark_errors).
            ///
            /// Data and events come in the order of the wire. Characters that were lost because
            /// nobody fetched them in time are no event; [`counters`](Control::counters) has
            /// them.
            ///
            /// # Errors
            ///
            /// As [`receive`](Self::receive);
            /// [`Error::InvalidConfiguration`](crate::Error::InvalidConfiguration) without
            /// `mark_errors`.
            ///
            /// # Cancel safety
            ///
            /// Dropping the future loses no byte and no event.
            ///
            /// # Platform notes
            ///
            /// POSIX has one mark (`PARMRK`) for a break and for a damaged zero, and one for
            /// wrong parity and for a missing stop bit.
            #[doc(alias = "PARMRK")]
            pub async fn receive_events<'b>(&mut self, buf: &'b mut [u8]) -> Result<Received<'b>> {
                if buf.is_empty() {
                    return Err(invalid("buffer", "it is empty"));
                }
                let device = &*self.port().device;
                if !device.config().mark_errors {
                    return Err(Error::InvalidConfiguration {
                        field: "mark_errors",
                        value: "false".to_owned(),
                        expected: "true, for events to be received",
                    });
                }
                let mut marks = Vec::new();
                let filled = poll_fn(|cx| {
                    let mut buf = ReadBuf::from(&mut *buf);
                    ready!(device.poll_read_marked(cx, &mut buf, &mut marks))?;
                    Poll::Ready(Ok::<_, Error>(buf.filled()))
                })
                .await?;
                Ok(Received::new(buf.get(..filled).unwrap_or_default(), marks))
            }

            /// The poll form of [`receive`](Self::receive), for adapters to other traits: it can
            /// read into space that is not initialized. With no room in `buf` it is ready at once.
            ///
            /// # Errors
            ///
            /// As [`receive`](Self::receive).
            pub fn poll_receive(
                &mut self,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<Result<()>> {
                if buf.remaining() == 0 {
                    return Poll::Ready(Ok(()));
                }
                self.port().device.poll_read(cx, buf)
            }
        }

        impl $(<$lifetime>)? AsyncRead for $type $(<$lifetime>)? {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                let mut buf = ReadBuf::from(buf);
                ready!(self.get_mut().poll_receive(cx, &mut buf))?;
                Poll::Ready(Ok(buf.filled()))
            }

            fn poll_read_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                if bufs.iter().all(|buf| buf.is_empty()) {
                    return Poll::Ready(Ok(0));
                }
                let received = ready!(self.port().device.poll_read_vectored(cx, bufs))?;
                Poll::Ready(Ok(received))
            }
        }
    };
}

/// Writing, for the port and its write halves: types with a method `port` and a field `closing`.
macro_rules! impl_write {
    ($type:ident $(<$lifetime:lifetime>)?) => {
        impl $(<$lifetime>)? $type $(<$lifetime>)? {
            /// Sends all of `data`: it is in the kernel's queue then, not yet on the wire, for
            /// which there is [`drain`](Control::drain). Waits while the queue is full.
            ///
            /// # Errors
            ///
            /// [`Error::Disconnected`](crate::Error::Disconnected) once the device is gone. How
            /// much was sent before is not known then.
            ///
            /// # Cancel safety
            ///
            /// Dropping the future may leave the beginning of `data` sent. To know how much, use
            /// [`send_some`](Self::send_some).
            pub async fn send(&mut self, mut data: &[u8]) -> Result<()> {
                while !data.is_empty() {
                    let sent = self.send_some(data).await?;
                    data = data.get(sent..).unwrap_or_default();
                }
                Ok(())
            }

            /// Sends as much of `data` as there is room for in the queue, at least one byte:
            /// waits if there is none, then writes once. Gives the number of bytes.
            ///
            /// # Errors
            ///
            /// [`Error::Disconnected`](crate::Error::Disconnected) once the device is gone,
            /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for empty `data`.
            ///
            /// # Cancel safety
            ///
            /// If the future is dropped before it is ready, nothing was sent.
            pub async fn send_some(&mut self, data: &[u8]) -> Result<usize> {
                if data.is_empty() {
                    return Err(invalid("data", "it is empty"));
                }
                let device = &*self.port().device;
                poll_fn(|cx| device.poll_write(cx, data)).await
            }

            /// Sends as much of several buffers, in their order, as there is room for: one
            /// system call. Gives the number of bytes.
            ///
            /// # Errors
            ///
            /// As [`send_some`](Self::send_some).
            ///
            /// # Cancel safety
            ///
            /// If the future is dropped before it is ready, nothing was sent.
            pub async fn send_vectored(&mut self, data: &[IoSlice<'_>]) -> Result<usize> {
                if data.iter().all(|data| data.is_empty()) {
                    return Err(invalid("data", "it is empty"));
                }
                let device = &*self.port().device;
                poll_fn(|cx| device.poll_write_vectored(cx, data)).await
            }
        }

        impl $(<$lifetime>)? AsyncWrite for $type $(<$lifetime>)? {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                data: &[u8],
            ) -> Poll<io::Result<usize>> {
                if data.is_empty() {
                    return Poll::Ready(Ok(0));
                }
                let sent = ready!(self.port().device.poll_write(cx, data))?;
                Poll::Ready(Ok(sent))
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                data: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                if data.iter().all(|data| data.is_empty()) {
                    return Poll::Ready(Ok(0));
                }
                let sent = ready!(self.port().device.poll_write_vectored(cx, data))?;
                Poll::Ready(Ok(sent))
            }

            /// Ready at once: nothing is held back here. To wait until the bytes are on the
            /// wire, [`drain`](Control::drain).
            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            /// Waits as [`drain`](Control::drain) does. The port stays open and usable; it
            /// closes when it is dropped.
            fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                let this = self.get_mut();
                let control = this.port().control();
                ready!(this.closing.poll(&control, cx))?;
                Poll::Ready(Ok(()))
            }
        }
    };
}

pub(crate) use {impl_read, impl_write};

impl_read!(SerialPort);
impl_write!(SerialPort);
