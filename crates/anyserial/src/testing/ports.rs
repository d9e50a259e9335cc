//! Adapters that are plugged in and pulled out by call.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use async_channel::{Receiver, Sender};
use futures_lite::Stream;

use crate::config::SerialConfig;
use crate::control::invalid;
use crate::discovery::{News, Ports, Source};
use crate::error::{Error, Result};
use crate::native::{Found, Notice, hold_slave, lock, pty};
use crate::port::SerialPort;
use crate::port_info::{Bus, PortInfo, UsbInfo};
use crate::reactor::Reactor;

/// A system of its own, whose USB serial adapters are plugged in and pulled out by call. For the
/// tests of code that lists ports, watches them, or goes on after a replug.
///
/// Each adapter is a pseudo-terminal, so what opens its port is the real thing.
///
/// ```
/// # futures_lite::future::block_on(async {
/// use std::sync::Arc;
/// use anyserial::reactor::AsyncIo;
/// use anyserial::testing::VirtualPorts;
/// use anyserial::{PortEvent, PortFilter, UsbInfo};
/// use futures_lite::StreamExt;
///
/// let system = VirtualPorts::new(Arc::new(AsyncIo));
/// let ports = system.ports();
/// let mut events = ports.watch().await?;
///
/// let adapter = system.plug("ttyUSB0", UsbInfo::new(0x0403, 0x6001)).await?;
/// let found = ports.find(&PortFilter::new().usb(0x0403, 0x6001)).await?;
/// assert_eq!(events.next().await.unwrap()?, PortEvent::Added(found.clone()));
///
/// adapter.unplug();
/// assert_eq!(events.next().await.unwrap()?, PortEvent::Removed(found));
/// # Ok::<(), anyserial::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct VirtualPorts {
    reactor: Arc<dyn Reactor>,
    system: Arc<VirtualSystem>,
}

impl VirtualPorts {
    /// A system without adapters.
    #[must_use]
    pub fn new(reactor: Arc<dyn Reactor>) -> Self {
        VirtualPorts {
            reactor,
            system: Arc::default(),
        }
    }

    /// The ports of this system.
    #[must_use]
    pub fn ports(&self) -> Ports {
        let system: Arc<VirtualSystem> = Arc::clone(&self.system);
        Ports::of(Arc::clone(&self.reactor), system)
    }

    /// Plugs in an adapter: the port of this name is there.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if an adapter of this name is plugged in; [`Error::Io`] if the
    /// system has no pseudo-terminal left, and those of opening a port.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing plugged in.
    pub async fn plug(&self, name: &str, usb: UsbInfo) -> Result<VirtualPort> {
        let no_pty = |source| Error::Io {
            path: "/dev/ptmx".into(),
            operation: "make a pseudo-terminal",
            source,
        };
        let (master, path) = pty().map_err(no_pty)?;
        let slave = hold_slave(&path).map_err(no_pty)?;
        // As in a pair: a lock on the master would be one on all masters.
        let config = SerialConfig::default().exclusive(false);
        let far = SerialPort::from_fd_with(Arc::clone(&self.reactor), master, config).await?;
        let place = usb.location.clone();
        let info = PortInfo::new(path, name.to_owned(), Bus::Usb).with_usb(usb, &place);
        Ok(VirtualPort {
            far,
            plug: Plug::into(&self.system, info)?,
            _slave: slave,
        })
    }

    /// Sets whether watchers are told nothing of what happens. When it ends, they are told that
    /// they have missed something, as the kernel does after its queue was full.
    pub fn lose_events(&self, lose: bool) {
        let mut state = lock(&self.system.state);
        state.loses_events = lose;
        if !lose {
            state.tell(&Notice::Missed);
        }
    }
}

/// An adapter that is plugged in to [`VirtualPorts`]. Dropping it pulls it out.
#[derive(Debug)]
pub struct VirtualPort {
    // Fields drop in this order: the port hangs up, it is gone, its path can be another one's.
    far: SerialPort,
    plug: Plug,
    _slave: OwnedFd,
}

impl VirtualPort {
    /// What is connected to the adapter: the other end of its wire.
    pub fn far_end(&mut self) -> &mut SerialPort {
        &mut self.far
    }

    /// What is known of the port.
    #[must_use]
    pub fn info(&self) -> &PortInfo {
        &self.plug.info
    }

    /// Pulls it out.
    pub fn unplug(self) {
        drop(self);
    }
}

/// The adapter's place among the ports of its system, which it leaves when this is dropped.
#[derive(Debug)]
struct Plug {
    system: Arc<VirtualSystem>,
    info: PortInfo,
}

impl Plug {
    fn into(system: &Arc<VirtualSystem>, info: PortInfo) -> Result<Self> {
        let mut state = lock(&system.state);
        if state.ports.iter().any(|port| port.info.name == info.name) {
            return Err(invalid("name", &format!("{} is plugged in", info.name)));
        }
        state.plugged += 1;
        let port = Found {
            info: info.clone(),
            incarnation: state.plugged,
            number: None,
        };
        state.ports.push(port);
        state.tell(&Notice::Arrived(info.name.clone()));
        drop(state);
        Ok(Plug {
            system: Arc::clone(system),
            info,
        })
    }
}

impl Drop for Plug {
    fn drop(&mut self) {
        let mut state = lock(&self.system.state);
        state.ports.retain(|port| port.info.name != self.info.name);
        state.tell(&Notice::Left(self.info.name.clone()));
    }
}

#[derive(Debug, Default)]
struct VirtualSystem {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    ports: Vec<Found>,
    /// How many adapters there ever were.
    plugged: u64,
    watchers: Vec<Sender<Notice>>,
    loses_events: bool,
}

impl State {
    fn tell(&mut self, notice: &Notice) {
        if !self.loses_events {
            // Who is not there any more is forgotten.
            self.watchers
                .retain(|watcher| watcher.try_send(notice.clone()).is_ok());
        }
    }
}

impl Source for VirtualSystem {
    fn place(&self) -> PathBuf {
        PathBuf::from("virtual ports")
    }

    fn list(&self) -> Result<Vec<Found>> {
        Ok(lock(&self.state).ports.clone())
    }

    fn look(&self, name: &str) -> Option<Found> {
        let state = lock(&self.state);
        let port = state.ports.iter().find(|port| port.info.name == name);
        port.cloned()
    }

    fn is_set_up(&self, _: &Found) -> bool {
        true
    }

    fn subscribe(&self, _: &dyn Reactor) -> Result<Box<dyn News>> {
        let (watcher, notices) = async_channel::unbounded();
        lock(&self.state).watchers.push(watcher);
        Ok(Box::new(VirtualNews(Box::pin(notices))))
    }
}

#[derive(Debug)]
struct VirtualNews(Pin<Box<Receiver<Notice>>>);

impl News for VirtualNews {
    fn poll_notice(&mut self, cx: &mut Context<'_>) -> Poll<Result<Notice>> {
        match ready!(self.0.as_mut().poll_next(cx)) {
            Some(notice) => Poll::Ready(Ok(notice)),
            // The system is gone, and with it all news.
            None => Poll::Pending,
        }
    }
}
