//! Who holds the lock of a busy port.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::fd::BorrowedFd;
use std::path::Path;

use rustix::fs::{Stat, fstat, major, minor, stat};

use super::is_pseudo;

/// The process that holds the `flock` of this file.
pub(in crate::native) fn lock_holder(fd: BorrowedFd<'_>) -> Option<u32> {
    lock_of(&fstat(fd).ok()?)?.holder
}

/// The same of the file at this path, found without opening it.
pub(in crate::native) fn lock_holder_at(path: &Path) -> Option<u32> {
    lock_of(&stat(path).ok()?)?.holder
}

/// Whether somebody holds the `flock` of the port at this path, found without opening it. No
/// matter for a pseudo-terminal, on which opening it raises nothing.
pub(in crate::native) fn is_locked(path: &Path) -> bool {
    stat(path).is_ok_and(|stat| !is_pseudo(&stat) && lock_of(&stat).is_some())
}

#[derive(Debug, PartialEq, Eq)]
struct Lock {
    /// The process, unless it is outside of this namespace.
    holder: Option<u32>,
}

/// By `/proc/locks` (see `proc_locks(5)`).
fn lock_of(stat: &Stat) -> Option<Lock> {
    let file = format!(
        "{:02x}:{:02x}:{}",
        major(stat.st_dev),
        minor(stat.st_dev),
        stat.st_ino
    );
    // Not read as a whole: it has a line for every lock of the system.
    let locks = BufReader::new(File::open("/proc/locks").ok()?);
    find(&file, locks)
}

fn find(file: &str, locks: impl BufRead) -> Option<Lock> {
    locks.lines().map_while(Result::ok).find_map(|line| {
        // "1: FLOCK  ADVISORY  WRITE 1234 00:05:97 0 EOF"; waiting ones have "->" second.
        let mut fields = line.split_whitespace().skip(1);
        let kind = fields.next()?;
        let pid = fields.nth(2)?;
        (kind == "FLOCK" && fields.next()? == file).then(|| Lock {
            // 0 or less stands for a process outside of this namespace.
            holder: pid.parse().ok().filter(|pid| *pid > 0),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCKS: &str = "\
1: POSIX  ADVISORY  WRITE 11 00:05:97 0 EOF
2: FLOCK  ADVISORY  WRITE 22 00:05:98 0 EOF
3: FLOCK  ADVISORY  WRITE 33 00:05:97 0 EOF
3: -> FLOCK  ADVISORY  WRITE 44 00:05:97 0 EOF
4: FLOCK  ADVISORY  WRITE 0 00:05:99 0 EOF
";

    #[test]
    fn finds_the_flock_of_the_file() {
        assert_eq!(find("00:05:97", LOCKS.as_bytes()).unwrap().holder, Some(33));
        assert_eq!(find("00:05:98", LOCKS.as_bytes()).unwrap().holder, Some(22));
    }

    #[test]
    fn names_nobody_where_nobody_is_known() {
        assert_eq!(
            find("00:05:99", LOCKS.as_bytes()),
            Some(Lock { holder: None })
        );
        assert_eq!(find("00:06:97", LOCKS.as_bytes()), None);
        assert_eq!(find("00:05:97", b"garbage\n\n1:\n".as_slice()), None);
    }
}
