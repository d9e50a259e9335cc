//! [anyserial] on tokio: the same serial port, driven by tokio's own reactor, with tokio's
//! [`AsyncRead`](tokio::io::AsyncRead) and [`AsyncWrite`](tokio::io::AsyncWrite).
//!
//! ```no_run
//! use anyserial_tokio::{SerialConfig, SerialPort};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> anyserial_tokio::Result<()> {
//! let mut port = SerialPort::open("/dev/ttyUSB0", SerialConfig::new(115_200)).await?;
//! port.send(b"*IDN?\n").await?;
//! let mut reply = [0; 64];
//! let n = port.receive(&mut reply).await?;
//! println!("{}", String::from_utf8_lossy(&reply[..n]));
//! # Ok(()) }
//! ```
//!
//! [`SerialPort`] and its halves dereference to those of the core, so every method of theirs is
//! here. No second reactor is in the program and no hidden thread: the core comes without its
//! default feature. A library that knows nothing of tokio can take the core's own port, which
//! this one [converts into](SerialPort::into_inner), driven by tokio still. So can
//! [`Buffered`]: `Buffered::new(port.into_inner())` receives lines and other frames.
//!
//! Works on a `current_thread` and on a `multi_thread` runtime and in a `LocalSet`; the runtime
//! needs its I/O and time drivers (`enable_all`). Opening outside of a runtime is
//! [`Error::NoReactor`].

mod discovery;
mod port;
mod reactor;
pub mod testing;

#[doc(no_inline)]
pub use anyserial::{
    Buffered, Bus, Capabilities, Capability, Control, ControlLines, Counters, DataBits, Error,
    Feature, FlowControl, LineEvent, LineEvents, LineOnOpen, LinkEvent, LinkEvents, ModemChange,
    ModemChanges, ModemLines, Parity, ParseConfigError, PortEvent, PortEvents, PortFilter,
    PortInfo, Ports, Received, Reconnecting, Result, Rs485Addressing, Rs485Config, SerialConfig,
    StopBits, UnsupportedPolicy, UsbInfo, WhileAway,
};

pub use discovery::ports;
pub use port::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, SerialPort, WriteHalf};
pub use reactor::Tokio;
