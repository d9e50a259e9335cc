//! A fresh pseudo-terminal by `posix_openpt(3)`.

use std::ffi::CString;
use std::os::fd::OwnedFd;

use rustix::io::Result;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// The master, and the path of the slave.
pub(super) fn pty() -> Result<(OwnedFd, CString)> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?;
    Ok((master, name))
}
