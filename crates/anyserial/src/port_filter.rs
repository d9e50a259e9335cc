//! Which port is meant.

use std::fmt;
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::port_info::{Bus, PortInfo};

/// Which port is meant: a value, made by naming what is known of it. All that is named must hold.
///
/// ```
/// use anyserial::PortFilter;
///
/// let filter = PortFilter::new().usb(0x0403, 0x6001).serial_number("A50285BI");
/// assert_eq!(filter.to_string(), "usb 0403:6001, serial_number A50285BI");
/// ```
///
/// Virtual ports are looked at only for a filter that names their [`device`](PortFilter::device)
/// or their [`bus`](PortFilter::bus), or among [`Ports`](crate::Ports) that include them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct PortFilter {
    vendor_id: Option<u16>,
    product_id: Option<u16>,
    serial_number: Option<String>,
    manufacturer: Option<String>,
    product: Option<String>,
    location: Option<String>,
    interface_number: Option<u8>,
    port_number: Option<u8>,
    driver: Option<String>,
    bus: Option<Bus>,
    device: Option<PathBuf>,
    containing: Option<String>,
    first: bool,
}

impl PortFilter {
    /// Every port.
    #[must_use]
    pub fn new() -> Self {
        PortFilter::default()
    }

    /// On USB, with these numbers of vendor and product.
    #[must_use]
    pub fn usb(self, vendor_id: u16, product_id: u16) -> Self {
        self.vendor_id(vendor_id).product_id(product_id)
    }

    /// On USB, with this number of the vendor.
    #[must_use]
    pub fn vendor_id(mut self, vendor_id: u16) -> Self {
        self.vendor_id = Some(vendor_id);
        self
    }

    /// On USB, with this number of the product.
    #[must_use]
    pub fn product_id(mut self, product_id: u16) -> Self {
        self.product_id = Some(product_id);
        self
    }

    /// With exactly this serial number.
    #[must_use]
    pub fn serial_number(mut self, serial_number: impl Into<String>) -> Self {
        self.serial_number = Some(serial_number.into());
        self
    }

    /// With exactly this manufacturer.
    #[must_use]
    pub fn manufacturer(mut self, manufacturer: impl Into<String>) -> Self {
        self.manufacturer = Some(manufacturer.into());
        self
    }

    /// With exactly this product.
    #[must_use]
    pub fn product(mut self, product: impl Into<String>) -> Self {
        self.product = Some(product.into());
        self
    }

    /// In this USB socket: `1-4.2`.
    #[must_use]
    pub fn location(mut self, location: impl Into<String>) -> Self {
        self.location = Some(location.into());
        self
    }

    /// The interface of this number of a USB device that has several ports.
    #[must_use]
    pub fn interface_number(mut self, number: u8) -> Self {
        self.interface_number = Some(number);
        self
    }

    /// The port of this number of a USB interface that has several ports, from 0.
    #[must_use]
    pub fn port_number(mut self, number: u8) -> Self {
        self.port_number = Some(number);
        self
    }

    /// With this driver: `ftdi_sio`.
    #[must_use]
    pub fn driver(mut self, driver: impl Into<String>) -> Self {
        self.driver = Some(driver.into());
        self
    }

    /// Connected like this.
    #[must_use]
    pub fn bus(mut self, bus: Bus) -> Self {
        self.bus = Some(bus);
        self
    }

    /// At this path: that of the device, or of a link among [`PortInfo::links`].
    #[must_use]
    pub fn device(mut self, device: impl Into<PathBuf>) -> Self {
        self.device = Some(device.into());
        self
    }

    /// With this text, in upper or lower case of ASCII, in its path, description or hardware id.
    #[must_use]
    pub fn containing(mut self, text: impl Into<String>) -> Self {
        self.containing = Some(text.into());
        self
    }

    /// Sets whether of several ports that match the first is taken. Default: no, they are an
    /// error. The order is that of [`list_ports`](crate::Ports::list).
    #[must_use]
    pub fn first(mut self, first: bool) -> Self {
        self.first = first;
        self
    }

    /// Whether a port is one of those meant.
    #[must_use]
    pub fn matches(&self, port: &PortInfo) -> bool {
        let usb = port.usb.as_ref();
        fn is<T: PartialEq + ?Sized>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_none() || wanted == found
        }
        is(self.vendor_id.as_ref(), usb.map(|usb| &usb.vendor_id))
            && is(self.product_id.as_ref(), usb.map(|usb| &usb.product_id))
            && is(
                self.serial_number.as_ref(),
                usb.and_then(|usb| usb.serial_number.as_ref()),
            )
            && is(
                self.manufacturer.as_ref(),
                usb.and_then(|usb| usb.manufacturer.as_ref()),
            )
            && is(
                self.product.as_ref(),
                usb.and_then(|usb| usb.product.as_ref()),
            )
            && is(self.location.as_ref(), usb.map(|usb| &usb.location))
            && is(
                self.interface_number.as_ref(),
                usb.and_then(|usb| usb.interface_number.as_ref()),
            )
            && is(
                self.port_number.as_ref(),
                usb.and_then(|usb| usb.port_number.as_ref()),
            )
            && is(self.driver.as_ref(), port.driver.as_ref())
            && is(self.bus.as_ref(), Some(&port.bus))
            && (self.device.as_ref())
                .is_none_or(|device| *device == port.device || port.links.contains(device))
            && (self.containing.as_ref()).is_none_or(|text| contains(port, text))
    }

    /// The one port among these that is meant.
    ///
    /// # Errors
    ///
    /// [`Error::NoPortFound`]; [`Error::AmbiguousPort`] with the paths of those that match, if
    /// there are several and the [`first`](PortFilter::first) was not asked for.
    pub fn choose<'a>(
        &self,
        ports: impl IntoIterator<Item = &'a PortInfo>,
    ) -> Result<&'a PortInfo> {
        let mut matching = ports.into_iter().filter(|port| self.matches(port));
        let Some(first) = matching.next() else {
            return Err(Error::NoPortFound {
                filter: self.to_string(),
            });
        };
        if !self.first {
            let mut others: Vec<_> = matching.map(|port| port.device.clone()).collect();
            if !others.is_empty() {
                others.insert(0, first.device.clone());
                return Err(Error::AmbiguousPort {
                    filter: self.to_string(),
                    ports: others,
                });
            }
        }
        Ok(first)
    }

    /// This filter with the path of its device in place of that of a link. Asks the file system.
    pub(crate) fn resolved(&self) -> Self {
        let device = self.device.as_ref();
        let is_link = |path: &&PathBuf| path.symlink_metadata().is_ok_and(|it| it.is_symlink());
        match device
            .filter(is_link)
            .and_then(|path| path.canonicalize().ok())
        {
            Some(path) => self.clone().device(path),
            None => self.clone(),
        }
    }

    /// The filter for the very device that a port belongs to, wherever it turns up next: by its
    /// serial number, if it has one, else by its place.
    pub(crate) fn same_device(port: &PortInfo) -> Self {
        let Some(usb) = &port.usb else {
            return PortFilter::new().device(&port.device);
        };
        let filter = PortFilter {
            interface_number: usb.interface_number,
            port_number: usb.port_number,
            ..PortFilter::new().usb(usb.vendor_id, usb.product_id)
        };
        match &usb.serial_number {
            Some(serial_number) => filter.serial_number(serial_number),
            None => filter.location(&usb.location),
        }
    }

    /// Whether this filter is meant for virtual ports too.
    pub(crate) fn names_virtual_ports(&self) -> bool {
        self.bus == Some(Bus::Virtual) || self.device.is_some()
    }
}

fn contains(port: &PortInfo, text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let device = port.device.to_string_lossy();
    [&*device, &port.description]
        .into_iter()
        .chain(port.hardware_id.as_deref())
        .any(|field| field.to_ascii_lowercase().contains(&text))
}

/// What is named, for messages: `usb 0403:6001, location 1-1`; `any port`, if nothing is.
impl fmt::Display for PortFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        match (self.vendor_id, self.product_id) {
            (Some(vendor), Some(product)) => parts.push(format!("usb {vendor:04x}:{product:04x}")),
            (Some(vendor), None) => parts.push(format!("vendor_id {vendor:04x}")),
            (None, Some(product)) => parts.push(format!("product_id {product:04x}")),
            (None, None) => {}
        }
        for (name, text) in [
            ("serial_number", &self.serial_number),
            ("manufacturer", &self.manufacturer),
            ("product", &self.product),
            ("location", &self.location),
            ("driver", &self.driver),
            ("containing", &self.containing),
        ] {
            parts.extend(text.iter().map(|text| format!("{name} {text}")));
        }
        for (name, number) in [
            ("interface_number", self.interface_number),
            ("port_number", self.port_number),
        ] {
            parts.extend(number.map(|number| format!("{name} {number}")));
        }
        parts.extend(self.bus.map(|bus| format!("bus {bus}")));
        parts.extend(self.device.iter().map(|path| path.display().to_string()));
        if parts.is_empty() {
            parts.push("any port".to_owned());
        }
        f.pad(&parts.join(", "))
    }
}
