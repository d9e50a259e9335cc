//! The ports of macOS, as its I/O registry tells of them. Pure: no system calls.

use std::collections::BTreeMap;
use std::path::Path;

use crate::port_info::{Bus, PortInfo, UsbInfo};

/// The texts of an entry that are of use here. Where there are two for one thing, older and newer
/// systems differ.
pub(super) const TEXTS: [&str; 10] = [
    "IOCalloutDevice",
    "IOUserClass",
    "USB Vendor Name",
    "kUSBVendorString",
    "USB Product Name",
    "kUSBProductString",
    "USB Serial Number",
    "kUSBSerialNumberString",
    "USB Interface Name",
    "kUSBString",
];

/// The numbers of an entry that are of use here.
pub(super) const NUMBERS: [&str; 5] = [
    "idVendor",
    "idProduct",
    "bcdDevice",
    "bInterfaceNumber",
    "locationID",
];

/// An entry of the registry, with those of its properties that are of use here.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// What it is one of: `IOUSBHostDevice`.
    pub(super) class: String,
    pub(super) texts: BTreeMap<&'static str, String>,
    pub(super) numbers: BTreeMap<&'static str, u64>,
}

impl Entry {
    /// The first of these texts that it has.
    fn text(&self, keys: [&str; 2]) -> Option<String> {
        let mut texts = keys.into_iter().filter_map(|key| self.texts.get(key));
        texts.find(|text| !text.is_empty()).cloned()
    }

    fn number<T: TryFrom<u64>>(&self, key: &str) -> Option<T> {
        T::try_from(*self.numbers.get(key)?).ok()
    }

    fn is_interface(&self) -> bool {
        self.numbers.contains_key("bInterfaceNumber")
    }

    /// Its vendor and its product, if it is a USB device. Interfaces repeat those of theirs.
    fn usb_device(&self) -> Option<(u16, u16)> {
        if self.is_interface() {
            return None;
        }
        Some((self.number("idVendor")?, self.number("idProduct")?))
    }
}

/// The port of an `IOSerialBSDClient`, which is the first of `entries`; each entry is below the
/// next one. `None` for one without a call-out node: the other, `/dev/tty.*`, waits for a carrier
/// when it is opened.
pub(super) fn port(entries: &[Entry]) -> Option<PortInfo> {
    let (client, ancestors) = entries.split_first()?;
    let device = Path::new(client.texts.get("IOCalloutDevice")?);
    let name = device.file_name()?.to_str()?.to_owned();
    let mut info = PortInfo::new(device.to_path_buf(), name, Bus::Other);
    info.driver = driver(ancestors);
    for (index, entry) in ancestors.iter().enumerate() {
        if let Some((vendor, product)) = entry.usb_device() {
            info.bus = Bus::Usb;
            let below = ancestors.get(..index).unwrap_or_default();
            let usb = usb(entry, below, UsbInfo::new(vendor, product));
            let place = usb.location.clone();
            return Some(info.with_usb(usb, &place));
        }
        if entry.class.starts_with("IOBluetooth") {
            info.bus = Bus::Bluetooth;
        } else if entry.class == "IOPCIDevice" && info.bus == Bus::Other {
            info.bus = Bus::Pci;
        }
    }
    Some(info)
}

/// What a USB device and the entries between it and the terminal tell.
fn usb(device: &Entry, below: &[Entry], mut usb: UsbInfo) -> UsbInfo {
    usb.device_version = device.number("bcdDevice").unwrap_or(0);
    usb.manufacturer = device.text(["USB Vendor Name", "kUSBVendorString"]);
    usb.product = device.text(["USB Product Name", "kUSBProductString"]);
    usb.serial_number = device.text(["USB Serial Number", "kUSBSerialNumberString"]);
    let place = device.number("locationID");
    usb.location = place.map(location).unwrap_or_default();
    if let Some(interface) = below.iter().find(|entry| entry.is_interface()) {
        usb.interface_number = interface.number("bInterfaceNumber");
        usb.interface = interface.text(["USB Interface Name", "kUSBString"]);
    }
    usb
}

/// The bus, then the port of each hub, of a location id: the bus is in its highest byte, each port
/// in the next four bits.
fn location(id: u32) -> String {
    let mut text = format!("{}-", id >> 24);
    for place in (0..24).step_by(4).rev() {
        let port = id >> place & 0xf;
        if port == 0 {
            break;
        }
        if !text.ends_with('-') {
            text.push('.');
        }
        text.push_str(&port.to_string());
    }
    text
}

/// The driver is the first ancestor that is not of the serial family itself. One outside of the
/// kernel has a class of the family too, and its own as a property.
fn driver(ancestors: &[Entry]) -> Option<String> {
    let first = ancestors.first()?;
    if let Some(class) = first.texts.get("IOUserClass") {
        return Some(class.clone());
    }
    let mut own = ancestors
        .iter()
        .filter(|entry| !entry.class.starts_with("IO"));
    Some(own.next().unwrap_or(first).class.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The entries of a text as `ioreg -l` shows them, the terminal first: `CLASS`, then its
    /// properties, `"KEY" = VALUE`, in lines of their own.
    fn entries(text: &str) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        for line in text.lines().map(str::trim) {
            let Some((key, value)) = line.split_once(" = ") else {
                entries.push(Entry {
                    class: line.to_owned(),
                    ..Entry::default()
                });
                continue;
            };
            let (key, entry) = (key.trim_matches('"'), entries.last_mut().unwrap());
            if let Some(key) = NUMBERS.iter().find(|known| **known == key) {
                entry.numbers.insert(key, value.parse().unwrap());
            } else if let Some(key) = TEXTS.iter().find(|known| **known == key) {
                let value = value.trim_matches('"').to_owned();
                entry.texts.insert(key, value);
            }
        }
        entries
    }

    const CDC_ACM: &str = r#"IOSerialBSDClient
        "IOTTYDevice" = "usbmodem14201"
        "IOCalloutDevice" = "/dev/cu.usbmodem14201"
        "IODialinDevice" = "/dev/tty.usbmodem14201"
        AppleUSBACMData
        "IOTTYSuffix" = "14201"
        IOUSBHostInterface
        "bInterfaceNumber" = 1
        "idVendor" = 9025
        "idProduct" = 67
        "kUSBString" = "Data"
        IOUSBHostDevice
        "idVendor" = 9025
        "idProduct" = 67
        "bcdDevice" = 1
        "locationID" = 336723968
        "USB Vendor Name" = "Arduino (www.arduino.cc)"
        "USB Product Name" = ""
        "kUSBProductString" = "Uno"
        "USB Serial Number" = "7503130343135140D0A0"
        AppleUSB20HubPort
        IOUSBHostDevice
        "idVendor" = 1507
        "idProduct" = 1552
        "locationID" = 336592896
        "USB Serial Number" = "the hub's"
        AppleUSBXHCI
        IOPCIDevice
        IOPlatformExpertDevice
    "#;

    #[test]
    fn a_usb_device_behind_a_hub() {
        let info = port(&entries(CDC_ACM.trim())).unwrap();
        assert_eq!(info.device, Path::new("/dev/cu.usbmodem14201"));
        assert_eq!(info.name, "cu.usbmodem14201");
        assert_eq!(
            (info.bus, info.driver.as_deref()),
            (Bus::Usb, Some("AppleUSBACMData"))
        );
        assert_eq!(info.description, "Uno - Data");
        let id = "USB VID:PID=2341:0043 SER=7503130343135140D0A0 LOCATION=20-1.2";
        assert_eq!(info.hardware_id.as_deref(), Some(id));
        let usb = info.usb.unwrap();
        assert_eq!(usb.device_version, 1);
        assert_eq!(
            usb.manufacturer.as_deref(),
            Some("Arduino (www.arduino.cc)")
        );
        assert_eq!(
            (usb.interface_number, usb.interface.as_deref()),
            (Some(1), Some("Data"))
        );
    }

    #[test]
    fn a_device_without_a_serial_number_has_not_that_of_its_hub() {
        let text = CDC_ACM.replace(
            r#""USB Serial Number" = "7503130343135140D0A0""#,
            "IOService",
        );
        let usb = port(&entries(text.trim())).unwrap().usb.unwrap();
        assert_eq!(usb.serial_number, None);
    }

    #[test]
    fn a_driver_outside_of_the_kernel() {
        let text = r#"IOSerialBSDClient
            "IOCalloutDevice" = "/dev/cu.usbserial-10"
            IOUserSerial
            "IOUserClass" = "AppleUSBCHCOM"
            IOUSBHostInterface
            "bInterfaceNumber" = 0
            IOUSBHostDevice
            "idVendor" = 6790
            "idProduct" = 29987
            "locationID" = 1048576"#;
        let info = port(&entries(text)).unwrap();
        assert_eq!(info.driver.as_deref(), Some("AppleUSBCHCOM"));
        assert_eq!(info.description, "cu.usbserial-10");
        assert_eq!(info.usb.unwrap().location, "0-1");
    }

    #[test]
    fn ports_that_are_not_usb() {
        let bluetooth = r#"IOSerialBSDClient
            "IOCalloutDevice" = "/dev/cu.Bluetooth-Incoming-Port"
            IOBluetoothSerialClientModemStreamSync
            IOBluetoothSerialManager"#;
        assert_eq!(port(&entries(bluetooth)).unwrap().bus, Bus::Bluetooth);
        let card = r#"IOSerialBSDClient
            "IOCalloutDevice" = "/dev/cu.pci-serial0"
            Apple16X50PCI0
            IOPCIDevice"#;
        let card = port(&entries(card)).unwrap();
        assert_eq!((card.bus, card.usb), (Bus::Pci, None));
        assert_eq!(card.driver.as_deref(), Some("Apple16X50PCI0"));
    }

    #[test]
    fn what_has_no_call_out_node_is_no_port() {
        assert!(port(&[]).is_none());
        let text = r#"IOSerialBSDClient
            "IODialinDevice" = "/dev/tty.modem""#;
        assert!(port(&entries(text)).is_none());
    }

    #[test]
    fn locations() {
        assert_eq!(location(0x1420_0000), "20-2");
        assert_eq!(location(0x0111_3000), "1-1.1.3");
        assert_eq!(location(0xff12_3456), "255-1.2.3.4.5.6");
        assert_eq!(location(0x1400_0000), "20-");
    }
}
