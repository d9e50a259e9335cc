//! The port without async: the same promises, and what only it has.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::collections::BTreeSet;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyserial::blocking::{
    Control, ModemChanges, OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, SerialPort,
    WriteHalf,
};
use anyserial::testing::{FaultPlan, PairBuilder};
use anyserial::{ControlLines, Error, Feature, LineEvent, ModemLines, Parity, SerialConfig};
use anyserial_tests::{FarEnd, noise};
use futures_lite::future::block_on;

/// Longer than anything here takes, and short enough to tell a test that hangs.
const LONG: Duration = Duration::from_secs(60);

/// A port on a fresh pseudo-terminal.
fn pty() -> (SerialPort, FarEnd) {
    let far = FarEnd::new();
    let port = SerialPort::open(far.path(), SerialConfig::default()).unwrap();
    (port, far)
}

/// Both ends of a pseudo-terminal as blocking ports.
fn pty_pair() -> (SerialPort, SerialPort) {
    let flags = rustix::pty::OpenptFlags::RDWR | rustix::pty::OpenptFlags::NOCTTY;
    let master = rustix::pty::openpt(flags).unwrap();
    rustix::pty::unlockpt(&master).unwrap();
    let name = rustix::pty::ptsname(&master, Vec::new()).unwrap();
    let slave = SerialPort::open(name.to_str().unwrap(), SerialConfig::default()).unwrap();
    let config = SerialConfig::default().exclusive(false);
    (slave, SerialPort::from_fd(master, config).unwrap())
}

/// Two ports in memory, driven by another reactor than the ports of this system.
fn pair() -> (SerialPort, SerialPort) {
    let (near, far) = anyserial::testing::pair();
    (near.into(), far.into())
}

/// Two ports in memory whose first one has these faults.
fn faulty_pair(faults: &FaultPlan) -> (SerialPort, SerialPort) {
    let reactor = std::sync::Arc::new(anyserial::reactor::AsyncIo);
    let (near, far) = PairBuilder::new(reactor).near_faults(faults).build();
    (near.into(), far.into())
}

fn is_timed_out(error: &Error) -> bool {
    matches!(error, Error::TimedOut { .. })
}

#[test]
fn sends_and_receives() {
    let values: Vec<u8> = (0..=255).collect();
    for (mut near, mut far) in [pty_pair(), pair()] {
        for port in [&mut near, &mut far] {
            port.set_timeout(LONG);
        }
        near.send(&values).unwrap();
        let mut received = Vec::new();
        while received.len() < values.len() {
            received.extend(far.receive_available(100).unwrap());
        }
        assert_eq!(received, values);

        let sent = far
            .send_vectored(&[IoSlice::new(b"ab"), IoSlice::new(b"c")])
            .unwrap();
        far.send(&b"abc"[sent..]).unwrap();
        let mut buf = [0; 3];
        let mut filled = near
            .receive_vectored(&mut [IoSliceMut::new(&mut buf)])
            .unwrap();
        while filled < 3 {
            filled += near.receive(&mut buf[filled..]).unwrap();
        }
        assert_eq!(&buf, b"abc");
    }
}

#[test]
fn has_the_traits_of_std() {
    for (mut near, mut far) in [pty_pair(), pair()] {
        far.set_timeout(LONG);
        near.write_all(b"hello").unwrap();
        near.flush().unwrap();
        let mut buf = [0; 5];
        far.read_exact(&mut buf).unwrap();
        assert_eq!(&buf, b"hello");
        assert_eq!(far.read(&mut []).unwrap(), 0);
        assert_eq!(far.read_vectored(&mut []).unwrap(), 0);
        assert_eq!(far.write(&[]).unwrap(), 0);
        assert_eq!(far.write_vectored(&[]).unwrap(), 0);
        // Lines, by what std has for them.
        near.write_all(b"one\ntwo\n").unwrap();
        let mut lines = io::BufRead::lines(io::BufReader::new(&mut far));
        for line in ["one", "two"] {
            assert_eq!(lines.next().unwrap().unwrap(), line);
        }
        far.set_timeout(Duration::ZERO);
        let error = far.read(&mut buf).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}

#[test]
fn a_timeout_leaves_the_port_usable() {
    for (mut near, mut far) in [pty_pair(), pair()] {
        let mut buf = [0; 8];
        let timeout = Duration::from_millis(20);
        near.set_timeout(timeout);
        assert_eq!(near.timeout(), Some(timeout));
        for _ in 0..3 {
            let began = Instant::now();
            let error = near.receive(&mut buf).unwrap_err();
            assert!(began.elapsed() >= timeout && began.elapsed() < LONG);
            assert_eq!(
                error.to_string(),
                format!("{}: timed out after 20ms", near.path().display())
            );
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        }
        far.send(b"there").unwrap();
        near.set_timeout(LONG);
        assert_eq!(near.receive(&mut buf).unwrap(), 5);
        // What is ready is never too late.
        near.set_timeout(Duration::ZERO);
        assert!(is_timed_out(&near.receive(&mut buf).unwrap_err()));
        far.send(b"again").unwrap();
        while near.input_waiting().unwrap() < 5 {}
        assert_eq!(near.receive(&mut buf).unwrap(), 5);
        // All the time there is.
        far.send(b"!").unwrap();
        near.set_timeout(Duration::MAX);
        assert_eq!(near.receive(&mut buf).unwrap(), 1);

        // A queue that is full.
        near.set_timeout(timeout);
        let full = [7; 4096];
        let mut sent = 0;
        let error = loop {
            match near.send_some(&full) {
                Ok(count) => sent += count,
                Err(error) => break error,
            }
        };
        assert!(is_timed_out(&error), "{error}");
        assert!(sent > 0);
        // What was said to be sent was, and nothing of what timed out.
        let mut received = 0;
        far.set_timeout(LONG);
        while received < sent {
            received += far.receive_available(4096).unwrap().len();
        }
        assert_eq!(received, sent);
        near.send(b"mark").unwrap();
        assert_eq!(far.receive_available(4096).unwrap(), b"mark");
    }
}

#[test]
fn a_time_for_several_calls_together() {
    // A slave notices that its master is gone; the other way round not.
    let (mut far, mut near) = pty_pair();
    near.set_timeout(LONG);
    let limit = Duration::from_millis(50);
    let sender = thread::spawn(move || {
        // Each byte well within the limit, and all of them never.
        while far.send(b"x").is_ok() {
            thread::sleep(Duration::from_millis(2));
        }
    });
    let began = Instant::now();
    let error = near.within(limit, |port| {
        loop {
            if let Err(error) = port.receive_available(8) {
                return error;
            }
            // A limit within a limit does not outlast it.
            port.within(LONG, |port| assert_eq!(port.timeout(), Some(LONG)));
        }
    });
    assert!(began.elapsed() >= limit && began.elapsed() < LONG);
    assert!(
        matches!(&error, Error::TimedOut { after, .. } if *after == limit),
        "{error}"
    );
    // The limit ends with the calls, also with a panic of theirs.
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        near.within(Duration::ZERO, |_| std::panic::resume_unwind(Box::new(())));
    }));
    assert!(panicked.is_err());
    assert!(near.receive_available(8).is_ok());
    // A handle lends itself too, and the shorter limit counts.
    let control = near.control();
    let error = control.within(limit, |control| {
        let (mut near, _far) = pair();
        assert!(control.config().is_ok());
        near.within(limit, |near| near.wait_modem_change(ModemLines::ALL))
    });
    assert!(is_timed_out(&error.unwrap_err()));
    drop(near);
    sender.join().unwrap();
}

#[test]
fn timeouts_lose_no_byte() {
    const BYTES: usize = 20_000;
    for (mut near, mut far) in [pty_pair(), pair()] {
        let data = noise(BYTES);
        let sent = data.clone();
        let sender = thread::spawn(move || {
            for byte in sent {
                far.send(&[byte]).unwrap();
            }
            far
        });
        let (mut received, mut timed_out) = (Vec::new(), 0);
        let began = Instant::now();
        while received.len() < BYTES {
            near.set_timeout(Duration::from_micros(timed_out % 3));
            let mut buf = [0; 16];
            match near.receive(&mut buf) {
                Ok(count) => received.extend_from_slice(&buf[..count]),
                Err(error) => {
                    assert!(is_timed_out(&error), "{error}");
                    timed_out += 1;
                }
            }
            assert!(began.elapsed() < LONG, "{} of {BYTES}", received.len());
        }
        assert!(received == data, "bytes were lost or changed");
        drop(sender.join().unwrap());
    }
}

/// Runs `each` on both halves at the same time.
fn on_two_threads(
    mut read: impl FnMut() -> usize + Send,
    mut write: impl FnMut() -> usize + Send,
) -> (usize, usize) {
    thread::scope(|scope| {
        let reader = scope.spawn(&mut read);
        let written = write();
        (reader.join().unwrap(), written)
    })
}

#[test]
fn halves_work_on_two_threads() {
    const BYTES: usize = 1 << 20;
    for (mut near, far) in [pty_pair(), pair()] {
        let data = noise(BYTES);
        let (mut far_read, mut far_write) = far.into_split();
        far_read.set_timeout(LONG);
        // The far end sends all back.
        let echo = thread::spawn(move || {
            let mut buf = [0; 3000];
            let mut left = BYTES;
            while left > 0 {
                let count = far_read.receive(&mut buf).unwrap();
                far_write.send(&buf[..count]).unwrap();
                left -= count;
            }
            far_read.reunite(far_write).unwrap()
        });
        near.set_timeout(LONG);
        let (mut read, mut write) = near.split();
        let mut received = Vec::new();
        on_two_threads(
            || {
                while received.len() < BYTES {
                    received.extend(read.receive_available(4096).unwrap());
                }
                0
            },
            || {
                write.send(&data).unwrap();
                0
            },
        );
        assert!(received == data, "what came back is not what was sent");
        drop(echo.join().unwrap());
    }
}

#[test]
fn halves_have_their_own_timeouts() {
    for (mut near, mut far) in [pty_pair(), pair()] {
        near.set_timeout(LONG);
        let (mut read, mut write) = near.into_split();
        assert_eq!((read.timeout(), write.timeout()), (Some(LONG), Some(LONG)));
        write.set_timeout(Duration::from_millis(1));
        let control = read.control();
        // It waits for long ...
        let reader = thread::spawn(move || {
            let received = read.receive_available(8);
            (received, read)
        });
        // ... while this one runs into its own limit,
        let full = [7; 4096];
        let error = loop {
            if let Err(error) = write.send_some(&full) {
                break error;
            }
        };
        assert!(is_timed_out(&error));
        assert_eq!(control.timeout(), Some(LONG));
        // and until what it waits for comes.
        far.send(b"at last").unwrap();
        let (received, read) = reader.join().unwrap();
        assert_eq!(received.unwrap(), b"at last");
        let near = read.reunite(write).unwrap();
        assert_eq!(near.timeout(), Some(LONG));
    }
}

#[test]
fn halves_of_two_ports_do_not_reunite() {
    let (near, far) = pair();
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    let error = far_write.reunite(near_read).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot reunite halves of two ports: memory:")
    );
    let ReuniteError(near_read, far_write) = error;
    let mut near = near_write.reunite(near_read).unwrap();
    let mut far = far_read.reunite(far_write).unwrap();
    far.send(b"still").unwrap();
    assert_eq!(near.receive_available(8).unwrap(), b"still");
}

/// Each operation of a handle, by name, with its outcome.
fn every_operation(control: &Control) -> Vec<(&'static str, Result<(), Error>)> {
    let moment = Duration::from_millis(1);
    vec![
        ("config", control.config().map(drop)),
        ("info", control.info().map(drop)),
        ("capabilities", control.capabilities().map(drop)),
        ("configure", control.configure(9600)),
        ("modem_lines", control.modem_lines().map(drop)),
        ("control_lines", control.control_lines().map(drop)),
        (
            "set_control_lines",
            control.set_control_lines(Some(true), Some(false)),
        ),
        (
            "wait_modem_change",
            control.wait_modem_change(ModemLines::ALL).map(drop),
        ),
        (
            "modem_changes",
            control.modem_changes(ModemLines::ALL).map(drop),
        ),
        (
            "modem_changes_every",
            control
                .modem_changes_every(moment, ModemLines::ALL)
                .map(drop),
        ),
        (
            "wait_modem_change_every",
            control
                .wait_modem_change_every(moment, ModemLines::ALL)
                .map(drop),
        ),
        ("counters", control.counters().map(drop)),
        ("send_break", control.send_break(moment)),
        ("drain", control.drain()),
        ("discard_input", control.discard_input()),
        ("discard_output", control.discard_output()),
        ("input_waiting", control.input_waiting().map(drop)),
        ("output_waiting", control.output_waiting().map(drop)),
        ("with_fd", control.with_fd(|_| ())),
    ]
}

#[test]
fn every_control_operation_works() {
    let (near, mut far) = pair();
    let mut control = near.control();
    control.set_timeout(Duration::from_millis(20));
    for (operation, outcome) in every_operation(&control) {
        match operation {
            "wait_modem_change" | "wait_modem_change_every" => {
                assert!(is_timed_out(&outcome.unwrap_err()), "{operation}");
            }
            _ => outcome.unwrap(),
        }
    }
    assert_eq!(near.config().unwrap(), SerialConfig::new(9600));
    let lines = ControlLines {
        rts: true,
        dtr: false,
    };
    assert_eq!(near.control_lines().unwrap(), lines);
    assert!(!far.modem_lines().unwrap().dsr);
    assert_eq!(far.counters().unwrap().breaks, 1);
    assert_eq!(far.receive_available(8).unwrap(), [0]);

    // A terminal, which lacks some.
    let (near, _far) = pty();
    for (operation, outcome) in every_operation(&near) {
        if let Err(error) = outcome {
            let Error::UnsupportedFeature { feature, .. } = error else {
                panic!("{operation}: {error}");
            };
            assert!(matches!(
                feature,
                Feature::ModemLines | Feature::ControlLines | Feature::Counters
            ));
        }
    }
    assert!(near.as_fd().is_some());
}

#[test]
fn modem_changes_one_after_the_other() {
    let (near, far) = pair();
    let mut changes = near.modem_changes(ModemLines::ALL).unwrap();
    far.set_control_lines(Some(false), None).unwrap();
    let change = changes.next_change().unwrap();
    assert_eq!(change.changed.to_string(), "cts");
    // A wait that times out misses nothing, and ends no iteration.
    changes.set_timeout(Duration::from_millis(5));
    assert!(is_timed_out(&changes.next_change().unwrap_err()));
    assert!(is_timed_out(&changes.next().unwrap().unwrap_err()));
    far.set_control_lines(Some(true), Some(false)).unwrap();
    changes.set_timeout(LONG);
    let change = changes.next().unwrap().unwrap();
    assert_eq!(change.changed.to_string(), "cts+dsr+cd");
    drop(near);
    let closed = changes.next().unwrap();
    assert!(matches!(closed, Err(Error::Closed { .. })), "{closed:?}");
    assert!(changes.next().is_none());
}

#[test]
fn events_among_the_bytes() {
    let config = SerialConfig::default().mark_errors(true);
    let reactor = std::sync::Arc::new(anyserial::reactor::AsyncIo);
    let builder = PairBuilder::new(reactor).near_config(config).unwrap();
    let (near, far) = builder.build();
    let (mut near, mut far) = (SerialPort::from(near), SerialPort::from(far));
    far.send(b"ab").unwrap();
    far.send_break(Duration::from_millis(1)).unwrap();
    let mut buf = [0; 8];
    let received = near.receive_events(&mut buf).unwrap();
    let events: Vec<_> = received.events().collect();
    assert_eq!(events, [LineEvent::Data(b"ab"), LineEvent::Break]);
    near.set_timeout(Duration::from_millis(5));
    assert!(is_timed_out(&near.receive_events(&mut buf).unwrap_err()));
}

#[test]
fn says_that_it_is_closed_and_that_it_is_disconnected() {
    for (near, mut far) in [pty_pair(), pair()] {
        let control = near.control();
        near.close().unwrap();
        for (operation, outcome) in every_operation(&control) {
            assert!(
                matches!(outcome, Err(Error::Closed { .. })),
                "{operation}: {outcome:?}"
            );
        }
        // A master notices at once, or not at all until its slave is opened again: its reads do.
        for _ in 0..3 {
            let error = far.receive(&mut [0; 8]).unwrap_err();
            assert!(error.is_disconnected(), "{error}");
        }
        far.close().unwrap();
    }
    let (near, far) = pty();
    far.hang_up();
    for (operation, outcome) in every_operation(&near) {
        match operation {
            "config" | "with_fd" => assert!(outcome.is_ok()),
            _ => assert!(
                matches!(outcome, Err(Error::Disconnected { .. })),
                "{operation}: {outcome:?}"
            ),
        }
    }
    // Closing what is gone is no error.
    near.close().unwrap();
}

#[test]
fn a_hang_up_ends_every_wait() {
    let (near, far) = pty();
    let (mut read, mut write) = near.into_split();
    let (waits, waiting) = mpsc::channel();
    let reader = thread::spawn({
        let waits = waits.clone();
        move || {
            waits.send(()).unwrap();
            read.receive(&mut [0; 8])
        }
    });
    let writer = thread::spawn(move || {
        write.set_timeout(Duration::ZERO);
        while write.send_some(&[0; 4096]).is_ok() {}
        write.set_timeout(None);
        waits.send(()).unwrap();
        write.send(&[0; 1 << 20])
    });
    for _ in 0..2 {
        waiting.recv().unwrap();
    }
    // Whether they have come so far as to wait makes no difference to them.
    far.hang_up();
    assert!(reader.join().unwrap().unwrap_err().is_disconnected());
    assert!(writer.join().unwrap().unwrap_err().is_disconnected());
}

#[test]
fn a_hung_up_master_whose_slave_came_back_is_no_endless_wait() {
    let (slave, mut master) = pty_pair();
    let path = slave.path().to_owned();
    drop(slave);
    master.set_timeout(LONG);
    let error = master.receive(&mut [0; 8]).unwrap_err();
    assert!(error.is_disconnected(), "{error}");
    let mut slave = SerialPort::open(path, 9600).unwrap();
    slave.send(b"back").unwrap();
    assert_eq!(master.receive_available(8).unwrap(), b"back");
}

#[test]
fn drain_and_close_within_their_time() {
    // As slow as a far end that has stopped the output.
    let faults = FaultPlan::new();
    faults.bandwidth(1);
    let (mut near, mut far) = faulty_pair(&faults);
    near.send(&[0; 3600]).unwrap();
    near.set_timeout(Duration::from_millis(20));
    assert!(is_timed_out(&near.drain().unwrap_err()));
    assert_eq!(near.flush().unwrap_err().kind(), io::ErrorKind::TimedOut);
    let began = Instant::now();
    assert!(is_timed_out(&near.close().unwrap_err()));
    // What it did not wait for is gone: the far end does not wait for it either.
    far.set_timeout(LONG);
    let late = (0..5).find_map(|_| far.receive_available(1).err());
    let error = late.expect("it still comes, a byte per second");
    assert!(error.is_disconnected(), "{error}");
    assert!(began.elapsed() < LONG);

    let faults = FaultPlan::new();
    faults.bandwidth(1000);
    let (mut near, mut far) = faulty_pair(&faults);
    near.send(&[0; 30]).unwrap();
    let began = Instant::now();
    near.close().unwrap();
    assert!(began.elapsed() >= Duration::from_millis(30));
    let mut left = 30;
    while left > 0 {
        left -= far.receive_available(30).unwrap().len();
    }
}

#[test]
fn opens_and_says_why_not() {
    let error = SerialPort::open("/nowhere", 9600).unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
    let error = SerialPort::open("/dev/null", 9600).unwrap_err();
    assert!(matches!(error, Error::NotSerialPort { .. }), "{error}");
    let (file, _) = std::os::unix::net::UnixStream::pair().unwrap();
    let error = SerialPort::from_fd(file, 9600).unwrap_err();
    assert!(matches!(error, Error::NotSerialPort { .. }), "{error}");

    let far = FarEnd::new();
    let port = SerialPort::open(far.path(), 300).unwrap();
    assert_eq!(far.termios().output_speed(), 300);
    let error = SerialPort::open(far.path(), 9600).unwrap_err();
    assert!(matches!(error, Error::Busy { .. }), "{error}");
    let error = port.configure(SerialConfig::new(9600).parity(Parity::Even));
    assert!(matches!(
        error.unwrap_err(),
        Error::UnsupportedConfiguration {
            field: "parity",
            ..
        }
    ));
    assert_eq!(far.termios().output_speed(), 300);
    // Right after it is dropped or closed, it can be opened again, and is closed indeed.
    drop(port);
    SerialPort::open(far.path(), 9600).unwrap().close().unwrap();
    assert!(far.read_to_end().is_empty());
}

#[test]
fn goes_together_with_the_async_port() {
    let far = FarEnd::new();
    let port = block_on(anyserial::SerialPort::open(far.path(), 9600)).unwrap();
    let mut port = SerialPort::from(port);
    port.set_timeout(Duration::from_millis(5));
    assert!(is_timed_out(&port.receive(&mut [0; 8]).unwrap_err()));
    port.set_timeout(LONG);
    let writer = thread::spawn(move || {
        thread::sleep(Duration::from_millis(5));
        far.write(b"woken");
        far
    });
    assert_eq!(port.receive_available(8).unwrap(), b"woken");
    let far = writer.join().unwrap();
    port.close().unwrap();
    assert!(far.read_to_end().is_empty());
}

#[test]
fn all_types_are_send_sync_and_unpin() {
    fn is_send_sync_unpin<T: Send + Sync + Unpin>() {}

    is_send_sync_unpin::<SerialPort>();
    is_send_sync_unpin::<Control>();
    is_send_sync_unpin::<ModemChanges>();
    is_send_sync_unpin::<ReadHalf<'_>>();
    is_send_sync_unpin::<WriteHalf<'_>>();
    is_send_sync_unpin::<OwnedReadHalf>();
    is_send_sync_unpin::<OwnedWriteHalf>();
    is_send_sync_unpin::<ReuniteError>();
}

/// The names of the public methods in these files of the library, and in folders of their names.
fn public_methods(files: &[&str]) -> BTreeSet<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/anyserial/src");
    let mut text = String::new();
    for file in files {
        text += &std::fs::read_to_string(source.join(file).with_extension("rs")).unwrap();
        for part in std::fs::read_dir(source.join(file)).into_iter().flatten() {
            text += &std::fs::read_to_string(part.unwrap().path()).unwrap();
        }
    }
    let names = text.lines().filter_map(|line| {
        let line = line.trim_start().strip_prefix("pub ")?;
        let line = line.strip_prefix("async ").unwrap_or(line);
        let name = line.strip_prefix("fn ")?;
        let end = name.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?;
        Some(name[..end].to_owned())
    });
    names.collect()
}

#[test]
fn has_every_method_of_the_async_port() {
    let of =
        |names: &[&str]| -> BTreeSet<String> { names.iter().map(ToString::to_string).collect() };
    // What is for those who bring a reactor, a transport, or another trait.
    let async_only = of(&["open_with", "from_fd_with", "from_device", "poll_receive"]);
    // The calling thread's own limits; the async port bounds a future by `timeout`.
    let blocking_only = of(&["set_timeout", "within"]);

    let asynchronous = public_methods(&["port", "receive", "send", "split", "control"]);
    let blocking = public_methods(&["blocking"]);
    for name in ["open", "receive_available", "reunite", "drain", "timeout"] {
        assert!(asynchronous.contains(name), "{name} was not found");
    }
    let missing: Vec<_> = asynchronous.difference(&blocking).collect();
    assert_eq!(missing, async_only.iter().collect::<Vec<_>>());
    let more: Vec<_> = blocking.difference(&asynchronous).collect();
    assert_eq!(more, blocking_only.iter().collect::<Vec<_>>());
}
