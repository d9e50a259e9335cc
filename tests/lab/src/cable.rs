//! Cables: two serial ports that are joined, with real drivers on them.

mod acm;
mod ftdi;
mod uart;
mod usb;

use std::fs;
use std::path::{Path, PathBuf};

pub use self::acm::Acm;
pub use self::ftdi::Ftdi;
pub use self::uart::{Carrying, Uart};
pub use self::usb::Usb;
use crate::wait;

/// An end of a cable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The port that is tested, as a rule.
    Near,
    /// Its partner.
    Far,
}

impl Side {
    /// Both of them.
    pub const BOTH: [Self; 2] = [Side::Near, Side::Far];
}

/// Two serial ports that are joined.
pub trait Cable: Sync {
    /// What it is called in reports.
    fn name(&self) -> &'static str;

    /// The path of the port at this end, once the kernel has it. Plugged in again, it can be
    /// another.
    fn path(&self, side: Side) -> PathBuf;

    /// The path of the near port.
    fn near(&self) -> PathBuf {
        self.path(Side::Near)
    }

    /// The path of the far port.
    fn far(&self) -> PathBuf {
        self.path(Side::Far)
    }
}

/// A cable whose near end can be pulled out of the machine.
pub trait Pluggable: Cable {
    /// Pulls the plug of the near port. The kernel notices by itself, some time later.
    fn pull(&self);

    /// Puts the plug back, and returns when the port can be opened.
    fn put_back(&self);

    /// Pulls the plug of the near port for as long as the guard lives, so that the next test finds
    /// it plugged in.
    fn unplug(&self) -> Unplugged<'_>
    where
        Self: Sized,
    {
        self.pull();
        Unplugged(self)
    }
}

/// A plug that is out.
#[must_use = "dropping it puts the plug back"]
#[expect(missing_debug_implementations, reason = "nobody prints it")]
pub struct Unplugged<'a>(&'a dyn Pluggable);

impl Unplugged<'_> {
    /// Puts the plug back, and returns when the port can be opened.
    pub fn plug_in(self) {
        drop(self);
    }
}

impl Drop for Unplugged<'_> {
    fn drop(&mut self) {
        self.0.put_back();
    }
}

/// The terminal of the USB device with this serial number, if the kernel has one now.
#[must_use]
pub fn find_usb(serial: &str) -> Option<PathBuf> {
    fs::read_dir("/sys/class/tty").ok()?.find_map(|entry| {
        let entry = entry.ok()?.path();
        let name = entry.file_name()?.to_str()?.to_owned();
        if !name.starts_with("ttyUSB") && !name.starts_with("ttyACM") {
            return None;
        }
        let device = fs::canonicalize(entry.join("device")).ok()?;
        let has_serial = |folder: &Path| {
            fs::read_to_string(folder.join("serial")).is_ok_and(|found| found.trim_end() == serial)
        };
        let node = Path::new("/dev").join(name);
        (device.ancestors().take(4).any(has_serial) && node.exists()).then_some(node)
    })
}

/// The same, when the kernel has it.
pub(crate) fn usb_path(serial: &str) -> PathBuf {
    wait(&format!("a terminal of the USB device {serial}"), || {
        find_usb(serial)
    })
}

/// When the kernel has no terminal of this USB device any more.
pub(crate) fn usb_gone(serial: &str) {
    wait(&format!("the end of the USB device {serial}"), || {
        find_usb(serial).is_none().then_some(())
    });
}
