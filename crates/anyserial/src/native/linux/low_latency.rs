//! `ASYNC_LOW_LATENCY`, and the latency timer that FTDI adapters tie to it.

use std::ffi::c_int;
use std::fs;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;

use rustix::fs::{fstat, major, minor};
use rustix::io::{Errno, Result};

use super::super::ioctl;

/// `ASYNC_LOW_LATENCY` of Linux `include/uapi/linux/tty_flags.h` (bit 13).
const ASYNC_LOW_LATENCY: c_int = 1 << 13;

/// What was in force before low latency was asked for.
#[derive(Debug)]
pub(in crate::native) struct SavedLatency {
    /// The text of FTDI's `latency_timer`, where there is one: milliseconds.
    timer: Option<String>,
}

/// Turns low latency on. `Ok(None)`: it was on already. ENOTTY where the driver has no such
/// thing, also where it takes the flag and does not keep it (cdc-acm).
pub(in crate::native) fn set_low_latency(fd: BorrowedFd<'_>) -> Result<Option<SavedLatency>> {
    let mut serial = ioctl::serial(fd)?;
    if serial.flags & ASYNC_LOW_LATENCY != 0 {
        return Ok(None);
    }
    let timer = latency_timer(fd).and_then(|path| fs::read_to_string(path).ok());
    serial.flags |= ASYNC_LOW_LATENCY;
    ioctl::set_serial(fd, serial)?;
    if ioctl::serial(fd)?.flags & ASYNC_LOW_LATENCY == 0 {
        return Err(Errno::NOTTY);
    }
    Ok(Some(SavedLatency { timer }))
}

/// Turns low latency off again.
pub(in crate::native) fn restore_latency(fd: BorrowedFd<'_>, saved: &SavedLatency) -> Result<()> {
    let mut serial = ioctl::serial(fd)?;
    serial.flags &= !ASYNC_LOW_LATENCY;
    ioctl::set_serial(fd, serial)?;
    // ftdi_sio puts its timer back with the flag; where it did not, this does, if the user may.
    if let (Some(timer), Some(path)) = (&saved.timer, latency_timer(fd))
        && fs::read_to_string(&path).is_ok_and(|now| now != *timer)
    {
        let _ = fs::write(path, timer);
    }
    Ok(())
}

/// Where sysfs has the latency timer of this terminal; only FTDI adapters have one.
fn latency_timer(fd: BorrowedFd<'_>) -> Option<PathBuf> {
    let number = fstat(fd).ok()?.st_rdev;
    Some(PathBuf::from(format!(
        "/sys/dev/char/{}:{}/device/latency_timer",
        major(number),
        minor(number)
    )))
}

/// Whether the driver knows of port settings at all; whether it keeps this one, setting it tells.
pub(in crate::native) fn has_low_latency(fd: BorrowedFd<'_>) -> Result<()> {
    ioctl::serial(fd).map(drop)
}
