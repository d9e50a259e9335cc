//! The cable between a CDC-ACM device and its host, both of which are this machine.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::{Cable, Pluggable, Side, usb_gone, usb_path};
use crate::wait;

/// ttyACM0, the host's end, and ttyGS0, the device's: the kernel's gadget driver on the kernel's
/// dummy controller.
#[derive(Debug)]
pub struct Acm(());

const GADGET: &str = "/sys/kernel/config/usb_gadget/lab";
const SERIAL: &str = "ACM0";

impl Acm {
    /// The one there is. It is plugged in by the first call.
    ///
    /// # Panics
    ///
    /// If the kernel has no gadget driver.
    #[expect(
        clippy::new_without_default,
        reason = "it takes a driver of the kernel"
    )]
    #[must_use]
    pub fn new() -> Self {
        static GADGET: OnceLock<()> = OnceLock::new();
        GADGET.get_or_init(|| {
            describe().expect("the kernel's usb_f_acm and configfs");
            connect();
        });
        Acm(())
    }
}

impl Cable for Acm {
    fn name(&self) -> &'static str {
        "CDC-ACM"
    }

    fn path(&self, side: Side) -> PathBuf {
        match side {
            Side::Near => usb_path(SERIAL),
            Side::Far => PathBuf::from("/dev/ttyGS0"),
        }
    }
}

impl Pluggable for Acm {
    fn pull(&self) {
        fs::write(controller(), "\n").unwrap();
    }

    fn put_back(&self) {
        usb_gone(SERIAL);
        connect();
    }
}

/// Linux `Documentation/usb/gadget_configfs.rst`.
fn describe() -> std::io::Result<()> {
    let gadget = Path::new(GADGET);
    let strings = gadget.join("strings/0x409");
    fs::create_dir(gadget)?;
    fs::create_dir(&strings)?;
    fs::write(gadget.join("idVendor"), "0x1d6b")?;
    fs::write(gadget.join("idProduct"), "0x0104")?;
    fs::write(strings.join("manufacturer"), "anyserial lab")?;
    fs::write(strings.join("product"), "CDC-ACM cable")?;
    fs::write(strings.join("serialnumber"), SERIAL)?;
    fs::create_dir(gadget.join("configs/c.1"))?;
    fs::create_dir(gadget.join("functions/acm.0"))?;
    symlink(
        gadget.join("functions/acm.0"),
        gadget.join("configs/c.1/acm.0"),
    )
}

fn connect() {
    let controllers = fs::read_dir("/sys/class/udc").unwrap();
    let name = controllers
        .flatten()
        .next()
        .expect("a controller of dummy_hcd")
        .file_name();
    // Until the last connection is taken down it is busy.
    wait("the gadget binds to its controller", || {
        fs::write(controller(), name.as_encoded_bytes()).ok()
    });
    usb_path(SERIAL);
}

fn controller() -> PathBuf {
    Path::new(GADGET).join("UDC")
}
