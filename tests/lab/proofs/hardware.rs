//! Low latency, RS-485, lines and line errors on real kernel drivers.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use anyserial::{
    Capability, Error, Feature, LineEvent, LineOnOpen, ModemLines, Parity, Rs485Addressing,
    Rs485Config, SerialConfig, SerialPort, UnsupportedPolicy,
};
use anyserial_lab::{Acm, Cable, Ftdi, PL011, Pluggable, Side, Uart, Usb};
use anyserial_tests::Env;
use futures_lite::StreamExt;
use futures_lite::future::poll_once;
use rustix::fs::Mode;
use rustix::process::{Gid, Uid};
use rustix::thread::{set_thread_gid, set_thread_uid};

use crate::bench::Attempts;

const AT_ONCE: Duration = Duration::from_millis(100);

/// `ASYNC_LOW_LATENCY` of Linux `include/uapi/linux/tty_flags.h`.
const ASYNC_LOW_LATENCY: i32 = 1 << 13;

/// Whether the driver of this terminal has low latency on, asked on a descriptor of its own.
fn low_latency_flag(path: &str) -> bool {
    // `struct serial_struct`, whose fifth `int` is `flags`.
    let serial: [i32; 32] = raw::get::<{ raw::TIOCGSERIAL }, _>(path);
    serial[4] & ASYNC_LOW_LATENCY != 0
}

/// The FTDI latency timer of `/dev/NAME`.
fn latency_timer(path: &str) -> String {
    fs::read_to_string(timer_of(path)).unwrap()
}

fn timer_of(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap();
    format!("/sys/class/tty/{name}/device/latency_timer")
}

/// The path of the near 16550A.
fn uart() -> String {
    Uart.near().to_str().unwrap().to_owned()
}

/// The path of an emulated FTDI adapter.
fn ftdi(side: Side) -> String {
    Ftdi::new().path(side).to_str().unwrap().to_owned()
}

/// The RS-485 state of this terminal: flags and the two delays.
fn rs485_state(path: &str) -> [u32; 3] {
    let state: [u32; 8] = raw::get::<{ raw::TIOCGRS485 }, _>(path);
    [state[0], state[1], state[2]]
}

/// Questions to a terminal beside the port under test.
mod raw {
    use std::os::fd::OwnedFd;

    use anyserial::SerialPort;
    use rustix::fs::{Mode, OFlags};
    use rustix::ioctl::{Getter, Opcode, Setter, ioctl};

    pub(super) const TIOCGSERIAL: Opcode = 0x541e;
    pub(super) const TIOCGRS485: Opcode = 0x542e;
    const TIOCMBIS: Opcode = 0x5416;
    const TIOCMBIC: Opcode = 0x5417;
    const TIOCM_LOOP: i32 = 0x8000;

    /// Root can open a terminal although it is exclusive. It raises RTS and DTR.
    pub(super) fn open(path: &str) -> OwnedFd {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        rustix::fs::open(path, flags, Mode::empty()).unwrap()
    }

    /// A UART whose own outputs are connected to its inputs, RTS to CTS and DTR to DSR, until this
    /// goes: to the wire it is dead meanwhile, and closing does not change that.
    pub(super) struct LoopBack<'a>(&'a SerialPort);

    impl<'a> LoopBack<'a> {
        pub(super) fn new(port: &'a SerialPort) -> Self {
            set_bits::<TIOCMBIS>(port, TIOCM_LOOP);
            LoopBack(port)
        }
    }

    impl Drop for LoopBack<'_> {
        fn drop(&mut self) {
            set_bits::<TIOCMBIC>(self.0, TIOCM_LOOP);
        }
    }

    #[allow(unsafe_code)]
    fn set_bits<const OPCODE: Opcode>(port: &SerialPort, bits: i32) {
        port.with_fd(|fd| {
            // SAFETY: the kernel reads an `int`.
            unsafe { ioctl(fd.unwrap(), Setter::<OPCODE, i32>::new(bits)) }.unwrap();
        })
        .unwrap();
    }

    #[allow(unsafe_code)]
    pub(super) fn get<const OPCODE: Opcode, T>(path: &str) -> T {
        // SAFETY: the callers' arrays are at least as long as the structs of these requests.
        unsafe { ioctl(open(path), Getter::<OPCODE, T>::new()) }.unwrap()
    }
}

/// The flag alone: on, off on `configure`, on close, on drop, and after a panic.
pub(crate) async fn uart_low_latency(env: Env) {
    const PATH: &str = "/dev/ttyS1";
    let config = SerialConfig::default();
    assert!(!low_latency_flag(PATH));
    let port = env.open(PATH, config).await.unwrap();
    let capabilities = port.capabilities().await.unwrap();
    assert_eq!(capabilities.low_latency, Capability::Supported);
    assert!(!low_latency_flag(PATH));
    port.configure(config.low_latency(true)).await.unwrap();
    assert!(low_latency_flag(PATH) && port.config().unwrap().low_latency);
    port.configure(config).await.unwrap();
    assert!(!low_latency_flag(PATH));

    port.configure(config.low_latency(true)).await.unwrap();
    port.close().await.unwrap();
    assert!(!low_latency_flag(PATH));
    drop(env.open(PATH, config.low_latency(true)).await.unwrap());
    assert!(!low_latency_flag(PATH));
    let port = env.open(PATH, config.low_latency(true)).await.unwrap();
    assert!(low_latency_flag(PATH));
    let panicked = catch_unwind(AssertUnwindSafe(move || {
        let _port = port;
        std::panic::resume_unwind(Box::new("on purpose"));
    }));
    assert!(panicked.is_err() && !low_latency_flag(PATH));
}

/// The flag and the timer of an FTDI adapter, also by a link, and whatever the timer was before.
pub(crate) async fn ftdi_low_latency(env: Env) {
    let path = ftdi(Side::Near);
    let path = path.as_str();
    let config = SerialConfig::default();
    let link = std::env::temp_dir().join("by-id-to-ftdi");
    let _ = fs::remove_file(&link);
    std::os::unix::fs::symlink(path, &link).unwrap();
    let timer = timer_of(path);
    for before in ["16\n", "40\n"] {
        fs::write(&timer, before).unwrap();
        let port = env.open(&link, config.low_latency(true)).await.unwrap();
        assert!(low_latency_flag(path));
        assert_eq!(latency_timer(path), "1\n");
        let capabilities = port.capabilities().await.unwrap();
        assert_eq!(capabilities.low_latency, Capability::Supported);
        port.configure(config).await.unwrap();
        assert!(!low_latency_flag(path));
        assert_eq!(latency_timer(path), before);
        port.configure(config.low_latency(true)).await.unwrap();
        // The driver keeps this for when the flag is off again. It is not what was before.
        fs::write(&timer, "20\n").unwrap();
        drop(port);
        assert!(!low_latency_flag(path));
        assert_eq!(latency_timer(path), before);
    }
    fs::write(&timer, "16\n").unwrap();
    fs::remove_file(&link).unwrap();
}

/// A user who may open the port, and may not write to sysfs, gets low latency too.
pub(crate) async fn low_latency_needs_no_root(env: Env) {
    let config = SerialConfig::default().low_latency(true);
    for path in [uart(), ftdi(Side::Near)] {
        let path = path.as_str();
        rustix::fs::chmod(path, Mode::from_raw_mode(0o666)).unwrap();
        let (env, opened) = (env.clone(), path.to_owned());
        let user = std::thread::spawn(move || {
            // Of this thread, and of those that it starts.
            set_thread_gid(Gid::from_raw(65_534)).unwrap();
            set_thread_uid(Uid::from_raw(65_534)).unwrap();
            futures_lite::future::block_on(env.open(opened, config)).unwrap()
        });
        let port = user.join().unwrap();
        assert!(port.config().unwrap().low_latency && low_latency_flag(path));
        drop(port);
        assert!(!low_latency_flag(path));
    }
    assert_eq!(latency_timer(&ftdi(Side::Near)), "16\n");
}

/// cdc-acm takes the flag and does not keep it.
pub(crate) async fn acm_has_no_low_latency(env: Env) {
    let port = env.open(Acm::new().near(), 9600).await.unwrap();
    let capabilities = port.capabilities().await.unwrap();
    assert_eq!(capabilities.low_latency, Capability::Unsupported);
    assert_eq!(capabilities.rs485, Capability::Unsupported);
    let wanted = SerialConfig::new(9600).low_latency(true);
    let error = port.configure(wanted).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::UnsupportedFeature {
                feature: Feature::LowLatency,
                ..
            }
        ),
        "{error}"
    );
    let tolerant = wanted.unsupported(UnsupportedPolicy::Ignore);
    port.configure(tolerant).await.unwrap();
    assert!(!port.config().unwrap().low_latency);
}

/// A 16550A tells its RS-485 state and takes none; FTDI has none.
pub(crate) async fn no_rs485_is_no_rs485(env: Env) {
    for path in [uart(), ftdi(Side::Near)] {
        let path = path.as_str();
        let port = env.open(path, 9600).await.unwrap();
        let capabilities = port.capabilities().await.unwrap();
        assert_eq!(capabilities.rs485, Capability::Unsupported, "{path}");
        let wanted = SerialConfig::new(9600).rs485(Rs485Config::new());
        let error = port.configure(wanted).await.unwrap_err();
        assert!(
            matches!(
                error,
                Error::UnsupportedFeature {
                    feature: Feature::Rs485,
                    ..
                }
            ),
            "{error}"
        );
    }
}

/// On a PL011: on, off on `configure`, on close and drop; what it clamps or drops, by field; and
/// asking changes nothing.
pub(crate) async fn pl011_rs485(env: Env) {
    const PATH: &str = PL011;
    const ON_SEND: u32 = 0b011;
    const AFTER_SEND: u32 = 0b101;
    let is_off = || rs485_state(PATH)[0] & 1 == 0;
    let config = SerialConfig::default();
    let plain = Rs485Config::new();
    // The kernel boots with "RTS while sending" beside "off", and then knows but one "off".
    let off = rs485_state(PATH);
    assert!(is_off());
    let port = env.open(PATH, config).await.unwrap();
    let capabilities = port.capabilities().await.unwrap();
    assert_eq!(capabilities.rs485, Capability::Supported);
    assert_eq!(capabilities.low_latency, Capability::Supported);
    assert_eq!(rs485_state(PATH), off);

    let wanted = plain
        .rts_on_send(false)
        .rts_after_send(true)
        .delay_before_send(Duration::from_millis(3))
        .delay_after_send(Duration::from_millis(4));
    port.configure(config.rs485(wanted)).await.unwrap();
    assert_eq!(rs485_state(PATH), [AFTER_SEND, 3, 4]);
    // Asking changes nothing while it is on, either.
    port.capabilities().await.unwrap();
    assert_eq!(rs485_state(PATH), [AFTER_SEND, 3, 4]);

    // Refused, by field: and what was in force is in force.
    let addressing = Rs485Addressing::new().receive(1);
    for (refused, field) in [
        (
            plain.delay_after_send(Duration::from_millis(101)),
            "rs485.delay_after_send",
        ),
        (
            plain.delay_before_send(Duration::from_secs(60)),
            "rs485.delay_before_send",
        ),
        (plain.terminate_bus(true), "rs485.terminate_bus"),
        (plain.rts_after_send(true), "rs485.rts_after_send"),
        (plain.rts_on_send(false), "rs485.rts_on_send"),
        (plain.addressing(addressing), "rs485.addressing"),
    ] {
        let error = port.configure(config.rs485(refused)).await.unwrap_err();
        assert!(
            matches!(&error, Error::UnsupportedConfiguration { field: got, .. } if *got == field),
            "{field}: {error}"
        );
        assert_eq!(rs485_state(PATH), [AFTER_SEND, 3, 4], "{field}");
        assert_eq!(port.config().unwrap().rs485, Some(wanted));
    }

    port.configure(config).await.unwrap();
    assert!(is_off());
    port.configure(config.rs485(plain)).await.unwrap();
    port.configure(config.rs485(wanted)).await.unwrap();
    port.close().await.unwrap();
    assert!(is_off());
    let port = env.open(PATH, config.rs485(plain)).await.unwrap();
    assert_eq!(rs485_state(PATH), [ON_SEND, 0, 0]);
    let panicked = catch_unwind(AssertUnwindSafe(move || {
        let _port = port;
        std::panic::resume_unwind(Box::new("on purpose"));
    }));
    assert!(panicked.is_err());
    assert!(is_off());
}

/// A port that is busy is not so much as touched: its lines stay down.
pub(crate) async fn a_busy_port_keeps_its_lines(env: Env) {
    for path in [uart(), ftdi(Side::Near)] {
        let path = path.as_str();
        let port = env.open(path, 9600).await.unwrap();
        let both_down = port.set_control_lines(Some(false), Some(false)).await;
        both_down.unwrap();
        let error = env.open(path, 300).await.unwrap_err();
        let holder = Some(std::process::id());
        assert!(
            matches!(error, Error::Busy { holder: by, .. } if by == holder),
            "{error}"
        );
        let lines = port.control_lines().await.unwrap();
        assert_eq!(lines.to_string(), "none", "{path}");
        // What Linux does otherwise.
        drop(raw::open(path));
        let lines = port.control_lines().await.unwrap();
        assert_eq!(lines.to_string(), "rts+dtr", "{path}");
    }
}

/// The lines at open, and back if the open fails.
pub(crate) async fn lines_on_open(env: Env) {
    let config = SerialConfig::new(9600);
    for path in [uart(), ftdi(Side::Near)] {
        let path = path.as_str();
        for (rts, dtr, expected) in [
            (LineOnOpen::Low, LineOnOpen::Low, "none"),
            (LineOnOpen::High, LineOnOpen::Low, "rts"),
            (LineOnOpen::Low, LineOnOpen::Keep, "dtr"),
            (LineOnOpen::Keep, LineOnOpen::Keep, "rts+dtr"),
        ] {
            let wanted = config.rts_on_open(rts).dtr_on_open(dtr);
            let port = env.open(path, wanted).await.unwrap();
            let lines = port.control_lines().await.unwrap();
            assert_eq!(lines.to_string(), expected, "{path} {wanted}");
            port.configure(wanted.baud_rate(19_200)).await.unwrap();
            let lines = port.control_lines().await.unwrap();
            assert_eq!(lines.to_string(), expected, "{path} {wanted}");
        }
        let shared = env.open(path, config.exclusive(false)).await.unwrap();
        // No hardware of the lab is so fast.
        let refused = SerialConfig::new(3_999_999)
            .rts_on_open(LineOnOpen::Low)
            .dtr_on_open(LineOnOpen::Low);
        assert!(env.open(path, refused).await.is_err());
        let lines = shared.control_lines().await.unwrap();
        assert_eq!(lines.to_string(), "rts+dtr", "{path}");
    }
}

/// Lines that stay up between opens are no edge for the board at the far end.
pub(crate) async fn without_hangup_the_lines_stay_up(env: Env) {
    let config = SerialConfig::new(9600);
    let board = env.open(ftdi(Side::Far), config).await.unwrap();
    let first = env
        .open(ftdi(Side::Near), config.hangup_on_close(false))
        .await;
    first.unwrap().close().await.unwrap();
    let mut changes = board.modem_changes(ModemLines::ALL).await.unwrap();
    let quiet = Duration::from_millis(200);
    let second = env
        .open(ftdi(Side::Near), config.hangup_on_close(false))
        .await;
    second.unwrap().close().await.unwrap();
    assert!(env.within(quiet, changes.next_change()).await.is_none());
    // With hang-up, which is the default, there are edges.
    let third = env.open(ftdi(Side::Near), config).await.unwrap();
    third.close().await.unwrap();
    let change = env.bounded(changes.next_change()).await.unwrap();
    assert_eq!(change.changed.to_string(), "cts+dsr+cd");
}

/// Level changes and pulses of an FTDI adapter's lines, each told once; then the cable is pulled.
pub(crate) async fn ftdi_modem_changes(env: Env) {
    let near = env.open(ftdi(Side::Near), 9600).await.unwrap();
    let far = env.open(ftdi(Side::Far), 9600).await.unwrap();
    let slow = Duration::from_millis(100);
    // Let the news of opening arrive.
    env.sleep(slow).await;
    let changes = near.modem_changes_every(Duration::from_millis(20), ModemLines::ALL);
    let mut changes = changes.await.unwrap();
    far.set_control_lines(Some(false), None).await.unwrap();
    let change = env.bounded(changes.next_change()).await.unwrap();
    assert_eq!(change.changed.to_string(), "cts");
    assert_eq!(change.lines.to_string(), "dsr+cd");
    assert!(env.within(slow, changes.next_change()).await.is_none());

    // A pulse that is over before anybody looks.
    far.set_control_lines(Some(true), None).await.unwrap();
    env.sleep(slow).await;
    far.set_control_lines(Some(false), None).await.unwrap();
    env.sleep(slow).await;
    let change = env.bounded(changes.next_change()).await.unwrap();
    assert_eq!(change.changed.to_string(), "cts");
    assert!(!change.lines.cts);
    assert!(env.within(slow, changes.next_change()).await.is_none());

    Ftdi::new().ring(Side::Near, true);
    let change = env.bounded(changes.next_change()).await.unwrap();
    assert!(change.changed.ri && change.lines.ri);
    Ftdi::new().ring(Side::Near, false);
    let change = env.bounded(changes.next_change()).await.unwrap();
    assert!(change.changed.ri && !change.lines.ri);

    assert!(poll_once(changes.next()).await.is_none());
    drop(near);
    let error = env.bounded(changes.next()).await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Closed { .. }), "{error}");
    assert!(changes.next().await.is_none());
}

/// A UART that does not count has its levels watched.
pub(crate) async fn uart_modem_changes(env: Env) {
    let port = env.open(uart(), 9600).await.unwrap();
    let _loop_back = raw::LoopBack::new(&port);
    let mut changes = port.modem_changes(ModemLines::ALL).await.unwrap();
    let before = port.modem_lines().await.unwrap();
    assert!(before.cts && before.dsr);
    port.set_control_lines(Some(false), None).await.unwrap();
    let change = env.bounded(changes.next_change()).await.unwrap();
    assert_eq!(change.changed.to_string(), "cts");
    port.set_control_lines(None, Some(false)).await.unwrap();
    let change = env.bounded(changes.next_change()).await.unwrap();
    assert_eq!(change.changed.to_string(), "dsr");
    port.set_control_lines(Some(true), Some(true))
        .await
        .unwrap();
    let change = env.bounded(changes.next_change()).await.unwrap();
    assert_eq!(
        (change.changed.to_string(), change.lines),
        ("cts+dsr".to_owned(), before)
    );
}

/// What a port receives until one of it is no data: that event last.
async fn events_until_no_data(env: &Env, port: &mut SerialPort) -> String {
    let mut seen = String::new();
    let mut buf = [0; 16];
    loop {
        let received = env.bounded(port.receive_events(&mut buf)).await.unwrap();
        for event in &received {
            match event {
                LineEvent::Data(data) => seen.push_str(&data.escape_ascii().to_string()),
                LineEvent::Damaged(byte) => return format!("{seen} damaged {byte:x}"),
                _ => return format!("{seen} break"),
            }
        }
    }
}

/// A break among bytes of a 16550A.
pub(crate) async fn uart_marks(env: Env) {
    let marked = SerialConfig::new(9600).mark_errors(true);
    let mut near = env.open(uart(), marked).await.unwrap();
    let mut far = env.open(Uart.far(), 9600).await.unwrap();
    for _ in 0..3 {
        let before = near.counters().await.unwrap();
        far.send(b"a\xff\xff\0").await.unwrap();
        // On the wire, so before the break.
        let mut data = Vec::new();
        while data.len() < 4 {
            let mut buf = [0; 1];
            let received = env.bounded(near.receive_events(&mut buf)).await.unwrap();
            assert!(matches!(received.events().next(), Some(LineEvent::Data(_))));
            data.extend_from_slice(received.bytes());
        }
        assert_eq!(data, b"a\xff\xff\0");
        Uart.send_break_to(Side::Near);
        assert_eq!(events_until_no_data(&env, &mut near).await, " break");
        let after = near.counters().await.unwrap();
        assert_eq!(after.breaks - before.breaks, 1);
    }
}

/// Break, wrong parity and a missing stop bit on an FTDI adapter, told apart by the counters.
pub(crate) async fn ftdi_marks(env: Env) {
    let marked = SerialConfig::new(9600).mark_errors(true);
    let mut near = env.open(ftdi(Side::Near), marked).await.unwrap();
    let mut far = env.open(ftdi(Side::Far), 9600).await.unwrap();
    let counts = async |port: &SerialPort| {
        let counters = port.counters().await.unwrap();
        (counters.breaks, counters.parity, counters.framing)
    };
    let (breaks, parity, framing) = counts(&near).await;
    far.send(b"a\xff").await.unwrap();
    far.drain().await.unwrap();
    far.send_break(Duration::from_millis(50)).await.unwrap();
    let seen = events_until_no_data(&env, &mut near).await;
    assert_eq!(seen, "a\\xff break");
    assert_eq!(counts(&near).await, (breaks + 1, parity, framing));

    far.configure(SerialConfig::new(9600).parity(Parity::Even))
        .await
        .unwrap();
    far.send(b"P").await.unwrap();
    let seen = events_until_no_data(&env, &mut near).await;
    assert_eq!(seen, " damaged 50");
    assert_eq!(counts(&near).await, (breaks + 1, parity + 1, framing));

    far.configure(19_200).await.unwrap();
    far.send(b"F").await.unwrap();
    let seen = events_until_no_data(&env, &mut near).await;
    assert_eq!(seen, " damaged 46");
    assert_eq!(counts(&near).await, (breaks + 1, parity + 1, framing + 1));

    // All is well again.
    far.configure(9600).await.unwrap();
    far.send(b"\xff\0w").await.unwrap();
    let mut data = Vec::new();
    while data.len() < 3 {
        let mut buf = [0; 2];
        let received = env.bounded(near.receive_events(&mut buf)).await.unwrap();
        assert!(matches!(received.events().next(), Some(LineEvent::Data(_))));
        data.extend_from_slice(received.bytes());
    }
    assert_eq!(data, b"\xff\0w");

    // Who does not ask gets a zero for a break.
    far.send_break(Duration::from_millis(50)).await.unwrap();
    let mut buf = [7; 4];
    let count = env.bounded(near.receive(&mut buf)).await.unwrap();
    assert_eq!(buf[..count], [0]);
}

/// The cable is pulled while somebody watches the lines: an error within 100 ms, and for ever.
pub(crate) async fn ftdi_pulled_while_watching(env: Env) {
    let mut attempts = Attempts::default();
    while !attempts.keep(pulled_while_watching(&env).await, AT_ONCE) {}
}

/// How long the error needed.
async fn pulled_while_watching(env: &Env) -> Duration {
    let config = SerialConfig::new(9600).low_latency(true).mark_errors(true);
    let port = env.open(ftdi(Side::Near), config).await.unwrap();
    let mut changes = port.modem_changes(ModemLines::ALL).await.unwrap();
    assert!(poll_once(changes.next_change()).await.is_none());
    let cable = Ftdi::new();
    let pulled = Instant::now();
    let plug = cable.unplug();
    let error = loop {
        // The lines may drop before the device goes.
        if let Err(error) = env.bounded(changes.next_change()).await {
            break error;
        }
    };
    let after = pulled.elapsed();
    assert!(error.is_disconnected(), "{error}");
    let error = env.bounded(changes.next()).await.unwrap().unwrap_err();
    assert!(error.is_disconnected(), "{error}");
    assert!(changes.next().await.is_none());
    // Nothing is left to be put back, which is no error.
    port.close().await.unwrap();
    plug.plug_in();
    after
}

/// What each driver says it can do.
pub(crate) async fn capabilities_of_each_driver(env: Env) {
    use Capability::{Supported, Unknown, Unsupported};
    for (path, counters, low_latency, transmitter_status) in [
        (Uart.near(), Supported, Supported, Supported),
        (Usb.near(), Supported, Supported, Supported),
        (Ftdi::new().near(), Supported, Supported, Supported),
        (Acm::new().near(), Supported, Unsupported, Unsupported),
    ] {
        let port = env.open(&path, 9600).await.unwrap();
        let path = path.display();
        let capabilities = port.capabilities().await.unwrap();
        assert_eq!(capabilities.modem_lines, Supported, "{path}");
        assert_eq!(capabilities.control_lines, Supported, "{path}");
        assert_eq!(capabilities.counters, counters, "{path}");
        assert_eq!(capabilities.low_latency, low_latency, "{path}");
        assert_eq!(capabilities.rs485, Unsupported, "{path}");
        assert_eq!(
            capabilities.transmitter_status, transmitter_status,
            "{path}"
        );
        assert_eq!(capabilities.dtr_dsr, Unsupported, "{path}");
        // Only using it will tell.
        assert_eq!(capabilities.break_signal, Unknown, "{path}");
        assert_eq!(capabilities.mark_space_parity, Unknown, "{path}");
    }
}
