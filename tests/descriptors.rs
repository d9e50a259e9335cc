//! Descriptors neither leak nor survive an exec. Each test counts those of a whole process, so
//! each is a process of its own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::process::{Command, Stdio};

use anyserial::{SerialConfig, SerialPort};
use anyserial_tests::{FarEnd, child};

fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn ten_thousand_opens_leak_none() {
    child::alone("ten_thousand_opens_leak_none", || {
        futures_lite::future::block_on(async {
            let far = FarEnd::new();
            let round = async |close: bool| {
                let port = SerialPort::open(far.path(), SerialConfig::default()).await;
                if close {
                    port.unwrap().close().await.unwrap();
                } else {
                    drop(port.unwrap());
                }
            };
            // What the reactor itself needs is open after this.
            round(true).await;
            let before = open_descriptors();
            for count in 0..10_000 {
                round(count % 2 == 0).await;
                // An open that fails, too.
                if count % 10 == 0 {
                    let frame = SerialConfig::default().parity(anyserial::Parity::Odd);
                    assert!(SerialPort::open(far.path(), frame).await.is_err());
                }
            }
            assert_eq!(open_descriptors(), before);
        });
    });
}

#[test]
fn none_survives_an_exec() {
    child::alone("none_survives_an_exec", || {
        futures_lite::future::block_on(async {
            let pair = anyserial::testing::pty_pair().await.unwrap();
            let far = FarEnd::new();
            let port = SerialPort::open(far.path(), 9600).await.unwrap();
            assert!(port.as_fd().is_some());
            let list = Command::new("ls")
                .args(["-l", "/proc/self/fd"])
                .stdin(Stdio::null())
                .output()
                .unwrap();
            let list = String::from_utf8(list.stdout).unwrap();
            assert!(list.contains("/dev/null"), "{list}");
            assert!(!list.contains("/dev/pt"), "{list}");
            drop((pair, port));
        });
    });
}
