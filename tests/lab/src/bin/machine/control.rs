//! What the guest can ask for: `host::ask` is at the other end.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;

use crate::qemu::USB0;
use crate::wire::Pace;

/// Serves the guest for as long as the machine runs: a line for a line, `ok` or what is wrong.
pub(crate) fn serve(host: UnixStream, monitor: UnixStream, uarts: Pace) {
    thread::spawn(move || -> io::Result<()> {
        let mut answers = host.try_clone()?;
        let mut monitor = Monitor::new(monitor)?;
        for request in BufReader::new(host).lines() {
            let answer = match obey(&request?, &mut monitor, &uarts) {
                Ok(()) => "ok".to_owned(),
                Err(problem) => problem,
            };
            writeln!(answers, "{answer}")?;
        }
        Ok(())
    });
}

fn obey(request: &str, monitor: &mut Monitor, uarts: &Pace) -> Result<(), String> {
    match request.split_once(' ') {
        // How many bytes a second the wire between the UARTs carries.
        Some(("carry", pace)) => {
            let pace = pace.parse().map_err(|_| format!("no number: {pace}"))?;
            uarts.set(pace);
            Ok(())
        }
        Some(("break", port @ ("uart0" | "uart1"))) => {
            monitor.command(&format!("chardev-send-break {port}"))
        }
        Some(("unplug", "usb0")) => monitor.command("device_del usb0"),
        Some(("plug", "usb0")) => monitor.command(&format!("device_add {USB0}")),
        _ => Err(format!("cannot: {request}")),
    }
}

/// QEMU's monitor: <https://www.qemu.org/docs/master/system/monitor.html>.
struct Monitor(UnixStream);

impl Monitor {
    fn new(stream: UnixStream) -> io::Result<Self> {
        let mut monitor = Monitor(stream);
        monitor.until_prompt()?;
        Ok(monitor)
    }

    fn command(&mut self, command: &str) -> Result<(), String> {
        let said = writeln!(self.0, "{command}").and_then(|()| self.until_prompt());
        let said = said.map_err(|error| error.to_string())?;
        // It echoes the command, in a way that no text search could follow, and says nothing more
        // if all is well.
        match said.split_once("Error:") {
            Some((_, error)) => Err(error.replace(['\r', '\n'], " ")),
            None => Ok(()),
        }
    }

    fn until_prompt(&mut self) -> io::Result<String> {
        const PROMPT: &[u8] = b"(qemu) ";
        let mut said = Vec::new();
        let mut chunk = [0; 4096];
        while !said.ends_with(PROMPT) {
            let count = self.0.read(&mut chunk)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            said.extend_from_slice(chunk.get(..count).unwrap_or_default());
        }
        Ok(String::from_utf8_lossy(&said).into_owned())
    }
}
