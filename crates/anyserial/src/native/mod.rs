//! The operating system: terminals, their ioctls and settings.
//!
//! This file alone switches on the target. A system module supplies what differs: ioctl numbers,
//! parity bits, what kind of terminal a node is, the optional features, which ports there are and
//! the news of them.

mod descriptor;
mod found;
mod ioctl;
mod pty;
mod termios;
mod tty;

/// Items for systems with the Linux kernel.
macro_rules! on_linux {
    ($($item:item)*) => {
        $(#[cfg(any(target_os = "linux", target_os = "android"))] $item)*
    };
}
use on_linux;

#[cfg(any(target_os = "linux", target_os = "android"))]
#[path = "linux/mod.rs"]
mod system;

#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[path = "posix.rs"]
mod system;

#[cfg(not(unix))]
compile_error!("anyserial supports POSIX systems: Linux, macOS and the BSDs");

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use self::descriptor::{Descriptor, Work};
pub(crate) use self::found::{Found, Notice};
pub(crate) use self::pty::{hold_slave, pty};
pub(crate) use self::system::{Notices, is_set_up, list, look};
pub(crate) use self::tty::{Queue, Tty, may_open};

/// Locks a mutex whose contents stay valid even if a holder panicked.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
