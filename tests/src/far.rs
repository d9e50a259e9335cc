//! The far end of a pseudo-terminal as a raw descriptor, for what no serial port would do.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use rustix::io::{Errno, read, write};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// The master of a fresh pseudo-terminal, in raw mode; its slave is the port to test. Calls on
/// it block, which on a pseudo-terminal they do only while a queue is full or empty.
#[derive(Debug)]
pub struct FarEnd {
    master: OwnedFd,
    path: PathBuf,
}

impl FarEnd {
    /// A fresh pseudo-terminal.
    #[expect(
        clippy::new_without_default,
        reason = "it takes a terminal of the system"
    )]
    #[must_use]
    pub fn new() -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let path = PathBuf::from(std::ffi::OsString::from_vec(name.into_bytes()));
        let mut termios = tcgetattr(&master).unwrap();
        termios.make_raw();
        tcsetattr(&master, OptionalActions::Now, &termios).unwrap();
        FarEnd { master, path }
    }

    /// The path of the port at this end.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes all of it.
    pub fn write(&self, mut data: &[u8]) {
        while !data.is_empty() {
            let written = write(&self.master, data).unwrap();
            data = &data[written..];
        }
    }

    /// Reads exactly this many bytes.
    #[must_use]
    pub fn read(&self, count: usize) -> Vec<u8> {
        let mut data = vec![0; count];
        let mut filled = 0;
        while filled < count {
            filled += read(&self.master, &mut data[filled..]).unwrap();
        }
        data
    }

    /// Reads until the port closes, which the master of a pseudo-terminal sees as EIO.
    #[must_use]
    pub fn read_to_end(&self) -> Vec<u8> {
        let mut data = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            match read(&self.master, &mut chunk) {
                Ok(0) | Err(Errno::IO) => return data,
                Ok(count) => data.extend_from_slice(&chunk[..count]),
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// The settings that the kernel has for the port.
    #[must_use]
    pub fn termios(&self) -> Termios {
        tcgetattr(&self.master).unwrap()
    }

    /// Pulls the cable.
    pub fn hang_up(self) {
        drop(self);
    }
}

impl AsFd for FarEnd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.master.as_fd()
    }
}
