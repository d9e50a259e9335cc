//! What each system can and cannot do, and how that was checked.
//!
//! A port is the same type everywhere, and what a system lacks is an error that says so
//! ([`Error::UnsupportedFeature`](crate::Error::UnsupportedFeature)), never silence. A target that
//! is not on this page is refused when it is built, by one error.
//!
//! # What there is
//!
//! | | Linux, Android | macOS | FreeBSD | DragonFly BSD | NetBSD, OpenBSD | illumos |
//! |---|---|---|---|---|---|---|
//! | baud rates | any | any | any | any | any | those of its table |
//! | RTS/CTS, XON/XOFF | yes | yes | yes | yes | yes | yes |
//! | DTR/DSR flow control | no | no | no | no | no | no |
//! | mark and space parity | yes | no | no | no | no | no |
//! | modem lines, RTS and DTR, break | yes | yes | yes | yes | yes | yes |
//! | counters | yes | no | no | no | no | no |
//! | telling that the transmitter is empty | some drivers | no | no | no | no | no |
//! | low latency | yes | not verified | no | no | no | no |
//! | RS-485 | some drivers | no | no | no | no | no |
//! | exclusive: others are refused | yes | yes | yes | yes | yes | yes |
//! | root sees that another program has it exclusively | yes | yes | by `flock` alone | by `flock` alone | by `flock` alone | by `flock` alone |
//! | who has it | yes | no | no | no | no | no |
//! | which group may open a port | yes | no | no | no | no | no |
//! | discovery | sysfs | I/O registry | nodes and sysctl | nodes alone | no | no |
//! | hot plug | kernel and udev | IOKit | devd | no | no | no |
//! | links that stay from plug to plug | udev | no | no | no | no | no |
//!
//! "Any" is what the system lets this crate ask for. What the driver makes of it is read back and
//! compared on every system.
//!
//! # macOS
//!
//! * **Which node.** Open `/dev/cu.*`, which discovery lists. `/dev/tty.*` is the same port for
//!   calls that come in; while one of the two is open, the other one is busy.
//! * **Baud rates.** Those of the system's table (up to 1843200) go with the other settings, in
//!   one step. Any other one needs a second step (`IOSSIOSPEED`): the port is at 9600 baud for the
//!   moment between the two, at each [`configure`](crate::Control::configure). If the second step
//!   fails, the previous settings are put back. The rate that is read back is the one that the
//!   system passed on to the driver; what the driver made of it, it does not tell.
//! * **Low latency.** `IOSSDATALAT` is write-only and its outcome is not told, so it counts as in
//!   force where the system takes it. It is put back to the driver's own.
//! * **Draining.** The driver has a queue of its own that the system does not count, so
//!   [`drain`](crate::Control::drain) waits for at least as long as the line needs for what was
//!   written. With flow control it can be over too early.
//! * **Pseudo-terminals** have no table of rates, no lines and no latency; they open with any
//!   rate.
//!
//! # FreeBSD, DragonFly BSD, NetBSD and OpenBSD
//!
//! * **Which node.** The call-out ones: `/dev/cuau0` and `/dev/cuaU0` on FreeBSD, `/dev/cuaa0` and
//!   `/dev/cuaU0` on DragonFly BSD, `/dev/dty00` and `/dev/dtyU0` on NetBSD, `/dev/cua00` and
//!   `/dev/cuaU0` on OpenBSD. FreeBSD's `.init` and `.lock` nodes beside them hold settings.
//! * **A rate that the hardware cannot make** is refused by the driver, together with everything
//!   else of the configuration: the error names `settings`.
//! * **Discovery.** FreeBSD and DragonFly BSD make a node when they have a device for it. NetBSD
//!   and OpenBSD have their nodes whether or not there is a device, and to open them all would move
//!   the lines of those that there are: so there is no discovery.
//! * **Draining.** No driver tells what its hardware holds; `drain` allows for it by time.
//!
//! # Linux
//!
//! * **Architectures.** Request numbers that differ (PowerPC, MIPS, SPARC) are the kernel's own,
//!   by `linux-raw-sys`.
//! * **Android** has the same drivers. Its programs may open a port only if the system's maker lets
//!   them.
//!
//! # How it was checked
//!
//! | target | checked |
//! |---|---|
//! | `x86_64` Linux | all tests, and real drivers in a virtual machine |
//! | aarch64 Linux | in a virtual machine: the behaviour tests, and a UART with RS-485 (PL011) |
//! | armv7, riscv64, powerpc64 and s390x Linux; `x86_64` Linux with musl | compiled |
//! | aarch64 Android | compiled |
//! | `x86_64` and aarch64 macOS | compiled |
//! | `x86_64` FreeBSD, DragonFly BSD, NetBSD, OpenBSD, illumos | compiled |
//!
//! "Compiled" is `.ci/check-targets`: every line is linted for the target, and the numbers of its
//! requests are held against those of its C library, but nothing has run there. What of those
//! systems does not need them runs in the tests of Linux: which rates of macOS take a second step,
//! what its registry and FreeBSD's sysctl tell, what devd says. Reports from real machines are
//! welcome.
