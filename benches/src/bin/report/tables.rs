//! The tables.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use anyserial_benches::far::{FarEnd, Service};
use anyserial_benches::jobs::{Job, Measured};
use anyserial_benches::{Contestant, NAMES, OURS, Workload, epoll, with_contestant};

use crate::measure::{calls_each, in_turns, median};
use crate::trouble;

/// How to measure.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Few turns, to see that it works.
    pub(crate) quick: bool,
    /// A serial line, for what a pseudo-terminal does not have.
    pub(crate) port: Option<String>,
}

type Table = fn(&Options) -> Result<String>;

pub(crate) const ALL: &[(&str, Table)] = &[
    ("calls", calls),
    ("trips", trips),
    ("many", many),
    ("bulk", bulk),
    ("open", open),
    ("memory", memory),
    ("cancel", cancel),
    ("hang-up", trouble::hang_up),
    ("refused", trouble::refused),
    ("stall", trouble::stall),
];

/// Long enough for any client to wait for the reply.
const PARKED: Duration = Duration::from_millis(1);

pub(crate) fn many_port_contestants() -> Vec<&'static str> {
    struct IsMany;
    impl Workload for IsMany {
        type Output = bool;
        fn run<C: Contestant>(self) -> bool {
            C::MANY
        }
    }
    let many = NAMES.iter().filter(|name| with_contestant(name, IsMany));
    std::iter::once(epoll::NAME).chain(many.copied()).collect()
}

fn all_contestants() -> Vec<&'static str> {
    std::iter::once(epoll::NAME)
        .chain(NAMES.iter().copied())
        .collect()
}

fn calls(_: &Options) -> Result<String> {
    let mut table = String::from(
        "\n### System calls per round trip\n\n\
         Exact, by strace; the client waits when the reply comes.\n\n\
         | contestant | buffer larger than the reply | buffer just as large |\n|---|---|---|\n",
    );
    let far = FarEnd::start(1, Service::Echo(PARKED))?;
    for contestant in all_contestants() {
        write!(table, "| {contestant} |")?;
        for buffer in [256, 64] {
            let calls = calls_each(contestant, &far.paths, |trips| Job::Trips {
                trips,
                size: 64,
                buffer,
            })?;
            write!(table, " {calls:.1} |")?;
        }
        table.push('\n');
    }
    Ok(table)
}

fn trips(options: &Options) -> Result<String> {
    let (turns, trips) = if options.quick { (3, 500) } else { (11, 5000) };
    let mut table = String::new();
    for size in [1, 64] {
        write!(
            table,
            "\n### Round trip of {size} bytes\n\n\
             Medians of {turns} turns of {trips}; ratios to raw epoll, turn by turn.\n\n\
             | contestant | processor time, µs | ratio | wall time, µs | ratio |\n|---|---|---|---|---|\n"
        )?;
        let far = FarEnd::start(1, Service::Echo(Duration::ZERO))?;
        let job = Job::Trips {
            trips,
            size,
            buffer: 256,
        };
        let contestants = all_contestants();
        let measured = in_turns(&contestants, turns, |name| job.measure(name, &far.paths))?;
        let floor = &measured[epoll::NAME];
        for contestant in contestants {
            let ours = &measured[contestant];
            write!(table, "| {contestant} |")?;
            for time in [|m: &Measured| m.processor, |m: &Measured| m.wall] {
                let each = ours.iter().map(|m| micros(time(m)) / trips as f64);
                let ratios = ours
                    .iter()
                    .zip(floor)
                    .map(|(a, b)| micros(time(a)) / micros(time(b)));
                write!(
                    table,
                    " {:.2} | {:.2} |",
                    median(each.collect()),
                    median(ratios.collect())
                )?;
            }
            table.push('\n');
        }
        table.push('\n');
        for (ours, peers) in OURS {
            let [processor, wall] = [|m: &Measured| m.processor, |m: &Measured| m.wall]
                .map(|time| ratio_to_best(&measured, ours, peers, time));
            writeln!(
                table,
                "* {ours} to the best of {} in each turn: processor time {processor:.2}, \
                 wall time {wall:.2}",
                peers.join(", ")
            )?;
        }
    }
    Ok(table)
}

/// The median of the ratios of each turn to the peer that was best in it.
fn ratio_to_best(
    measured: &BTreeMap<&str, Vec<Measured>>,
    ours: &str,
    peers: &[&str],
    time: fn(&Measured) -> Duration,
) -> f64 {
    let ratios = measured[ours].iter().enumerate().map(|(turn, ours)| {
        let best = peers.iter().map(|peer| time(&measured[peer][turn])).min();
        micros(time(ours)) / micros(best.unwrap_or_default())
    });
    median(ratios.collect())
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn many(options: &Options) -> Result<String> {
    let (turns, trips) = if options.quick { (1, 20) } else { (5, 200) };
    let counts: &[usize] = if options.quick {
        &[1, 128]
    } else {
        &[1, 16, 128, 1000]
    };
    let mut table = format!(
        "\n### Many ports on one thread\n\n\
         {trips} round trips of 1 byte on each port, all at once: µs of wall time per round trip, \
         and the ratio to raw epoll; medians of {turns} turns.\n\n| contestant |"
    );
    let contestants = many_port_contestants();
    let mut rows: Vec<String> = contestants
        .iter()
        .map(|name| format!("| {name} |"))
        .collect();
    for ports in counts {
        write!(table, " {ports} | ratio |")?;
        let far = FarEnd::start(*ports, Service::Echo(Duration::ZERO))?;
        let job = Job::Trips {
            trips,
            size: 1,
            buffer: 64,
        };
        let measured = in_turns(&contestants, turns, |name| job.measure(name, &far.paths))?;
        let floor = &measured[epoll::NAME];
        for (row, contestant) in rows.iter_mut().zip(&contestants) {
            let ours = &measured[contestant];
            let each = ours.iter().map(|m| micros(m.wall) / (trips * ports) as f64);
            let ratios = ours
                .iter()
                .zip(floor)
                .map(|(a, b)| micros(a.wall) / micros(b.wall));
            write!(
                row,
                " {:.2} | {:.2} |",
                median(each.collect()),
                median(ratios.collect())
            )?;
        }
    }
    write!(
        table,
        "\n|{}\n{}\n",
        "---|".repeat(1 + 2 * counts.len()),
        rows.join("\n")
    )?;
    Ok(table)
}

fn bulk(options: &Options) -> Result<String> {
    let (turns, bytes) = if options.quick {
        (1, 4 << 20)
    } else {
        (3, 64 << 20)
    };
    let table = format!(
        "\n### {} MiB one way\n\n\
         MiB per second, medians of {turns} turns.\n\n\
         | contestant | read by 4 KiB | read by 64 KiB | write by 4 KiB | write by 64 KiB |\n\
         |---|---|---|---|---|\n",
        bytes >> 20
    );
    let mut rows: Vec<String> = NAMES.iter().map(|name| format!("| {name} |")).collect();
    for (service, job) in [
        (Service::Source, Job::Read as fn(usize, usize) -> Job),
        (Service::Sink, Job::Write),
    ] {
        for buffer in [4096, 65_536] {
            let far = FarEnd::start(1, service)?;
            let job = job(bytes, buffer);
            let measured = in_turns(NAMES, turns, |name| job.measure(name, &far.paths))?;
            for (row, contestant) in rows.iter_mut().zip(NAMES) {
                let rates = measured[contestant]
                    .iter()
                    .map(|m| (bytes >> 20) as f64 / m.wall.as_secs_f64());
                write!(row, " {:.0} |", median(rates.collect()))?;
            }
        }
    }
    Ok(table + &rows.join("\n") + "\n")
}

fn open(options: &Options) -> Result<String> {
    let (turns, times) = if options.quick { (1, 200) } else { (5, 2000) };
    let mut table = format!(
        "\n### Open and close\n\n\
         Medians of {turns} turns of {times}. anyserial opens on another thread, because a USB \
         adapter can take its time; the others, and anyserial blocking, on the caller's.\n\n\
         | contestant | wall time, µs | system calls |\n|---|---|---|\n"
    );
    let far = FarEnd::start(1, Service::Idle)?;
    let measured = in_turns(NAMES, turns, |name| {
        Job::Open(times).measure(name, &far.paths)
    })?;
    for contestant in NAMES {
        let each = measured[contestant]
            .iter()
            .map(|m| micros(m.wall) / times as f64);
        let calls = calls_each(contestant, &far.paths, Job::Open)?;
        writeln!(
            table,
            "| {contestant} | {:.1} | {calls:.0} |",
            median(each.collect())
        )?;
    }
    Ok(table)
}

fn memory(options: &Options) -> Result<String> {
    let ports = if options.quick { 100 } else { 1000 };
    let settle = Duration::from_secs(if options.quick { 1 } else { 2 });
    let mut table = format!(
        "\n### An open port at rest\n\n\
         {ports} ports on one thread, a read waiting on each. Memory is resident, per port; \
         wake-ups are those of the whole process within 2 s.\n\n\
         | contestant | KiB per port | threads | wake-ups |\n|---|---|---|---|\n"
    );
    let far = FarEnd::start(ports, Service::Idle)?;
    for contestant in many_port_contestants() {
        if contestant == epoll::NAME {
            continue;
        }
        let mut client = Job::Hold(settle)
            .command(contestant, &far.paths)?
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(client.stdout.take().context("no output")?).lines();
        lines.next().context("no sign of life")??;
        std::thread::sleep(settle / 2);
        let before = context_switches(client.id())?;
        std::thread::sleep(Duration::from_secs(2).min(settle));
        let wake_ups = context_switches(client.id())? - before;
        let said = lines.next().context("no figures")??;
        client.wait()?;
        let numbers: Vec<f64> = said.split_whitespace().flat_map(str::parse).collect();
        let [first, _, all, threads] = numbers[..] else {
            anyhow::bail!("{contestant} said {said}");
        };
        let each = (all - first) / (ports - 1) as f64;
        writeln!(
            table,
            "| {contestant} | {each:.2} | {threads} | {wake_ups} |"
        )?;
    }
    Ok(table)
}

/// How often the threads of a process have waited so far.
fn context_switches(process: u32) -> Result<u64> {
    let mut switches = 0;
    for thread in std::fs::read_dir(format!("/proc/{process}/task"))? {
        let status = std::fs::read_to_string(thread?.path().join("status"))?;
        let counts = status
            .lines()
            .filter_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        switches += counts
            .flat_map(|count| count.trim().parse::<u64>())
            .sum::<u64>();
    }
    Ok(switches)
}

fn cancel(options: &Options) -> Result<String> {
    let times = if options.quick { 20 } else { 200 };
    let mut table = format!(
        "\n### A read given up after 10 ms\n\n\
         How much later it ends, median of {times}, by the timer of the contestant's runtime.\n\n\
         | contestant | late by, µs |\n|---|---|\n"
    );
    let far = FarEnd::start(1, Service::Idle)?;
    for contestant in many_port_contestants() {
        if contestant != epoll::NAME {
            let late = Job::Cancel(times).measure(contestant, &far.paths)?;
            writeln!(table, "| {contestant} | {:.0} |", micros(late.wall))?;
        }
    }
    Ok(table)
}
