//! Everything that takes `&self`.

mod modem_changes;

use std::future::{Future, poll_fn};
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::task::Poll;
use std::time::{Duration, Instant};

use crate::capability::Capabilities;
use crate::config::SerialConfig;
use crate::device::{BoxFuture, Device};
use crate::error::{Error, Result};
use crate::lines::{ControlLines, Counters, ModemLines};
use crate::port_info::PortInfo;
use crate::trace;

pub use self::modem_changes::ModemChanges;

/// A handle to the settings, lines and queues of a port.
///
/// [`SerialPort`](crate::SerialPort) and its halves dereference to it, so all of this can be
/// called on them. A clone is cheap and can go to another task: to change the baud rate while a
/// receive waits, to watch the lines, to send a break.
///
/// It does not keep the port open. Once the port is closed or dropped, every call gives
/// [`Error::Closed`]. Once the device is gone, every call gives [`Error::Disconnected`].
///
/// What the driver has to be asked for is `async`, and where the driver may have to wait for a
/// USB transfer it is asked on another thread. What this system knows by itself is not `async`.
#[derive(Debug, Clone)]
pub struct Control {
    device: Weak<dyn Device>,
    path: Arc<Path>,
}

impl Control {
    pub(crate) fn new(device: &Arc<dyn Device>) -> Self {
        Control {
            device: Arc::downgrade(device),
            path: Arc::from(device.path()),
        }
    }

    /// The path that the port was opened with, or the name of what is no file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// This handle once more, for another task or to keep beside the port.
    #[must_use]
    pub fn control(&self) -> Control {
        self.clone()
    }

    /// What the system knows of the device behind this port, by whatever path it was opened:
    /// vendor, product, serial number, location, driver. `None` for what it does not list:
    /// pseudo-terminals, ports in memory.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`], [`Error::Disconnected`].
    ///
    /// # Cancel safety
    ///
    /// Changes nothing.
    pub async fn info(&self) -> Result<Option<PortInfo>> {
        self.device()?.info().await
    }

    /// The configuration in force.
    ///
    /// It is what the driver has, not what was asked for: a feature that
    /// [`UnsupportedPolicy::Warn`](crate::UnsupportedPolicy::Warn) or `Ignore` went on without is
    /// off in it.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`].
    pub fn config(&self) -> Result<SerialConfig> {
        Ok(self.device()?.config())
    }

    /// What the device can do, asked of its driver now; nothing is changed by asking.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`], [`Error::Disconnected`].
    ///
    /// # Cancel safety
    ///
    /// Changes nothing.
    pub async fn capabilities(&self) -> Result<Capabilities> {
        self.device()?.capabilities().await
    }

    /// Puts a configuration in force, at once: output that is queued goes out with the new
    /// settings. To keep it from that, [`drain`](Control::drain) first.
    ///
    /// The driver is asked afterwards what it made of it. If any part was not accepted, all of
    /// the previous configuration is in force again. A receive may wait meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidConfiguration`] for what no port can have, and for another
    /// [`mark_errors`](SerialConfig::mark_errors) than at open,
    /// [`Error::UnsupportedConfiguration`] with the field, the value asked for and the value that
    /// the driver made of it, [`Error::UnsupportedFeature`] for a feature that the driver lacks
    /// (see [`UnsupportedPolicy`](crate::UnsupportedPolicy)), [`Error::Busy`] if the port is to
    /// become exclusive and another holds it, [`Error::Closed`], [`Error::Disconnected`].
    ///
    /// # Cancel safety
    ///
    /// The change is made as a whole or not at all. If the future is dropped while a driver that
    /// has to wait for USB works on it, the change is still made or refused.
    #[doc(alias = "tcsetattr")]
    pub async fn configure(&self, config: impl Into<SerialConfig>) -> Result<()> {
        let config = config.into();
        let outcome = async {
            config.validate()?;
            self.device()?.configure(config).await
        }
        .await;
        trace::configured(&self.path, &config, &outcome);
        outcome
    }

    /// The lines that the far end drives: CTS, DSR, RI and CD.
    ///
    /// # Errors
    ///
    /// [`Error::UnsupportedFeature`] where there are none, as on a pseudo-terminal;
    /// [`Error::Closed`], [`Error::Disconnected`].
    ///
    /// # Cancel safety
    ///
    /// Changes nothing.
    #[doc(alias = "TIOCMGET")]
    pub async fn modem_lines(&self) -> Result<ModemLines> {
        self.device()?.modem_lines().await
    }

    /// The lines that this end drives, read back from the driver: RTS and DTR.
    ///
    /// # Errors
    ///
    /// As [`modem_lines`](Control::modem_lines).
    ///
    /// # Cancel safety
    ///
    /// Changes nothing.
    #[doc(alias = "TIOCMGET")]
    pub async fn control_lines(&self) -> Result<ControlLines> {
        self.device()?.control_lines().await
    }

    /// Drives RTS and DTR, both at the same moment; `None` leaves a line as it is.
    ///
    /// # Errors
    ///
    /// As [`modem_lines`](Control::modem_lines).
    ///
    /// # Cancel safety
    ///
    /// The lines change together or not at all. If the future is dropped while a driver that has
    /// to wait for USB works on it, they still change.
    #[doc(alias = "TIOCMSET")]
    #[doc(alias = "TIOCMBIS")]
    #[doc(alias = "TIOCMBIC")]
    pub async fn set_control_lines(&self, rts: Option<bool>, dtr: Option<bool>) -> Result<()> {
        self.device()?.set_control_lines(rts, dtr).await
    }

    /// What the driver has counted: bytes, framing and parity errors, overruns, breaks, changes
    /// of the modem lines.
    ///
    /// # Errors
    ///
    /// [`Error::UnsupportedFeature`] where the driver does not count, as on a pseudo-terminal;
    /// [`Error::Closed`], [`Error::Disconnected`].
    ///
    /// # Cancel safety
    ///
    /// Changes nothing.
    #[doc(alias = "TIOCGICOUNT")]
    pub async fn counters(&self) -> Result<Counters> {
        self.device()?.counters().await
    }

    /// Sends a break for this time: the transmitter holds the line in the state of a start bit.
    /// To be told from a character it must be longer than one; 250 ms is usual.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] for a time of zero, [`Error::UnsupportedFeature`] where the
    /// driver cannot; [`Error::Closed`] and [`Error::Disconnected`], also in the middle of it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the break.
    #[doc(alias = "tcsendbreak")]
    #[doc(alias = "TIOCSBRK")]
    pub async fn send_break(&self, duration: Duration) -> Result<()> {
        if duration.is_zero() {
            return Err(invalid("duration", "it is zero"));
        }
        let lift = LiftBreak(self);
        self.device()?.set_break(true).await?;
        self.sleep_if_connected(duration).await?;
        std::mem::forget(lift);
        self.device()?.set_break(false).await
    }

    /// Sleeps, but not on after the device has gone.
    async fn sleep_if_connected(&self, duration: Duration) -> Result<()> {
        const LOOK_EVERY: Duration = Duration::from_millis(20);
        let began = Instant::now();
        loop {
            let left = duration.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            self.sleep(left.min(LOOK_EVERY))?.await;
            match self.input_waiting() {
                // Not every driver tells.
                Ok(_) | Err(Error::UnsupportedFeature { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits until all output has left: the kernel's queue, and the transmitter's FIFO and shift
    /// register.
    ///
    /// It asks the driver, by timer; no thread is blocked. A UART tells exactly when its
    /// transmitter is empty. Over USB that news can be old, so this allows at least for the time
    /// that the line needs for what was written, and with flow control on for 40 ms; where a
    /// driver does not tell at all (most USB adapters but FTDI's), for what a transmit buffer of
    /// 640 bytes can hold, the largest among common adapters. With the output stopped by flow control this waits for as long as that
    /// lasts; [`timeout`](Control::timeout) bounds it.
    ///
    /// # Errors
    ///
    /// [`Error::Disconnected`] if the device goes before all is out, [`Error::Closed`] if the
    /// port is.
    ///
    /// # Cancel safety
    ///
    /// Changes nothing; the output goes on.
    ///
    /// # Platform notes
    ///
    /// A pseudo-terminal has no transmitter: what was written is at the far end.
    #[doc(alias = "tcdrain")]
    #[doc(alias = "flush")]
    #[doc(alias = "TIOCOUTQ")]
    #[doc(alias = "TIOCSERGETLSR")]
    pub async fn drain(&self) -> Result<()> {
        // Long enough not to busy the processor, short enough to notice a far end that goes on.
        const PAUSE: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));
        loop {
            let pending = self.device()?.pending_output().await?;
            let Some(pending) = pending else {
                return Ok(());
            };
            self.sleep(pending.clamp(PAUSE.0, PAUSE.1))?.await;
        }
    }

    /// Throws away what was received and not read.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`], [`Error::Disconnected`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped while a driver works on it, the input is still discarded.
    #[doc(alias = "tcflush")]
    #[doc(alias = "TCIFLUSH")]
    pub async fn discard_input(&self) -> Result<()> {
        self.device()?.discard_input().await
    }

    /// Throws away what was written and not sent. What the hardware has taken is sent.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`], [`Error::Disconnected`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped while a driver works on it, the output is still discarded.
    #[doc(alias = "tcflush")]
    #[doc(alias = "TCOFLUSH")]
    pub async fn discard_output(&self) -> Result<()> {
        self.device()?.discard_output().await
    }

    /// How many bytes were received and not read. With
    /// [`mark_errors`](SerialConfig::mark_errors) a terminal counts the marks too: two bytes for
    /// a byte of ff, three for a break or a damaged character.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`], [`Error::Disconnected`].
    #[doc(alias = "FIONREAD")]
    pub fn input_waiting(&self) -> Result<usize> {
        self.device()?.input_waiting()
    }

    /// How many bytes were written and wait in the kernel's queue. The hardware may hold more
    /// that are not sent; [`drain`](Control::drain) waits for both.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`], [`Error::Disconnected`].
    ///
    /// # Platform notes
    ///
    /// Linux's cdc-acm driver counts whole USB transfers, so more than is there.
    #[doc(alias = "TIOCOUTQ")]
    pub fn output_waiting(&self) -> Result<usize> {
        self.device()?.output_waiting()
    }

    /// Calls `with` with the descriptor, for what this crate does not offer. `None` where the
    /// transport has no descriptor.
    ///
    /// The port stays its owner: do not close it, and put back what you change. While `with`
    /// runs, the port stays open.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`].
    pub fn with_fd<T>(&self, with: impl FnOnce(Option<BorrowedFd<'_>>) -> T) -> Result<T> {
        let device = self.device()?;
        Ok(with(device.descriptor()))
    }

    /// Gives an operation of this port a bound in time, by the port's own reactor, so that it
    /// works under every runtime.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use std::time::Duration;
    /// use anyserial::Error;
    ///
    /// let (mut port, _far) = anyserial::testing::pair();
    /// let control = port.control();
    /// let mut reply = [0; 64];
    /// let bounded = control.timeout(Duration::from_millis(20), port.receive(&mut reply)).await;
    /// assert!(matches!(bounded, Err(Error::TimedOut { .. })));
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`] when the time is over, else those of the operation. An operation that
    /// is ready at once is never timed out.
    ///
    /// # Cancel safety
    ///
    /// That of the operation, which is dropped when the time is over.
    pub async fn timeout<T>(
        &self,
        limit: Duration,
        operation: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let mut operation = pin!(operation);
        // A clock that cannot count so far is one that never strikes.
        let endless = Instant::now().checked_add(limit).is_none();
        let mut clock = None;
        poll_fn(|cx| {
            if let Poll::Ready(outcome) = operation.as_mut().poll(cx) {
                return Poll::Ready(outcome);
            }
            if endless {
                return Poll::Pending;
            }
            let clock = match &mut clock {
                Some(clock) => clock,
                // Only an operation that has to wait needs a clock.
                none => none.insert(self.sleep(limit)?),
            };
            clock.as_mut().poll(cx).map(|()| {
                Err(Error::TimedOut {
                    path: self.path.to_path_buf(),
                    after: limit,
                })
            })
        })
        .await
    }

    /// The device, for the length of one short operation. To hold it across a wait would keep
    /// the port open.
    fn device(&self) -> Result<Arc<dyn Device>> {
        self.device.upgrade().ok_or_else(|| Error::Closed {
            path: self.path.to_path_buf(),
        })
    }

    pub(crate) fn sleep(&self, duration: Duration) -> Result<BoxFuture<'static, ()>> {
        Ok(self.device()?.sleep(duration))
    }
}

/// Ends the break when it is dropped.
struct LiftBreak<'a>(&'a Control);

impl Drop for LiftBreak<'_> {
    fn drop(&mut self) {
        // Calling starts the operation; there is nobody to tell how it went. Without a device
        // the break has ended with it.
        if let Ok(device) = self.0.device() {
            drop(device.set_break(false));
        }
    }
}

pub(crate) fn invalid(argument: &'static str, problem: &str) -> Error {
    Error::InvalidArgument {
        argument,
        problem: problem.to_owned(),
    }
}
