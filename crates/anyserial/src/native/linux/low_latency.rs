//! `ASYNC_LOW_LATENCY`, and the latency timer that FTDI adapters tie to it.

use std::ffi::c_int;
use std::fs;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;

use rustix::io::{Errno, Result};

use super::super::ioctl;
use super::{Kind, is_unsupported, sysfs};
use crate::capability::Capability;

/// `ASYNC_LOW_LATENCY` of Linux `include/uapi/linux/tty_flags.h` (bit 13).
const ASYNC_LOW_LATENCY: c_int = 1 << 13;

/// What was in force before low latency was asked for, as far as it was changed.
#[derive(Debug)]
pub(in crate::native) struct SavedLatency {
    /// The flag was off.
    flag_was_off: bool,
    /// The timer was another one.
    timer: Option<String>,
}

/// Turns low latency on: the driver's flag, and the latency timer where there is one. Each is
/// read back, and one of them in force is enough. `Ok(None)`: it was on already. ENOTTY where the
/// driver has no such thing, also where it takes the flag and does not keep it (cdc-acm).
pub(in crate::native) fn set_low_latency(fd: BorrowedFd<'_>) -> Result<Option<SavedLatency>> {
    let timer = LatencyTimer::of(fd);
    let timer_before = timer.as_ref().and_then(LatencyTimer::read);
    let flag = turn_flag_on(fd);
    let mut saved = SavedLatency {
        flag_was_off: matches!(flag, Ok(true)),
        timer: None,
    };
    let mut timer_is_short = false;
    if let (Some(timer), Some(before)) = (timer, timer_before) {
        // ftdi_sio shortens it with the flag. Where it did not, this does, if the user may.
        if !timer.is_short() {
            timer.write("1");
        }
        timer_is_short = timer.is_short();
        saved.timer = timer.read().filter(|now| *now != before).map(|_| before);
    }
    match flag {
        Err(error) if !timer_is_short => {
            restore_latency(fd, &saved);
            Err(error)
        }
        _ => Ok((saved.flag_was_off || saved.timer.is_some()).then_some(saved)),
    }
}

/// Puts back what was changed. A device that is gone has nothing to be put back.
pub(in crate::native) fn restore_latency(fd: BorrowedFd<'_>, saved: &SavedLatency) {
    if saved.flag_was_off
        && let Ok(mut serial) = ioctl::serial(fd)
    {
        serial.flags &= !ASYNC_LOW_LATENCY;
        let _ = ioctl::set_serial(fd, serial);
    }
    // After the flag, for ftdi_sio takes no timer while it is on, and puts its own back with it.
    if let (Some(before), Some(timer)) = (&saved.timer, LatencyTimer::of(fd))
        && timer.read().is_some_and(|now| now != *before)
    {
        timer.write(before);
    }
}

/// Whether the driver keeps the flag or has a timer, as far as that can be told without setting
/// any.
pub(in crate::native) fn low_latency(fd: BorrowedFd<'_>, kind: Kind) -> Capability {
    let has_timer = LatencyTimer::of(fd).is_some_and(|timer| timer.read().is_some());
    match ioctl::serial(fd) {
        // The kernel's serial core keeps the flag for all of its drivers; ftdi_sio does too.
        Ok(_) if kind == Kind::Uart || has_timer => Capability::Supported,
        // drivers/usb/class/cdc-acm.c accepts any flags and keeps none.
        Ok(_) if driver(fd).as_deref() == Some("cdc_acm") => Capability::Unsupported,
        Err(error) if is_unsupported(error) && !has_timer => Capability::Unsupported,
        // A driver that answers the question may still not keep the flag, and a timer without
        // the flag may not be this user's to set.
        _ => Capability::Unknown,
    }
}

/// Gives whether the flag was off before.
fn turn_flag_on(fd: BorrowedFd<'_>) -> Result<bool> {
    let mut serial = ioctl::serial(fd)?;
    if serial.flags & ASYNC_LOW_LATENCY != 0 {
        return Ok(false);
    }
    serial.flags |= ASYNC_LOW_LATENCY;
    ioctl::set_serial(fd, serial)?;
    if ioctl::serial(fd)?.flags & ASYNC_LOW_LATENCY == 0 {
        return Err(Errno::NOTTY);
    }
    Ok(true)
}

/// The name of the driver of a terminal that is behind a bus.
fn driver(fd: BorrowedFd<'_>) -> Option<String> {
    let link = fs::read_link(sysfs(fd)?.join("device/driver")).ok()?;
    Some(link.file_name()?.to_str()?.to_owned())
}

/// How long an FTDI adapter waits to fill a USB packet, as sysfs has it: a number of milliseconds.
struct LatencyTimer(PathBuf);

impl LatencyTimer {
    /// Where the timer of this terminal is, if it has one.
    fn of(fd: BorrowedFd<'_>) -> Option<Self> {
        Some(LatencyTimer(sysfs(fd)?.join("device/latency_timer")))
    }

    fn read(&self) -> Option<String> {
        fs::read_to_string(&self.0).ok()
    }

    fn write(&self, milliseconds: &str) {
        // What came of it is read back.
        let _ = fs::write(&self.0, milliseconds);
    }

    fn is_short(&self) -> bool {
        self.read()
            .and_then(|text| text.trim().parse().ok())
            .is_some_and(|milliseconds: u32| milliseconds <= 1)
    }
}
