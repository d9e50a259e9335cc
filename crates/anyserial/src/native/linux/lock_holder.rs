//! Who holds the lock of a busy port.

use std::fs;
use std::os::fd::BorrowedFd;

use rustix::fs::{fstat, major, minor};

/// The process that holds the `flock` of this file, by `/proc/locks` (see `proc_locks(5)`).
pub(in crate::native) fn lock_holder(fd: BorrowedFd<'_>) -> Option<u32> {
    let stat = fstat(fd).ok()?;
    let file = format!(
        "{:02x}:{:02x}:{}",
        major(stat.st_dev),
        minor(stat.st_dev),
        stat.st_ino
    );
    holder_of(&file, &fs::read_to_string("/proc/locks").ok()?)
}

fn holder_of(file: &str, locks: &str) -> Option<u32> {
    locks.lines().find_map(|line| {
        // "1: FLOCK  ADVISORY  WRITE 1234 00:05:97 0 EOF"; waiting ones have "->" second.
        let mut fields = line.split_whitespace().skip(1);
        let kind = fields.next()?;
        let pid = fields.nth(2)?;
        // 0 or less stands for a process outside of this namespace.
        (kind == "FLOCK" && fields.next()? == file)
            .then(|| pid.parse().ok())
            .flatten()
            .filter(|pid| *pid > 0)
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
        assert_eq!(holder_of("00:05:97", LOCKS), Some(33));
        assert_eq!(holder_of("00:05:98", LOCKS), Some(22));
    }

    #[test]
    fn names_nobody_where_nobody_is_known() {
        assert_eq!(holder_of("00:05:99", LOCKS), None);
        assert_eq!(holder_of("00:06:97", LOCKS), None);
        assert_eq!(holder_of("00:05:97", "garbage\n\n1:\n"), None);
    }
}
