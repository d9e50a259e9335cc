//! Ports without hardware, for the tests of whoever talks to some.
//!
//! [`pair`] gives two ports connected in memory, with everything a serial port has: bytes with
//! back pressure, RTS to CTS, DTR to DSR and CD, breaks, counters, flow control. What real
//! hardware does once a year, a [`FaultPlan`] does now. [`pty_pair`] gives two ports connected
//! by the kernel, which is the real path of every byte, but has no lines. [`VirtualPorts`] are
//! adapters to plug in and to pull out, for code that lists, watches or reconnects.
//!
//! ```
//! # futures_lite::future::block_on(async {
//! use anyserial::{Result, SerialPort};
//!
//! /// The driver to be tested.
//! async fn temperature(port: &mut SerialPort) -> Result<Vec<u8>> {
//!     port.send(b"TEMP?\n").await?;
//!     port.receive_available(64).await
//! }
//!
//! let (mut port, mut instrument) = anyserial::testing::pair();
//! instrument.send(b"+21.5\n").await?;
//! assert_eq!(temperature(&mut port).await?, b"+21.5\n");
//! assert_eq!(instrument.receive_available(64).await?, b"TEMP?\n");
//!
//! // The instrument goes away: an error, at once and every time.
//! drop(instrument);
//! assert!(temperature(&mut port).await.unwrap_err().is_disconnected());
//! # Ok::<(), anyserial::Error>(()) }).unwrap();
//! ```

mod end;
mod faults;
mod memory;
mod ports;
mod pty;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use self::end::End;
pub use self::faults::FaultPlan;
use self::memory::MemoryDevice;
pub use self::ports::{VirtualPort, VirtualPorts};
#[cfg(feature = "async-io")]
pub use self::pty::pty_pair;
pub use self::pty::pty_pair_with;
use crate::config::SerialConfig;
use crate::error::Result;
use crate::port::SerialPort;
use crate::reactor::Reactor;

/// Two ports connected in memory, on the default reactor.
///
/// ```
/// # futures_lite::future::block_on(async {
/// let (near, far) = anyserial::testing::pair();
/// near.set_control_lines(Some(false), None).await?;
/// assert!(!far.modem_lines().await?.cts);
/// # Ok::<(), anyserial::Error>(()) }).unwrap();
/// ```
#[cfg(feature = "async-io")]
#[must_use]
pub fn pair() -> (SerialPort, SerialPort) {
    pair_with(Arc::new(crate::reactor::AsyncIo))
}

/// Two ports connected in memory, on a reactor of your choice, which supplies time alone.
#[must_use]
pub fn pair_with(reactor: Arc<dyn Reactor>) -> (SerialPort, SerialPort) {
    PairBuilder::new(reactor).build()
}

/// A pair in memory with more to it.
///
/// ```
/// # futures_lite::future::block_on(async {
/// use std::sync::Arc;
/// use anyserial::reactor::AsyncIo;
/// use anyserial::testing::{FaultPlan, PairBuilder};
///
/// let faults = FaultPlan::new();
/// faults.short_writes(1);
/// let (mut near, mut far) = PairBuilder::new(Arc::new(AsyncIo)).near_faults(&faults).build();
/// assert_eq!(near.send_some(b"abc").await?, 1);
/// near.send(b"bc").await?;
/// assert_eq!(far.receive_available(8).await?, b"abc");
/// # Ok::<(), anyserial::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct PairBuilder {
    reactor: Arc<dyn Reactor>,
    capacity: usize,
    refuse_mismatched: bool,
    near_config: SerialConfig,
    far_config: SerialConfig,
    near_faults: FaultPlan,
    far_faults: FaultPlan,
}

impl PairBuilder {
    /// A pair as [`pair_with`] makes it, but for what you change.
    #[must_use]
    pub fn new(reactor: Arc<dyn Reactor>) -> Self {
        PairBuilder {
            reactor,
            capacity: 4096,
            refuse_mismatched: false,
            near_config: SerialConfig::default(),
            far_config: SerialConfig::default(),
            near_faults: FaultPlan::new(),
            far_faults: FaultPlan::new(),
        }
    }

    /// How many bytes each direction holds before a writer has to wait. Default: 4096. At least
    /// 1; 0 is taken for 1.
    #[must_use]
    pub fn capacity(mut self, bytes: usize) -> Self {
        self.capacity = bytes.max(1);
        self
    }

    /// Whether a port refuses to send while the two ends differ in baud rate or frame, with
    /// [`Error::UnsupportedConfiguration`](crate::Error::UnsupportedConfiguration). Default: no.
    #[must_use]
    pub fn refuse_mismatched(mut self, refuse: bool) -> Self {
        self.refuse_mismatched = refuse;
        self
    }

    /// The configuration that the first port is opened with. Default: 115200 8N1. As on Linux,
    /// opening raises RTS and DTR unless it says otherwise.
    ///
    /// # Errors
    ///
    /// Those of [`SerialConfig::validate`].
    pub fn near_config(mut self, config: impl Into<SerialConfig>) -> Result<Self> {
        self.near_config = config.into();
        self.near_config.validate()?;
        Ok(self)
    }

    /// The configuration that the second port is opened with.
    ///
    /// # Errors
    ///
    /// Those of [`SerialConfig::validate`].
    pub fn far_config(mut self, config: impl Into<SerialConfig>) -> Result<Self> {
        self.far_config = config.into();
        self.far_config.validate()?;
        Ok(self)
    }

    /// The faults of the first port. The plan can be changed while the port is in use.
    #[must_use]
    pub fn near_faults(mut self, plan: &FaultPlan) -> Self {
        self.near_faults = plan.clone();
        self
    }

    /// The faults of the second port.
    #[must_use]
    pub fn far_faults(mut self, plan: &FaultPlan) -> Self {
        self.far_faults = plan.clone();
        self
    }

    /// Connects two ports.
    #[must_use]
    pub fn build(self) -> (SerialPort, SerialPort) {
        static PAIRS: AtomicU64 = AtomicU64::new(1);
        let number = PAIRS.fetch_add(1, Ordering::Relaxed);
        let end = |name, config, faults| {
            let path = format!("memory:{number}{name}");
            Arc::new(End::new(path, self.capacity, config, faults))
        };
        let near = end('a', self.near_config, self.near_faults);
        let far = end('b', self.far_config, self.far_faults);
        near.plug_in(&far);
        far.plug_in(&near);
        let port = |near: &Arc<End>, far: &Arc<End>| {
            SerialPort::from_device(MemoryDevice::new(
                Arc::clone(near),
                Arc::clone(far),
                Arc::clone(&self.reactor),
                self.refuse_mismatched,
            ))
        };
        (port(&near, &far), port(&far, &near))
    }
}
