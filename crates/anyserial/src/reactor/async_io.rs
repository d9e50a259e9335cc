//! The default reactor: async-io, which drives itself and so works under every executor.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
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
            exhausted: [AtomicBool::new(false), AtomicBool::new(false)],
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
    /// Whether the last call in this direction showed that the next one would block. A wrong
    /// guess costs time, never a wake-up: async-io asks the kernel for the level when it arms.
    exhausted: [AtomicBool; 2],
}

impl Registration for Source {
    fn poll_io(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        operation: &mut dyn FnMut() -> io::Result<Transfer>,
    ) -> Poll<io::Result<usize>> {
        let [read, write] = &self.exhausted;
        let exhausted = match direction {
            Direction::Read => read,
            Direction::Write => write,
        };
        let poll_ready = |cx: &mut Context<'_>| match direction {
            Direction::Read => self.terminal.poll_readable(cx),
            Direction::Write => self.terminal.poll_writable(cx),
        };
        // Relaxed suffices: one task at a time works in a direction (see `Registration`).
        //
        // The flag holds for one wait. When the task is polled the next time it was woken, as a
        // rule, and tries the operation: async-io itself takes no event for news that arrives in
        // a round of its reactor which had begun before the wait.
        if exhausted.swap(false, Ordering::Relaxed) {
            // Ready: by news from before the operation that showed it exhausted, so wait anew.
            // Nothing is missed, for to wait anew asks the kernel anew.
            ready!(poll_ready(cx))?;
            ready!(poll_ready(cx))?;
        }
        loop {
            match operation() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready!(poll_ready(cx))?,
                Err(error) => return Poll::Ready(Err(error)),
                Ok(transfer) => {
                    exhausted.store(transfer.exhausted, Ordering::Relaxed);
                    return Poll::Ready(Ok(transfer.bytes));
                }
            }
        }
    }
}
