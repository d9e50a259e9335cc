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

/// Runs the test `name` of a test file in a process of its own, where nothing else runs beside it.
///
/// # Panics
///
/// If the test fails there, or does not run.
pub fn alone(name: &str, test: impl FnOnce()) {
    if role().is_some_and(|role| role == name) {
        test();
        return;
    }
    let output = run(name, &["--exact", name, "--nocapture"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
