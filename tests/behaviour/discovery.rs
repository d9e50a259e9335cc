//! Which ports there are, over recorded and invented trees.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyserial::{Bus, Error, PortFilter, PortInfo, Ports, UsbInfo};
use anyserial_tests::Env;
use anyserial_tests::tree::{Tree, assert_snapshot};

pub(crate) async fn recorded_trees(env: Env) {
    for name in ["linux_6_1", "linux_6_12", "boards", "broken"] {
        let tree = Tree::recorded(name);
        let ports = Ports::under(env.reactor(), tree.root()).include_virtual(true);
        let listed = ports.list().await.unwrap();
        assert_snapshot(name, &describe(&listed, tree.root()));
        // Without virtual ports, the same but for them.
        let hardware = ports.include_virtual(false).list().await.unwrap();
        let is_hardware = |port: &&PortInfo| port.bus != Bus::Virtual;
        assert!(hardware.iter().eq(listed.iter().filter(is_hardware)));
    }
}

/// All that is known of these ports, for a person to check and for a file to keep.
fn describe(ports: &[PortInfo], root: &Path) -> String {
    let relative = |path: &Path| Path::new("/").join(path.strip_prefix(root).unwrap());
    let mut text = String::new();
    for port in ports {
        let device = relative(&port.device);
        let driver = port.driver.as_deref().unwrap_or("-");
        writeln!(text, "{} {} {driver}", device.display(), port.bus).unwrap();
        writeln!(text, "    {} | {}", port.name, port.description).unwrap();
        if let Some(id) = &port.hardware_id {
            writeln!(text, "    {id}").unwrap();
        }
        if let Some(usb) = &port.usb {
            writeln!(
                text,
                "    {:04x}:{:04x} version {:04x}, serial {:?}, by {:?}, product {:?}, at {:?}, \
                 interface {:?} {:?}, port {:?}",
                usb.vendor_id,
                usb.product_id,
                usb.device_version,
                usb.serial_number,
                usb.manufacturer,
                usb.product,
                usb.location,
                usb.interface_number,
                usb.interface,
                usb.port_number
            )
            .unwrap();
        }
        for link in &port.links {
            writeln!(text, "    {}", relative(link).display()).unwrap();
        }
    }
    text
}

pub(crate) async fn finding(env: Env) {
    let tree = Tree::recorded("boards");
    let ports = Ports::under(env.reactor(), tree.root());
    let name = async |filter: &PortFilter| Ok::<_, Error>(ports.find(filter).await?.name);
    let filter = PortFilter::new;
    for (filter, expected) in [
        (filter().usb(0x10c4, 0xea70).interface_number(1), "ttyUSB2"),
        (
            filter().serial_number("00A1B2C3").interface_number(0),
            "ttyUSB10",
        ),
        (filter().location("1-3").port_number(1), "ttyUSB4"),
        (filter().driver("uart-pl011"), "ttyAMA0"),
        (filter().bus(Bus::Pci).containing("8086:a13d"), "ttyS4"),
        (filter().containing("STANDARD com"), "ttyUSB2"),
        (filter().manufacturer("Silicon Labs").first(true), "ttyUSB2"),
        (filter().bus(Bus::Virtual).containing("gs"), "ttyGS0"),
        (filter().device(tree.root().join("dev/tnt0")), "tnt0"),
        // By a link that udev made, and by one of somebody's own.
        (
            filter().device(
                tree.root()
                    .join("dev/serial/by-path/pci-0000:00:14.0-usbv2-0:4.2:1.0-port0"),
            ),
            "ttyUSB10",
        ),
        (filter().device(tree.root().join("dev/cnc")), "ttyUSB2"),
    ] {
        assert_eq!(name(&filter).await.unwrap(), expected, "{filter}");
    }
    let all = ports.clone().include_virtual(true);
    let port = all.find(&filter().containing("tnt")).await.unwrap();
    assert_eq!(port.name, "tnt0");
    let port = ports.find(&filter().containing("enhanced")).await.unwrap();
    let by_id = "dev/serial/by-id/usb-Silicon_Labs_CP2105_00A1B2C3-if00-port0";
    assert_eq!(port.stable_path(), tree.root().join(by_id));
    assert_eq!(
        port.to_string(),
        format!(
            "{} (CP2105 Dual USB to UART Bridge Controller - Enhanced Com Port)",
            tree.root().join("dev/ttyUSB10").display()
        )
    );
}

pub(crate) async fn finding_none_or_several(env: Env) {
    let tree = Tree::recorded("boards");
    let ports = Ports::under(env.reactor(), tree.root());
    let filter = PortFilter::new();
    for filter in [
        filter.clone().vendor_id(0x0403),
        filter.clone().product("cp2105"),
        filter.clone().interface_number(2),
        filter.clone().location("1-4"),
        // Virtual, and not asked for.
        filter.clone().containing("tnt"),
    ] {
        let error = ports.find(&filter).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
        assert_eq!(
            error.to_string(),
            format!("no serial port found: {filter}; is the device plugged in?")
        );
    }
    let error = ports.find(&filter.product_id(0xea70)).await.unwrap_err();
    let Error::AmbiguousPort { ports, .. } = &error else {
        panic!("{error}");
    };
    let paths = ["dev/ttyUSB2", "dev/ttyUSB10"].map(|path| tree.root().join(path));
    assert_eq!(*ports, paths);
    assert_eq!(
        error.to_string(),
        format!(
            "several serial ports found: product_id ea70: {}, {}",
            paths[0].display(),
            paths[1].display()
        )
    );
}

pub(crate) async fn no_sysfs_is_an_error(env: Env) {
    let tree = Tree::new();
    let ports = Ports::under(env.reactor(), tree.root());
    let error = ports.list().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{}: cannot list the ports",
            tree.root().join("sys/class/tty").display()
        )
    );
    // Without a port it is an empty list.
    tree.add("d sys/class/tty");
    assert!(ports.list().await.unwrap().is_empty());
}

pub(crate) async fn four_thousand_entries(env: Env) {
    let tree = Tree::new();
    for number in 0..4000 {
        // One in ten is a link to nothing.
        let name = format!("ttyX{number}");
        let device = format!("devices/virtual/tty/{name}");
        if number % 10 != 0 {
            tree.add(&format!("d sys/{device}"));
        }
        tree.add(&format!("l sys/class/tty/{name} -> ../../{device}"));
    }
    let ports = Ports::under(env.reactor(), tree.root()).include_virtual(true);
    let listed = ports.list().await.unwrap();
    let names = listed.iter().map(|port| port.name.clone());
    let expected = (0..4000).filter(|number| number % 10 != 0);
    assert!(names.eq(expected.map(|number| format!("ttyX{number}"))));
}

pub(crate) async fn a_device_that_goes_meanwhile(env: Env) {
    let tree = Tree::new();
    tree.add_adapter("ttyUSB0", "1-1", "STAYS");
    tree.add_adapter("ttyUSB9", "1-9", "STAYS TOO");
    let ports = Ports::under(env.reactor(), tree.root());
    let listing = env.spawn(async move {
        for _ in 0..100 {
            let mut listed = ports.list().await.unwrap();
            // A half of it may be seen; what stays is whole.
            listed.retain(|port| port.name != "ttyUSB5");
            let serials = listed.iter().map(|port| {
                let usb: Option<&UsbInfo> = port.usb.as_ref();
                usb.and_then(|usb| usb.serial_number.as_deref())
            });
            assert!(serials.eq([Some("STAYS"), Some("STAYS TOO")]), "{listed:?}");
        }
    });
    let mut listed = std::pin::pin!(env.bounded(listing.join()));
    while futures_lite::future::poll_once(&mut listed).await.is_none() {
        tree.add_adapter("ttyUSB5", "1-5", "COMES AND GOES");
        tree.remove_adapter("ttyUSB5", "1-5");
        env.sleep(Duration::from_micros(100)).await;
    }
}

pub(crate) async fn of_an_open_port(env: Env) {
    // What the system does not list has no information: the lab has ports that it lists.
    let (pty, _far) = env.pty().await;
    assert_eq!(pty.info().await.unwrap(), None);
    let (memory, _far) = env.pair();
    assert_eq!(memory.info().await.unwrap(), None);
}

pub(crate) async fn this_system(env: Env) {
    // Whatever there is: it can be listed, in order, and each path is one of /dev.
    let ports = Ports::new(env.reactor()).list().await.unwrap();
    for port in &ports {
        assert!(port.device.starts_with("/dev"), "{port:?}");
        assert_ne!(port.bus, Bus::Virtual);
        let filter = PortFilter::new().device(&port.device);
        assert!(filter.matches(port));
    }
}
