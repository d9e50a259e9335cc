//! The same port for code without async.
//!
//! [`SerialPort`] has the methods of [`crate::SerialPort`] without `.await`, and
//! [`std::io::Read`] and [`std::io::Write`]. A call waits on its own thread, in `poll(2)`: there
//! is no runtime, no other thread, and no second implementation; what the async port promises,
//! this one does.
//!
//! ```no_run
//! # fn main() -> anyserial::Result<()> {
//! use std::time::Duration;
//! use anyserial::{SerialConfig, blocking::SerialPort};
//!
//! let mut port = SerialPort::open("/dev/ttyUSB0", SerialConfig::new(115_200))?;
//! port.set_timeout(Duration::from_secs(1));
//! port.send(b"*IDN?\n")?;
//! let mut reply = [0; 64];
//! let n = port.receive(&mut reply)?;
//! println!("{}", String::from_utf8_lossy(&reply[..n]));
//! # Ok(()) }
//! ```
//!
//! # Timeouts
//!
//! A call takes as long as it takes, unless it is given a limit: each call on a port, half or
//! [`Control`] by [`set_timeout`](SerialPort::set_timeout), several calls together by
//! [`within`](SerialPort::within):
//!
//! ```
//! # let (near, far) = anyserial::testing::pair();
//! # let mut port = anyserial::blocking::SerialPort::from(near);
//! # let mut far = anyserial::blocking::SerialPort::from(far);
//! # far.send(b"+21.5\n")?;
//! use std::time::Duration;
//!
//! let reply = port.within(Duration::from_millis(500), |port| {
//!     port.send(b"TEMP?\n")?;
//!     let mut reply = Vec::new();
//!     while !reply.ends_with(b"\n") {
//!         reply.extend(port.receive_available(64)?);
//!     }
//!     Ok::<_, anyserial::Error>(reply)
//! })?;
//! assert_eq!(reply, b"+21.5\n");
//! # Ok::<(), anyserial::Error>(())
//! ```
//!
//! What is over its time is
//! [`Error::TimedOut`], and the port goes on as if the async method's
//! future had been dropped: see its cancel safety. What is ready at once is never too late.
//! Opening has no limit; it does not wait for a carrier.
//!
//! # Two threads
//!
//! The halves of [`split`](SerialPort::split) and [`into_split`](SerialPort::into_split) work on
//! two threads at once and know nothing of each other: each has its timeout, and one that waits
//! does not hold up the other.
//!
//! # Frames
//!
//! [`std::io::BufReader`] over a port or a half gives lines and other delimited frames.
//!
//! # In an async program
//!
//! These calls would hold up the executor's thread: there, take [`crate::SerialPort`].

mod control;
mod limit;
mod modem_changes;
mod split;

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::ops::Deref;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use self::control::Control;
use self::limit::{Limit, Limited};
pub use self::modem_changes::ModemChanges;
pub use self::split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, WriteHalf};
use crate::config::SerialConfig;
use crate::error::{Error, Result};
use crate::reactor::Blocking;
use crate::received::Received;

/// An open serial port whose calls wait where they are made.
///
/// Everything beside reading and writing is in [`Control`], to which a port dereferences.
///
/// # Tests without hardware
///
/// Any port of this crate becomes a blocking one, one in memory among them:
///
/// ```
/// use std::io::{Read, Write};
/// use anyserial::blocking::SerialPort;
///
/// let (near, far) = anyserial::testing::pair();
/// let (mut near, mut far) = (SerialPort::from(near), SerialPort::from(far));
/// near.write_all(b"ping")?;
/// let mut buf = [0; 4];
/// far.read_exact(&mut buf)?;
/// assert_eq!(&buf, b"ping");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Dropping and closing
///
/// Dropping the port puts back what was changed, gives up its locks, and closes it on this
/// thread. So what was written is sent, also if the program ends right after; but where the far
/// end has stopped the output by flow control, the kernel waits for it, on Linux for 30 s.
/// [`close`](SerialPort::close) waits no longer than the timeout.
#[derive(Debug)]
pub struct SerialPort {
    inner: crate::SerialPort,
    control: Control,
}

impl SerialPort {
    /// Opens a port. See [`open`](crate::SerialPort::open_with) of the async port for what it
    /// does; here it runs on this thread.
    ///
    /// # Errors
    ///
    /// As there, but for the reactor's.
    pub fn open(path: impl AsRef<Path>, config: impl Into<SerialConfig>) -> Result<Self> {
        let opening = crate::SerialPort::open_with(Arc::new(Blocking), path.as_ref(), config);
        let port = Limit::default().run(path.as_ref(), opening)?;
        Ok(port.into())
    }

    /// Takes over a terminal that is open already. See
    /// [`from_fd`](crate::SerialPort::from_fd_with) of the async port.
    ///
    /// # Errors
    ///
    /// As there, but for the reactor's.
    pub fn from_fd(fd: impl Into<OwnedFd>, config: impl Into<SerialConfig>) -> Result<Self> {
        let opening = crate::SerialPort::from_fd_with(Arc::new(Blocking), fd, config);
        let port = Limit::default().run(Path::new("/dev/fd"), opening)?;
        Ok(port.into())
    }

    /// The descriptor, where the transport has one. See [`with_fd`](Control::with_fd).
    #[must_use]
    pub fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        self.inner.as_fd()
    }

    /// Waits until all output has left, and closes the port.
    ///
    /// What has not left when the timeout is over is thrown away, for else the kernel would wait
    /// for it. (Set the timeout to what the output needs, if it was made for receiving.)
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`] if output was thrown away; the port is closed all the same. That the
    /// device is gone is no error here.
    pub fn close(self) -> Result<()> {
        let SerialPort { inner, control } = self;
        let drained = match control.drain() {
            Err(late @ Error::TimedOut { .. }) => {
                // If this fails, the device is gone and its output with it.
                let _ = control.discard_output();
                Err(late)
            }
            _ => Ok(()),
        };
        Limit::default().run(control.path(), inner.close())?;
        drained
    }
}

/// A port of any reactor and any transport. One whose reactor runs on this very thread, such as
/// that of a tokio runtime of one thread, cannot be waited for here.
impl From<crate::SerialPort> for SerialPort {
    fn from(inner: crate::SerialPort) -> Self {
        SerialPort {
            control: Control::new(inner.control()),
            inner,
        }
    }
}

/// What the port and each half have: types with the fields `inner` and `control`.
macro_rules! impl_common {
    ($type:ident $(<$lifetime:lifetime>)?) => {
        impl $(<$lifetime>)? $type $(<$lifetime>)? {
            /// Sets how long each call may take; `None`, the default: as long as it takes. This
            /// concerns no other half or handle.
            pub fn set_timeout(&mut self, timeout: impl Into<Option<Duration>>) {
                self.control.set_timeout(timeout);
            }

            /// Gives all calls that `calls` makes this much time together, and no more than the
            /// timeout to each.
            pub fn within<T>(&mut self, limit: Duration, calls: impl FnOnce(&mut Self) -> T) -> T {
                limit::within(self, limit, calls)
            }
        }

        impl $(<$lifetime>)? Limited for $type $(<$lifetime>)? {
            fn limit(&mut self) -> &mut Limit {
                &mut self.control.limit
            }
        }

        impl $(<$lifetime>)? Deref for $type $(<$lifetime>)? {
            type Target = Control;

            fn deref(&self) -> &Control {
                &self.control
            }
        }
    };
}

/// Reading, for the port and its read halves.
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
            /// [`Error::TimedOut`](crate::Error::TimedOut), and no byte is lost;
            /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for an empty buffer.
            pub fn receive(&mut self, buf: &mut [u8]) -> Result<usize> {
                self.control.run(self.inner.receive(buf))
            }

            /// Receives what is there, at least one byte, and at most `limit` bytes or one
            /// [`read_chunk_size`](SerialConfig::read_chunk_size): one wait, one read. The
            /// vector is never empty.
            ///
            /// # Errors
            ///
            /// As [`receive`](Self::receive);
            /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for a limit of 0.
            pub fn receive_available(&mut self, limit: usize) -> Result<Vec<u8>> {
                self.control.run(self.inner.receive_available(limit))
            }

            /// Receives into several buffers, in their order: one wait, one system call.
            ///
            /// # Errors
            ///
            /// As [`receive`](Self::receive).
            pub fn receive_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> Result<usize> {
                self.control.run(self.inner.receive_vectored(bufs))
            }

            /// Receives as [`receive`](Self::receive) does, and tells breaks and damaged
            /// characters from data. See
            /// [`receive_events`](crate::SerialPort::receive_events) of the async port.
            ///
            /// # Errors
            ///
            /// As there, and [`Error::TimedOut`](crate::Error::TimedOut).
            pub fn receive_events<'buf>(&mut self, buf: &'buf mut [u8]) -> Result<Received<'buf>> {
                self.control.run(self.inner.receive_events(buf))
            }
        }

        /// As [`receive`](Self::receive): a timeout is [`io::ErrorKind::TimedOut`].
        impl $(<$lifetime>)? Read for $type $(<$lifetime>)? {
            fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                if buf.is_empty() {
                    return Ok(0);
                }
                Ok(self.receive(buf)?)
            }

            fn read_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
                if bufs.iter().all(|buf| buf.is_empty()) {
                    return Ok(0);
                }
                Ok(self.receive_vectored(bufs)?)
            }
        }
    };
}

/// Writing, for the port and its write halves.
macro_rules! impl_write {
    ($type:ident $(<$lifetime:lifetime>)?) => {
        impl $(<$lifetime>)? $type $(<$lifetime>)? {
            /// Sends all of `data`: it is in the kernel's queue then, not yet on the wire, for
            /// which there is [`drain`](Control::drain). Waits while the queue is full.
            ///
            /// # Errors
            ///
            /// [`Error::Disconnected`](crate::Error::Disconnected) once the device is gone;
            /// [`Error::TimedOut`](crate::Error::TimedOut). How much was sent before is not
            /// known then; [`send_some`](Self::send_some) tells.
            pub fn send(&mut self, data: &[u8]) -> Result<()> {
                self.control.run(self.inner.send(data))
            }

            /// Sends as much of `data` as there is room for in the queue, at least one byte:
            /// waits if there is none, then writes once. Gives the number of bytes.
            ///
            /// # Errors
            ///
            /// [`Error::Disconnected`](crate::Error::Disconnected) once the device is gone;
            /// [`Error::TimedOut`](crate::Error::TimedOut), and nothing was sent;
            /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for empty `data`.
            pub fn send_some(&mut self, data: &[u8]) -> Result<usize> {
                self.control.run(self.inner.send_some(data))
            }

            /// Sends as much of several buffers, in their order, as there is room for: one
            /// system call. Gives the number of bytes.
            ///
            /// # Errors
            ///
            /// As [`send_some`](Self::send_some).
            pub fn send_vectored(&mut self, data: &[IoSlice<'_>]) -> Result<usize> {
                self.control.run(self.inner.send_vectored(data))
            }
        }

        /// As [`send_some`](Self::send_some): a timeout is [`io::ErrorKind::TimedOut`].
        impl $(<$lifetime>)? Write for $type $(<$lifetime>)? {
            fn write(&mut self, data: &[u8]) -> io::Result<usize> {
                if data.is_empty() {
                    return Ok(0);
                }
                Ok(self.send_some(data)?)
            }

            fn write_vectored(&mut self, data: &[IoSlice<'_>]) -> io::Result<usize> {
                if data.iter().all(|data| data.is_empty()) {
                    return Ok(0);
                }
                Ok(self.send_vectored(data)?)
            }

            /// Waits until all output has left, as [`drain`](Control::drain) does.
            fn flush(&mut self) -> io::Result<()> {
                Ok(self.drain()?)
            }
        }
    };
}

use {impl_common, impl_read, impl_write};

impl_common!(SerialPort);
impl_read!(SerialPort);
impl_write!(SerialPort);
