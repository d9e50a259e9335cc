//! Ports of macOS, from its I/O registry.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::net::sockopt::set_socket_nosigpipe;
use rustix::termios::ttyname;

use super::super::{Descriptor, Found, Notice, macos_registry};
use super::iokit::{self, Watch};
use crate::error::{Error, Result};
use crate::port_info::PortInfo;

/// Where the ports are, for errors that concern them all.
pub(crate) fn place(root: &Path) -> PathBuf {
    root.join("dev")
}

/// All serial ports. There is one registry, whatever the root.
pub(crate) fn list(root: &Path) -> Result<Vec<Found>> {
    let terminals = iokit::terminals().map_err(|source| Error::Io {
        path: place(root),
        operation: "list the ports",
        source,
    })?;
    let ports = terminals.into_iter().filter_map(|(id, entries)| {
        Some(Found {
            info: macos_registry::port(&entries)?,
            incarnation: id,
            number: None,
        })
    });
    Ok(ports.collect())
}

/// The serial port of this name, if there is one.
pub(crate) fn look(root: &Path, name: &str) -> Option<Found> {
    let ports = list(root).ok()?;
    ports.into_iter().find(|found| found.info.name == name)
}

/// What is known of the port that a descriptor has open.
pub(in crate::native) fn info(fd: BorrowedFd<'_>) -> Option<PortInfo> {
    let path = ttyname(fd, Vec::new()).ok()?;
    let name = path.to_str().ok()?.strip_prefix("/dev/")?;
    // The dial-in node of a port stands for the call-out one.
    let name = match name.strip_prefix("tty.") {
        Some(terminal) => format!("cu.{terminal}"),
        None => name.to_owned(),
    };
    Some(look(Path::new("/"), &name)?.info)
}

/// The system makes a node with its permissions before it tells of it.
pub(crate) fn is_set_up(_: &Path, _: &Found) -> bool {
    true
}

/// A subscription to the news of terminals.
#[derive(Debug)]
pub(crate) struct Notices {
    _watch: Watch,
    /// Has bytes in it when something has changed.
    descriptor: Descriptor,
}

impl Notices {
    /// Subscribes: what happens from now on can be received.
    pub(crate) fn open(_: &Path) -> io::Result<Self> {
        let (hear, tell) = UnixStream::pair()?;
        hear.set_nonblocking(true)?;
        tell.set_nonblocking(true)?;
        // The system may tell once more after `hear` was closed.
        set_socket_nosigpipe(&tell, true)?;
        Ok(Notices {
            _watch: Watch::new(OwnedFd::from(tell))?,
            descriptor: Descriptor::new(hear.into()),
        })
    }

    pub(crate) fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// The next notice, or `WouldBlock`. It is always to look at everything, which takes no
    /// longer here than to look at one.
    pub(crate) fn receive(&mut self) -> io::Result<Notice> {
        let mut heard = false;
        loop {
            match rustix::io::read(&self.descriptor, &mut [0; 64]) {
                Ok(0) => return Err(io::ErrorKind::ConnectionAborted.into()),
                Ok(_) => heard = true,
                Err(Errno::AGAIN) if heard => return Ok(Notice::Missed),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
