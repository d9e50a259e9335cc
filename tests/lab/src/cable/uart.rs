//! The null-modem cable between two 16550A UARTs.

use std::path::PathBuf;

use super::{Cable, Side};
use crate::host;

/// ttyS1 and ttyS2. The UARTs are QEMU's: they know no baud rate and no modem lines, so how fast
/// the wire carries is set here.
#[derive(Debug)]
pub struct Uart;

impl Uart {
    /// As long as the guard lives, the wire carries as many bytes as a line of this baud rate, 8N1,
    /// each way; else whatever it is given, at once.
    pub fn carry(&self, baud_rate: u32) -> Carrying {
        host::ask(&format!("carry {}", baud_rate / 10));
        Carrying(())
    }

    /// The port at this end receives a break.
    pub fn send_break_to(&self, side: Side) {
        host::ask(match side {
            Side::Near => "break uart0",
            Side::Far => "break uart1",
        });
    }
}

/// A wire that takes its time.
#[derive(Debug)]
#[must_use = "dropping it lets the wire carry everything at once"]
pub struct Carrying(());

impl Drop for Carrying {
    fn drop(&mut self) {
        host::ask("carry 0");
    }
}

impl Cable for Uart {
    fn name(&self) -> &'static str {
        "16550A"
    }

    fn path(&self, side: Side) -> PathBuf {
        PathBuf::from(match side {
            Side::Near => "/dev/ttyS1",
            Side::Far => "/dev/ttyS2",
        })
    }
}
