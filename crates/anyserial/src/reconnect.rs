//! A port that outlives its cable.

mod device;
mod link;
mod search;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_lite::Stream;

use self::device::ReconnectingDevice;
use self::link::Link;
use crate::config::SerialConfig;
use crate::discovery::Ports;
use crate::error::Result;
use crate::native::Found;
use crate::port::SerialPort;
use crate::port_filter::PortFilter;
use crate::port_info::PortInfo;

/// A port that goes on after its device was unplugged and plugged in again.
///
/// What it opens is a [`SerialPort`] with all that one has, so that it can be split, buffered and
/// handed to code that knows nothing of this. When the device goes, the port waits for the *same*
/// device and opens it, wherever it turns up, with the settings that were in force.
///
/// ```no_run
/// # async fn example() -> anyserial::Result<()> {
/// use anyserial::{LinkEvent, PortFilter, Reconnecting};
/// use futures_lite::StreamExt;
///
/// let filter = PortFilter::new().usb(0x0403, 0x6001);
/// let (mut port, mut events) = Reconnecting::new(filter, 115_200).open().await?;
/// # let spawn = |_| ();
/// spawn(async move {
///     while let Some(event) = events.next().await {
///         match event {
///             Ok(LinkEvent::Lost(port)) => println!("lost {port}"),
///             Ok(LinkEvent::Returned(port)) => println!("back as {port}"),
///             Ok(_) => {}
///             Err(error) => println!("cannot open it again: {error}"),
///         }
///     }
/// });
/// let reply = port.receive_available(64).await?;
/// # Ok(()) }
/// ```
///
/// # Which device is the same
///
/// The one with the same USB ids, interface and serial number; where there is no serial number, or
/// another device has the same one, the one in the same socket (USB location). What is not on USB
/// is known by its path.
///
/// # What happens to the bytes
///
/// None is made up, and none is sent twice. Those that the system had taken when the device went
/// are gone, in both directions, and so is whatever the two ends had agreed on. A receive gives
/// bytes of before the loss or of after it, never of both. A `send` that had to wait goes on with
/// what the lost device had not taken; a protocol for which half a message is worse than none
/// [fails](WhileAway::Fail) instead, and begins anew after the [event](LinkEvents).
/// [`drain`](crate::Control::drain) gives [`Error::Disconnected`](crate::Error::Disconnected) once
/// if output may have been lost.
///
/// # How it works
///
/// There is no task and no thread: the loss is noticed by the operation that meets it and by who
/// waits for the [`LinkEvents`], and the device is looked for by whoever waits: a receive, a send,
/// the events. While the device is away nothing runs; if it is there and cannot be opened yet, it
/// is tried every 200 ms.
///
/// The methods of [`Control`](crate::Control) do not wait: while the device is away they give
/// `Error::Disconnected`. [`with_fd`](crate::Control::with_fd) gives no descriptor, because it
/// changes.
#[derive(Debug, Clone)]
#[must_use = "it does nothing until it is opened"]
pub struct Reconnecting {
    ports: Ports,
    filter: PortFilter,
    config: SerialConfig,
    while_away: WhileAway,
}

impl Reconnecting {
    /// The port that a filter means, set like this, by the default reactor.
    #[cfg(feature = "async-io")]
    pub fn new(filter: PortFilter, config: impl Into<SerialConfig>) -> Self {
        Self::among(Ports::default(), filter, config)
    }

    /// The one port among these that a filter means, set like this, on the reactor of the ports.
    pub fn among(ports: Ports, filter: PortFilter, config: impl Into<SerialConfig>) -> Self {
        Reconnecting {
            ports,
            filter,
            config: config.into(),
            while_away: WhileAway::default(),
        }
    }

    /// Sets what reading and writing do while the device is away. Default: they wait.
    pub fn while_away(mut self, while_away: WhileAway) -> Self {
        self.while_away = while_away;
        self
    }

    /// Opens the port, which has to be there; [`PortFilter::wait`] waits for it before.
    ///
    /// # Errors
    ///
    /// Those of [`Ports::find`] and of opening a port.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing open, as with
    /// [`SerialPort::open_with`](SerialPort::open_with).
    pub async fn open(self) -> Result<(SerialPort, LinkEvents)> {
        self.config.validate()?;
        let ports = self.ports.for_filter(&self.filter);
        let (info, present) = ports.find_among_all(&self.filter).await?;
        let usb = info.usb.clone();
        let is_meant = move |now: &Found| now.info.usb == usb;
        let device = search::open(&ports, &info, self.config, is_meant).await?;
        let identity = identity(&info, &present);
        let link = Arc::new(Link::new(ports, self.while_away, identity, info, device));
        let port = SerialPort::from_device(ReconnectingDevice::new(Arc::clone(&link)));
        Ok((port, LinkEvents { link }))
    }
}

/// How to know this device again, beside the others that there are.
fn identity(info: &PortInfo, ports: &[PortInfo]) -> PortFilter {
    let same = PortFilter::same_device(info);
    let is_shared = ports.iter().filter(|port| same.matches(port)).count() > 1;
    match &info.usb {
        Some(usb) if is_shared => same.location(&usb.location),
        _ => same,
    }
}

/// What reading and writing do while the device is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum WhileAway {
    /// They wait until it is back.
    #[default]
    Wait,
    /// They give [`Error::Disconnected`](crate::Error::Disconnected) at once, every time, until
    /// it is back.
    Fail,
}

/// What happened to the device of a [`Reconnecting`] port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LinkEvent {
    /// It is gone. This is what was known of it.
    Lost(PortInfo),
    /// It is back and open, perhaps under another name.
    Returned(PortInfo),
}

/// Every loss and every return of the device of a [`Reconnecting`] port, as a stream.
///
/// Events that nobody has taken are kept, the last 256. The stream ends when the port is closed or
/// dropped. An error is one of opening the device anew, such as settings that it refuses, or of
/// [`Ports::watch`]; whoever waits next tries again. Waiting for an event notices the loss and
/// brings the device back, with or without a receive under way. Dropping the stream changes
/// nothing about the port.
///
/// # Cancel safety
///
/// Dropping what waits for the next event loses none.
#[must_use = "a stream does nothing unless it is polled"]
pub struct LinkEvents {
    link: Arc<Link>,
}

impl Stream for LinkEvents {
    type Item = Result<LinkEvent>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.link.poll_event(cx)
    }
}

impl fmt::Debug for LinkEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LinkEvents").field(&self.link).finish()
    }
}
