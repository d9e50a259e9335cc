//! Runs tests and reports them, in the lab alone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use anyserial_tests::{Runtime, Test};
use libtest_mimic::{Arguments, Failed, Trial};

/// The runtimes that every test runs under: one for each reactor.
pub const RUNTIMES: [&str; 2] = ["block_on", "tokio_1"];

/// The machine that a test is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arch {
    /// `tests/lab/run`
    Amd64,
    /// `tests/lab/run --arm64`
    Arm64,
}

impl Arch {
    /// The one that this runs in, by `ANYSERIAL_LAB`, which the lab sets to what `uname -m` says.
    fn current() -> Option<Self> {
        match std::env::var("ANYSERIAL_LAB").ok()?.as_str() {
            "x86_64" => Some(Arch::Amd64),
            "aarch64" => Some(Arch::Arm64),
            _ => None,
        }
    }
}

/// What a run outside of the lab says.
const NOT_HERE: &str = "not in the lab: run tests/lab/run";

/// Runs the tests of this machine as libtest would, with its arguments, one at a time. Each is
/// named `runtime::module::test`.
///
/// Outside of the lab every test counts as ignored, and fails if it is asked for all the same.
#[must_use]
pub fn run(tests: &[(Arch, &'static [Test])]) -> ExitCode {
    let mut arguments = Arguments::from_args();
    // There is one of each cable.
    arguments.test_threads = Some(1);
    let here = Arch::current();
    let of_here = |arch: &Arch| here.is_none_or(|here| here == *arch);
    let tests = tests.iter().filter(|(arch, _)| of_here(arch));
    let mut trials = Vec::new();
    for test in tests.flat_map(|(_, tests)| *tests) {
        for runtime in anyserial_tests::RUNTIMES {
            if RUNTIMES.contains(&runtime.name) {
                trials.push(trial(test, runtime, here.is_some()));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(test: &'static Test, runtime: &'static Runtime, is_in_lab: bool) -> Trial {
    // `stringify!` puts spaces between the segments of a path.
    let name = format!("{}::{}", runtime.name, test.name.replace(' ', ""));
    if is_in_lab {
        Trial::test(name, move || {
            let passed = catch_unwind(AssertUnwindSafe(|| (runtime.run)(test.body)));
            passed.map_err(|_| Failed::from("it panicked, see above"))
        })
    } else {
        Trial::test(name, || Err(Failed::from(NOT_HERE)))
            .with_kind(NOT_HERE)
            .with_ignored_flag(true)
    }
}
