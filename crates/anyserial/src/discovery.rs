//! Which ports there are.

mod source;

use std::path::PathBuf;
use std::sync::Arc;

use self::source::System;
pub(crate) use self::source::{News, Source};
use crate::device::{outcome, run_blocking};
use crate::error::Result;
use crate::native::Found;
use crate::port_filter::PortFilter;
use crate::port_info::{Bus, PortInfo, natural_order};
use crate::reactor::Reactor;

/// The serial ports of this system, by the default reactor, in natural order: `ttyUSB2` before
/// `ttyUSB10`. See [`Ports::list`].
///
/// ```
/// # futures_lite::future::block_on(async {
/// for port in anyserial::list_ports().await? {
///     println!("{port}: {}", port.hardware_id.as_deref().unwrap_or("-"));
/// }
/// # Ok::<(), anyserial::Error>(()) }).unwrap();
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
pub async fn list_ports() -> Result<Vec<PortInfo>> {
    Ports::default().list().await
}

/// The one port of this system that a filter means, by the default reactor. See [`Ports::find`].
///
/// ```no_run
/// # async fn example() -> anyserial::Result<()> {
/// use anyserial::{PortFilter, SerialPort, find_port};
///
/// let info = find_port(&PortFilter::new().usb(0x0403, 0x6001)).await?;
/// let port = SerialPort::open(&info.device, 115_200).await?;
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
pub async fn find_port(filter: &PortFilter) -> Result<PortInfo> {
    Ports::default().find(filter).await
}

/// The serial ports of a system, looked at by a reactor: to list them, to find one, to wait for
/// one, to watch them come and go.
///
/// [`list_ports`](crate::list_ports), [`find_port`](crate::find_port) and
/// [`watch_ports`](crate::watch_ports) do the same by the default reactor.
///
/// # Platform notes
///
/// Linux: all is read from sysfs; there is no libudev, no cache, and no port is opened. Nodes
/// without a UART (most of the up to 32 `/dev/ttyS`) are not listed.
///
/// macOS: all is read from the I/O registry. Listed are the call-out nodes, `/dev/cu.*`; those of
/// `/dev/tty.*` wait for a carrier when they are opened. Links there are none.
///
/// FreeBSD: the call-out nodes of `/dev`, `cua*`, and what sysctl tells of their devices. A USB
/// device's manufacturer and product are one text there, the product's.
///
/// DragonFly BSD: the same nodes, and nothing of their devices.
///
/// NetBSD, OpenBSD, illumos: everything here gives
/// [`UnsupportedFeature`](crate::Error::UnsupportedFeature).
#[derive(Debug, Clone)]
pub struct Ports {
    pub(crate) reactor: Arc<dyn Reactor>,
    pub(crate) source: Arc<dyn Source>,
    include_virtual: bool,
}

impl Ports {
    /// The ports of this system, by this reactor.
    #[must_use]
    pub fn new(reactor: Arc<dyn Reactor>) -> Self {
        Self::under(reactor, "/")
    }

    /// The ports whose `sys`, `dev` and `run` are below this folder: those of the host, where a
    /// container has it mounted; a recorded tree, for a test.
    #[must_use]
    pub fn under(reactor: Arc<dyn Reactor>, root: impl Into<PathBuf>) -> Self {
        Self::of(reactor, Arc::new(System::new(root.into())))
    }

    /// The ports of this source.
    pub(crate) fn of(reactor: Arc<dyn Reactor>, source: Arc<dyn Source>) -> Self {
        Ports {
            reactor,
            source,
            include_virtual: false,
        }
    }

    /// Sets whether [virtual ports](Bus::Virtual) are among them. Default: no.
    #[must_use]
    pub fn include_virtual(mut self, include: bool) -> Self {
        self.include_virtual = include;
        self
    }

    /// Lists the ports, in natural order: `ttyUSB2` before `ttyUSB10`.
    ///
    /// The system is asked on another thread, because it can have to wait: the names of a USB
    /// device are locked while it is being reset.
    ///
    /// # Errors
    ///
    /// [`Error::Io`](crate::Error::Io) where the system tells nothing of its devices, as in a
    /// container without sysfs; [`Error::UnsupportedFeature`](crate::Error::UnsupportedFeature);
    /// [`Error::NoReactor`](crate::Error::NoReactor).
    ///
    /// # Cancel safety
    ///
    /// Changes nothing.
    #[doc(alias = "available_ports")]
    #[doc(alias = "comports")]
    pub async fn list(&self) -> Result<Vec<PortInfo>> {
        let found = self.list_found().await?;
        Ok(found.into_iter().map(|found| found.info).collect())
    }

    /// Finds the one port that a filter means.
    ///
    /// A [`device`](PortFilter::device) in the filter may be any link to the port.
    ///
    /// # Errors
    ///
    /// [`Error::NoPortFound`](crate::Error::NoPortFound);
    /// [`Error::AmbiguousPort`](crate::Error::AmbiguousPort) with the paths, if several match and
    /// the [first](PortFilter::first) was not asked for; those of [`list`](Ports::list).
    ///
    /// # Cancel safety
    ///
    /// Changes nothing.
    pub async fn find(&self, filter: &PortFilter) -> Result<PortInfo> {
        Ok(self.for_filter(filter).find_among_all(filter).await?.0)
    }

    /// The one port that a filter means, and all that there are.
    pub(crate) async fn find_among_all(
        &self,
        filter: &PortFilter,
    ) -> Result<(PortInfo, Vec<PortInfo>)> {
        let ports = self.list().await?;
        let filter = filter.clone();
        let chosen = run_blocking(&*self.reactor, move || {
            let port = filter.resolved().choose(&ports)?.clone();
            Ok((port, ports))
        });
        outcome(chosen, &self.source.place()).await
    }

    /// These, with virtual ports if a filter is meant for them.
    pub(crate) fn for_filter(&self, filter: &PortFilter) -> Self {
        let include = self.include_virtual || filter.names_virtual_ports();
        self.clone().include_virtual(include)
    }

    pub(crate) async fn list_found(&self) -> Result<Vec<Found>> {
        let source = Arc::clone(&self.source);
        let listed = run_blocking(&*self.reactor, move || source.list());
        let mut ports = outcome(listed, &self.source.place()).await?;
        ports.retain(|port| self.includes(&port.info));
        ports.sort_by(|a, b| natural_order(&a.info.name, &b.info.name));
        Ok(ports)
    }

    pub(crate) fn includes(&self, port: &PortInfo) -> bool {
        self.include_virtual || port.bus != Bus::Virtual
    }
}

/// The ports of this system, by the default reactor.
#[cfg(feature = "async-io")]
impl Default for Ports {
    fn default() -> Self {
        Ports::new(Arc::new(crate::reactor::AsyncIo))
    }
}
