//! Waiting for changes of the modem lines.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_lite::Stream;

use super::{Control, invalid};
use crate::device::BoxFuture;
use crate::error::{Error, Result};
use crate::lines::{Counters, ModemChange, ModemLines};

/// How often to look at the lines, if nobody says otherwise.
const INTERVAL: Duration = Duration::from_millis(10);

/// Every so many looks, the levels of lines that the driver may not count are looked at too.
const LEVELS: u32 = 10;

impl Control {
    /// Waits until one of these modem lines changes, looking every 10 ms: see
    /// [`modem_changes_every`](Control::modem_changes_every).
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// Changes nothing. A change counts from the first poll of the future on, so one that happens
    /// between two calls is not seen; [`modem_changes`](Control::modem_changes) sees all.
    #[doc(alias = "TIOCMIWAIT")]
    pub async fn wait_modem_change(&self, mask: ModemLines) -> Result<ModemChange> {
        self.wait_modem_change_every(INTERVAL, mask).await
    }

    /// Waits until one of the lines that are true in `mask` changes, looking once per `interval`:
    /// see [`modem_changes_every`](Control::modem_changes_every).
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// As [`wait_modem_change`](Control::wait_modem_change).
    #[doc(alias = "TIOCMIWAIT")]
    pub async fn wait_modem_change_every(
        &self,
        interval: Duration,
        mask: ModemLines,
    ) -> Result<ModemChange> {
        Watch::begin(self, interval, mask).await?.next().await
    }

    /// Begins to watch these modem lines, looking every 10 ms: see
    /// [`modem_changes_every`](Control::modem_changes_every).
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// As there.
    pub async fn modem_changes(&self, mask: ModemLines) -> Result<ModemChanges> {
        self.modem_changes_every(INTERVAL, mask).await
    }

    /// Begins to watch the lines that are true in `mask`, looking once per `interval` while
    /// somebody waits for a change. A change counts from when this is ready.
    ///
    /// The driver counts changes, so that a pulse shorter than the interval is seen: it is in
    /// [`ModemChange::changed`] although its level is back. What changes between two looks, or
    /// while nobody looks, is one change. A line that the driver does not count has its level
    /// watched, and there a pulse between two looks can pass.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use anyserial::ModemLines;
    ///
    /// let (near, far) = anyserial::testing::pair();
    /// let mut changes = near.modem_changes(ModemLines::ALL).await?;
    /// far.set_control_lines(Some(false), None).await?;
    /// let change = changes.next_change().await?;
    /// assert!(change.changed.cts && !change.lines.cts);
    /// # Ok::<(), anyserial::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] for an empty mask or an interval of zero,
    /// [`Error::UnsupportedFeature`] where there are no modem lines, [`Error::Disconnected`] once
    /// the device is gone, [`Error::Closed`] once the port is.
    ///
    /// # Cancel safety
    ///
    /// Changes nothing.
    ///
    /// # Platform notes
    ///
    /// Linux: a look is `TIOCGICOUNT`, which costs no USB transfer and no thread. The lines of a
    /// UART are read as well (`TIOCMGET`, a register), for its driver counts them only while
    /// `rts_cts` is on. So are those of a USB adapter at every tenth look, until its driver has
    /// counted each of them once (some, as `cp210x`, count none), and for RI (whose rise many do
    /// not count).
    #[doc(alias = "TIOCGICOUNT")]
    #[doc(alias = "TIOCMIWAIT")]
    pub async fn modem_changes_every(
        &self,
        interval: Duration,
        mask: ModemLines,
    ) -> Result<ModemChanges> {
        Ok(ModemChanges {
            watch: Watch::begin(self, interval, mask).await?,
            looking: Mutex::default(),
            has_ended: false,
        })
    }

    async fn counters_if_any(&self) -> Result<Option<Counters>> {
        match self.counters().await {
            Ok(counters) => Ok(Some(counters)),
            Err(Error::UnsupportedFeature { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

type Looking = BoxFuture<'static, (Watch, Result<ModemChange>)>;

/// The changes of modem lines, one after the other: see [`Control::modem_changes`].
///
/// No change is missed between two: what happened while nobody waited is the next one. Like a
/// [`Control`] this does not keep the port open.
///
/// As a [`Stream`] it ends after an error; [`next_change`](ModemChanges::next_change) gives the
/// error every time.
#[must_use = "nothing is watched unless somebody waits"]
pub struct ModemChanges {
    watch: Watch,
    /// The wait under way: what is known after it, and its outcome. The lock is never contended;
    /// the future need not be `Sync` and this is.
    looking: Mutex<Option<Looking>>,
    /// The stream gave its error.
    has_ended: bool,
}

impl ModemChanges {
    /// Waits for the next change.
    ///
    /// # Errors
    ///
    /// [`Error::Disconnected`] once the device is gone, [`Error::Closed`] once the port is, and
    /// from then on every time.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future misses no change.
    pub async fn next_change(&mut self) -> Result<ModemChange> {
        poll_fn(|cx| self.poll_change(cx)).await
    }

    fn poll_change(&mut self, cx: &mut Context<'_>) -> Poll<Result<ModemChange>> {
        let looking = match self.looking.get_mut() {
            Ok(looking) => looking,
            Err(poisoned) => poisoned.into_inner(),
        };
        let future = looking.get_or_insert_with(|| {
            let mut watch = self.watch.clone();
            Box::pin(async move {
                let outcome = watch.next().await;
                (watch, outcome)
            })
        });
        let (watch, outcome) = ready!(future.as_mut().poll(cx));
        *looking = None;
        self.watch = watch;
        Poll::Ready(outcome)
    }
}

impl Stream for ModemChanges {
    type Item = Result<ModemChange>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.has_ended {
            return Poll::Ready(None);
        }
        let change = ready!(this.poll_change(cx));
        this.has_ended = change.is_err();
        Poll::Ready(Some(change))
    }
}

impl fmt::Debug for ModemChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModemChanges")
            .field("control", &self.watch.control)
            .field("mask", &self.watch.mask)
            .finish_non_exhaustive()
    }
}

/// Who watches, and what they have seen.
#[derive(Clone)]
struct Watch {
    control: Control,
    interval: Duration,
    mask: ModemLines,
    seen: Seen,
    /// Looks since the last one at the levels.
    looks: u32,
}

impl Watch {
    async fn begin(control: &Control, interval: Duration, mask: ModemLines) -> Result<Self> {
        if mask.is_empty() {
            return Err(invalid("mask", "it names no line"));
        }
        if interval.is_zero() {
            return Err(invalid("interval", "it is zero"));
        }
        let counters = control.counters_if_any().await?;
        let lines = control.modem_lines().await?;
        Ok(Watch {
            control: control.clone(),
            interval,
            mask,
            seen: Seen {
                counters,
                lines,
                uncounted: ModemLines::NONE,
            },
            looks: 0,
        })
    }

    async fn next(&mut self) -> Result<ModemChange> {
        loop {
            self.control.sleep(self.interval)?.await;
            let counters = self.control.counters_if_any().await?;
            self.looks += 1;
            if !self.wants_levels(counters)? {
                continue;
            }
            let lines = self.control.modem_lines().await?;
            self.looks = 0;
            let changed = self.seen.update(counters, lines) & self.mask;
            if !changed.is_empty() {
                return Ok(ModemChange::new(lines, changed));
            }
        }
    }

    /// Whether the levels have to be asked for: the counters have moved, or may not tell.
    fn wants_levels(&self, counters: Option<Counters>) -> Result<bool> {
        let (Some(before), Some(now)) = (self.seen.counters, counters) else {
            return Ok(true);
        };
        if !self.control.device()?.lines_are_costly() {
            return Ok(true);
        }
        let has_moved = !(now.changed_lines(&before) & self.mask).is_empty();
        let ever_counted = now.changed_lines(&Counters::default());
        let tells_all = (self.mask & !ever_counted).is_empty() && !self.mask.ri;
        Ok(has_moved || (!tells_all && self.looks >= LEVELS))
    }
}

/// The lines as they were seen last.
#[derive(Debug, Clone, Copy)]
struct Seen {
    counters: Option<Counters>,
    lines: ModemLines,
    /// Lines whose level has changed before the driver counted it: over USB the count comes with
    /// a later packet, if at all.
    uncounted: ModemLines,
}

impl Seen {
    /// Takes note of what is seen now, and gives the lines that have changed since the last time.
    fn update(&mut self, counters: Option<Counters>, lines: ModemLines) -> ModemLines {
        let by_level = lines ^ self.lines;
        let (mut by_count, mut late) = (ModemLines::NONE, ModemLines::NONE);
        if let (Some(before), Some(now)) = (&self.counters, &counters) {
            by_count = now.changed_lines(before);
            late = now.lines_changed_once(before) & self.uncounted & !by_level;
        }
        *self = Seen {
            counters,
            lines,
            uncounted: (self.uncounted | by_level) & !by_count,
        };
        by_level | (by_count & !late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CTS: ModemLines = ModemLines {
        cts: true,
        ..ModemLines::NONE
    };

    fn counted(cts: u32) -> Option<Counters> {
        Some(Counters {
            cts,
            ..Counters::default()
        })
    }

    fn seen(counters: Option<Counters>) -> Seen {
        Seen {
            counters,
            lines: ModemLines::NONE,
            uncounted: ModemLines::NONE,
        }
    }

    #[test]
    fn a_change_is_one_whether_its_level_or_its_count_comes_first() {
        let mut seen = seen(counted(u32::MAX));
        assert_eq!(seen.update(counted(0), CTS), CTS);
        assert_eq!(seen.update(counted(0), CTS), ModemLines::NONE);
        // The level first, then its count.
        assert_eq!(seen.update(counted(0), ModemLines::NONE), CTS);
        assert_eq!(seen.update(counted(1), ModemLines::NONE), ModemLines::NONE);
        // A pulse is seen by its count alone.
        assert_eq!(seen.update(counted(3), ModemLines::NONE), CTS);
        // A level whose count comes late, together with a pulse.
        assert_eq!(seen.update(counted(3), CTS), CTS);
        assert_eq!(seen.update(counted(6), CTS), CTS);
        assert_eq!(seen.update(counted(6), CTS), ModemLines::NONE);
    }

    #[test]
    fn without_counts_the_levels_tell() {
        for counters in [None, counted(7)] {
            let mut seen = seen(counters);
            assert_eq!(seen.update(counters, CTS), CTS);
            assert_eq!(seen.update(counters, CTS), ModemLines::NONE);
            assert_eq!(seen.update(counters, ModemLines::NONE), CTS);
        }
    }
}
