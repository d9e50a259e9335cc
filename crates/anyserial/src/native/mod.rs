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

/// Items for macOS.
macro_rules! on_macos {
    ($($item:item)*) => {
        $(#[cfg(target_os = "macos")] $item)*
    };
}
use on_macos;

#[cfg(any(target_os = "linux", target_os = "android"))]
#[path = "linux/mod.rs"]
mod system;

#[cfg(target_os = "macos")]
#[path = "apple/mod.rs"]
mod system;

#[cfg(any(
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "openbsd"
))]
#[path = "bsd/mod.rs"]
mod system;

#[cfg(target_os = "illumos")]
#[path = "illumos.rs"]
mod system;

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod posix;

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "macos")))]
mod plain;

#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_os = "macos",
    target_os = "illumos"
))]
mod ptmx;

#[cfg(any(
    target_os = "macos",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "openbsd"
))]
mod ttycom;

#[cfg(any(target_os = "freebsd", target_os = "dragonfly"))]
#[path = "bsd/discovery.rs"]
mod discovery;

#[cfg(target_os = "freebsd")]
#[path = "bsd/sysctl.rs"]
mod bsd_tree;

#[cfg(target_os = "dragonfly")]
#[path = "bsd/names.rs"]
mod bsd_tree;

#[cfg(any(target_os = "netbsd", target_os = "openbsd", target_os = "illumos"))]
#[path = "undiscovered.rs"]
mod discovery;

#[cfg(any(
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "illumos"
))]
mod unwatched;

#[cfg(all(target_os = "linux", test))]
#[path = "linux/layout.rs"]
mod linux_layout;

// What of other systems can be tested without them.
#[cfg(any(target_os = "freebsd", target_os = "dragonfly", test))]
#[path = "bsd/devices.rs"]
mod bsd_devices;
#[cfg(any(target_os = "freebsd", all(target_os = "linux", test)))]
#[path = "bsd/devd.rs"]
mod devd;
#[cfg(any(target_os = "macos", test))]
#[path = "apple/rate.rs"]
mod macos_rate;
#[cfg(any(target_os = "macos", test))]
#[path = "apple/registry.rs"]
mod macos_registry;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use self::descriptor::{Descriptor, Work};
pub(crate) use self::found::{Found, Notice};
pub(crate) use self::pty::{hold_slave, pty};
pub(crate) use self::system::{Notices, is_set_up, list, look, place};
pub(crate) use self::tty::{Queue, Tty, may_open};

/// Asks what the effective user may do, where the C library knows the difference: on Android no
/// program acts as another user.
#[cfg(not(target_os = "android"))]
const AS_EFFECTIVE_USER: rustix::fs::AtFlags = rustix::fs::AtFlags::EACCESS;
#[cfg(target_os = "android")]
const AS_EFFECTIVE_USER: rustix::fs::AtFlags = rustix::fs::AtFlags::empty();

/// Locks a mutex whose contents stay valid even if a holder panicked.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
