//! tokio as a reactor.

use std::future::{Future, pending, poll_fn};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use anyserial::reactor::{BoxFuture, Descriptor, Direction, Reactor, Registration, Transfer, Work};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::{Handle, TryCurrentError};
use tokio::sync::oneshot;
use tokio::task::coop::poll_proceed;

/// A tokio runtime as the reactor of a port: its epoll, its timers, its blocking pool.
///
/// [`SerialPort`](crate::SerialPort) uses the runtime it is opened in. This is for the core's
/// `SerialPort::open_with`, and to open a port on another runtime than the current one.
#[derive(Debug, Clone)]
pub struct Tokio {
    runtime: Handle,
}

impl Tokio {
    /// The runtime that the caller runs in.
    ///
    /// # Errors
    ///
    /// Outside of a tokio runtime.
    pub fn current() -> Result<Self, TryCurrentError> {
        Handle::try_current().map(Self::new)
    }

    /// This runtime.
    #[must_use]
    pub fn new(runtime: Handle) -> Self {
        Tokio { runtime }
    }
}

impl Reactor for Tokio {
    fn register(&self, descriptor: Descriptor) -> io::Result<Box<dyn Registration>> {
        let _inside = self.runtime.enter();
        // tokio panics where a driver is not enabled and offers no way to ask. The timer is
        // needed later, where there is nobody to tell.
        let drivers = catch_unwind(AssertUnwindSafe(|| {
            drop(tokio::time::sleep(Duration::ZERO));
            watch(descriptor, Interest::READABLE)
        }));
        let terminal = drivers.map_err(|_| {
            io::Error::other(
                "this tokio runtime has no I/O or no time driver; \
                 build it with tokio::runtime::Builder::enable_all",
            )
        })??;
        Ok(Box::new(Source {
            runtime: self.runtime.clone(),
            terminal,
            writing: Mutex::new(None),
        }))
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let until = Instant::now().checked_add(duration);
        // tokio panics where it has no time driver, and where the runtime is gone, and offers no
        // way to ask. Time goes on all the same.
        let sleep = catch_unwind(|| {
            let _inside = self.runtime.enter();
            tokio::time::sleep(duration)
        });
        Box::pin(async move {
            if let Ok(sleep) = sleep {
                let mut sleep = pin!(sleep);
                let slept = poll_fn(|cx| {
                    let polled = catch_unwind(AssertUnwindSafe(|| sleep.as_mut().poll(cx)));
                    match polled {
                        Ok(polled) => polled.map(|()| true),
                        Err(_) => Poll::Ready(false),
                    }
                });
                if slept.await {
                    return;
                }
            }
            sleep_on_a_thread(until).await;
        })
    }

    fn spawn_blocking(&self, work: Work) {
        drop(self.runtime.spawn_blocking(work));
    }

    // Closing is left to a thread of its own: a runtime that shuts down waits for its blocking
    // pool, and the close of a terminal with unsent output can take 30 s.
}

/// Waits without a runtime, which takes a thread. Without an end, if the clock has none.
async fn sleep_on_a_thread(until: Option<Instant>) {
    let Some(until) = until else {
        return pending().await;
    };
    let (done, slept) = oneshot::channel();
    // If the system refuses a thread, the wait is over here.
    let _ = std::thread::Builder::new().spawn(move || {
        std::thread::sleep(until.saturating_duration_since(Instant::now()));
        let _: Result<(), ()> = done.send(());
    });
    let _ = slept.await;
}

/// A terminal on tokio's epoll.
#[derive(Debug)]
struct Source {
    runtime: Handle,
    /// For reading alone: a terminal raises an edge for writing with almost every byte that it
    /// sends, and nobody waits for it.
    terminal: AsyncFd<Descriptor>,
    /// For writing, only from when a write finds the queue full until one finds room for all of
    /// it. A duplicate, because epoll takes a descriptor once.
    writing: Mutex<Option<AsyncFd<OwnedFd>>>,
}

impl Registration for Source {
    fn poll_io(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        operation: &mut dyn FnMut() -> io::Result<Transfer>,
    ) -> Poll<io::Result<usize>> {
        match direction {
            Direction::Read => self.poll_read(cx, operation),
            Direction::Write => self.poll_write(cx, operation),
        }
    }
}

impl Source {
    fn poll_read(
        &self,
        cx: &mut Context<'_>,
        operation: &mut dyn FnMut() -> io::Result<Transfer>,
    ) -> Poll<io::Result<usize>> {
        loop {
            let mut ready = ready!(self.terminal.poll_read_ready(cx))?;
            match operation() {
                Ok(transfer) => {
                    // The queue was empty when a short read ended. What has come since has
                    // raised an edge, which this does not clear: it clears what was seen before
                    // the read. Nor does it clear a hang-up, whose edge comes only once.
                    if transfer.exhausted {
                        ready.clear_ready();
                    }
                    return Poll::Ready(Ok(transfer.bytes));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if ready.ready().is_read_closed() {
                        return Poll::Ready(Err(hung_up()));
                    }
                    ready.clear_ready();
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    fn poll_write(
        &self,
        cx: &mut Context<'_>,
        operation: &mut dyn FnMut() -> io::Result<Transfer>,
    ) -> Poll<io::Result<usize>> {
        // A terminal that takes everything at once must not keep the others of its thread from
        // running. (What waits for readiness has this from tokio.)
        let budget = ready!(poll_proceed(cx));
        // Never contended: one task at a time writes.
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let Some(terminal) = &*writing else {
                match operation() {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        *writing = Some(self.watch_for_room()?);
                        continue;
                    }
                    outcome => {
                        budget.made_progress();
                        return Poll::Ready(outcome.map(|transfer| transfer.bytes));
                    }
                }
            };
            let mut ready = ready!(terminal.poll_write_ready(cx))?;
            let outcome = operation();
            match &outcome {
                Ok(transfer) if transfer.exhausted => ready.clear_ready(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if ready.ready().is_write_closed() {
                        return Poll::Ready(Err(hung_up()));
                    }
                    ready.clear_ready();
                    continue;
                }
                _ => {
                    drop(ready);
                    *writing = None;
                }
            }
            budget.made_progress();
            return Poll::Ready(outcome.map(|transfer| transfer.bytes));
        }
    }

    fn watch_for_room(&self) -> io::Result<AsyncFd<OwnedFd>> {
        let _inside = self.runtime.enter();
        let duplicate = self.terminal.get_ref().as_fd().try_clone_to_owned()?;
        watch(duplicate, Interest::WRITABLE)
    }
}

/// A terminal that was ready because it hung up stays ready for ever: a call on it that finds
/// nothing will find nothing. (The master of a pseudo-terminal can do so after its slave was
/// closed and opened again.)
fn hung_up() -> io::Error {
    io::Error::from_raw_os_error(libc::EIO)
}

fn watch<T: AsRawFd>(descriptor: T, interest: Interest) -> io::Result<AsyncFd<T>> {
    // SAFETY: `Descriptor` and `OwnedFd` own an open descriptor, always the same, and `AsyncFd`
    // keeps them: nothing here takes them out of it or exchanges them.
    #[allow(unsafe_code)]
    let watched = unsafe { AsyncFd::register_with_interest(descriptor, interest) };
    Ok(watched?)
}
