//! The null-modem cable between two emulated FTDI adapters.

use std::path::PathBuf;
use std::sync::OnceLock;

use super::{Cable, Pluggable, Side, usb_gone, usb_path};
use crate::ftdi::Emulation;

/// Two FT232BM over USB/IP with a whole null-modem cable: the baud rate takes its time, RTS, DTR,
/// breaks, and parity and framing errors arrive, RI can be driven.
#[derive(Debug)]
pub struct Ftdi {
    emulation: &'static Emulation,
}

/// The serial numbers in their descriptors.
const SERIAL: [&str; 2] = ["FTDI0", "FTDI1"];

impl Ftdi {
    /// The one there is. Its adapters are plugged in by the first call.
    ///
    /// # Panics
    ///
    /// If the kernel has no virtual host controller.
    #[expect(
        clippy::new_without_default,
        reason = "it takes a controller of the kernel"
    )]
    #[must_use]
    pub fn new() -> Self {
        static EMULATION: OnceLock<Emulation> = OnceLock::new();
        let emulation = EMULATION.get_or_init(|| {
            let [near, far] = SERIAL;
            let emulation = Emulation::start(near, far);
            for side in Side::BOTH {
                emulation.plug_in(side);
            }
            emulation
        });
        Ftdi { emulation }
    }

    /// Drives RI at this end.
    pub fn ring(&self, side: Side, on: bool) {
        self.emulation.ring(side, on);
    }
}

impl Cable for Ftdi {
    fn name(&self) -> &'static str {
        "FTDI (USB/IP)"
    }

    fn path(&self, side: Side) -> PathBuf {
        let [near, far] = SERIAL;
        usb_path(match side {
            Side::Near => near,
            Side::Far => far,
        })
    }
}

impl Pluggable for Ftdi {
    fn pull(&self) {
        self.emulation.unplug(Side::Near);
    }

    fn put_back(&self) {
        let [near, _] = SERIAL;
        usb_gone(near);
        self.emulation.plug_in(Side::Near);
        usb_path(near);
    }
}
