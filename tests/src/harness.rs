//! Every test under every runtime, and a table of how they went.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use anyserial::reactor::BoxFuture;
use libtest_mimic::{Arguments, Failed, Trial};

use crate::{Env, RUNTIMES};

/// A test, ready to be run in an environment.
pub type Body = fn(Env) -> BoxFuture<'static, ()>;

/// A test and its name.
#[derive(Debug, Clone, Copy)]
pub struct Test {
    /// `module::function`.
    pub name: &'static str,
    /// What it does.
    pub body: Body,
}

/// Lists tests by the path of their function: `tests![bytes::all_values]`.
#[macro_export]
macro_rules! tests {
    ($($($segment:ident)::+),* $(,)?) => {
        &[$($crate::Test {
            name: stringify!($($segment)::+),
            body: |env| Box::pin($($segment)::+(env)),
        }),*]
    };
}

/// By test, then by runtime.
type Outcomes = Arc<Mutex<BTreeMap<&'static str, BTreeMap<&'static str, bool>>>>;

/// Runs the tests as libtest would, with its arguments; each is named `runtime::module::test`.
#[must_use]
pub fn run(tests: &'static [Test]) -> ExitCode {
    let arguments = Arguments::from_args();
    let outcomes = Outcomes::default();
    let mut trials = Vec::new();
    for test in tests {
        for runtime in RUNTIMES {
            let outcomes = Arc::clone(&outcomes);
            let run = move || {
                let passed = catch_unwind(AssertUnwindSafe(|| (runtime.run)(test.body)));
                outcomes
                    .lock()
                    .unwrap()
                    .entry(test.name)
                    .or_default()
                    .insert(runtime.name, passed.is_ok());
                passed.map_err(|panic| Failed::from(message(&*panic)))
            };
            // `stringify!` puts spaces between the segments of a path.
            let name = test.name.replace(' ', "");
            trials.push(Trial::test(format!("{}::{name}", runtime.name), run));
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !arguments.list {
        print_table(&outcomes.lock().unwrap());
    }
    conclusion.exit_code()
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_default()
}

fn print_table(outcomes: &BTreeMap<&str, BTreeMap<&str, bool>>) {
    let width = outcomes.keys().map(|name| name.len()).max().unwrap_or(0);
    print!("{:width$}", "");
    for runtime in RUNTIMES {
        print!("  {}", runtime.name);
    }
    println!();
    for (test, by_runtime) in outcomes {
        print!("{:width$}", test.replace(' ', ""));
        for runtime in RUNTIMES {
            let outcome = match by_runtime.get(runtime.name) {
                Some(true) => "ok",
                Some(false) => "FAILED",
                None => "-",
            };
            print!("  {outcome:^width$}", width = runtime.name.len());
        }
        println!();
    }
}
