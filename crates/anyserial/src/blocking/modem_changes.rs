//! The changes of the modem lines, one after the other.

use std::time::Duration;

use futures_lite::StreamExt;

use super::Control;
use crate::error::Result;
use crate::lines::{ModemChange, ModemLines};

impl Control {
    /// Begins to watch these modem lines, looking every 10 ms. See
    /// [`modem_changes`](crate::Control::modem_changes).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn modem_changes(&self, mask: ModemLines) -> Result<ModemChanges> {
        self.watch(self.control.modem_changes(mask))
    }

    /// Begins to watch the lines that are true in `mask`, looking once per `interval` while
    /// somebody waits for a change. See
    /// [`modem_changes_every`](crate::Control::modem_changes_every).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn modem_changes_every(
        &self,
        interval: Duration,
        mask: ModemLines,
    ) -> Result<ModemChanges> {
        self.watch(self.control.modem_changes_every(interval, mask))
    }

    fn watch(
        &self,
        begin: impl Future<Output = Result<crate::ModemChanges>>,
    ) -> Result<ModemChanges> {
        Ok(ModemChanges {
            changes: self.run(begin)?,
            control: self.clone(),
        })
    }
}

/// The changes of modem lines, one after the other: [`crate::ModemChanges`] without async.
///
/// No change is missed between two. It begins with the timeout of the handle that it came from;
/// a wait that times out misses nothing either. As an iterator it gives such an error and goes
/// on; after any other it ends.
///
/// ```
/// use std::time::Duration;
/// use anyserial::{ModemLines, blocking::SerialPort};
///
/// let (near, far) = anyserial::testing::pair();
/// let (near, far) = (SerialPort::from(near), SerialPort::from(far));
/// let mut changes = near.modem_changes(ModemLines::ALL)?;
/// far.set_control_lines(Some(false), None)?;
/// let change = changes.next_change()?;
/// assert!(change.changed.cts && !change.lines.cts);
///
/// changes.set_timeout(Duration::from_millis(20));
/// assert!(changes.next_change().is_err());
/// # Ok::<(), anyserial::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is watched unless somebody waits"]
pub struct ModemChanges {
    changes: crate::ModemChanges,
    control: Control,
}

impl ModemChanges {
    /// Sets how long each wait may take; `None`: as long as it takes.
    pub fn set_timeout(&mut self, timeout: impl Into<Option<Duration>>) {
        self.control.set_timeout(timeout);
    }

    /// Waits for the next change.
    ///
    /// # Errors
    ///
    /// As [`next_change`](crate::ModemChanges::next_change) there, and
    /// [`Error::TimedOut`](crate::Error::TimedOut).
    pub fn next_change(&mut self) -> Result<ModemChange> {
        self.control.run(self.changes.next_change())
    }
}

impl Iterator for ModemChanges {
    type Item = Result<ModemChange>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = async { Ok(self.changes.next().await) };
        self.control
            .run(next)
            .unwrap_or_else(|late| Some(Err(late)))
    }
}
