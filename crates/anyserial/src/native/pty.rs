//! A fresh pseudo-terminal.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use super::system;

/// The master, and the path of the slave.
pub(crate) fn pty() -> io::Result<(OwnedFd, PathBuf)> {
    let (master, name) = system::pty()?;
    let path = PathBuf::from(std::ffi::OsString::from_vec(name.into_bytes()));
    Ok((master, path))
}
