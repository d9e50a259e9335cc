//! Two FTDI adapters that exist in software alone, with a null-modem cable between them.
//!
//! The kernel's own driver runs on them as on any: [`Emulation`] plugs them into the
//! virtual host controller of USB/IP, over a socket of this machine. [`NullModem`] is what they
//! do, without the kernel, so that it can be tested anywhere.

mod chip;
mod control;
mod null_modem;
mod usbip;
mod vhci;

pub use chip::Chip;
pub use null_modem::NullModem;
pub use usbip::{Outcome, Request, Setup, Submit, submitted, unlinked};
pub use vhci::Emulation;
