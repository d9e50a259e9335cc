//! A descriptor, a terminal's as a rule, shared between its owner and the reactor that watches it.

use std::fmt;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::{Arc, Mutex};

use super::lock;

/// Work for a thread that may block.
pub type Work = Box<dyn FnOnce() + Send>;

type CloseOn = Box<dyn FnOnce(Work) + Send>;
type OnClosed = Box<dyn FnOnce() + Send>;

/// An open descriptor: of a terminal, or of the socket that brings the news of ports. Clones share
/// it; the last one to go closes it, on a thread where closing holds up nobody.
#[derive(Clone)]
pub struct Descriptor(Arc<Shared>);

struct Shared {
    /// `None` only while being dropped.
    fd: Option<OwnedFd>,
    closing: Mutex<Closing>,
}

#[derive(Default)]
struct Closing {
    /// Where to close. `None`: right where the last clone is dropped.
    on: Option<CloseOn>,
    /// What to do once it is closed.
    then: Option<OnClosed>,
}

impl Descriptor {
    pub(crate) fn new(fd: OwnedFd) -> Self {
        Descriptor(Arc::new(Shared {
            fd: Some(fd),
            closing: Mutex::default(),
        }))
    }

    /// From now on the last clone hands the closing to `on`.
    pub(super) fn close_on(&self, on: impl FnOnce(Work) + Send + 'static) {
        lock(&self.0.closing).on = Some(Box::new(on));
    }

    /// Calls `then` once the descriptor is closed.
    pub(super) fn when_closed(&self, then: impl FnOnce() + Send + 'static) {
        lock(&self.0.closing).then = Some(Box::new(then));
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let closing = std::mem::take(&mut *lock(&self.closing));
        let fd = self.fd.take();
        // The work owns the descriptor, so it is closed even if the work is never run.
        let close = move || {
            drop(fd);
            if let Some(then) = closing.then {
                then();
            }
        };
        match closing.on {
            Some(on) => on(Box::new(close)),
            None => close(),
        }
    }
}

impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.0.fd {
            Some(fd) => fd.as_fd(),
            // Taken in `Shared::drop` alone, when no `Descriptor` is left. What stands in is no
            // open descriptor: calls on it give EBADF.
            None => rustix::fs::CWD,
        }
    }
}

impl AsRawFd for Descriptor {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

impl fmt::Debug for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Descriptor")
            .field(&self.as_raw_fd())
            .finish()
    }
}
