//! The port.

use std::fmt;
use std::ops::Deref;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use crate::config::SerialConfig;
use crate::control::{Control, invalid};
use crate::device::{BoxFuture, Device, NativeDevice};
use crate::error::Result;
use crate::reactor::Reactor;
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
    pub(crate) closing: Closing,
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

    pub(crate) fn port(&self) -> &SerialPort {
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
