//! Refuses a target without serial ports of this kind, in one sentence that names it.

fn main() {
    const SUPPORTED: [&str; 8] = [
        "linux",
        "android",
        "macos",
        "freebsd",
        "dragonfly",
        "netbsd",
        "openbsd",
        "illumos",
    ];

    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name| std::env::var(name).unwrap_or_default();
    if !SUPPORTED.contains(&variable("CARGO_CFG_TARGET_OS").as_str()) {
        println!(
            "cargo::error=anyserial does not support {}: it runs on Linux, Android, macOS, \
             FreeBSD, DragonFly BSD, NetBSD, OpenBSD and illumos",
            variable("TARGET")
        );
    }
}
