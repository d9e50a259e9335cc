//! What sysfs tells of a USB device: `Documentation/ABI/stable/sysfs-bus-usb`.

use std::path::Path;

use super::attribute;
use crate::port_info::{PortInfo, UsbInfo};

/// Adds what the USB device above `dir` tells. A terminal of usb-serial is below its interface,
/// one of cdc-acm is at it: `dir` is the interface in both cases, `port` where the terminal is.
pub(super) fn describe(dir: &Path, port: &Path, info: PortInfo) -> PortInfo {
    let interface_number = attribute(dir, "bInterfaceNumber").and_then(|text| hex8(&text));
    let (device, interface) = match (interface_number, dir.parent()) {
        (Some(_), Some(device)) => (device, Some(dir)),
        _ => (dir, None),
    };
    let id = |name| attribute(device, name).and_then(|text| hex16(&text));
    let (Some(vendor_id), Some(product_id)) = (id("idVendor"), id("idProduct")) else {
        // Without them it is no USB device, or one that is going.
        return info;
    };
    let usb = UsbInfo {
        vendor_id,
        product_id,
        device_version: id("bcdDevice").unwrap_or_default(),
        serial_number: attribute(device, "serial"),
        manufacturer: attribute(device, "manufacturer"),
        product: attribute(device, "product"),
        location: name(device),
        interface_number,
        interface: interface.and_then(|dir| attribute(dir, "interface")),
        // Of usb-serial alone, whose port has a folder of its own.
        port_number: (port != dir)
            .then(|| attribute(port, "port_number")?.parse().ok())
            .flatten(),
    };
    let interfaces = attribute(device, "bNumInterfaces").and_then(|text| text.parse().ok());
    let place = match interface {
        Some(interface) if interfaces > Some(1_u8) => name(interface),
        _ => name(device),
    };
    info.with_usb(usb, &place)
}

fn name(dir: &Path) -> String {
    let name = dir.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn hex8(text: &str) -> Option<u8> {
    u8::from_str_radix(text, 16).ok()
}

fn hex16(text: &str) -> Option<u16> {
    u16::from_str_radix(text, 16).ok()
}
