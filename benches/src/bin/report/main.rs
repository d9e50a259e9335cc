//! Measures all contestants in one run and writes what came out as Markdown.
//!
//! `cargo run --release -p anyserial-benches --bin report -- [--quick] [--port PATH] [--output FILE]
//! [TABLE...]`
//!
//! Every client is a fresh process; contestants take turns, and a ratio is the median of the
//! ratios of each turn.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a measurement that cannot go on stops"
)]

mod measure;
mod tables;
mod trouble;

use std::io::Write;

use anyhow::{Context, Result};
use anyserial_benches::{far, jobs};
use tables::Options;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("serve") => return far::serve(&arguments[1..]),
        Some("client") => return jobs::client(&arguments[1..]),
        _ => {}
    }
    let (mut options, mut output, mut wanted) = (Options::default(), None, Vec::new());
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => options.quick = true,
            "--port" => options.port = Some(arguments.next().context("--port PATH")?),
            "--output" => output = Some(arguments.next().context("--output FILE")?),
            _ => wanted.push(argument),
        }
    }
    jobs::allow_descriptors();
    let mut report = header(options.quick)?;
    for (name, table) in tables::ALL {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            writeln!(std::io::stderr(), "{name} ...")?;
            report += &table(&options)?;
        }
    }
    match output {
        Some(file) => Ok(std::fs::write(file, report)?),
        None => Ok(write!(std::io::stdout(), "{report}")?),
    }
}

fn header(quick: bool) -> Result<String> {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let date = std::process::Command::new("date")
        .arg("+%Y-%m-%d")
        .output()?;
    let cores = std::thread::available_parallelism()?;
    let option = if quick { " -- --quick" } else { "" };
    Ok(format!(
        "Measured {} on {cores} cores, Linux {}, by \
         `cargo run --release -p anyserial-benches --bin report{option}`.\n",
        String::from_utf8_lossy(&date.stdout).trim(),
        kernel.trim(),
    ))
}
