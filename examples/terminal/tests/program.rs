//! The program in a process of its own, on pseudo-terminals.

use std::ffi::OsString;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;

use anyserial::reactor::AsyncIo;
use anyserial::testing::VirtualPorts;
use anyserial::{Buffered, SerialConfig, SerialPort, UsbInfo};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{InputModes, LocalModes, OptionalActions, OutputModes, tcgetattr, tcsetattr};

use super::{run, see};
use crate::keyboard::RawMode;

/// What the program is to do in the process that a test has started.
const ROLE: &str = "ANYSERIAL_TERMINAL";

/// The program, if a test has started this process for it.
#[test]
fn child() {
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
        program
            .see("settings, now 9600 8N1 (Ctrl-C leaves them): 19200 8X1")
            .await;
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
            .args(["--exact", "tests::program::child", "--nocapture"])
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
