//! Exclusive access on terminals of real drivers.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::ExitCode;

use anyserial::{Error, SerialConfig};
use anyserial_lab::{Acm, Cable, Ftdi, Uart};
use anyserial_tests::{Env, child};
use rustix::process::{Gid, Uid};
use rustix::thread::{set_thread_gid, set_thread_uid};

/// Anybody but root.
const SOMEBODY: u32 = 65534;

/// As another user: opens the port that the role names, and says how that went.
pub(crate) fn as_child(path: &str) -> ExitCode {
    // There is but one thread so far; those to come are of the same user.
    set_thread_gid(Gid::from_raw(SOMEBODY)).unwrap();
    set_thread_uid(Uid::from_raw(SOMEBODY)).unwrap();
    let opened = futures_lite::future::block_on(anyserial::SerialPort::open(path, 9600));
    match opened {
        Ok(_) => println!("opened"),
        Err(error) => println!("{:?}", error.kind()),
    }
    ExitCode::SUCCESS
}

pub(crate) async fn against_this_program_and_other_users(env: Env) {
    refuses_others(&env, &Uart).await;
    refuses_others(&env, &Ftdi::new()).await;
    refuses_others(&env, &Acm::new()).await;
}

async fn refuses_others(env: &Env, cable: &impl Cable) {
    let path = cable.near();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let somebody = || {
        let output = child::run(path.to_str().unwrap(), &[]);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let port = env.open(&path, 9600).await.unwrap();
    for _ in 0..2 {
        let error = env.open(&path, 300).await.unwrap_err();
        let Error::Busy { holder, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(holder, Some(std::process::id()));
        // A failed open did not disarm the lock against those who are not root.
        assert_eq!(somebody(), "ResourceBusy");
    }
    // Given up at once, and given up for good.
    drop(port);
    let port = env
        .open(&path, SerialConfig::new(9600).exclusive(false))
        .await
        .unwrap();
    assert_eq!(somebody(), "opened");
    port.close().await.unwrap();
}
