//! What a transport must be able to do.
//!
//! [`SerialPort`](crate::SerialPort) is one type whatever carries its bytes, because it talks to
//! a [`Device`]: a terminal of this system, the [in-memory pair](crate::testing), or one of your
//! own, through [`SerialPort::from_device`](crate::SerialPort::from_device).

mod native;

use std::fmt;
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::task::{Context, Poll, ready};
use std::time::Duration;

pub use crate::reactor::BoxFuture;
pub use crate::read_buf::ReadBuf;
pub use crate::received::{Fault, Mark};

pub(crate) use self::native::{NativeDevice, outcome, run_blocking};
use crate::capability::{Capabilities, Feature};
use crate::config::SerialConfig;
use crate::error::{Error, Result};
use crate::lines::{ControlLines, Counters, ModemLines};
use crate::port_info::PortInfo;

/// A transport of serial bytes, with the controls of a serial port.
///
/// # Control operations are eager
///
/// A method that returns a future starts its operation when it is *called*; the future waits
/// for the outcome. Dropping it does not undo or stop the operation. So a caller can start one
/// where it cannot wait, and two operations take effect in the order of the calls.
///
/// # Errors
///
/// A method that a transport cannot support gives [`Error::UnsupportedFeature`], which is what
/// the provided methods do. Once the device is gone every method gives [`Error::Disconnected`],
/// every time, but [`poll_read`](Device::poll_read) delivers what has arrived first.
pub trait Device: fmt::Debug + Send + Sync + 'static {
    /// The path, or a name that says as much.
    fn path(&self) -> &Path;

    /// Reads what is there, at least one byte, into `buf`, which has room for at least one.
    ///
    /// One task at a time reads: there is one place for its waker.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<()>>;

    /// [`poll_read`](Device::poll_read) of the same bytes, and pushes a mark for each of them that
    /// is no data, in their order. Called if the configuration in force has
    /// [`mark_errors`](SerialConfig::mark_errors).
    ///
    /// # Errors
    ///
    /// See the trait.
    fn poll_read_marked(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        marks: &mut Vec<Mark>,
    ) -> Poll<Result<()>> {
        let _ = (cx, buf, marks);
        Poll::Ready(Err(missing(self.path(), Feature::MarkErrors)))
    }

    /// Writes at least one byte of `data`, which is not empty, and tells how many.
    ///
    /// One task at a time writes: there is one place for its waker.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn poll_write(&self, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize>>;

    /// [`poll_read`](Device::poll_read) into several buffers, in their order.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn poll_read_vectored(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<Result<usize>> {
        match bufs.iter_mut().find(|buf| !buf.is_empty()) {
            Some(buf) => {
                let mut buf = ReadBuf::from(&mut **buf);
                ready!(self.poll_read(cx, &mut buf))?;
                Poll::Ready(Ok(buf.filled()))
            }
            None => Poll::Ready(Ok(0)),
        }
    }

    /// [`poll_write`](Device::poll_write) from several buffers, in their order.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn poll_write_vectored(
        &self,
        cx: &mut Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        match data.iter().find(|data| !data.is_empty()) {
            Some(data) => self.poll_write(cx, data),
            None => Poll::Ready(Ok(0)),
        }
    }

    /// The configuration in force.
    fn config(&self) -> SerialConfig;

    /// Puts a configuration in force: all of it, or nothing and an error.
    fn configure(&self, config: SerialConfig) -> BoxFuture<'_, Result<()>>;

    /// What the system knows of the device; `None` for what it does not list, such as a transport
    /// of your own, which is what the provided method says.
    fn info(&self) -> BoxFuture<'_, Result<Option<PortInfo>>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    /// What this device can do, asked of the device.
    fn capabilities(&self) -> BoxFuture<'_, Result<Capabilities>>;

    /// The lines that the far end drives.
    fn modem_lines(&self) -> BoxFuture<'_, Result<ModemLines>> {
        unsupported(self.path(), Feature::ModemLines)
    }

    /// Whether to ask for the lines costs more than a moment: a USB transfer, a round trip. Then
    /// who watches them asks for the [`counters`](Device::counters), which should cost nothing,
    /// and for the lines when those have moved. Default: no.
    fn lines_are_costly(&self) -> bool {
        false
    }

    /// The lines that this end drives.
    fn control_lines(&self) -> BoxFuture<'_, Result<ControlLines>> {
        unsupported(self.path(), Feature::ControlLines)
    }

    /// Drives the lines that are not `None`, both at the same moment.
    fn set_control_lines(&self, rts: Option<bool>, dtr: Option<bool>) -> BoxFuture<'_, Result<()>> {
        let _ = (rts, dtr);
        unsupported(self.path(), Feature::ControlLines)
    }

    /// What the driver has counted.
    fn counters(&self) -> BoxFuture<'_, Result<Counters>> {
        unsupported(self.path(), Feature::Counters)
    }

    /// Begins or ends a break. The last call counts.
    fn set_break(&self, on: bool) -> BoxFuture<'_, Result<()>> {
        let _ = on;
        unsupported(self.path(), Feature::Break)
    }

    /// How long the output that has not left the transmitter will need, as far as that can be
    /// told; `None` once all of it has left.
    fn pending_output(&self) -> BoxFuture<'_, Result<Option<Duration>>>;

    /// Throws away what was received and not read.
    fn discard_input(&self) -> BoxFuture<'_, Result<()>>;

    /// Throws away what was written and not sent.
    fn discard_output(&self) -> BoxFuture<'_, Result<()>>;

    /// Bytes that were received and not read.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn input_waiting(&self) -> Result<usize>;

    /// Bytes that were written and not sent.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn output_waiting(&self) -> Result<usize>;

    /// The descriptor, where there is one.
    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// A future that is ready once this much time has passed.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// Puts back what was changed, gives up locks and ends a break, at once; every later control
    /// operation gives [`Error::Closed`]. The future is ready when the device, which its owner
    /// has dropped by then, is closed. Called when the port goes, perhaps more than once.
    fn close(&self) -> BoxFuture<'static, Result<()>>;
}

/// The answer for what a device does not have.
fn unsupported<T: Send + 'static>(path: &Path, feature: Feature) -> BoxFuture<'static, Result<T>> {
    Box::pin(std::future::ready(Err(missing(path, feature))))
}

fn missing(path: &Path, feature: Feature) -> Error {
    Error::UnsupportedFeature {
        path: path.to_path_buf(),
        feature,
        source: None,
    }
}
