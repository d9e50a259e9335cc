//! What is known of a port without opening it.

use std::cmp::Ordering;
use std::fmt;
use std::path::{Path, PathBuf};

/// What the system knows of a serial port. No port is opened to learn it.
///
/// Shown, it is the path of the device and its description.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct PortInfo {
    /// The path to open: `/dev/ttyUSB0`. Another one after the next replug, perhaps.
    pub device: PathBuf,
    /// The name that the system has given it: `ttyUSB0`.
    pub name: String,
    /// What to show a person: product and interface of a USB device, else the name.
    pub description: String,
    /// One line that tells the hardware: `USB VID:PID=0403:6001 SER=A1 LOCATION=1-1`, in the form
    /// of pyserial, or the id or address of what is not USB. `None` for virtual ports.
    pub hardware_id: Option<String>,
    /// How the port is connected.
    pub bus: Bus,
    /// The kernel's driver: `ftdi_sio`, `cdc_acm`, `serial`.
    pub driver: Option<String>,
    /// More of a port that is on USB.
    pub usb: Option<UsbInfo>,
    /// Links that stay the same from plug to plug, those of `/dev/serial/by-id` first, then those
    /// of `/dev/serial/by-path`. Empty where nobody makes them: udev does.
    pub links: Vec<PathBuf>,
}

impl PortInfo {
    /// What is known of a port of which nothing else is known.
    pub(crate) fn new(device: PathBuf, name: String, bus: Bus) -> Self {
        PortInfo {
            device,
            description: name.clone(),
            name,
            hardware_id: None,
            bus,
            driver: None,
            usb: None,
            links: Vec::new(),
        }
    }

    /// Adds what its USB device tells. `place` is its location in the hardware id, where pyserial
    /// has the interface as well if the device has several.
    pub(crate) fn with_usb(mut self, usb: UsbInfo, place: &str) -> Self {
        self.description = match (&usb.product, &usb.interface) {
            (Some(product), Some(interface)) => format!("{product} - {interface}"),
            (Some(name), None) | (None, Some(name)) => name.clone(),
            (None, None) => self.name.clone(),
        };
        self.hardware_id = Some(usb.hardware_id(place));
        self.usb = Some(usb);
        self
    }

    /// The link to open rather than the device, if there is one: the device's name can change
    /// when it is plugged in again, that of the link does not.
    #[must_use]
    pub fn stable_path(&self) -> &Path {
        self.links.first().unwrap_or(&self.device)
    }
}

impl fmt::Display for PortInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.device.display())?;
        if self.description != self.name {
            write!(f, " ({})", self.description)?;
        }
        Ok(())
    }
}

/// What a USB device says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct UsbInfo {
    /// Who made it, by number.
    #[doc(alias = "idVendor")]
    #[doc(alias = "vid")]
    pub vendor_id: u16,
    /// What it is, by the vendor's number.
    #[doc(alias = "idProduct")]
    #[doc(alias = "pid")]
    pub product_id: u16,
    /// The release of the device in binary-coded decimal: 0x0600 is 6.00.
    #[doc(alias = "bcdDevice")]
    pub device_version: u16,
    /// The serial number. Many cheap adapters have none, or all the same.
    pub serial_number: Option<String>,
    /// Who made it, in words.
    pub manufacturer: Option<String>,
    /// What it is, in words.
    pub product: Option<String>,
    /// The USB socket that it is in: bus, then the port of each hub, `1-4.2`.
    pub location: String,
    /// The number of the interface, which tells the ports of one device apart.
    #[doc(alias = "bInterfaceNumber")]
    pub interface_number: Option<u8>,
    /// The name of the interface.
    pub interface: Option<String>,
    /// The number of the port where one interface has several, from 0.
    pub port_number: Option<u8>,
}

impl UsbInfo {
    /// A device of this vendor and product of which nothing else is known.
    #[must_use]
    pub fn new(vendor_id: u16, product_id: u16) -> Self {
        UsbInfo {
            vendor_id,
            product_id,
            ..UsbInfo::default()
        }
    }

    fn hardware_id(&self, place: &str) -> String {
        let serial = self.serial_number.as_deref().map(|text| (" SER=", text));
        let place = (!place.is_empty()).then_some((" LOCATION=", place));
        let mut id = format!("USB VID:PID={:04X}:{:04X}", self.vendor_id, self.product_id);
        for (name, text) in serial.into_iter().chain(place) {
            id.push_str(name);
            id.push_str(text);
        }
        id
    }
}

/// How a port is connected to the computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Bus {
    /// USB.
    Usb,
    /// A card, or a part of the chip set.
    Pci,
    /// A UART of a PC that its firmware describes (PNP, ACPI).
    Pnp,
    /// A UART of a system on a chip, as single-board computers have them.
    Platform,
    /// A Bluetooth serial channel (RFCOMM).
    Bluetooth,
    /// No hardware: the gadget end of a USB cable, a null modem in software. Listed only if asked
    /// for.
    Virtual,
    /// Something else: a UART behind SPI or I2C.
    Other,
}

impl fmt::Display for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Bus::Usb => "usb",
            Bus::Pci => "pci",
            Bus::Pnp => "pnp",
            Bus::Platform => "platform",
            Bus::Bluetooth => "bluetooth",
            Bus::Virtual => "virtual",
            Bus::Other => "other",
        })
    }
}

/// The order that people expect of names: numbers by value, so that `ttyUSB2` is before
/// `ttyUSB10`.
pub(crate) fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut rest_a, mut rest_b) = (a, b);
    while !rest_a.is_empty() && !rest_b.is_empty() {
        let (run_a, run_b) = (first_run(rest_a), first_run(rest_b));
        let order = match (run_a.parse::<u64>(), run_b.parse::<u64>()) {
            (Ok(number_a), Ok(number_b)) => number_a.cmp(&number_b),
            _ => run_a.cmp(run_b),
        };
        if order.is_ne() {
            return order;
        }
        rest_a = rest_a.get(run_a.len()..).unwrap_or_default();
        rest_b = rest_b.get(run_b.len()..).unwrap_or_default();
    }
    // What is equal in value can still differ in zeros before it.
    rest_a.cmp(rest_b).then_with(|| a.cmp(b))
}

/// The digits, or what is none, that a text begins with.
fn first_run(text: &str) -> &str {
    let digits = text.starts_with(|char: char| char.is_ascii_digit());
    let end = text
        .find(|char: char| char.is_ascii_digit() != digits)
        .unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_numbers_by_value() {
        let mut names = [
            "ttyUSB10",
            "ttyACM0",
            "ttyUSB2",
            "ttyUSB",
            "ttyS1",
            "ttyUSB02",
            "3",
            "é9",
            "é10",
            "ttyX99999999999999999999",
            "ttyX100000000000000000000",
        ];
        names.sort_by(|a, b| natural_order(a, b));
        assert_eq!(
            names,
            [
                "3",
                "ttyACM0",
                "ttyS1",
                "ttyUSB",
                "ttyUSB02",
                "ttyUSB2",
                "ttyUSB10",
                // Beyond what is a number here: as text.
                "ttyX100000000000000000000",
                "ttyX99999999999999999999",
                "é9",
                "é10",
            ]
        );
        assert_eq!(natural_order("ttyS1", "ttyS1"), Ordering::Equal);
    }

    #[cfg(feature = "serde")]
    #[test]
    fn is_the_same_after_json() {
        let mut usb = UsbInfo::new(0x0403, 0x6001);
        usb.serial_number = Some("A1".to_owned());
        let port = PortInfo::new("/dev/ttyUSB0".into(), "ttyUSB0".to_owned(), Bus::Usb);
        let port = port.with_usb(usb, "1-1");
        let text = serde_json::to_string(&port).unwrap();
        assert!(text.contains(r#""bus":"usb""#), "{text}");
        assert!(text.contains(r#""vendor_id":1027"#), "{text}");
        assert_eq!(serde_json::from_str::<PortInfo>(&text).unwrap(), port);
    }
}
