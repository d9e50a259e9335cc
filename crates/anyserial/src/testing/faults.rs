//! What goes wrong, and when.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use crate::native::lock;
use crate::waker_slot::WakerSlot;

/// The faults of one end of a pair in memory.
///
/// Clones are handles to the same plan: keep one, and make things go wrong while the port is in
/// use. Counts add up; a fault whose count is used up is over.
///
/// ```
/// # futures_lite::future::block_on(async {
/// use std::sync::Arc;
/// use anyserial::reactor::AsyncIo;
/// use anyserial::testing::{FaultPlan, PairBuilder};
///
/// let faults = FaultPlan::new();
/// let (mut near, mut far) = PairBuilder::new(Arc::new(AsyncIo)).near_faults(&faults).build();
/// far.send(b"some").await?;
/// faults.disconnect_after(2);
/// assert_eq!(near.receive_available(8).await?, b"so");
/// assert!(near.receive_available(8).await.unwrap_err().is_disconnected());
/// # Ok::<(), anyserial::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone, Default)]
pub struct FaultPlan {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    faults: Faults,
    /// The tasks of the ends that this plan is for, and of the ends opposite, for whom it
    /// matters that an end is gone.
    tasks: Vec<Weak<Tasks>>,
}

/// The tasks that wait at one end.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    pub(super) reader: WakerSlot,
    pub(super) writer: WakerSlot,
}

/// The faults that are still to come.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    pub(super) reads: Calls,
    pub(super) writes: Calls,
    pub(super) parity_errors: u32,
    pub(super) framing_errors: u32,
    pub(super) latency: Duration,
    /// Bytes per second.
    pub(super) bandwidth: Option<u32>,
    pub(super) ring: bool,
    /// How often `ring` has changed; wraps.
    pub(super) ring_changes: u32,
    /// How many bytes the end still receives before it is gone.
    pub(super) disconnect_after: Option<usize>,
}

/// The faults of reading or of writing.
#[derive(Debug, Clone, Default)]
pub(super) struct Calls {
    again: u32,
    interrupted: u32,
    fail: bool,
    short: Option<usize>,
}

/// What becomes of one call.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// It finds nothing ready, although there is.
    Again,
    /// It fails with EIO.
    Fail,
    /// It moves at most so many bytes.
    Go(usize),
}

impl Calls {
    /// Uses up what the next call meets.
    pub(super) fn next(&mut self) -> Call {
        // An interrupted call is made again at once, as ports do with EINTR.
        while self.interrupted > 0 {
            self.interrupted -= 1;
        }
        if std::mem::take(&mut self.fail) {
            return Call::Fail;
        }
        if self.again > 0 {
            self.again -= 1;
            return Call::Again;
        }
        Call::Go(self.short.unwrap_or(usize::MAX))
    }
}

impl Faults {
    /// Whether this end is gone.
    pub(super) fn is_gone(&self) -> bool {
        self.disconnect_after == Some(0)
    }

    /// Notes bytes that were received, so many of them characters of data, and gives how many of
    /// those had wrong parity and how many no stop bit: the first ones, in this order.
    pub(super) fn receive(&mut self, count: u32, data: u32) -> (u32, u32) {
        if let Some(left) = &mut self.disconnect_after {
            *left = left.saturating_sub(usize::try_from(count).unwrap_or(usize::MAX));
        }
        let parity = self.parity_errors.min(data);
        self.parity_errors -= parity;
        let framing = self.framing_errors.min(data - parity);
        self.framing_errors -= framing;
        (parity, framing)
    }
}

impl FaultPlan {
    /// A plan without faults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The next `count` reads get EAGAIN: they find nothing ready although there is, and are
    /// made again when the task is polled the next time.
    pub fn again_on_read(&self, count: u32) {
        self.change(|faults| faults.reads.again = faults.reads.again.saturating_add(count));
    }

    /// The next `count` writes get EAGAIN.
    pub fn again_on_write(&self, count: u32) {
        self.change(|faults| faults.writes.again = faults.writes.again.saturating_add(count));
    }

    /// The next `count` reads are interrupted (EINTR), and made again at once.
    pub fn interrupt_read(&self, count: u32) {
        self.change(|faults| {
            faults.reads.interrupted = faults.reads.interrupted.saturating_add(count);
        });
    }

    /// The next `count` writes are interrupted (EINTR), and made again at once.
    pub fn interrupt_write(&self, count: u32) {
        self.change(|faults| {
            faults.writes.interrupted = faults.writes.interrupted.saturating_add(count);
        });
    }

    /// From now on a read takes at most `most` bytes; 0 lifts the limit.
    pub fn short_reads(&self, most: usize) {
        self.change(|faults| faults.reads.short = (most > 0).then_some(most));
    }

    /// From now on a write takes at most `most` bytes; 0 lifts the limit.
    pub fn short_writes(&self, most: usize) {
        self.change(|faults| faults.writes.short = (most > 0).then_some(most));
    }

    /// The next read fails with EIO, which is [`Error::Disconnected`](crate::Error::Disconnected);
    /// the one after goes on.
    pub fn fail_read(&self) {
        self.change(|faults| faults.reads.fail = true);
    }

    /// The next write fails with EIO; the one after goes on.
    pub fn fail_write(&self) {
        self.change(|faults| faults.writes.fail = true);
    }

    /// The cable of this end is pulled: every operation on it fails from now on, and what it had
    /// not read is lost. What the other end sends is lost too, and its lines drop.
    pub fn disconnect(&self) {
        self.disconnect_after(0);
    }

    /// The cable of this end is pulled once it has received this many more bytes.
    pub fn disconnect_after(&self, bytes: usize) {
        self.change(|faults| faults.disconnect_after = Some(bytes));
    }

    /// The next `count` bytes that this end receives are counted as parity errors, and marked as
    /// damaged, if it has [`mark_errors`](crate::SerialConfig::mark_errors). They arrive as they
    /// are.
    pub fn parity_errors(&self, count: u32) {
        self.change(|faults| faults.parity_errors = faults.parity_errors.saturating_add(count));
    }

    /// The same as framing errors, after the parity errors.
    pub fn framing_errors(&self, count: u32) {
        self.change(|faults| faults.framing_errors = faults.framing_errors.saturating_add(count));
    }

    /// What this end sends from now on arrives this much later.
    pub fn latency(&self, latency: Duration) {
        self.change(|faults| faults.latency = latency);
    }

    /// What this end sends from now on leaves at this pace, in bytes per second; 0 lifts the
    /// limit. Meanwhile [`drain`](crate::Control::drain) has something to wait for.
    pub fn bandwidth(&self, bytes_per_second: u32) {
        self.change(|faults| faults.bandwidth = (bytes_per_second > 0).then_some(bytes_per_second));
    }

    /// The level of this end's RI line. Default: low.
    pub fn ring(&self, high: bool) {
        self.change(|faults| {
            let changed = std::mem::replace(&mut faults.ring, high) != high;
            faults.ring_changes = faults.ring_changes.wrapping_add(u32::from(changed));
        });
    }

    /// Whether all faults with a count have happened: what was to fail has been tried.
    #[must_use]
    pub fn is_used_up(&self) -> bool {
        self.with(|faults| {
            let is_over = |calls: &Calls| calls.again == 0 && calls.interrupted == 0 && !calls.fail;
            let characters = faults.parity_errors == 0 && faults.framing_errors == 0;
            is_over(&faults.reads) && is_over(&faults.writes) && characters
        })
    }

    fn change(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut lock(&self.shared).faults);
        self.wake();
    }

    /// Has every task look again that this plan may have stopped or set going.
    pub(super) fn wake(&self) {
        let tasks = {
            let mut shared = lock(&self.shared);
            shared.tasks.retain(|tasks| tasks.strong_count() > 0);
            shared.tasks.clone()
        };
        for tasks in tasks.iter().filter_map(Weak::upgrade) {
            tasks.reader.wake();
            tasks.writer.wake();
        }
    }

    pub(super) fn with<T>(&self, look: impl FnOnce(&mut Faults) -> T) -> T {
        look(&mut lock(&self.shared).faults)
    }

    /// From now on these tasks are woken when the plan changes.
    pub(super) fn wake_on_change(&self, tasks: &Arc<Tasks>) {
        lock(&self.shared).tasks.push(Arc::downgrade(tasks));
    }
}
