//! The far end: a process of its own, so that what is measured of the client is the client's.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::event::epoll;
use rustix::io::{Errno, read, write};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// What the far end does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Sends back what comes, this much later: long enough and the client waits for it.
    Echo(Duration),
    /// Sends zeros as fast as they are taken.
    Source,
    /// Takes what comes.
    Sink,
    /// Does nothing.
    Idle,
}

/// A running far end. Dropping it ends its process.
#[derive(Debug)]
pub struct FarEnd {
    process: Child,
    /// The paths of the ports.
    pub paths: Vec<String>,
}

impl FarEnd {
    /// Starts `ports` of them in one process: the current executable, asked to
    /// [`serve`] by its arguments.
    pub fn start(ports: usize, service: Service) -> Result<Self> {
        let (name, delay) = match service {
            Service::Echo(delay) => ("echo", delay),
            Service::Source => ("source", Duration::ZERO),
            Service::Sink => ("sink", Duration::ZERO),
            Service::Idle => ("idle", Duration::ZERO),
        };
        let mut process = Command::new(std::env::current_exe()?)
            .args(["serve", &ports.to_string(), name])
            .arg(delay.as_micros().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().context("no output")?;
        let paths = BufReader::new(output)
            .lines()
            .take(ports)
            .collect::<io::Result<Vec<_>>>()?;
        anyhow::ensure!(paths.len() == ports, "the far end did not start");
        Ok(FarEnd { process, paths })
    }
}

impl Drop for FarEnd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The far end's process: `serve PORTS SERVICE MICROSECONDS`.
pub fn serve(arguments: &[String]) -> Result<()> {
    let ports: usize = arguments.first().context("PORTS")?.parse()?;
    let delay: u64 = arguments.get(2).context("MICROSECONDS")?.parse()?;
    let delay = Duration::from_micros(delay);
    crate::jobs::allow_descriptors();
    let mut masters = Vec::new();
    let mut slaves = Vec::new();
    for _ in 0..ports {
        let (master, path) = pty()?;
        writeln!(io::stdout(), "{path}")?;
        // Kept open, so that a client that closes its port does not hang up ours.
        slaves.push(std::fs::File::open(path)?);
        masters.push(master);
    }
    io::stdout().flush()?;
    match arguments.get(1).context("SERVICE")?.as_str() {
        "echo" => echo(&masters, delay),
        "source" => loop {
            write(&masters[0], &[0; 4096])?;
        },
        "sink" => loop {
            read(&masters[0], &mut [0; 65_536])?;
        },
        // Until the parent closes the pipe.
        _ => Ok(io::stdin().read_to_end(&mut Vec::new()).map(drop)?),
    }
}

fn echo(masters: &[OwnedFd], delay: Duration) -> Result<()> {
    let watch = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    for (index, master) in masters.iter().enumerate() {
        let data = epoll::EventData::new_u64(index as u64);
        epoll::add(&watch, master, data, epoll::EventFlags::IN)?;
    }
    let mut buf = [0; 4096];
    let mut events = Vec::with_capacity(256);
    loop {
        match epoll::wait(&watch, rustix::buffer::spare_capacity(&mut events), None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if !delay.is_zero() {
            std::thread::sleep(delay);
        }
        for event in events.drain(..) {
            let master = &masters[usize::try_from(event.data.u64())?];
            let count = read(master, &mut buf)?;
            write(master, &buf[..count])?;
        }
    }
}

/// The master of a fresh pseudo-terminal in raw mode, and the path of its slave.
pub fn pty() -> Result<(OwnedFd, String)> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let path = ptsname(&master, Vec::new())?;
    let mut termios = tcgetattr(&master)?;
    termios.make_raw();
    tcsetattr(&master, OptionalActions::Now, &termios)?;
    let path = std::ffi::OsString::from_vec(path.into_bytes());
    Ok((master, path.to_string_lossy().into_owned()))
}
