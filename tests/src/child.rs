//! Tests in a process of their own, for what concerns the whole process.

use std::process::{Command, Output};

/// The variable that tells a test binary to be a child.
const ROLE: &str = "ANYSERIAL_TEST_CHILD";

/// What this process is to do, if it is the child of a test.
#[must_use]
pub fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// Runs this binary once more in this role, and gives its output.
///
/// # Panics
///
/// If it cannot be started.
#[must_use]
pub fn run(role: &str, arguments: &[&str]) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .env(ROLE, role)
        .args(arguments)
        .output()
        .unwrap()
}
