//! A person at the keyboard, by wire: the program in a process of its own on pseudo-terminals, and
//! sessions in this process on ports in memory.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::time::Duration;

use anyserial::reactor::AsyncIo;
use anyserial::testing::{FaultPlan, PairBuilder, VirtualPorts, pair};
use anyserial::{Buffered, Ports, SerialConfig, SerialPort, UsbInfo, blocking};
use anyserial_examples::instrument;
use futures_lite::future::{or, pending, zip};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{InputModes, LocalModes, OptionalActions, OutputModes, tcgetattr, tcsetattr};
use smol::{Timer, block_on};

use crate::connection::Connection;
use crate::keyboard::RawMode;
use crate::options::{self, Options};
use crate::session::Session;

/// What the program is to do in the process that a test has started.
const ROLE: &str = "ANYSERIAL_TERMINAL";

/// No test takes so long unless it hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// The program, if a test has started this process for it.
#[test]
fn program() {
    let Ok(arguments) = std::env::var(ROLE) else {
        return;
    };
    if arguments == "panic" {
        let _raw = RawMode::enter().unwrap().unwrap();
        println!("ready");
        std::io::stdin().read_exact(&mut [0]).unwrap();
        panic!("as it should");
    }
    let arguments = arguments.split_whitespace().map(OsString::from);
    std::process::exit(crate::start(arguments).into());
}

#[test]
fn the_program_sends_what_is_typed_and_shows_what_comes() {
    run(async {
        let system = VirtualPorts::new(Arc::new(AsyncIo));
        let mut device = system.plug("device", UsbInfo::default()).await.unwrap();
        let path = device.info().device.display().to_string();
        let mut device = Buffered::new(device.far_end());
        let mut program = Program::start(&format!("{path} 9600")).await;
        program.see(&format!("{path} at 9600 8N1")).await;
        assert!(!program.is_put_back());

        // Ctrl-C and Ctrl-Z are keys as any other.
        program.press("*IDN?\r\x03\x1a").await;
        device.receive_until(b"*IDN?\r\x03\x1a", 0).await.unwrap();
        device.send(b"ACME\r\n").await.unwrap();
        program.see("ACME").await;

        program.press("\x14x\x14e").await;
        program.see("-- bytes").await;
        program.see("-- echo").await;
        program.press("A").await;
        program.see("> 41 ").await;
        device.send(b"\x00\xff").await.unwrap();
        program.see("< 00 ff ").await;

        program.press("\x14s19200 8X1\r").await;
        program.see("settings, now 9600 8N1: 19200 8X1").await;
        program.see("invalid parity").await;
        program.press("\x14s19200\r").await;
        program.see("now 19200 8N1").await;
        program.press("\x14i").await;
        program.see("high there: ").await;
        program.see("not supported here").await;
        program.press("\x14h").await;
        program.see("usage: terminal").await;

        program.press("\x1d").await;
        let (status, is_put_back) = program.end().await;
        assert!(status.success() && is_put_back);
    });
}

#[test]
fn the_keyboard_is_put_back_after_a_signal() {
    run(async {
        let mut program = Program::start("").await;
        program.see("Ctrl-] quits").await;
        assert!(!program.is_put_back());
        kill_process(Pid::from_child(&program.child), Signal::TERM).unwrap();
        program.see("ended by Term").await;
        let (status, is_put_back) = program.end().await;
        assert!(status.code() == Some(1) && is_put_back);
    });
}

#[test]
fn the_keyboard_is_put_back_after_a_panic() {
    run(async {
        let mut program = Program::start("panic").await;
        program.see("ready").await;
        assert!(!program.is_put_back());
        program.press("!").await;
        program.see("as it should").await;
        let (status, is_put_back) = program.end().await;
        assert!(!status.success() && is_put_back);
    });
}

#[test]
fn what_is_wrong_has_an_exit_code() {
    run(async {
        let mut program = Program::start("--fast").await;
        program.see("there is no option --fast").await;
        assert_eq!(program.end().await.0.code(), Some(2));

        let mut program = Program::start("/dev/ttyNONE").await;
        program.see("no such serial port").await;
        assert_eq!(program.end().await.0.code(), Some(1));

        let mut program = Program::start("--help").await;
        program.see("Ctrl-] quits").await;
        assert!(program.end().await.0.success());
    });
}

#[test]
fn it_goes_on_after_a_replug() {
    run(async {
        let system = VirtualPorts::new(Arc::new(AsyncIo));
        let mut adapter = UsbInfo::new(0x0403, 0x6001);
        adapter.serial_number = Some("A50285BI".to_owned());
        let plugged = system.plug("ttyUSB0", adapter.clone()).await.unwrap();
        let options = options("a50285bi");
        let connection = open(&system.ports(), &options).await;
        let (session, keyboard, mut person) = sit_down(connection, &options, true);

        let script = async {
            person.see("at 115200 8N1").await;
            plugged.unplug();
            person.see("lost").await;
            person.press("x").await;
            person.see("not sent: the device is away").await;

            let mut plugged = system.plug("ttyUSB1", adapter).await.unwrap();
            person.see("back as").await;
            plugged.far_end().send(b"hello").await.unwrap();
            person.see("hello").await;
            person.press("y").await;
            let got = plugged.far_end().receive_available(64).await.unwrap();
            assert_eq!(got, b"y");
            person.press("\x1d").await;
        };
        zip(session.run(keyboard, pending()), script)
            .await
            .0
            .unwrap();
    });
}

#[test]
fn without_a_replug_an_unplugged_device_is_the_end() {
    run(async {
        let (port, far_end) = pair();
        let options = options("x");
        let connection = Connection { port, links: None };
        let (session, keyboard, mut person) = sit_down(connection, &options, true);
        let script = async {
            person.see("quits").await;
            drop(far_end);
        };
        let outcome = zip(session.run(keyboard, pending()), script).await.0;
        assert!(outcome.unwrap_err().to_string().contains("disconnected"));
    });
}

#[test]
fn lines_and_breaks() {
    run(async {
        let (port, mut device) = pair();
        let options = options("--lines x");
        let connection = Connection { port, links: None };
        let (session, keyboard, mut person) = sit_down(connection, &options, true);
        let script = async {
            person.press("\x14r").await;
            person.see("RTS low").await;
            assert!(!device.modem_lines().await.unwrap().cts);
            person.press("\x14\x04").await;
            person.see("DTR low").await;
            assert!(!device.modem_lines().await.unwrap().dsr);
            person.press("\x14r").await;
            person.see("RTS high").await;

            person.press("\x14b").await;
            person.see("break sent").await;
            assert_eq!(device.receive_available(8).await.unwrap(), [0]);
            assert_eq!(device.counters().await.unwrap().breaks, 1);

            device.set_control_lines(Some(false), None).await.unwrap();
            person.see("cts changed; high: dsr+cd").await;
            person.press("\x14l").await;
            person.see("not shown any more").await;

            person.press("\x14i").await;
            person.see("high here: rts").await;
            person.see("high there: dsr+cd").await;
            person.see("0 breaks").await;
            person.press("\x14q").await;
        };
        zip(session.run(keyboard, pending()), script)
            .await
            .0
            .unwrap();
    });
}

#[test]
fn it_can_be_quit_while_the_output_is_stopped() {
    run(async {
        let pair = PairBuilder::new(Arc::new(AsyncIo)).capacity(1);
        let (port, _device) = pair.build();
        let options = options("x");
        let connection = Connection { port, links: None };
        let (session, _, mut person) = sit_down(connection, &options, true);
        // Each key is a read of its own, as with a person.
        let faults = FaultPlan::new();
        faults.short_reads(1);
        let keyboard = PairBuilder::new(Arc::new(AsyncIo)).near_faults(&faults);
        let (keyboard, keys) = keyboard.build();
        person.keys = keys;
        let script = async {
            person.see("quits").await;
            person.press(&"x".repeat(2000)).await;
            person.see("not sent: the output is stopped").await;
            person.press("\x1d").await;
        };
        zip(session.run(keyboard, pending()), script)
            .await
            .0
            .unwrap();
    });
}

#[test]
fn no_byte_of_a_pipe_is_left_out() {
    run(async {
        let (port, mut device) = pair();
        let options = options("x");
        let connection = Connection { port, links: None };
        let (session, _, _person) = sit_down(connection, &options, false);
        // More than is queued for the port.
        let input = vec![b'x'; 9 << 17];
        let length = input.len();
        let receiving = smol::spawn(async move {
            let mut received = 0;
            while received < length {
                received += device.receive_available(4096).await.unwrap().len();
            }
            // Until the session is over: a device that goes is an error.
            device
        });
        session.run(&*input, pending()).await.unwrap();
        drop(receiving.await);
    });
}

#[test]
fn input_from_a_pipe_is_sent_to_its_end_and_answered() {
    run(async {
        let pace = FaultPlan::new();
        pace.bandwidth(1000);
        let pair = PairBuilder::new(Arc::new(AsyncIo)).near_faults(&pace);
        let (port, device) = pair.capacity(16).build();
        let instrument = smol::spawn(instrument(device));
        let options = options("--enter=lf x");
        let connection = Connection { port, links: None };
        let (session, _, mut person) = sit_down(connection, &options, false);
        // More than the port takes at once.
        let input = "*IDN?\n".repeat(20);
        session.run(input.as_bytes(), pending()).await.unwrap();
        for _ in 0..20 {
            person.see("ACME,SIMULATED-1,0,1.0\n").await;
        }
        drop(instrument);
    });
}

fn run(test: impl Future<Output = ()>) {
    let too_long = async {
        Timer::after(LIMIT).await;
        panic!("this hangs");
    };
    block_on(or(test, too_long));
}

fn options(line: &str) -> Options {
    let arguments = line.split_whitespace().map(OsString::from);
    match options::parse(arguments) {
        Ok(options::Command::Talk(options)) => options,
        other => panic!("{other:?}"),
    }
}

/// A session in this process: with its keyboard, and the person at it.
fn sit_down(
    connection: Connection,
    options: &Options,
    is_keyboard: bool,
) -> (Session<'_, impl Write>, SerialPort, Person) {
    let (keyboard, keys) = pair();
    // The screen does not read back, so it has room for all.
    let screen = PairBuilder::new(Arc::new(AsyncIo)).capacity(1 << 16);
    let (screen, eyes) = screen.build();
    let screen = blocking::SerialPort::from(screen);
    let session = Session::new(connection, options, is_keyboard, screen);
    let eyes = Buffered::new(eyes);
    (session, keyboard, Person { keys, eyes })
}

struct Person {
    keys: SerialPort,
    eyes: Buffered<SerialPort>,
}

impl Person {
    async fn press(&mut self, keys: &str) {
        self.keys.send(keys.as_bytes()).await.unwrap();
    }

    /// Waits until this is shown.
    async fn see(&mut self, text: &str) {
        see(&mut self.eyes, text).await;
    }
}

/// The program in a process of its own, with a pseudo-terminal for keyboard and screen.
struct Program {
    child: Child,
    person: Buffered<SerialPort>,
    terminal: OwnedFd,
    /// The terminal's modes, as a shell leaves them.
    before: (InputModes, OutputModes, LocalModes),
}

impl Program {
    /// Starts it with these arguments.
    async fn start(arguments: &str) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let path = ptsname(&master, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let terminal = rustix::fs::open(path, flags, Mode::empty()).unwrap();
        let mut cooked = tcgetattr(&terminal).unwrap();
        let config = SerialConfig::default().exclusive(false);
        let person = SerialPort::from_fd(master, config).await.unwrap();
        // A serial port is raw.
        cooked.input_modes |= InputModes::ICRNL | InputModes::IXON;
        cooked.output_modes |= OutputModes::OPOST | OutputModes::ONLCR;
        cooked.local_modes |= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
        tcsetattr(&terminal, OptionalActions::Now, &cooked).unwrap();
        let before = modes(&terminal);

        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::program", "--nocapture"])
            .env(ROLE, arguments)
            .stdin(terminal.try_clone().unwrap())
            .stdout(terminal.try_clone().unwrap())
            .stderr(terminal.try_clone().unwrap())
            .spawn()
            .unwrap();
        Program {
            child,
            person: Buffered::new(person),
            terminal,
            before,
        }
    }

    async fn press(&mut self, keys: &str) {
        self.person.send(keys.as_bytes()).await.unwrap();
    }

    /// Waits until this is shown.
    async fn see(&mut self, text: &str) {
        see(&mut self.person, text).await;
    }

    /// Whether the terminal is as it was before.
    fn is_put_back(&self) -> bool {
        modes(&self.terminal) == self.before
    }

    /// Waits until it has ended.
    async fn end(mut self) -> (ExitStatus, bool) {
        let ended = smol::unblock(move || {
            let status = self.child.wait().unwrap();
            (status, self)
        });
        let (status, program) = ended.await;
        (status, program.is_put_back())
    }
}

fn modes(terminal: &OwnedFd) -> (InputModes, OutputModes, LocalModes) {
    let termios = tcgetattr(terminal).unwrap();
    (
        termios.input_modes,
        termios.output_modes,
        termios.local_modes,
    )
}

async fn open(ports: &Ports, options: &Options) -> Connection {
    Connection::open(ports, options).await.unwrap()
}

/// Waits until this is shown, and forgets what was before.
async fn see(screen: &mut Buffered<SerialPort>, text: &str) {
    let control = screen.stream().control();
    let wait = screen.receive_until(text.as_bytes(), 1 << 16);
    let outcome = control.timeout(LIMIT / 2, wait).await.map(drop);
    let shown = String::from_utf8_lossy(screen.buffer());
    assert!(outcome.is_ok(), "no {text:?} in {shown:?}: {outcome:?}");
}
