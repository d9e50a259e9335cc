//! How long calls may take.

use std::future::Future;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::reactor::block_on;

/// The limits of the calls on one port, half or handle. Each has its own: nothing here is shared.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Limit {
    /// Of each call.
    pub(super) timeout: Option<Duration>,
    /// Of all calls together, and the time that they were given.
    deadline: Option<Deadline>,
}

#[derive(Debug, Clone, Copy)]
struct Deadline {
    at: Instant,
    after: Duration,
}

impl Deadline {
    /// `None` if the clock does not count so far.
    fn new(after: Duration) -> Option<Self> {
        let at = Instant::now().checked_add(after)?;
        Some(Deadline { at, after })
    }
}

impl Limit {
    /// This limit, and no later than in this time.
    pub(super) fn within(&self, limit: Duration) -> Self {
        Limit {
            timeout: self.timeout,
            deadline: earliest(self.deadline, Deadline::new(limit)),
        }
    }

    /// Runs an operation on this thread.
    pub(super) fn run<T>(
        &self,
        path: &Path,
        operation: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let deadline = earliest(self.deadline, self.timeout.and_then(Deadline::new));
        match block_on(deadline.map(|deadline| deadline.at), operation) {
            Some(outcome) => outcome,
            None => Err(Error::TimedOut {
                path: path.to_path_buf(),
                // Only what has a deadline ends without an outcome.
                after: deadline.map_or(Duration::MAX, |deadline| deadline.after),
            }),
        }
    }
}

/// What has a limit.
pub(super) trait Limited {
    fn limit(&mut self) -> &mut Limit;
}

/// Lends `port` to `calls` with a deadline for all that they do.
pub(super) fn within<P: Limited, T>(
    port: &mut P,
    limit: Duration,
    calls: impl FnOnce(&mut P) -> T,
) -> T {
    let before = port.limit().deadline;
    *port.limit() = port.limit().within(limit);
    let lent = Lent { port, before };
    calls(&mut *lent.port)
}

/// Takes the deadline back, however the calls end.
struct Lent<'a, P: Limited> {
    port: &'a mut P,
    before: Option<Deadline>,
}

impl<P: Limited> Drop for Lent<'_, P> {
    fn drop(&mut self) {
        self.port.limit().deadline = self.before;
    }
}

fn earliest(one: Option<Deadline>, other: Option<Deadline>) -> Option<Deadline> {
    match (one, other) {
        (Some(one), Some(other)) if one.at <= other.at => Some(one),
        (one, None) => one,
        (_, other) => other,
    }
}
