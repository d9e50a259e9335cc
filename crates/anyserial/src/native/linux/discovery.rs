//! Ports as sysfs shows them: `Documentation/ABI/testing/sysfs-tty` and its kin.
//!
//! Nothing is opened but attributes. Each port stands for itself: what cannot be read of one, or
//! goes while it is read, is left out and costs no other one anything.

mod usb;

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::BorrowedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{fstat, major, minor};

use super::super::Found;
use crate::error::{Error, Result};
use crate::port_info::{Bus, PortInfo};

/// Where the ports are, for errors that concern them all.
pub(crate) fn place(root: &Path) -> PathBuf {
    root.join("sys/class/tty")
}

/// All serial ports under this root, which is `/` but for tests, virtual ones included.
pub(crate) fn list(root: &Path) -> Result<Vec<Found>> {
    let class = place(root);
    let entries = fs::read_dir(&class).map_err(|source| Error::Io {
        path: class.clone(),
        operation: "list the ports",
        source,
    })?;
    let links = Links::read(root);
    let ports = entries.filter_map(|entry| {
        let name = entry.ok()?.file_name();
        if is_no_port(&name) {
            return None;
        }
        look_at(root, &class.join(name), &links)
    });
    Ok(ports.collect())
}

/// The serial port of this name, if there is one.
pub(crate) fn look(root: &Path, name: &str) -> Option<Found> {
    // Names come in from elsewhere; none leads out of the folder.
    let name = OsStr::new(name);
    if is_no_port(name) || Path::new(name).file_name() != Some(name) {
        return None;
    }
    let entry = root.join("sys/class/tty").join(name);
    look_at(root, &entry, &Links::read(root))
}

/// What is known of the port that a descriptor has open, by whatever path it was opened.
pub(in crate::native) fn info(fd: BorrowedFd<'_>) -> Option<PortInfo> {
    let number = fstat(fd).ok()?.st_rdev;
    let entry = format!("/sys/dev/char/{}:{}", major(number), minor(number));
    let root = Path::new("/");
    let found = look_at(root, Path::new(&entry), &Links::read(root))?;
    (!is_no_port(OsStr::new(&found.info.name))).then_some(found.info)
}

/// Whether udev, where it runs, has given the device its permissions and links.
pub(crate) fn is_set_up(root: &Path, port: &Found) -> bool {
    let udev = root.join("run/udev");
    // As libudev's udev_device_get_is_initialized: udev notes each device with a node that it is
    // through with.
    match &port.number {
        Some(number) if udev_runs(root) => udev.join("data").join(format!("c{number}")).exists(),
        _ => true,
    }
}

/// Whether udev is at work here.
pub(super) fn udev_runs(root: &Path) -> bool {
    root.join("run/udev/control").exists()
}

/// The port behind an entry of `/sys/class/tty` or `/sys/dev/char`.
fn look_at(root: &Path, entry: &Path, links: &Links) -> Option<Found> {
    let dir = follow(root, entry)?;
    // Kernels put `!` where the name of the node has a slash.
    let name = dir.file_name()?.to_string_lossy().into_owned();
    let (node, number) = node(&dir);
    let device = root
        .join("dev")
        .join(node.unwrap_or(name.replace('!', "/")));
    let mut info = match follow(root, &dir.join("device")) {
        Some(parent) => describe(root, &parent, PortInfo::new(device, name, Bus::Other)),
        None => PortInfo::new(device, name, Bus::Virtual),
    };
    // The serial core's own word, on every kernel: a UART of unknown type is none
    // (include/uapi/linux/serial.h, PORT_UNKNOWN).
    if info.bus != Bus::Usb && attribute(&dir, "type").is_some_and(|kind| kind == "0") {
        return None;
    }
    if info.name.starts_with("rfcomm") {
        info.bus = Bus::Bluetooth;
        info.hardware_id = bluetooth_id(&dir);
    }
    info.links = links.to(&info.device);
    // At last, so that a device which went meanwhile is none.
    let incarnation = fs::metadata(&dir).ok()?.ino();
    Some(Found {
        info,
        // sysfs gives each device a number of its own and uses none again before all are used.
        incarnation,
        number,
    })
}

/// Adds what the ancestors of a terminal tell: the first one that is on a bus says the most.
fn describe(root: &Path, device: &Path, mut info: PortInfo) -> PortInfo {
    let devices = root.join("sys/devices");
    let ancestors = device
        .ancestors()
        .take_while(|dir| dir.starts_with(&devices) && **dir != *devices);
    for dir in ancestors {
        let subsystem = link_name(&dir.join("subsystem")).unwrap_or_default();
        // Kernels from 6.5 on put two layers of their own between a UART and its hardware.
        if subsystem == "serial-base" {
            continue;
        }
        info.driver = (info.driver).or_else(|| link_name(&dir.join("driver")));
        let name = || Some(dir.file_name()?.to_string_lossy().into_owned());
        (info.bus, info.hardware_id) = match &*subsystem {
            "usb" => {
                info.bus = Bus::Usb;
                return usb::describe(dir, device, info);
            }
            "pci" => (Bus::Pci, pci_id(dir)),
            "pnp" => (Bus::Pnp, attribute(dir, "id")),
            "platform" | "amba" => (Bus::Platform, name()),
            // Between a terminal and its bus.
            "usb-serial" | "tty" | "" => continue,
            _ => (Bus::Other, name()),
        };
        return info;
    }
    info
}

fn pci_id(dir: &Path) -> Option<String> {
    let id = |name| {
        let text = attribute(dir, name)?;
        u16::from_str_radix(text.strip_prefix("0x")?, 16).ok()
    };
    Some(format!(
        "PCI VID:PID={:04X}:{:04X} LOCATION={}",
        id("vendor")?,
        id("device")?,
        dir.file_name()?.to_string_lossy()
    ))
}

fn bluetooth_id(dir: &Path) -> Option<String> {
    let address = attribute(dir, "address")?;
    let channel = attribute(dir, "channel").map(|channel| format!(" CHANNEL={channel}"));
    Some(format!(
        "BLUETOOTH ADDRESS={address}{}",
        channel.unwrap_or_default()
    ))
}

/// The name of a terminal's node and its number, by its `uevent`.
fn node(dir: &Path) -> (Option<String>, Option<String>) {
    let text = read(&dir.join("uevent")).unwrap_or_default();
    let value = |key: &str| {
        let mut values = text.lines().filter_map(|line| line.strip_prefix(key));
        values.next().filter(|value| !value.is_empty())
    };
    let number = value("MAJOR=").zip(value("MINOR="));
    // A relative path without steps up: it stays below /dev.
    let name = value("DEVNAME=").filter(|name| {
        Path::new(name)
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
    });
    (
        name.map(str::to_owned),
        number.map(|(major, minor)| format!("{major}:{minor}")),
    )
}

/// Whether a terminal of this name is no serial port: virtual consoles and pseudo-terminals, and
/// what stands for another terminal.
fn is_no_port(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    if matches!(name, "tty" | "console" | "ptmx" | "ttyprintk" | "ttynull") {
        return true;
    }
    let Some(rest) = name.strip_prefix("tty").or(name.strip_prefix("pty")) else {
        return false;
    };
    // tty0 to tty63; and ttyp0 to ttyef of BSD's pseudo-terminals (drivers/tty/pty.c), whose
    // letters are p to z and a to e.
    let is_bsd = matches!(
        rest.as_bytes(),
        [b'p'..=b'z' | b'a'..=b'e', b'0'..=b'9' | b'a'..=b'f']
    );
    is_bsd || rest.bytes().all(|byte| byte.is_ascii_digit())
}

/// The links of `/dev/serial`, by what they lead to.
#[derive(Debug, Default)]
struct Links(HashMap<PathBuf, Vec<PathBuf>>);

impl Links {
    fn read(root: &Path) -> Self {
        let mut links = Links::default();
        for folder in ["dev/serial/by-id", "dev/serial/by-path"] {
            let entries = fs::read_dir(root.join(folder)).into_iter().flatten();
            let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
            paths.sort();
            for path in paths {
                if let Some(target) = follow(root, &path) {
                    links.0.entry(target).or_default().push(path);
                }
            }
        }
        links
    }

    fn to(&self, device: &Path) -> Vec<PathBuf> {
        self.0.get(device).cloned().unwrap_or_default()
    }
}

/// Where a link leads to. No folder on the way there is a link itself, in sysfs as in
/// `/dev/serial`, so that the text is enough.
fn follow(root: &Path, link: &Path) -> Option<PathBuf> {
    let target = fs::read_link(link).ok()?;
    let mut path = link.parent()?.to_path_buf();
    for part in target.components() {
        match part {
            Component::Normal(name) => path.push(name),
            Component::ParentDir => drop(path.pop()),
            Component::RootDir => path = root.to_path_buf(),
            Component::CurDir | Component::Prefix(_) => {}
        }
    }
    Some(path)
}

fn link_name(link: &Path) -> Option<String> {
    let target = fs::read_link(link).ok()?;
    Some(target.file_name()?.to_string_lossy().into_owned())
}

/// The first line of an attribute, if there is anything on it.
fn attribute(dir: &Path, name: &str) -> Option<String> {
    let text = read(&dir.join(name)).ok()?;
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

/// A file of sysfs, which gives all it has, a page at most, to the first read.
fn read(path: &Path) -> io::Result<String> {
    const PAGE: usize = 4096;
    let mut file = File::open(path)?;
    let mut page = [0; PAGE];
    let filled = loop {
        match file.read(&mut page) {
            // The strings of a USB device are locked while it is being reset.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => break outcome?,
        }
    };
    let text = page.get(..filled).unwrap_or_default();
    Ok(String::from_utf8_lossy(text).into_owned())
}
