//! Opening a terminal, and taking and giving up its locks.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use rustix::fs::{
    Access, CWD, FileType, FlockOperation, Mode, OFlags, accessat, fcntl_getfl, fcntl_setfl, flock,
};
use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::termios::{ioctl_tiocexcl, ioctl_tiocnxcl, tcgetattr};

use super::super::{AS_EFFECTIVE_USER, Descriptor, system};
use super::{Changes, Drain, Queue, Tty};
use crate::config::SerialConfig;
use crate::error::{Error, Result};

impl Tty {
    /// Opens, locks and configures a terminal, in this order: a failed open has changed nothing.
    ///
    /// In between, once the name can go to no other device any more, `check` says whether this is
    /// the one that is meant.
    pub(crate) fn open(
        path: &Path,
        config: &SerialConfig,
        check: impl FnOnce() -> Result<()>,
    ) -> Result<Self> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        // To open a port raises its lines, whoever holds it. So ask about the lock before; who
        // takes it between the two finds them raised, once.
        if config.exclusive && system::is_locked(path) {
            return Err(open_error(path, Errno::BUSY));
        }
        let fd = rustix::fs::open(path, flags, Mode::empty())
            .map_err(|error| open_error(path, error))?;
        check()?;
        Self::new(fd, Arc::from(path), config)
    }

    /// Takes over a terminal that is open already.
    pub(crate) fn from_fd(fd: OwnedFd, config: &SerialConfig) -> Result<Self> {
        let path = path_of(&fd);
        // Flags first concern the caller's descriptor too, so ask what it is before.
        tcgetattr(&fd).map_err(|error| terminal_error(&path, error))?;
        fcntl_getfl(&fd)
            .and_then(|flags| fcntl_setfl(&fd, flags | OFlags::NONBLOCK))
            .and_then(|()| fcntl_setfd(&fd, FdFlags::CLOEXEC))
            .map_err(|error| Error::Io {
                path: path.clone(),
                operation: "change the flags of the descriptor",
                source: error.into(),
            })?;
        Self::new(fd, Arc::from(path), config)
    }

    fn new(fd: OwnedFd, path: Arc<Path>, config: &SerialConfig) -> Result<Self> {
        tcgetattr(&fd).map_err(|error| terminal_error(&path, error))?;
        let tty = Tty {
            kind: system::kind(fd.as_fd()),
            descriptor: Descriptor::new(fd),
            path,
            // What is compared with at the first `configure`: nothing is in force yet.
            config: Mutex::new(SerialConfig::default().exclusive(false)),
            changes: Mutex::new(Changes::default()),
            wants_break: AtomicBool::new(false),
            said_gone: AtomicBool::new(false),
            drain: Drain::default(),
            decoder: config.mark_errors.then(Mutex::default),
        };
        // If this fails, dropping `tty` gives up the locks, if it came so far as to have them.
        tty.configure_opened(config)?;
        if config.mark_errors {
            // What came before has no marks.
            tty.discard(Queue::Input)?;
        }
        Ok(tty)
    }

    /// Takes both locks: root ignores TIOCEXCL, and other programs may ignore `flock`.
    pub(super) fn lock(&self, changes: &mut Changes) -> Result<()> {
        if changes.exclusive {
            return Ok(());
        }
        let busy = |error: Errno, holder| Error::Busy {
            path: self.path.to_path_buf(),
            holder,
            source: error.into(),
        };
        match flock(self.fd(), FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(error @ (Errno::WOULDBLOCK | Errno::ACCESS)) => {
                return Err(busy(error, system::lock_holder(self.fd())));
            }
            // There are systems without this lock for devices; the other one is left then.
            Err(error) if system::is_unsupported(error) => {}
            Err(error) => return Err(self.control_error("lock the port", error)),
        }
        // The flag is the terminal's, not the descriptor's. If somebody else has set it, it is
        // not for this port to set, nor to clear later. Who that is, nobody knows: the holder of
        // the lock is this port by now.
        let locked = if system::is_exclusive(self.fd()) {
            Err(busy(Errno::BUSY, None))
        } else {
            ioctl_tiocexcl(self.fd()).map_err(|error| match error {
                // macOS says so itself, even to root.
                Errno::BUSY => busy(error, None),
                error => self.control_error("make the port exclusive", error),
            })
        };
        match locked {
            Ok(()) => changes.exclusive = true,
            Err(_) => drop(flock(self.fd(), FlockOperation::Unlock)),
        }
        locked
    }

    /// Gives up the locks that this port holds.
    pub(super) fn unlock(&self, changes: &mut Changes) {
        if std::mem::take(&mut changes.exclusive) {
            let _ = ioctl_tiocnxcl(self.fd());
            let _ = flock(self.fd(), FlockOperation::Unlock);
        }
    }
}

/// Whether this user may open a port, asked without opening it: that would move its lines.
pub(crate) fn may_open(path: &Path) -> Result<()> {
    // Flags so that what counts is who this process acts as, as it does when it opens.
    let wanted = Access::READ_OK | Access::WRITE_OK;
    accessat(CWD, path, wanted, AS_EFFECTIVE_USER).map_err(|error| open_error(path, error))
}

/// What `open` failed with, in the terms of a serial port.
fn open_error(path: &Path, error: Errno) -> Error {
    let source = io::Error::from(error);
    let path = path.to_path_buf();
    match error {
        Errno::NOENT | Errno::NOTDIR => Error::NotFound { path, source },
        Errno::ACCESS | Errno::PERM => Error::PermissionDenied {
            group: system::owning_group(&path),
            path,
            source,
        },
        Errno::BUSY => Error::Busy {
            holder: system::lock_holder_at(&path),
            path,
            source,
        },
        Errno::ISDIR => Error::NotSerialPort { path, source },
        Errno::NXIO | Errno::NODEV | Errno::IO => {
            let node = rustix::fs::stat(&path).map(|stat| FileType::from_raw_mode(stat.st_mode));
            match node {
                Ok(FileType::CharacterDevice) => Error::NoHardware { path, source },
                // A socket's node gives ENXIO.
                _ => Error::NotSerialPort { path, source },
            }
        }
        _ => Error::Io {
            path,
            operation: "open the port",
            source,
        },
    }
}

/// What the first question to a terminal failed with.
fn terminal_error(path: &Path, error: Errno) -> Error {
    let source = io::Error::from(error);
    let path = path.to_path_buf();
    match error {
        // A UART node without a UART opens, and answers everything with EIO.
        Errno::IO | Errno::NXIO | Errno::NODEV => Error::NoHardware { path, source },
        _ => Error::NotSerialPort { path, source },
    }
}

/// The path of a terminal, or else what names its descriptor.
fn path_of(fd: &OwnedFd) -> PathBuf {
    match rustix::termios::ttyname(fd, Vec::new()) {
        Ok(name) => PathBuf::from(std::ffi::OsString::from_vec(name.into_bytes())),
        Err(_) => PathBuf::from(format!("/dev/fd/{}", fd.as_raw_fd())),
    }
}
