//! The cable between two USB adapters of QEMU.

use std::path::PathBuf;

use super::{Cable, Pluggable, Side, usb_gone, usb_path};
use crate::host;

/// Two FTDI adapters of QEMU's on a USB controller of QEMU's: no baud rate, no lines, but the
/// whole way of an unplugged device through the kernel's xHCI driver.
#[derive(Debug)]
pub struct Usb;

/// The serial numbers that the machine gives them.
const SERIAL: [&str; 2] = ["USB0", "USB1"];

impl Cable for Usb {
    fn name(&self) -> &'static str {
        "FTDI (QEMU)"
    }

    fn path(&self, side: Side) -> PathBuf {
        let [near, far] = SERIAL;
        usb_path(match side {
            Side::Near => near,
            Side::Far => far,
        })
    }
}

impl Pluggable for Usb {
    fn pull(&self) {
        host::ask("unplug usb0");
    }

    fn put_back(&self) {
        let [near, _] = SERIAL;
        usb_gone(near);
        host::ask("plug usb0");
        usb_path(near);
    }
}
