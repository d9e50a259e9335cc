//! A terminal program for serial ports: what is typed is sent, what is received is shown, as text
//! or as hex; after the device was unplugged it goes on when it is back.
//!
//! `cargo run --example terminal` talks to a simulated instrument (type `*IDN?`);
//! `cargo run --example terminal -- /dev/ttyUSB0 9600 8E1` to a device of your own. `Ctrl-]` quits,
//! `Ctrl-T h` shows what else there is, `--help` the options. Input can come from a pipe:
//! `echo '*IDN?' | cargo run --example terminal -- --enter=lf /dev/ttyUSB0` ends after the answer.

mod connection;
mod keyboard;
mod keys;
mod options;
mod screen;
mod session;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io::{self, Write, stderr, stdin, stdout};
use std::process::ExitCode;

use anyserial::Ports;
use async_signal::{Signal, Signals};
use futures_lite::StreamExt;
use smol::Unblock;

use self::connection::Connection;
use self::keyboard::RawMode;
use self::options::{Command, Options, USAGE};
use self::session::Session;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    start(std::env::args_os().skip(1)).into()
}

/// Runs the program; gives its exit code.
fn start(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    // Nobody may be there any more to be told.
    let options = match options::parse(arguments) {
        Ok(Command::Talk(options)) => options,
        Ok(Command::Help) => {
            let _ = write!(stdout(), "{USAGE}");
            return 0;
        }
        Err(problem) => {
            let _ = write!(stderr(), "{problem}\n\n{USAGE}");
            return 2;
        }
    };
    match smol::block_on(talk(&options)) {
        Ok(()) => 0,
        Err(error) => {
            let _ = writeln!(stderr(), "{error}");
            1
        }
    }
}

async fn talk(options: &Options) -> Result<()> {
    let connection = Connection::open(&Ports::default(), options).await?;
    // Also for what ends this program from outside, the terminal is put back first.
    let mut signals = Signals::new([Signal::Hup, Signal::Int, Signal::Term])?;
    let ended = async {
        match signals.next().await.transpose()? {
            Some(signal) => Err(io::Error::other(format!("ended by {signal:?}")).into()),
            None => Ok(()),
        }
    };
    // Until it is dropped, which a panic does too.
    let raw = RawMode::enter()?;
    let session = Session::new(connection, options, raw.is_some(), stdout());
    session.run(Unblock::new(stdin()), ended).await
}
