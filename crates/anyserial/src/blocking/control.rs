//! Everything that takes `&self`.

use std::future::Future;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::time::Duration;

use super::limit::Limit;
use crate::capability::Capabilities;
use crate::config::SerialConfig;
use crate::error::Result;
use crate::lines::{ControlLines, Counters, ModemChange, ModemLines};
use crate::port_info::PortInfo;

/// A handle to the settings, lines and queues of a blocking port: [`crate::Control`] without
/// async.
///
/// The port and its halves dereference to it. A clone is cheap and can go to another thread; it
/// does not keep the port open, and has a timeout of its own.
#[derive(Debug, Clone)]
pub struct Control {
    pub(super) control: crate::Control,
    pub(super) limit: Limit,
}

impl Control {
    pub(super) fn new(control: crate::Control) -> Self {
        Control {
            control,
            limit: Limit::default(),
        }
    }

    /// The path that the port was opened with, or the name of what is no file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.control.path()
    }

    /// This handle once more, for another thread or to keep beside the port. It begins with the
    /// timeout of this one.
    #[must_use]
    pub fn control(&self) -> Control {
        self.clone()
    }

    /// How long each call may take; `None`: as long as it takes.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.limit.timeout
    }

    /// Sets how long each call on this handle may take.
    pub fn set_timeout(&mut self, timeout: impl Into<Option<Duration>>) {
        self.limit.timeout = timeout.into();
    }

    /// Gives all calls that `calls` makes on the handle that it is lent this much time together,
    /// and no more than its timeout to each.
    ///
    /// # Errors
    ///
    /// Those of `calls`.
    pub fn within<T>(&self, limit: Duration, calls: impl FnOnce(&Control) -> T) -> T {
        calls(&Control {
            control: self.control.clone(),
            limit: self.limit.within(limit),
        })
    }

    /// The configuration in force. See [`config`](crate::Control::config).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn config(&self) -> Result<SerialConfig> {
        self.control.config()
    }

    /// What the system knows of the device behind this port. See [`info`](crate::Control::info).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn info(&self) -> Result<Option<PortInfo>> {
        self.run(self.control.info())
    }

    /// What the device can do, asked of its driver now. See
    /// [`capabilities`](crate::Control::capabilities).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn capabilities(&self) -> Result<Capabilities> {
        self.run(self.control.capabilities())
    }

    /// Puts a configuration in force: all of it, or nothing and an error. See
    /// [`configure`](crate::Control::configure).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn configure(&self, config: impl Into<SerialConfig>) -> Result<()> {
        self.run(self.control.configure(config))
    }

    /// The lines that the far end drives. See [`modem_lines`](crate::Control::modem_lines).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn modem_lines(&self) -> Result<ModemLines> {
        self.run(self.control.modem_lines())
    }

    /// The lines that this end drives, read back from the driver. See
    /// [`control_lines`](crate::Control::control_lines).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn control_lines(&self) -> Result<ControlLines> {
        self.run(self.control.control_lines())
    }

    /// Drives RTS and DTR, both at the same moment; `None` leaves a line as it is. See
    /// [`set_control_lines`](crate::Control::set_control_lines).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn set_control_lines(&self, rts: Option<bool>, dtr: Option<bool>) -> Result<()> {
        self.run(self.control.set_control_lines(rts, dtr))
    }

    /// Waits until one of these modem lines changes, looking every 10 ms. See
    /// [`wait_modem_change`](crate::Control::wait_modem_change).
    ///
    /// # Errors
    ///
    /// As there, and [`Error::TimedOut`](crate::Error::TimedOut).
    pub fn wait_modem_change(&self, mask: ModemLines) -> Result<ModemChange> {
        self.run(self.control.wait_modem_change(mask))
    }

    /// Waits until one of the lines that are true in `mask` changes, looking once per
    /// `interval`. See [`wait_modem_change_every`](crate::Control::wait_modem_change_every).
    ///
    /// # Errors
    ///
    /// As there, and [`Error::TimedOut`](crate::Error::TimedOut).
    pub fn wait_modem_change_every(
        &self,
        interval: Duration,
        mask: ModemLines,
    ) -> Result<ModemChange> {
        self.run(self.control.wait_modem_change_every(interval, mask))
    }

    /// What the driver has counted. See [`counters`](crate::Control::counters).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn counters(&self) -> Result<Counters> {
        self.run(self.control.counters())
    }

    /// Sends a break for this time. See [`send_break`](crate::Control::send_break). A timeout
    /// ends it.
    ///
    /// # Errors
    ///
    /// As there, and [`Error::TimedOut`](crate::Error::TimedOut).
    pub fn send_break(&self, duration: Duration) -> Result<()> {
        self.run(self.control.send_break(duration))
    }

    /// Waits until all output has left. See [`drain`](crate::Control::drain).
    ///
    /// # Errors
    ///
    /// As there, and [`Error::TimedOut`](crate::Error::TimedOut); the output goes on then.
    pub fn drain(&self) -> Result<()> {
        self.run(self.control.drain())
    }

    /// Throws away what was received and not read.
    ///
    /// # Errors
    ///
    /// As [`discard_input`](crate::Control::discard_input) there.
    pub fn discard_input(&self) -> Result<()> {
        self.run(self.control.discard_input())
    }

    /// Throws away what was written and not sent. What the hardware has taken is sent.
    ///
    /// # Errors
    ///
    /// As [`discard_output`](crate::Control::discard_output) there.
    pub fn discard_output(&self) -> Result<()> {
        self.run(self.control.discard_output())
    }

    /// How many bytes were received and not read.
    ///
    /// # Errors
    ///
    /// As [`input_waiting`](crate::Control::input_waiting) there.
    pub fn input_waiting(&self) -> Result<usize> {
        self.control.input_waiting()
    }

    /// How many bytes were written and wait in the kernel's queue. See
    /// [`output_waiting`](crate::Control::output_waiting).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn output_waiting(&self) -> Result<usize> {
        self.control.output_waiting()
    }

    /// Calls `with` with the descriptor, for what this crate does not offer. See
    /// [`with_fd`](crate::Control::with_fd).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn with_fd<T>(&self, with: impl FnOnce(Option<BorrowedFd<'_>>) -> T) -> Result<T> {
        self.control.with_fd(with)
    }

    /// Runs an operation within the limits.
    pub(super) fn run<T>(&self, operation: impl Future<Output = Result<T>>) -> Result<T> {
        self.limit.run(self.path(), operation)
    }
}
