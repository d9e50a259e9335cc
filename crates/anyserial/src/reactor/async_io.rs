//! The default reactor: async-io, which drives itself and so works under every executor.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_io::{Async, Timer};

use super::{BoxFuture, Descriptor, Direction, Reactor, Registration, Transfer, Work, on_a_thread};

/// The reactor of smol, async-std and whatever else only polls.
///
/// async-io waits on the thread of [`async_io::block_on`] or of smol's `block_on`, and under any
/// other executor on a thread of its own. What may block runs on a thread that ends with it.
#[derive(Debug, Clone, Copy, Default)]
pub struct AsyncIo;

impl Reactor for AsyncIo {
    fn register(&self, descriptor: Descriptor) -> io::Result<Box<dyn Registration>> {
        Ok(Box::new(Source {
            terminal: Async::new_nonblocking(descriptor)?,
            directions: Default::default(),
        }))
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            Timer::after(duration).await;
        })
    }

    fn spawn_blocking(&self, work: Work) {
        // Not on a pool, whose idle threads would wake up twice a second for the rest of the
        // process's life: what blocks is an opening, or a question to a USB adapter.
        on_a_thread("anyserial-work", work);
    }
}

#[derive(Debug)]
struct Source {
    terminal: Async<Descriptor>,
    directions: [State; 2],
}

/// What is known of one direction. Relaxed suffices for it: one task at a time works in a
/// direction (see `Registration`).
#[derive(Debug, Default)]
struct State {
    /// Whether the last call showed that the next one would block. A wrong guess costs time,
    /// never a wake-up: async-io asks the kernel for the level when it arms.
    exhausted: AtomicBool,
    /// How many operations there were since the task last left its turn to others.
    operations: AtomicU32,
}

impl State {
    /// How many operations in a row a task may make, as with tokio's tasks.
    const MOST: u32 = 128;

    /// Whether the task has to leave others their turn.
    fn is_used_up(&self) -> bool {
        self.operations.fetch_add(1, Ordering::Relaxed) >= Self::MOST
    }

    fn begin_anew(&self) {
        self.operations.store(0, Ordering::Relaxed);
    }
}

impl Registration for Source {
    fn poll_io(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        operation: &mut dyn FnMut() -> io::Result<Transfer>,
    ) -> Poll<io::Result<usize>> {
        let [read, write] = &self.directions;
        let state = match direction {
            Direction::Read => read,
            Direction::Write => write,
        };
        // A terminal that always has something at once must not keep the others of its thread
        // from running.
        if state.is_used_up() {
            state.begin_anew();
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut wait = || {
            let ready = match direction {
                Direction::Read => self.terminal.poll_readable(cx),
                Direction::Write => self.terminal.poll_writable(cx),
            };
            if ready.is_pending() {
                state.begin_anew();
            }
            ready
        };
        // The flag holds for one wait. When the task is polled the next time it was woken, as a
        // rule, and tries the operation: async-io itself takes no event for news that arrives in
        // a round of its reactor which had begun before the wait.
        if state.exhausted.swap(false, Ordering::Relaxed) {
            // Ready: by news from before the operation that showed it exhausted, so wait anew.
            // Nothing is missed, for to wait anew asks the kernel anew.
            ready!(wait())?;
            ready!(wait())?;
        }
        loop {
            match operation() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready!(wait())?,
                Err(error) => return Poll::Ready(Err(error)),
                Ok(transfer) => {
                    state.exhausted.store(transfer.exhausted, Ordering::Relaxed);
                    return Poll::Ready(Ok(transfer.bytes));
                }
            }
        }
    }
}
