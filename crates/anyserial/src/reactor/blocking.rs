//! The reactor of code without async: all of it happens on the calling thread.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::os::fd::AsFd;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::{BoxFuture, Descriptor, Direction, Reactor, Registration, Transfer, Work};
use crate::native::lock;

/// The reactor of [`blocking`](crate::blocking) ports.
///
/// Its futures do not wake anybody: they leave on their thread what they wait for, and
/// [`block_on`] waits for it and polls again. So a port on it is for `block_on` alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Blocking;

thread_local! {
    /// What the future that was polled last on this thread waits for.
    static WAIT: RefCell<Wait> = const { RefCell::new(Wait { terminal: None, until: None }) };

    /// The news of the last wait for a terminal, if it is bad.
    static NEWS: Cell<Option<Errno>> = const { Cell::new(None) };

    static WAKER: (Arc<Signal>, Waker) = {
        let signal = Arc::new(Signal::default());
        (Arc::clone(&signal), Waker::from(signal))
    };
}

/// An operation waits for one direction of one terminal, for a moment, or for either.
#[derive(Default)]
struct Wait {
    terminal: Option<(Descriptor, Direction)>,
    until: Option<Instant>,
}

/// Runs a future to its end on this thread; `None` if the deadline comes first. What is ready at
/// once is never too late.
///
/// Futures that wait for something else than a [`Blocking`] reactor run too.
pub(crate) fn block_on<T>(deadline: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    WAKER.with(|(signal, waker)| {
        let mut context = Context::from_waker(waker);
        let is_late = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let mut last_look = false;
        loop {
            let polled = future.as_mut().poll(&mut context);
            let wait = WAIT.take();
            if let Poll::Ready(outcome) = polled {
                return Some(outcome);
            }
            if last_look {
                return None;
            }
            last_look = is_late();
            let until = match (deadline, wait.until) {
                (Some(deadline), Some(until)) => Some(deadline.min(until)),
                (deadline, until) => deadline.or(until),
            };
            let happened = match &wait.terminal {
                Some((terminal, direction)) => wait_for(terminal, *direction, until),
                None => signal.wait(until),
            };
            if !happened && is_late() {
                return None;
            }
        }
    })
}

/// Whether the terminal was ready, or is beyond waiting, before the time was over.
fn wait_for(terminal: &Descriptor, direction: Direction, until: Option<Instant>) -> bool {
    // What some systems take at most is more than this.
    const MOST: Duration = Duration::from_secs(24 * 60 * 60);
    let flags = match direction {
        Direction::Read => PollFlags::IN,
        Direction::Write => PollFlags::OUT,
    };
    loop {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let timeout = left.and_then(|left| Timespec::try_from(left.min(MOST)).ok());
        let mut fds = [PollFd::from_borrowed_fd(terminal.as_fd(), flags)];
        let polled = poll(&mut fds, timeout.as_ref());
        let [fd] = fds;
        match polled {
            Ok(0) if left.is_some_and(|left| left <= MOST) => return false,
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => {
                if fd.revents().intersects(PollFlags::HUP | PollFlags::ERR) {
                    NEWS.set(Some(Errno::IO));
                }
                return true;
            }
            Err(error) => {
                NEWS.set(Some(error));
                return true;
            }
        }
    }
}

impl Reactor for Blocking {
    fn register(&self, descriptor: Descriptor) -> io::Result<Box<dyn Registration>> {
        Ok(Box::new(Source {
            terminal: descriptor,
            exhausted: [AtomicBool::new(false), AtomicBool::new(false)],
        }))
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(Sleep(Instant::now().checked_add(duration)))
    }

    fn spawn_blocking(&self, work: Work) {
        work();
    }

    fn spawn_close(&self, work: Work) {
        work();
    }
}

#[derive(Debug)]
struct Source {
    terminal: Descriptor,
    /// Whether a call in this direction is likely to find that it would block, so that it is
    /// better to wait first. A wrong guess costs a system call: poll(2) tells what is there.
    exhausted: [AtomicBool; 2],
}

impl Registration for Source {
    fn poll_io(
        &self,
        direction: Direction,
        _: &mut Context<'_>,
        operation: &mut dyn FnMut() -> io::Result<Transfer>,
    ) -> Poll<io::Result<usize>> {
        let news = NEWS.take();
        let wait = || {
            WAIT.with_borrow_mut(|wait| wait.terminal = Some((self.terminal.clone(), direction)));
            Poll::Pending
        };
        // Relaxed suffices: these are guesses.
        let [read, write] = &self.exhausted;
        let exhausted = match direction {
            Direction::Read => read,
            Direction::Write => write,
        };
        if exhausted.swap(false, Ordering::Relaxed) {
            return wait();
        }
        match operation() {
            // A terminal that hung up stays ready for ever: what a call does not find now, it
            // never will.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => match news {
                Some(news) => Poll::Ready(Err(news.into())),
                None => wait(),
            },
            Err(error) => Poll::Ready(Err(error)),
            Ok(transfer) => {
                exhausted.store(transfer.exhausted, Ordering::Relaxed);
                if direction == Direction::Write {
                    // The answer to this is not there yet.
                    read.store(true, Ordering::Relaxed);
                }
                Poll::Ready(Ok(transfer.bytes))
            }
        }
    }
}

/// Ready at this moment; never, where the clock does not count so far.
struct Sleep(Option<Instant>);

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let Some(until) = self.0 else {
            return Poll::Pending;
        };
        if Instant::now() >= until {
            return Poll::Ready(());
        }
        WAIT.with_borrow_mut(|wait| {
            wait.until = Some(wait.until.map_or(until, |other| other.min(until)));
        });
        Poll::Pending
    }
}

/// How the futures of other reactors wake a thread.
#[derive(Default)]
struct Signal {
    woken: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    /// Whether it came before the time was over.
    fn wait(&self, until: Option<Instant>) -> bool {
        let mut woken = lock(&self.woken);
        while !*woken {
            woken = match until {
                None => self
                    .changed
                    .wait(woken)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    let waited = self.changed.wait_timeout(woken, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        std::mem::take(&mut *woken)
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        *lock(&self.woken) = true;
        self.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn};
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    use super::*;

    /// What a read comes to within 20 ms whose calls give what `operation` does.
    fn read(
        source: &dyn Registration,
        mut operation: impl FnMut() -> io::Result<Transfer>,
    ) -> Option<io::Result<usize>> {
        let deadline = Instant::now() + Duration::from_millis(20);
        let reading = poll_fn(|cx| source.poll_io(Direction::Read, cx, &mut operation));
        block_on(Some(deadline), reading)
    }

    fn would_block() -> io::Result<Transfer> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn watch(stream: UnixStream) -> Box<dyn Registration> {
        Blocking.register(Descriptor::new(stream.into())).unwrap()
    }

    #[test]
    fn a_hang_up_that_gives_nothing_is_an_error_and_no_endless_loop() {
        let (near, far) = UnixStream::pair().unwrap();
        drop(far);
        let hung_up = watch(near);
        let outcome = read(&*hung_up, would_block).unwrap();
        assert_eq!(
            outcome.unwrap_err().raw_os_error(),
            Some(Errno::IO.raw_os_error())
        );

        // One that gives something is none, and says nothing of others.
        let mut calls = 0;
        let outcome = read(&*hung_up, || {
            calls += 1;
            if calls == 1 {
                return would_block();
            }
            Ok(Transfer {
                bytes: 1,
                exhausted: false,
            })
        });
        assert_eq!(outcome.unwrap().unwrap(), 1);
        let (near, _far) = UnixStream::pair().unwrap();
        assert!(read(&*watch(near), would_block).is_none());
    }

    #[test]
    fn a_deadline_ends_what_is_ready_and_gives_nothing() {
        let (near, mut far) = UnixStream::pair().unwrap();
        far.write_all(b"x").unwrap();
        assert!(read(&*watch(near), would_block).is_none());
    }

    #[test]
    fn a_deadline_bounds_what_never_comes() {
        let soon = Instant::now() + Duration::from_millis(5);
        assert_eq!(block_on(Some(soon), pending::<()>()), None);
        assert!(Instant::now() >= soon);
        let endless = Blocking.sleep(Duration::MAX);
        assert_eq!(block_on(Some(soon), endless), None);
    }

    #[test]
    fn what_is_ready_is_never_too_late() {
        assert_eq!(block_on(Some(Instant::now()), async { 7 }), Some(7));
    }

    #[test]
    fn sleeps() {
        let began = Instant::now();
        let nap = Duration::from_millis(5);
        assert_eq!(block_on(None, Blocking.sleep(nap)), Some(()));
        assert!(began.elapsed() >= nap);
    }

    #[test]
    fn is_woken_from_another_thread() {
        let mut polls = 0;
        let woken = poll_fn(|context| {
            polls += 1;
            if polls == 3 {
                return Poll::Ready(());
            }
            let waker = context.waker().clone();
            std::thread::spawn(move || waker.wake());
            Poll::Pending
        });
        assert_eq!(block_on(None, woken), Some(()));
    }
}
