//! The tables of what goes wrong: a far end that goes, settings that are refused, output that is
//! not sent.

use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result};
use anyserial_benches::far::{self, FarEnd, Service};
use anyserial_benches::jobs::{Ending, Job};
use anyserial_benches::{NAMES, epoll};

use crate::tables::{Options, many_port_contestants};

pub(crate) fn hang_up(_: &Options) -> Result<String> {
    let mut table = String::from(
        "\n### The far end goes\n\n\
         What a loop of reads gets within 200 ms of it: \"0 bytes\", as if all were well, or \
         errors.\n\n| contestant | reads of 0 bytes | errors |\n|---|---|---|\n",
    );
    for contestant in NAMES {
        let far = FarEnd::start(1, Service::Idle)?;
        let mut client = Job::HangUp
            .command(contestant, &far.paths)?
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(client.stdout.take().context("no output")?).lines();
        lines.next().context("no sign of life")??;
        drop(far);
        let said = lines.next().context("no figures")??;
        client.wait()?;
        let (nothing, errors) = said.split_once(' ').context("two figures")?;
        writeln!(table, "| {contestant} | {nothing} | {errors} |")?;
    }
    Ok(table)
}

/// Opening a port at 9600 7E1: what the library says of it.
type Attempt = fn(&str) -> Result<()>;

pub(crate) fn refused(_: &Options) -> Result<String> {
    let attempts: [(&str, Attempt); 4] = [
        ("serialport, and tokio-serial by it", |path| {
            let port = serialport::new(path, 9600)
                .data_bits(serialport::DataBits::Seven)
                .parity(serialport::Parity::Even);
            port.open_native()?;
            Ok(())
        }),
        ("serial2", |path| {
            serial2::SerialPort::open(path, seven_even)?;
            Ok(())
        }),
        ("serial2-tokio", |path| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            let _inside = runtime.enter();
            serial2_tokio::SerialPort::open(path, seven_even)?;
            Ok(())
        }),
        ("anyserial", |path| {
            let config = anyserial::SerialConfig::new(9600)
                .data_bits(anyserial::DataBits::Seven)
                .parity(anyserial::Parity::Even);
            anyserial::blocking::SerialPort::open(path, config)?;
            Ok(())
        }),
    ];
    let mut table = String::from(
        "\n### Settings that the driver does not make\n\n\
         A pseudo-terminal takes 7E1 and makes 8N1 of it: what opening it at 9600 7E1 says, and \
         the baud rate that is in force then, which was 38400 before.\n\n\
         | library | says | baud rate |\n|---|---|---|\n",
    );
    for (name, attempt) in attempts {
        let (master, path) = far::pty()?;
        // Kept open, so that what the attempt has set stays.
        let _slave = std::fs::File::open(&path)?;
        let says = match attempt(&path) {
            Ok(()) => "Ok".to_owned(),
            Err(error) => format!("{error:#}").replace(&path, "PATH"),
        };
        let speed = rustix::termios::tcgetattr(&master)?.output_speed();
        writeln!(table, "| {name} | {says} | {speed} |")?;
    }
    Ok(table)
}

fn seven_even(mut settings: serial2::Settings) -> std::io::Result<serial2::Settings> {
    settings.set_raw();
    settings.set_baud_rate(9600)?;
    settings.set_char_size(serial2::CharSize::Bits7);
    settings.set_parity(serial2::Parity::Even);
    Ok(settings)
}

pub(crate) fn stall(options: &Options) -> Result<String> {
    let Some(port) = &options.port else {
        return Ok(
            "\n### Unsent output\n\nThis needs a serial line at 9600 baud: `--port PATH`.\n".into(),
        );
    };
    /// 10 bits each.
    const BYTES: usize = 384;
    let mut table = String::from(
        "\n### Unsent output\n\n\
         A task ends in different ways with 384 bytes unsent, which need 400 ms, beside one that \
         ticks each millisecond on the same thread: the longest stall of the ticks / what the \
         ending took, in ms.\n\n\
         | contestant | nothing | flush | drain | close | drop |\n|---|---|---|---|---|---|\n",
    );
    for contestant in many_port_contestants() {
        if contestant == epoll::NAME {
            continue;
        }
        write!(table, "| {contestant} |")?;
        for ending in Ending::ALL {
            let paths = std::slice::from_ref(port);
            let said = Job::Stall(ending, BYTES).output(contestant, paths)?;
            let numbers: Vec<f64> = said.split_whitespace().flat_map(str::parse).collect();
            match numbers[..] {
                [took, longest] => write!(table, " {:.1} / {:.1} |", longest / 1e6, took / 1e6)?,
                _ => table += " – |",
            }
        }
        table.push('\n');
    }
    Ok(table)
}
