//! Wall time by criterion: round trips, many ports, opening.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "criterion's macros, and a bench may stop"
)]

use std::time::{Duration, Instant};

use anyserial_benches::far::pty;
use anyserial_benches::jobs::round_trips;
use anyserial_benches::{Contestant, NAMES, Workload, with_contestant};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use futures::future::join_all;

/// Ports whose far ends echo, on a thread that lives as long as the process.
fn echoing(ports: usize) -> Vec<String> {
    (0..ports)
        .map(|_| {
            let (master, path) = pty().unwrap();
            // Kept open, so that a client that closes its port does not hang up the far end.
            let slave = std::fs::File::open(&path).unwrap();
            std::thread::spawn(move || {
                let _slave = slave;
                let mut buf = [0; 4096];
                while let Ok(count) = rustix::io::read(&master, &mut buf) {
                    if rustix::io::write(&master, buf.get(..count).unwrap_or(&[])).is_err() {
                        return;
                    }
                }
            });
            path
        })
        .collect()
}

struct Trips<'a> {
    paths: &'a [String],
    trips: usize,
    size: usize,
}

impl Workload for Trips<'_> {
    type Output = Duration;

    fn run<C: Contestant>(self) -> Duration {
        C::block_on(async {
            let mut ports = Vec::new();
            for path in self.paths {
                ports.push(C::open(path).await.unwrap());
            }
            let began = Instant::now();
            let trips = ports
                .iter_mut()
                .map(|port| round_trips(port, self.trips, self.size, 256));
            join_all(trips).await;
            began.elapsed()
        })
    }
}

struct Open<'a>(&'a str, usize);

impl Workload for Open<'_> {
    type Output = Duration;

    fn run<C: Contestant>(self) -> Duration {
        C::block_on(async {
            let began = Instant::now();
            for _ in 0..self.1 {
                drop(C::open(self.0).await.unwrap());
            }
            began.elapsed()
        })
    }
}

struct IsMany;

impl Workload for IsMany {
    type Output = bool;

    fn run<C: Contestant>(self) -> bool {
        C::MANY
    }
}

fn usize_of(iterations: u64) -> usize {
    usize::try_from(iterations).unwrap_or(usize::MAX)
}

fn trips(criterion: &mut Criterion) {
    for (size, ports) in [(1, 1), (64, 1), (1, 16), (1, 128)] {
        let mut group = criterion.benchmark_group(format!("{size} bytes on {ports} ports"));
        let paths = echoing(ports);
        for name in NAMES {
            if ports > 1 && !with_contestant(name, IsMany) {
                continue;
            }
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                bencher.iter_custom(|iterations| {
                    let trips = usize_of(iterations);
                    with_contestant(
                        name,
                        Trips {
                            paths: &paths,
                            trips,
                            size,
                        },
                    )
                });
            });
        }
    }
}

fn open(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("open and close");
    let paths = echoing(1);
    for name in NAMES {
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter_custom(|iterations| {
                let path = paths.first().map_or("", String::as_str);
                with_contestant(name, Open(path, usize_of(iterations)))
            });
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = trips, open
}
criterion_main!(benches);
