//! How a port waits: the part that a runtime supplies.
//!
//! A [`Reactor`] is a value that a port is opened with, not a feature of the crate, so ports of
//! several runtimes live side by side in one program. `AsyncIo` is the default; adapter crates
//! bring others.

#[cfg(feature = "async-io")]
mod async_io;
mod blocking;

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

#[cfg(feature = "async-io")]
pub use self::async_io::AsyncIo;
pub(crate) use self::blocking::{Blocking, block_on};
pub use crate::native::{Descriptor, Work};

/// A boxed future, as the object-safe traits of this crate return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A runtime, as far as a port needs one: readiness, time, and threads that may block.
pub trait Reactor: fmt::Debug + Send + Sync + 'static {
    /// Begins to watch a terminal, which is in non-blocking mode.
    ///
    /// The registration keeps the descriptor, so that it cannot be closed, and its number
    /// reused, before it is deregistered. Dropping the registration deregisters it at once.
    ///
    /// # Errors
    ///
    /// What the system says, or an error whose text tells what the runtime lacks. It must not
    /// panic, not even outside of the runtime.
    fn register(&self, descriptor: Descriptor) -> io::Result<Box<dyn Registration>>;

    /// A future that is ready once this much time has passed.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// Runs work that may block for a moment (a USB transfer takes milliseconds) on a thread
    /// where it holds up no task. Work that cannot be run any more is dropped.
    fn spawn_blocking(&self, work: Work);

    /// Closes a terminal, which can block for as long as output is unsent: 30 seconds, if the
    /// far end has stopped it. The shutdown of the runtime must not wait for this work.
    ///
    /// By default a thread of its own, so that it is never the executor's. If the system refuses
    /// one, the terminal closes where it is.
    fn spawn_close(&self, work: Work) {
        on_a_thread("anyserial-close", work);
    }
}

/// Runs work on a thread of its own. If the system refuses one, the work is dropped here.
fn on_a_thread(name: &str, work: Work) {
    let _ = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work);
}

/// One terminal under the watch of a [`Reactor`].
pub trait Registration: fmt::Debug + Send + Sync {
    /// Runs `operation`, a non-blocking system call, until it gives something other than
    /// [`WouldBlock`](io::ErrorKind::WouldBlock); in between, waits until the terminal is ready
    /// in this direction.
    ///
    /// The operation runs in here because some runtimes cache readiness and must see the
    /// `WouldBlock`. What it says about [`Transfer::exhausted`] spares a call that is known to
    /// fail.
    ///
    /// # Wakers
    ///
    /// Each direction has one place for a waker: the task that polled last is the one that is
    /// woken. That suffices because reading takes the one `&mut` port or read half that there
    /// is, and writing the one port or write half.
    fn poll_io(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        operation: &mut dyn FnMut() -> io::Result<Transfer>,
    ) -> Poll<io::Result<usize>>;
}

/// Which way the bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the terminal.
    Read,
    /// To the terminal.
    Write,
}

/// What one system call moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Transfer {
    /// How many bytes it moved.
    pub bytes: usize,
    /// Whether the next call would block, as far as this one shows: a short read found the end
    /// of the input queue, a short write a full output queue. (A whole one shows nothing.) A
    /// hint: where it is wrong, it costs time, never a wake-up.
    pub exhausted: bool,
}
