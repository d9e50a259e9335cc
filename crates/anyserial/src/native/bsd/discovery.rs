//! Ports of FreeBSD and DragonFly BSD: the nodes of `/dev`, which are there only with a device.

use std::fs;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::termios::ttyname;

pub(crate) use super::bsd_tree::Notices;

use super::Found;
use super::bsd_devices::{Devices, is_port};
use super::bsd_tree::devices;
use crate::error::{Error, Result};
use crate::port_info::PortInfo;

/// Where the ports are, for errors that concern them all.
pub(crate) fn place(root: &Path) -> PathBuf {
    root.join("dev")
}

/// All serial ports whose nodes are below this root.
pub(crate) fn list(root: &Path) -> Result<Vec<Found>> {
    let dev = place(root);
    let entries = fs::read_dir(&dev).map_err(|source| Error::Io {
        path: dev.clone(),
        operation: "list the ports",
        source,
    })?;
    let devices = devices();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let ports = names
        .filter(|name| is_port(name))
        .filter_map(|name| look_at(&dev, &name, &devices));
    Ok(ports.collect())
}

/// The serial port of this name, if there is one.
pub(crate) fn look(root: &Path, name: &str) -> Option<Found> {
    // Names come in from elsewhere; none leads out of the folder.
    if !is_port(name) || name.contains('/') {
        return None;
    }
    look_at(&place(root), name, &devices())
}

/// What is known of the port that a descriptor has open.
pub(super) fn info(fd: BorrowedFd<'_>) -> Option<PortInfo> {
    let path = ttyname(fd, Vec::new()).ok()?;
    let name = path.to_str().ok()?.strip_prefix("/dev/")?;
    // The dial-in node of a port stands for the call-out one.
    let name = match name.strip_prefix("tty") {
        Some(terminal) => format!("cua{terminal}"),
        None => name.to_owned(),
    };
    Some(look(Path::new("/"), &name)?.info)
}

/// The system gives a node its permissions when it makes it.
pub(crate) fn is_set_up(_: &Path, _: &Found) -> bool {
    true
}

fn look_at(dev: &Path, name: &str, devices: &Devices) -> Option<Found> {
    let node = fs::metadata(dev.join(name)).ok()?;
    Some(Found {
        info: devices.port(dev, name),
        // When it was made: numbers of nodes are used again.
        incarnation: node
            .ctime()
            .cast_unsigned()
            .wrapping_mul(1_000_000_000)
            .wrapping_add(node.ctime_nsec().cast_unsigned()),
        number: None,
    })
}
