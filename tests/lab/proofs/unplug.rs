//! The plug is pulled while everything is under way.

use std::fs;
use std::time::{Duration, Instant};

use anyserial::{Control, Error, ModemLines};
use anyserial_lab::{Acm, Cable, Ftdi, Pluggable, Usb, wait};
use anyserial_tests::Env;
use futures_lite::future::zip;

use crate::bench::{Attempts, open_both, receive};

const AT_ONCE: Duration = Duration::from_millis(100);

pub(crate) async fn usb_in_the_middle_of_everything(env: Env) {
    in_the_middle_of_everything(env, &Usb).await;
}

pub(crate) async fn ftdi_in_the_middle_of_everything(env: Env) {
    in_the_middle_of_everything(env, &Ftdi::new()).await;
}

pub(crate) async fn acm_in_the_middle_of_everything(env: Env) {
    in_the_middle_of_everything(env, &Acm::new()).await;
}

/// Each operation is under way when the plug is pulled, and each fails with the same error at
/// once; afterwards nothing of the port is left.
async fn in_the_middle_of_everything(env: Env, cable: &impl Pluggable) {
    let mut attempts = Attempts::default();
    while !attempts.keep(slowest_failure(&env, cable).await, AT_ONCE) {}
}

/// How long the last of all the operations needed to fail.
async fn slowest_failure(env: &Env, cable: &impl Pluggable) -> Duration {
    let port = env.open(cable.near(), 300).await.unwrap();
    let control = port.control();
    // The emulated host of CDC-ACM has no breaks.
    let has_breaks = control.send_break(Duration::from_millis(1)).await.is_ok();
    // The halves come back, so that the port stays open until all have failed.
    let (mut read, mut write) = port.into_split();
    let reading = env.spawn(async move {
        loop {
            if let Err(error) = read.receive_available(64).await {
                return Failure::new("receive", error, read);
            }
        }
    });
    let writing = env.spawn(async move {
        loop {
            if let Err(error) = write.send(&[b'U'; 4096]).await {
                return Failure::new("send", error, write);
            }
        }
    });
    let mut others = Vec::new();
    for operation in ["drain", "configure", "wait_modem_change", "send_break"] {
        if operation == "send_break" && !has_breaks {
            continue;
        }
        let control = control.clone();
        let at = env.clone();
        others.push(env.spawn(async move {
            let error = until_it_fails(&at, &control, operation).await;
            Failure::new(operation, error, ())
        }));
    }
    env.sleep(Duration::from_millis(300)).await;
    let pulled = Instant::now();
    let plug = cable.unplug();
    let mut slowest = Duration::ZERO;
    let mut check = |operation: &str, error: &Error, at: Instant| {
        let took = at.saturating_duration_since(pulled);
        println!(
            "{}: {operation} fails {took:.1?} after the unplug",
            cable.name()
        );
        assert!(error.is_disconnected(), "{operation}: {error}");
        slowest = slowest.max(took);
    };
    let reading = env.bounded(reading.join()).await;
    check(reading.operation, &reading.error, reading.at);
    let writing = env.bounded(writing.join()).await;
    check(writing.operation, &writing.error, writing.at);
    for other in others {
        let other = env.bounded(other.join()).await;
        check(other.operation, &other.error, other.at);
    }
    drop((reading, writing));
    nothing_is_left();
    plug.plug_in();
    slowest
}

/// How an operation ended, when, and what it had of the port.
struct Failure<T> {
    operation: &'static str,
    error: Error,
    at: Instant,
    _half: T,
}

impl<T> Failure<T> {
    fn new(operation: &'static str, error: Error, half: T) -> Self {
        Failure {
            operation,
            error,
            at: Instant::now(),
            _half: half,
        }
    }
}

/// Does this over and over again.
async fn until_it_fails(env: &Env, control: &Control, operation: &str) -> Error {
    loop {
        let done = match operation {
            "drain" => control.drain().await,
            "configure" => {
                // Nothing of it is what it was before.
                let other = match control.config().map(|config| config.baud_rate) {
                    Ok(300) => 600,
                    _ => 300,
                };
                // The emulated controller loses a request now and then as its device goes, and
                // the driver waits for that: not too many at once.
                env.sleep(Duration::from_millis(10)).await;
                control.configure(other).await
            }
            "wait_modem_change" => {
                let change = control.wait_modem_change(ModemLines::ALL).await;
                change.map(drop)
            }
            _ => control.send_break(Duration::from_secs(60)).await,
        };
        if let Err(error) = done {
            return error;
        }
    }
}

/// After a replug the device is found by its serial number, also under another name, as it is
/// while the old port is still open.
pub(crate) async fn replug_gives_a_new_port(env: Env) {
    let cable = Ftdi::new();
    let (mut near, mut far) = open_both(&env, &cable, 115_200).await;
    let old = near.path().to_path_buf();
    let mut buf = [0; 8];
    let (received, plug) = zip(env.bounded(near.receive(&mut buf)), async {
        cable.unplug()
    })
    .await;
    assert!(received.unwrap_err().is_disconnected());
    let began = Instant::now();
    plug.plug_in();
    let new = cable.near();
    println!(
        "{} came back as {} in {:.1?}",
        old.display(),
        new.display(),
        began.elapsed()
    );
    assert_ne!(old, new);
    // The old port stays gone, the new one works.
    assert!(near.send(b"x").await.unwrap_err().is_disconnected());
    let mut again = env.open(&new, 115_200).await.unwrap();
    again.send(b"back").await.unwrap();
    assert_eq!(receive(&env, &mut far, 4).await, b"back");
    drop((near, again));
}

/// Waits until nothing is left of any port: no thread of its own at work, and no descriptor. (A
/// thread of tokio's pool may rest for a while.)
fn nothing_is_left() {
    wait("the threads and descriptors of ports to go", || {
        let mut tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
        let is_at_work = tasks.any(|task| {
            let text = |name| fs::read_to_string(task.path().join(name)).unwrap_or_default();
            let name = text("comm");
            name.starts_with("anyserial")
                || name.starts_with("tokio") && !text("wchan").starts_with("futex")
        });
        let mut descriptors = fs::read_dir("/proc/self/fd").unwrap().flatten();
        let is_open = descriptors.any(|descriptor| {
            let target = fs::read_link(descriptor.path()).unwrap_or_default();
            target
                .as_os_str()
                .as_encoded_bytes()
                .starts_with(b"/dev/tty")
        });
        (!is_at_work && !is_open).then_some(())
    });
}
