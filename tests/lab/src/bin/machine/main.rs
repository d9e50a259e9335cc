//! The machine that the lab runs in: QEMU, the wires between its ports, and a way for the guest
//! to have plugs pulled.
//!
//! `tests/lab/run` starts it. What the guest reports goes to the standard output; the exit code
//! is the guest's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a lab that cannot run says why and ends"
)]

mod control;
mod qemu;
mod wire;

use std::fs;
use std::io::{Read, Write};
use std::process::{Child, ExitCode};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use self::qemu::{Arch, Options};
use self::wire::Pace;

/// The guest gave no exit code.
const NO_ANSWER: u8 = 125;
/// It did not come to an end, as of `timeout`.
const TIMED_OUT: u8 = 124;

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!(
                "anyserial-lab-machine: {problem}\n\
                 usage: anyserial-lab-machine amd64|arm64 KERNEL INITRD CONSOLE_LOG SECONDS"
            );
            return ExitCode::from(2);
        }
    };
    let (mut machine, ends) = match qemu::start(&options) {
        Ok(started) => started,
        Err(error) => {
            eprintln!(
                "anyserial-lab-machine: cannot start {}: {error}",
                options.arch.program()
            );
            return ExitCode::from(2);
        }
    };

    let pace = Pace::default();
    match options.arch {
        Arch::Amd64 => {
            wire::join(ends.uarts, &pace);
            wire::join(ends.usb, &Pace::default());
        }
        Arch::Arm64 => {
            let [pl011, _] = ends.uarts;
            wire::echo(pl011);
        }
    }
    control::serve(ends.host, ends.monitor, pace);
    let mut report = ends.report;
    let reported = thread::spawn(move || {
        let mut out = std::io::stdout();
        let mut chunk = [0; 4096];
        while let Ok(count @ 1..) = report.read(&mut chunk) {
            out.write_all(chunk.get(..count).unwrap_or_default())
                .unwrap();
            out.flush().unwrap();
        }
    });
    let mut exit_code = ends.exit_code;
    let (said, says) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let _ = exit_code.read_to_string(&mut text);
        let _ = said.send(text);
    });

    let code = if ends_by(&mut machine, Instant::now() + options.limit) {
        // QEMU is gone, so its ends of the sockets are closed.
        reported.join().unwrap();
        let said = says.recv().unwrap_or_default();
        said.trim().parse().unwrap_or(NO_ANSWER)
    } else {
        TIMED_OUT
    };
    if matches!(code, NO_ANSWER | TIMED_OUT) {
        let what = match code {
            TIMED_OUT => format!("did not end within {:?}", options.limit),
            _ => "ended without an exit code".to_owned(),
        };
        let console = fs::read(&options.console).unwrap_or_default();
        eprintln!(
            "anyserial-lab-machine: the guest {what}. Its console:\n{}",
            String::from_utf8_lossy(&console)
        );
    }
    ExitCode::from(code)
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut next = |what: &str| arguments.next().ok_or(format!("no {what}"));
    let arch = match next("architecture")?.as_str() {
        "amd64" => Arch::Amd64,
        "arm64" => Arch::Arm64,
        other => return Err(format!("no such architecture: {other}")),
    };
    Ok(Options {
        arch,
        kernel: next("kernel")?.into(),
        initrd: next("initrd")?.into(),
        console: next("file for the console")?.into(),
        limit: {
            let seconds = next("limit in seconds")?;
            let seconds = seconds
                .parse()
                .map_err(|_| format!("no number: {seconds}"))?;
            Duration::from_secs(seconds)
        },
    })
}

/// Whether the machine ends by then; else it is stopped.
fn ends_by(machine: &mut Child, then: Instant) -> bool {
    while machine.try_wait().unwrap().is_none() {
        if Instant::now() > then {
            machine.kill().unwrap();
            machine.wait().unwrap();
            return false;
        }
        thread::sleep(Duration::from_millis(10));
    }
    true
}
