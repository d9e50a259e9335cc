//! Who may open a port twice: nobody, unless told so.

use std::io::Write;
use std::process::ExitCode;

use anyserial::{Error, SerialConfig};
use anyserial_tests::{Env, FarEnd, child};
use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use rustix::io::Errno;
use rustix::process::{Gid, Uid};
use rustix::termios::ioctl_tiocexcl;
use rustix::thread::{
    CapabilitySet, capabilities, set_capabilities, set_thread_gid, set_thread_uid,
};

/// A user who is not root, whatever the system calls them.
const SOMEBODY: u32 = 65_534;

/// What this binary does when [`another_user_is_refused`] starts it: becomes somebody else, opens
/// the port that its role names, and says how that went.
pub(crate) fn as_child(path: &str) -> ExitCode {
    // There is but one thread so far; those to come are of the same user.
    set_thread_gid(Gid::from_raw(SOMEBODY)).unwrap();
    set_thread_uid(Uid::from_raw(SOMEBODY)).unwrap();
    let opened = futures_lite::future::block_on(anyserial::SerialPort::open(path, 300));
    let outcome = match opened {
        Ok(_) => "opened".to_owned(),
        Err(error) => format!("{:?}: {error}", error.kind()),
    };
    match writeln!(std::io::stdout(), "{outcome}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

pub(crate) async fn a_second_open_is_busy_and_harmless(env: Env) {
    let (port, far) = env.pty_with(SerialConfig::new(9600)).await;
    for _ in 0..3 {
        let error = env.open(far.path(), 300).await.unwrap_err();
        let Error::Busy { path, holder, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(path, far.path());
        if let Some(holder) = holder {
            assert_eq!(*holder, std::process::id());
        }
        assert_eq!(error.kind(), std::io::ErrorKind::ResourceBusy);
        assert!(
            error.to_string().contains("holds it exclusively"),
            "{error}"
        );
        // The first one is as it was, and still locked.
        assert_eq!(far.termios().output_speed(), 9600);
        assert!(is_exclusive(&far));
    }
    drop(port);
    assert!(!is_exclusive(&far));
    env.open(far.path(), 300).await.unwrap();
}

pub(crate) async fn another_user_is_refused(env: Env) {
    if !rustix::process::geteuid().is_root() {
        // Only root can become somebody else; the test above is all that can be asked then.
        return;
    }
    let (_port, far) = env.pty_with(SerialConfig::new(9600)).await;
    rustix::fs::chmod(far.path(), Mode::from_raw_mode(0o666)).unwrap();
    let output = child::run(far.path().to_str().unwrap(), &[]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("ResourceBusy: "), "{said}");
    assert_eq!(far.termios().output_speed(), 9600);
    assert!(is_exclusive(&far));
}

pub(crate) async fn who_may_not_open_it_is_told_who_may(_: Env) {
    if !rustix::process::geteuid().is_root() {
        // `errors::opening` does the same there.
        return;
    }
    let far = FarEnd::new();
    let group = |gid| rustix::fs::chown(far.path(), None, Some(Gid::from_raw(gid))).unwrap();
    rustix::fs::chmod(far.path(), Mode::from_raw_mode(0o660)).unwrap();
    let denied = format!(
        "PermissionDenied: {}: permission denied",
        far.path().display()
    );
    // The group `daemon` has the number 1 on every Linux that has groups, as the lab's has not.
    let groups = std::fs::read_to_string("/etc/group").unwrap_or_default();
    let advice = if groups.lines().any(|line| line.starts_with("daemon:")) {
        "; members of the group daemon may open it: add yourself with \
         `sudo usermod -aG daemon $USER` and log in again"
    } else {
        ""
    };
    group(1);
    let output = child::run(far.path().to_str().unwrap(), &[]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, format!("{denied}{advice}\n"));
    // Nobody is told to join root's.
    group(0);
    let output = child::run(far.path().to_str().unwrap(), &[]);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!("{denied}\n")
    );
}

pub(crate) async fn root_sees_a_lock_of_any_kind(env: Env) {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;

    // Another program that knows flock alone.
    let far = FarEnd::new();
    let other = rustix::fs::open(far.path(), flags, Mode::empty()).unwrap();
    flock(&other, FlockOperation::LockExclusive).unwrap();
    let error = env.open(far.path(), 9600).await.unwrap_err();
    assert!(matches!(error, Error::Busy { .. }), "{error}");
    drop(other);

    // Another program that knows TIOCEXCL alone, which stops everybody but root.
    let other = rustix::fs::open(far.path(), flags, Mode::empty()).unwrap();
    ioctl_tiocexcl(&other).unwrap();
    let error = env.open(far.path(), 9600).await.unwrap_err();
    // Who set it, the system does not tell. It was not this process's own lock.
    assert!(matches!(error, Error::Busy { holder: None, .. }), "{error}");
    // The failed open did not disarm it.
    assert!(is_exclusive(&far));
}

pub(crate) async fn can_be_shared_and_unshared(env: Env) {
    let shared = SerialConfig::default().exclusive(false);
    let (first, far) = env.pty_with(shared).await;
    assert!(!is_exclusive(&far));
    let second = env.open(far.path(), shared).await.unwrap();

    first.configure(SerialConfig::default()).await.unwrap();
    assert!(is_exclusive(&far));
    let error = second.configure(SerialConfig::new(300)).await.unwrap_err();
    assert!(matches!(error, Error::Busy { .. }), "{error}");
    assert_eq!(second.config().unwrap(), shared);
    assert_eq!(far.termios().output_speed(), 115_200);

    first.configure(shared).await.unwrap();
    assert!(!is_exclusive(&far));
    second.configure(SerialConfig::default()).await.unwrap();
    assert!(is_exclusive(&far));
    // A port that holds no lock takes none away.
    drop(first);
    assert!(is_exclusive(&far));
}

/// Whether the kernel refuses a user who is not root. Asked by opening the port on a thread that
/// has given up the capability which lets root in.
fn is_exclusive(far: &FarEnd) -> bool {
    let path = far.path().to_owned();
    let opened = std::thread::spawn(move || {
        let mut own = capabilities(None).unwrap();
        own.effective -= CapabilitySet::SYS_ADMIN;
        set_capabilities(None, own).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        rustix::fs::open(path, flags, Mode::empty())
    });
    match opened.join().unwrap() {
        Ok(_) => false,
        Err(Errno::BUSY) => true,
        Err(error) => panic!("{error}"),
    }
}
