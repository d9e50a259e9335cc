//! Taking turns, medians, and counting system calls.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use anyserial_benches::jobs::{Job, Measured};

/// Measures all contestants in turns, so many times.
pub(crate) fn in_turns(
    contestants: &[&'static str],
    turns: usize,
    mut measure: impl FnMut(&str) -> Result<Measured>,
) -> Result<BTreeMap<&'static str, Vec<Measured>>> {
    let mut measured = BTreeMap::<_, Vec<_>>::new();
    for turn in 0..=turns {
        for contestant in contestants {
            let took = measure(contestant)?;
            // The first turn warms up.
            if turn > 0 {
                measured.entry(*contestant).or_default().push(took);
            }
        }
    }
    Ok(measured)
}

pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

/// System calls of a process from beginning to end, counted by strace, all threads together.
pub(crate) fn system_calls(command: &Command) -> Result<f64> {
    let counts = std::env::temp_dir().join(format!("anyserial-calls-{}", std::process::id()));
    let status = Command::new("strace")
        .args(["-f", "-c", "-o"])
        .arg(&counts)
        .arg(command.get_program())
        .args(command.get_args())
        .stdout(Stdio::null())
        .status()
        .context("this needs strace")?;
    anyhow::ensure!(status.success(), "{command:?} failed under strace");
    let counted = std::fs::read_to_string(&counts)?;
    std::fs::remove_file(&counts)?;
    // "100.00    0.001234           1      1234        56 total"
    let total = counted.lines().last().and_then(|line| {
        let line = line.strip_suffix("total")?;
        line.split_whitespace().nth(3)?.parse().ok()
    });
    total.context("no total in strace's table")
}

/// System calls per repetition: the difference of two runs of different length, in which what
/// beginning and ending take is the same.
pub(crate) fn calls_each(
    contestant: &str,
    paths: &[String],
    job: impl Fn(usize) -> Job,
) -> Result<f64> {
    const SHORT: usize = 200;
    const LONG: usize = 1200;
    let short = system_calls(&job(SHORT).command(contestant, paths)?)?;
    let long = system_calls(&job(LONG).command(contestant, paths)?)?;
    Ok((long - short) / (LONG - SHORT) as f64)
}
