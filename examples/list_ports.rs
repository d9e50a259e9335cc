//! Lists the serial ports of this system.
//!
//! `cargo run --example list_ports` prints a table; `--json` prints JSON for machines, `--all`
//! includes virtual ports, and a text, such as `0403:6001`, keeps to the ports that have it in
//! their path, description or hardware id.

use std::process::ExitCode;
use std::sync::Arc;

use anyserial::reactor::AsyncIo;
use anyserial::{PortFilter, PortInfo, Ports, Result};

fn main() -> ExitCode {
    let mut json = false;
    let mut ports = Ports::new(Arc::new(AsyncIo));
    let mut filter = PortFilter::new();
    for argument in std::env::args().skip(1) {
        match &*argument {
            "--json" => json = true,
            "--all" => ports = ports.include_virtual(true),
            text if !text.starts_with('-') => filter = filter.containing(text),
            _ => {
                eprintln!("usage: list_ports [--json] [--all] [TEXT]");
                return ExitCode::FAILURE;
            }
        }
    }
    match smol::block_on(list(&ports, &filter)) {
        Ok(ports) if json => print_json(&ports),
        Ok(ports) => {
            print_table(&ports);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn list(ports: &Ports, filter: &PortFilter) -> Result<Vec<PortInfo>> {
    let mut listed = ports.list().await?;
    listed.retain(|port| filter.matches(port));
    Ok(listed)
}

fn print_json(ports: &[PortInfo]) -> ExitCode {
    match serde_json::to_string_pretty(ports) {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("a path that is no text: {error}");
            ExitCode::FAILURE
        }
    }
}

fn print_table(ports: &[PortInfo]) {
    if ports.is_empty() {
        println!("no serial port found");
        return;
    }
    let rows = ports.iter().map(|port| {
        [
            port.device.display().to_string(),
            port.bus.to_string(),
            printable(port.driver.as_deref().unwrap_or("-")),
            printable(&port.description),
            printable(port.hardware_id.as_deref().unwrap_or("-")),
        ]
    });
    let head = ["DEVICE", "BUS", "DRIVER", "DESCRIPTION", "HARDWARE"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    for row in &rows {
        let mut line = String::new();
        for (column, text) in row.iter().enumerate() {
            let lengths = rows.iter().filter_map(|row| row.get(column));
            let width = lengths.map(|text| text.chars().count()).max().unwrap_or(0);
            line.push_str(&format!("{text:width$}  "));
        }
        println!("{}", line.trim_end());
    }
}

/// A device chooses its texts, and a terminal obeys some.
fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}
