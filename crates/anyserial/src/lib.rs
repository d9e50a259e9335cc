//! One async serial port for every runtime.
//!
//! The same [`SerialPort`] runs under smol, async-std, tokio, a bare `block_on`, and whatever
//! else polls futures. It implements the [futures-io](futures_io) traits, so that code for
//! those traits runs over it unchanged.
//!
//! ```no_run
//! use anyserial::{SerialConfig, SerialPort};
//!
//! # fn main() -> anyserial::Result<()> {
//! # futures_lite::future::block_on(async {
//! let mut port = SerialPort::open("/dev/ttyUSB0", SerialConfig::new(115_200)).await?;
//! port.send(b"*IDN?\n").await?;
//! let mut reply = [0; 64];
//! let n = port.receive(&mut reply).await?;
//! println!("{}", String::from_utf8_lossy(&reply[..n]));
//! # Ok(()) }) }
//! ```
//!
//! # A tour
//!
//! | to | see |
//! |---|---|
//! | open, send, receive, close | [`SerialPort`] |
//! | choose the baud rate, the frame, flow control, locking | [`SerialConfig`] |
//! | change settings, read and drive lines, drain, send a break, from any task | [`Control`] |
//! | read and write at the same time | [`SerialPort::split`], [`SerialPort::into_split`] |
//! | see every change of the modem lines | [`Control::modem_changes`] |
//! | tell breaks and damaged characters from data | [`SerialPort::receive_events`] |
//! | receive lines and other frames | [`Buffered`] |
//! | bound an operation in time | [`Control::timeout`] |
//! | do without async | [`blocking`] |
//! | list ports, find the one that is meant | [`list_ports`], [`find_port`], [`PortFilter`] |
//! | notice when ports come and go | [`watch_ports`], [`PortFilter::wait`] |
//! | go on after a replug | [`Reconnecting`] |
//! | know what went wrong | [`Error`] |
//! | know what the hardware can do | [`Control::capabilities`] |
//! | test without hardware | [`testing`] |
//! | bring a runtime | [`reactor`] |
//! | bring a transport | [`device`] |
//!
//! # What it promises
//!
//! * **Nothing blocks the executor**: not opening, not configuring, not draining, not closing.
//! * **Cancelling loses nothing**: each method says what dropping its future means.
//! * **A device that is gone is an error**, at once and every time, after what it had sent is
//!   read.
//! * **Settings are verified**: what the driver did not accept is an error that names it, and
//!   the previous settings are in force.
//! * **Ports are exclusive** unless you say otherwise.
//! * **What was changed is put back** when the port goes.
//!
//! The [`guide`] goes through all of it, with snippets that run.
//!
//! # Features
//!
//! * `async-io` (default): the default reactor, [`reactor::AsyncIo`].
//! * `embedded-io-async`: its `Read`, `Write` and `ReadReady` for ports and halves, and so every
//!   driver written for them. `flush` waits until all output has left.
//! * `serde`: `Serialize` and `Deserialize` for the configuration and its parts, and for what is
//!   known of ports.
//! * `tracing`: events about ports, with their paths: DEBUG when one is opened, configured or
//!   closed, or refuses to be; WARN when a terminal's device is gone, and for what
//!   [`UnsupportedPolicy::Warn`] goes on without. What is sent and received is in none of them,
//!   at no level.
//!
//! Each adds to what is there and can be had without the others.

pub mod blocking;
mod buffered;
mod capability;
mod config;
mod control;
pub mod device;
mod discovery;
#[cfg(feature = "embedded-io-async")]
mod embedded_io;
mod error;
#[cfg(all(doc, feature = "async-io"))]
pub mod guide;
mod hotplug;
mod lines;
mod native;
mod port;
mod port_filter;
mod port_info;
pub mod reactor;
mod read_buf;
mod receive;
mod received;
mod reconnect;
mod rs485;
mod send;
mod split;
pub mod testing;
mod trace;
mod waker_slot;

pub use buffered::{Buffered, Clock};
pub use capability::{Capabilities, Capability, Feature};
pub use config::{
    DataBits, FlowControl, LineOnOpen, Parity, ParseConfigError, SerialConfig, StopBits,
    UnsupportedPolicy,
};
pub use control::{Control, ModemChanges};
pub use discovery::Ports;
#[cfg(feature = "async-io")]
pub use discovery::{find_port, list_ports};
pub use error::{Error, Result};
#[cfg(feature = "async-io")]
pub use hotplug::watch_ports;
pub use hotplug::{PortEvent, PortEvents};
pub use lines::{ControlLines, Counters, ModemChange, ModemLines};
pub use port::SerialPort;
pub use port_filter::PortFilter;
pub use port_info::{Bus, PortInfo, UsbInfo};
pub use received::{LineEvent, LineEvents, Received};
pub use reconnect::{LinkEvent, LinkEvents, Reconnecting, WhileAway};
pub use rs485::{Rs485Addressing, Rs485Config};
pub use split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, WriteHalf};

/// The README's example compiles.
#[cfg(all(doctest, feature = "async-io"))]
#[doc = include_str!("../../../README.md")]
struct Readme;
