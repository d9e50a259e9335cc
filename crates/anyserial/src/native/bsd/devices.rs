//! Ports by the names of their nodes on FreeBSD and DragonFly BSD, and the devices behind them as
//! FreeBSD's sysctl tree `dev` tells of them. Pure: no system calls.

use std::collections::BTreeMap;
use std::path::Path;

use crate::port_info::{Bus, PortInfo, UsbInfo};

/// Whether a node of `/dev` is a serial port to be opened: a call-out one, which does not wait for
/// a carrier, and not the node that sets or locks its settings.
pub(super) fn is_port(name: &str) -> bool {
    // FreeBSD's sys/kern/tty.c makes of a UART ttyu0 and cuau0, each with .init and .lock;
    // DragonFly's sio makes ttyd0 and cuaa0, and of the latter cuaia0 and cuala0.
    let is_settings = |rest: &str| {
        rest.ends_with(".init") || rest.ends_with(".lock") || rest.starts_with(['i', 'l'])
    };
    name.strip_prefix("cua")
        .is_some_and(|rest| !rest.is_empty() && !is_settings(rest))
}

/// Whether the port of this name is one of a USB device.
pub(super) fn is_usb(name: &str) -> bool {
    // sys/dev/usb/serial/usb_serial.c, UCOM_TTY_PREFIX.
    name.starts_with("cuaU")
}

/// All devices, by their name: `uftdi0`.
#[derive(Debug, Default)]
pub(super) struct Devices(BTreeMap<String, Device>);

/// What there is of one in the tree.
#[derive(Debug, Default)]
struct Device {
    driver: String,
    /// `%desc`
    description: String,
    /// `%location`
    location: String,
    /// `%pnpinfo`
    plug_and_play: String,
    /// `%parent`, by its name.
    parent: String,
    /// `ttyname`, of a USB device: `U0`.
    terminal: String,
}

impl Devices {
    /// From the names and values of sysctl: `dev.uftdi.0.%desc` and `FT232R USB UART`.
    pub(super) fn new<N: AsRef<str>>(values: impl IntoIterator<Item = (N, String)>) -> Self {
        let mut devices = Devices::default();
        for (name, value) in values {
            devices.add(name.as_ref(), value);
        }
        devices
    }

    /// Whether the value of this name is of use here. To read one costs a system call.
    pub(super) fn wants(name: &str) -> bool {
        place_of(name).is_some_and(|(_, _, key)| {
            matches!(
                key,
                "%desc" | "%location" | "%pnpinfo" | "%parent" | "ttyname"
            )
        })
    }

    fn add(&mut self, name: &str, value: String) -> Option<()> {
        let (driver, unit, key) = place_of(name).filter(|_| Self::wants(name))?;
        let device = self.0.entry(format!("{driver}{unit}")).or_default();
        driver.clone_into(&mut device.driver);
        match key {
            "%desc" => device.description = value,
            "%location" => device.location = value,
            "%pnpinfo" => device.plug_and_play = value,
            "%parent" => device.parent = value,
            "ttyname" => device.terminal = value,
            _ => {}
        }
        Some(())
    }

    /// What is known of the port whose node in `dev` has this name.
    pub(super) fn port(&self, dev: &Path, name: &str) -> PortInfo {
        let bus = if is_usb(name) { Bus::Usb } else { Bus::Other };
        let info = PortInfo::new(dev.join(name), name.to_owned(), bus);
        let terminal = name.strip_prefix("cua").unwrap_or(name);
        if is_usb(name) {
            self.usb_port(info, terminal)
        } else {
            self.uart(info, terminal)
        }
    }

    fn usb_port(&self, mut info: PortInfo, terminal: &str) -> PortInfo {
        // A device with several ports has U0.0, U0.1 and so on.
        let (unit, port) = match terminal.split_once('.') {
            Some((unit, port)) => (unit, port.parse().ok()),
            None => (terminal, None),
        };
        let device = self.0.values().find(|device| {
            device.terminal == unit || value(&device.plug_and_play, "ttyname") == Some(unit)
        });
        let Some(device) = device else {
            return info;
        };
        info.driver = Some(device.driver.clone());
        let pnp = |key| value(&device.plug_and_play, key);
        let (Some(vendor), Some(product)) = (
            pnp("vendor").and_then(hexadecimal),
            pnp("product").and_then(hexadecimal),
        ) else {
            return info;
        };
        let mut usb = UsbInfo::new(vendor, product);
        usb.device_version = pnp("release").and_then(hexadecimal).unwrap_or(0);
        usb.serial_number = pnp("sernum").filter(|text| !text.is_empty()).map(into);
        // Manufacturer and product in one, then what the driver adds.
        let words = device.description.split(", class ").next();
        usb.product = words.filter(|text| !text.is_empty()).map(into);
        usb.location = self.location(device).unwrap_or_default();
        let interface = value(&device.location, "interface");
        usb.interface_number = interface.and_then(|number| number.parse().ok());
        usb.port_number = port;
        let place = usb.location.clone();
        info.with_usb(usb, &place)
    }

    /// The USB socket of a device: the bus, then the port of each hub, `1-4.2`.
    fn location(&self, device: &Device) -> Option<String> {
        /// A device is behind no more hubs than this (USB 2.0, 4.1.1), the root hub among them.
        const HUBS: usize = 6;

        let bus = value(&device.location, "bus")?;
        let mut ports = vec![value(&device.location, "port")?];
        let mut parent = self.0.get(&device.parent);
        while let Some(hub) = parent.filter(|hub| hub.driver == "uhub") {
            // A root hub is in no port of another one.
            let Some(port) = value(&hub.location, "port").filter(|port| *port != "0") else {
                break;
            };
            if ports.len() == HUBS {
                return None;
            }
            ports.push(port);
            parent = self.0.get(&hub.parent);
        }
        ports.reverse();
        Some(format!("{bus}-{}", ports.join(".")))
    }

    /// A UART, whose terminal `u0` is that of the device `uart0`.
    fn uart(&self, mut info: PortInfo, terminal: &str) -> PortInfo {
        let device = terminal
            .strip_prefix('u')
            .and_then(|unit| self.0.get(&format!("uart{unit}")));
        let Some(device) = device else {
            return info;
        };
        info.driver = Some(device.driver.clone());
        if !device.description.is_empty() {
            info.description.clone_from(&device.description);
        }
        let pnp = |key| value(&device.plug_and_play, key).map(into);
        let parent = device
            .parent
            .trim_end_matches(|char: char| char.is_ascii_digit());
        (info.bus, info.hardware_id) = match parent {
            "acpi" | "isa" => (Bus::Pnp, pnp("_HID")),
            "pci" | "puc" => (Bus::Pci, None),
            "simplebus" | "ofwbus" | "nexus" => (Bus::Platform, pnp("name")),
            _ => (Bus::Other, None),
        };
        info
    }
}

/// Driver, unit and key of `dev.uftdi.0.%desc`.
fn place_of(name: &str) -> Option<(&str, &str, &str)> {
    let mut parts = name.strip_prefix("dev.")?.splitn(3, '.');
    let (driver, unit, key) = (parts.next()?, parts.next()?, parts.next()?);
    unit.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some((driver, unit, key))
}

/// The value of a key in `bus=1 sernum="A B" port=4`.
pub(super) fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let mut rest = text;
    loop {
        let (words, after) = rest.split_once('=')?;
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(' ').unwrap_or((after, "")),
        };
        // Words without a value may stand before the key.
        if words.rsplit(' ').next() == Some(key) {
            return Some(value.trim_end());
        }
        rest = next;
    }
}

fn hexadecimal(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

fn into(text: &str) -> String {
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `sysctl dev` prints it, with what does not matter left out.
    const TREE: &str = "\
dev.uart.0.%parent=acpi0
dev.uart.0.%pnpinfo=_HID=PNP0501 _UID=1 _CID=none
dev.uart.0.%location=handle=\\_SB_.PCI0.LPCB.COM1
dev.uart.0.%driver=uart
dev.uart.0.%desc=16550 or compatible
dev.uart.2.%parent=puc0
dev.uart.2.%pnpinfo=type=1
dev.uart.2.%desc=16950 or compatible
dev.usbus.1.%desc=Intel Panther Point USB 3.0 controller
dev.uhub.0.%parent=usbus0
dev.uhub.0.%location=
dev.uhub.1.%parent=usbus1
dev.uhub.1.%location=bus=1 hubaddr=0 port=0 devaddr=1 interface=0 ugen=ugen1.1
dev.uhub.2.%parent=uhub1
dev.uhub.2.%location=bus=1 hubaddr=1 port=4 devaddr=2 interface=0 ugen=ugen1.2
dev.uftdi.0.%parent=uhub2
dev.uftdi.0.%pnpinfo=vendor=0x0403 product=0x6001 devclass=0x00 devsubclass=0x00 devproto=0x00 \
sernum=\"A5XK 3RJT\" release=0x0600 mode=host intclass=0xff intsubclass=0xff intprotocol=0xff \
ttyname=U0 ttyports=1
dev.uftdi.0.%location=bus=1 hubaddr=2 port=3 devaddr=9 interface=0 ugen=ugen1.9
dev.uftdi.0.%desc=FTDI FT232R USB UART, class 0/0, rev 2.00/6.00, addr 9
dev.uftdi.0.ttyname=U0
dev.uslcom.3.%parent=uhub0
dev.uslcom.3.%pnpinfo=vendor=0x10c4 product=0xea70 sernum=\"\" release=0x0100 mode=host
dev.uslcom.3.ttyname=U1
dev.uslcom.3.%location=bus=0 hubaddr=1 port=2 devaddr=5 interface=1 ugen=ugen0.5
dev.uslcom.3.%desc=
dev.ucycle.0.%parent=uhub7
dev.ucycle.0.%pnpinfo=vendor=0x1 product=0x2 ttyname=U9 ttyports=1
dev.ucycle.0.%location=bus=1 port=1
dev.uhub.7.%parent=uhub7
dev.uhub.7.%location=bus=1 port=1
";

    fn port(name: &str) -> PortInfo {
        let values = TREE.lines().map(|line| {
            let (name, value) = line.split_once('=').unwrap();
            (name, value.to_owned())
        });
        Devices::new(values).port(Path::new("/dev"), name)
    }

    #[test]
    fn tells_ports_from_what_is_beside_them() {
        for name in ["cuau0", "cuaU0", "cuaU1.1", "cuau10", "cuaa0"] {
            assert!(is_port(name), "{name}");
        }
        for name in [
            "ttyu0",
            "ttyU0",
            "ttyv0",
            "cuau0.init",
            "cuau0.lock",
            "cuaU1.1.lock",
            "cuaia0",
            "cuala0",
            "cuaiU0",
            "cua",
            "pts/0",
            "da0",
        ] {
            assert!(!is_port(name), "{name}");
        }
    }

    #[test]
    fn a_usb_adapter_behind_a_hub() {
        let info = port("cuaU0");
        assert_eq!(info.device, Path::new("/dev/cuaU0"));
        assert_eq!(info.description, "FTDI FT232R USB UART");
        assert_eq!(info.driver.as_deref(), Some("uftdi"));
        let id = "USB VID:PID=0403:6001 SER=A5XK 3RJT LOCATION=1-4.3";
        assert_eq!(info.hardware_id.as_deref(), Some(id));
        let usb = info.usb.unwrap();
        assert_eq!(usb.device_version, 0x0600);
        assert_eq!(usb.serial_number.as_deref(), Some("A5XK 3RJT"));
        assert_eq!(usb.interface_number, Some(0));
        assert_eq!(usb.port_number, None);
    }

    #[test]
    fn the_second_port_of_an_adapter_without_words() {
        let info = port("cuaU1.1");
        assert_eq!(info.description, "cuaU1.1");
        let usb = info.usb.unwrap();
        assert_eq!((usb.vendor_id, usb.product_id), (0x10c4, 0xea70));
        assert_eq!((usb.serial_number, usb.product), (None, None));
        assert_eq!(usb.location, "0-2");
        assert_eq!((usb.interface_number, usb.port_number), (Some(1), Some(1)));
    }

    #[test]
    fn uarts() {
        let info = port("cuau0");
        assert_eq!(
            (info.bus, info.hardware_id.as_deref()),
            (Bus::Pnp, Some("PNP0501"))
        );
        assert_eq!(info.description, "16550 or compatible");
        let info = port("cuau2");
        assert_eq!((info.bus, info.hardware_id), (Bus::Pci, None));
        assert_eq!(info.driver.as_deref(), Some("uart"));
    }

    #[test]
    fn what_the_tree_does_not_know_is_a_port_all_the_same() {
        let info = port("cuaU5");
        assert_eq!((info.bus, info.usb), (Bus::Usb, None));
        let info = port("cuau7");
        assert_eq!((info.bus, info.driver), (Bus::Other, None));
        // A tree that runs in a circle has no location.
        assert_eq!(port("cuaU9").usb.unwrap().location, "");
    }

    #[test]
    fn reads_values_of_all_kinds() {
        let text = "at bus=1 sernum=\"A =B\" port=4 on";
        assert_eq!(value(text, "bus"), Some("1"));
        assert_eq!(value(text, "sernum"), Some("A =B"));
        assert_eq!(value(text, "port"), Some("4"));
        assert_eq!(value(text, "ernum"), None);
        assert_eq!(value("sernum=\"open", "sernum"), Some("open"));
        assert_eq!(value("", "bus"), None);
        assert!(Devices::wants("dev.uart.0.%desc"));
        assert!(!Devices::wants("dev.uart.%parent"));
        assert!(!Devices::wants("dev.cpu.0.temperature"));
    }
}
