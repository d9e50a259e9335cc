//! Ports that come and go.

mod wait;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use futures_lite::Stream;

pub(crate) use self::wait::changed_within;
use crate::device::{BoxFuture, outcome, run_blocking};
use crate::discovery::{News, Ports};
use crate::error::Result;
use crate::native::{Found, Notice};
use crate::port_info::{PortInfo, natural_order};

/// Watches the ports of this system come and go, by the default reactor. See [`Ports::watch`].
///
/// ```no_run
/// # async fn example() -> anyserial::Result<()> {
/// use anyserial::{PortEvent, watch_ports};
/// use futures_lite::StreamExt;
///
/// let mut events = watch_ports().await?.with_present();
/// while let Some(event) = events.next().await {
///     match event? {
///         PortEvent::Added(port) => println!("here is {port}"),
///         PortEvent::Removed(port) => println!("there goes {port}"),
///         _ => {}
///     }
/// }
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// As there.
///
/// # Cancel safety
///
/// Changes nothing.
#[cfg(feature = "async-io")]
pub async fn watch_ports() -> Result<PortEvents> {
    Ports::default().watch().await
}

impl Ports {
    /// Watches the ports come and go, from the first poll of this future on.
    ///
    /// No thread and no timer is behind it: while nothing happens, nothing runs.
    ///
    /// # Errors
    ///
    /// Those of [`list`](Ports::list); [`Error::Io`](crate::Error::Io) where the system does not
    /// let this process listen.
    ///
    /// # Cancel safety
    ///
    /// Changes nothing.
    ///
    /// # Platform notes
    ///
    /// Linux: by the kernel's events (`NETLINK_KOBJECT_UEVENT`). Where udev runs
    /// (`/run/udev/control` exists), a port counts as added once udev has given it its permissions
    /// and links. In a container, the network namespace must be the host's: events go no further.
    ///
    /// macOS: by the notifications of IOKit. FreeBSD: by devd, which has to run; a port of a USB
    /// device counts as added once the device is attached. Other systems:
    /// [`Error::UnsupportedFeature`](crate::Error::UnsupportedFeature).
    #[doc(alias = "hotplug")]
    #[doc(alias = "uevent")]
    pub async fn watch(&self) -> Result<PortEvents> {
        // In this order, so that what happens between the two is in both.
        let news = self.source.subscribe(&*self.reactor)?;
        let ports = self.list_set_up().await?;
        let mut known = Known::default();
        // Nobody was told of these, unless `with_present` does.
        let _ = known.replace(ports);
        Ok(PortEvents {
            ports: self.clone(),
            news: Some(news),
            known,
            ready: VecDeque::new(),
            looking: Mutex::new(None),
        })
    }

    async fn list_set_up(&self) -> Result<Vec<Found>> {
        let ports = self.list_found().await?;
        let source = Arc::clone(&self.source);
        let set_up = run_blocking(&*self.reactor, move || {
            let set_up = ports.into_iter().filter(|port| source.is_set_up(port));
            Ok(set_up.collect())
        });
        outcome(set_up, &self.source.place()).await
    }
}

/// What happened to a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum PortEvent {
    /// It is there, and ready to be opened.
    Added(PortInfo),
    /// It is gone. This is what was known of it; the name in it can belong to another one soon.
    Removed(PortInfo),
}

impl PortEvent {
    /// The port that it happened to.
    #[must_use]
    pub fn port(&self) -> &PortInfo {
        match self {
            PortEvent::Added(port) | PortEvent::Removed(port) => port,
        }
    }
}

/// The ports that come and go, as a stream. See [`Ports::watch`].
///
/// No event is lost or doubled: what comes is told once, and told to be removed once. A port whose
/// name goes to another device is removed before the other one is added. If more happens at once
/// than the system keeps for this stream, it lists the ports anew and tells the difference; a port
/// that came and went in between is not told.
///
/// The stream ends after an error, of which there is none in practice but that the runtime shuts
/// down.
///
/// # Cancel safety
///
/// Dropping what waits for the next event loses none.
#[must_use = "a stream does nothing unless it is polled"]
pub struct PortEvents {
    ports: Ports,
    /// `None` once it has failed.
    news: Option<Box<dyn News>>,
    known: Known,
    /// Events that are still to be told.
    ready: VecDeque<PortEvent>,
    /// A look at the system, after a notice. In a mutex, which is never locked, because a future
    /// need not be `Sync` and the stream is.
    looking: Mutex<Option<BoxFuture<'static, Result<Sight>>>>,
}

impl PortEvents {
    /// Lets the events begin with those ports that are present, as if they had just come.
    pub fn with_present(mut self) -> Self {
        let present = self
            .present()
            .map(|port| PortEvent::Added(port.info.clone()));
        self.ready = present.collect();
        self
    }

    /// The ports that are present, as far as this stream has told, in natural order.
    pub(crate) fn present(&self) -> impl Iterator<Item = &Found> {
        self.known.0.values()
    }

    /// Starts to look at what a notice speaks of.
    fn look(&self, notice: Notice) -> BoxFuture<'static, Result<Sight>> {
        let ports = self.ports.clone();
        Box::pin(async move {
            let (name, left) = match notice {
                Notice::Missed => return Ok(Sight::All(ports.list_set_up().await?)),
                Notice::Arrived(name) => (name, false),
                Notice::Left(name) => (name, true),
            };
            let source = Arc::clone(&ports.source);
            let looked = run_blocking(&*ports.reactor, move || {
                let found = source.look(&name);
                Ok((name, found))
            });
            let (name, found) = outcome(looked, &ports.source.place()).await?;
            let found = found.filter(|found| ports.includes(&found.info));
            let found = found.map(Box::new);
            Ok(Sight::One { name, left, found })
        })
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        while self.ready.is_empty() {
            let looking = self
                .looking
                .get_mut()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(look) = looking {
                let sight = ready!(look.as_mut().poll(cx));
                *looking = None;
                self.ready.extend(self.known.compare(sight?));
                continue;
            }
            let Some(news) = &mut self.news else {
                break;
            };
            let notice = ready!(news.poll_notice(cx))?;
            // A port that is not known cannot leave.
            if !matches!(&notice, Notice::Left(name) if !self.known.has(name)) {
                self.looking = Mutex::new(Some(self.look(notice)));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Stream for PortEvents {
    type Item = Result<PortEvent>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Err(error) = ready!(this.poll_ready(cx)) {
            this.news = None;
            return Poll::Ready(Some(Err(error)));
        }
        Poll::Ready(this.ready.pop_front().map(Ok))
    }
}

impl fmt::Debug for PortEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PortEvents")
            .field("ports", &self.ports)
            .field("known", &self.known)
            .field("ready", &self.ready)
            .finish_non_exhaustive()
    }
}

/// What a look has shown.
#[derive(Debug)]
enum Sight {
    /// What there is of this name.
    One {
        name: String,
        /// A device of this name has left; if there is one, its own notice is yet to come.
        left: bool,
        found: Option<Box<Found>>,
    },
    /// Everything.
    All(Vec<Found>),
}

/// The ports that were told of, in natural order.
#[derive(Debug, Default)]
struct Known(BTreeMap<Name, Found>);

impl Known {
    fn has(&self, name: &str) -> bool {
        self.0.contains_key(&Name(name.to_owned()))
    }

    /// Takes in what a look has shown; gives what is new about it.
    fn compare(&mut self, sight: Sight) -> Vec<PortEvent> {
        match sight {
            Sight::One { name, left, found } => self.compare_one(Name(name), left, found),
            Sight::All(ports) => self.replace(ports),
        }
    }

    fn compare_one(&mut self, name: Name, left: bool, found: Option<Box<Found>>) -> Vec<PortEvent> {
        let mut events = Vec::new();
        let same = match (self.0.get(&name), &found) {
            (Some(known), Some(found)) => known.incarnation == found.incarnation,
            _ => false,
        };
        if same {
            return events;
        }
        events.extend(
            self.0
                .remove(&name)
                .map(|gone| PortEvent::Removed(gone.info)),
        );
        if let Some(found) = found.filter(|_| !left) {
            events.push(PortEvent::Added(found.info.clone()));
            self.0.insert(name, *found);
        }
        events
    }

    /// Takes these ports for all; gives the difference, what has gone first.
    fn replace(&mut self, ports: Vec<Found>) -> Vec<PortEvent> {
        let ports = ports
            .into_iter()
            .map(|port| (Name(port.info.name.clone()), port));
        let before = std::mem::replace(&mut self.0, ports.collect());
        let is_in = |ports: &BTreeMap<Name, Found>, name: &Name, port: &Found| {
            ports
                .get(name)
                .is_some_and(|other| other.incarnation == port.incarnation)
        };
        let gone = before
            .iter()
            .filter(|(name, port)| !is_in(&self.0, name, port));
        let new = self
            .0
            .iter()
            .filter(|(name, port)| !is_in(&before, name, port));
        gone.map(|(_, port)| PortEvent::Removed(port.info.clone()))
            .chain(new.map(|(_, port)| PortEvent::Added(port.info.clone())))
            .collect()
    }
}

/// A name in natural order.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name(String);

impl Ord for Name {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        natural_order(&self.0, &other.0)
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
