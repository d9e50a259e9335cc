//! Where ports and the news of them come from.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll, ready};

use crate::error::{Error, Result};
use crate::native::{self, Found, Notice, Notices};
use crate::reactor::{Direction, Reactor, Registration, Transfer};

/// A system that has ports. What is not a subscription may block.
pub(crate) trait Source: fmt::Debug + Send + Sync + 'static {
    /// What to name in the error of an operation on all ports.
    fn place(&self) -> PathBuf;

    /// All ports, in any order.
    fn list(&self) -> Result<Vec<Found>>;

    /// The port of this name, if there is one.
    fn look(&self, name: &str) -> Option<Found>;

    /// Whether a port is ready to be opened, so far as it is not for a notice to say.
    fn is_set_up(&self, port: &Found) -> bool;

    /// Subscribes to the news from now on.
    fn subscribe(&self, reactor: &dyn Reactor) -> Result<Box<dyn News>>;
}

/// A subscription.
pub(crate) trait News: fmt::Debug + Send + Sync {
    /// The next notice. Which of them a full queue loses, [`Notice::Missed`] stands for.
    fn poll_notice(&mut self, cx: &mut Context<'_>) -> Poll<Result<Notice>>;
}

/// The operating system.
#[derive(Debug)]
pub(super) struct System {
    root: PathBuf,
}

impl System {
    pub(super) fn new(root: PathBuf) -> Self {
        System { root }
    }
}

impl Source for System {
    fn place(&self) -> PathBuf {
        self.root.join("sys/class/tty")
    }

    fn list(&self) -> Result<Vec<Found>> {
        native::list(&self.root)
    }

    fn look(&self, name: &str) -> Option<Found> {
        native::look(&self.root, name)
    }

    fn is_set_up(&self, port: &Found) -> bool {
        native::is_set_up(&self.root, port)
    }

    fn subscribe(&self, reactor: &dyn Reactor) -> Result<Box<dyn News>> {
        let place = self.place();
        let notices = Notices::open(&self.root).map_err(|source| watch_error(&place, source))?;
        let registration = reactor
            .register(notices.descriptor().clone())
            .map_err(|error| match error.raw_os_error() {
                Some(_) => watch_error(&place, error),
                None => Error::NoReactor {
                    path: place.clone(),
                    problem: error.to_string(),
                },
            })?;
        Ok(Box::new(SystemNews {
            registration,
            notices,
            place,
        }))
    }
}

#[derive(Debug)]
struct SystemNews {
    // Fields drop in this order: deregistered first, closed last.
    registration: Box<dyn Registration>,
    notices: Notices,
    place: PathBuf,
}

impl News for SystemNews {
    fn poll_notice(&mut self, cx: &mut Context<'_>) -> Poll<Result<Notice>> {
        let mut notice = None;
        let mut receive = || {
            notice = Some(self.notices.receive()?);
            Ok(Transfer {
                bytes: 1,
                exhausted: false,
            })
        };
        let received = self.registration.poll_io(Direction::Read, cx, &mut receive);
        let received = ready!(received).map_err(|source| watch_error(&self.place, source));
        // A reactor that calls it ready has received one; if not, look at everything.
        Poll::Ready(received.map(|_| notice.unwrap_or(Notice::Missed)))
    }
}

fn watch_error(place: &Path, source: io::Error) -> Error {
    Error::Io {
        path: place.to_path_buf(),
        operation: "watch the ports",
        source,
    }
}
