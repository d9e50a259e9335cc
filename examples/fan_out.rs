//! Many ports on one thread, a task for each: a port that fails does not take down the others.
//!
//! `cargo run --example fan_out` talks to four simulated instruments, one of which is unplugged;
//! `cargo run --example fan_out -- /dev/ttyUSB0 /dev/ttyUSB1` to your own, at 115200 8N1.

use std::path::PathBuf;
use std::time::Duration;

use anyserial::testing::pty_pair;
use anyserial::{Buffered, Result, SerialPort};
use anyserial_examples::{MainError, instrument};
use futures_lite::future::or;
use smol::{LocalExecutor, Timer};

fn main() -> Result<(), MainError> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let executor = LocalExecutor::new();
    smol::block_on(executor.run(async {
        let mut tasks = Vec::new();
        for path in paths {
            let name = path.display().to_string();
            let reading = async { read(SerialPort::open(path, 115_200).await?).await };
            tasks.push((name, executor.spawn(reading)));
        }
        if tasks.is_empty() {
            for number in 0..4 {
                let (port, far_end) = pty_pair().await?;
                let name = port.path().display().to_string();
                let plugged_in = Duration::from_millis(if number == 2 { 250 } else { 5000 });
                executor.spawn(simulate(far_end, plugged_in)).detach();
                tasks.push((name, executor.spawn(read(port))));
            }
        }

        let mut failed = 0;
        let count = tasks.len();
        for (name, task) in tasks {
            match task.await {
                Ok(readings) => println!("{name}: {}", readings.join(", ")),
                Err(error) => {
                    failed += 1;
                    println!("failed: {error}");
                }
            }
        }
        println!(
            "{} of {count} ports did all they were asked for",
            count - failed
        );
        Ok(())
    }))
}

/// Five readings, one every 100 ms.
async fn read(port: SerialPort) -> Result<Vec<String>> {
    let control = port.control();
    let mut port = Buffered::new(port);
    let mut readings = Vec::new();
    for _ in 0..5 {
        port.send(b"TEMP?\n").await?;
        let answer = control.timeout(Duration::from_secs(1), port.receive_line(80));
        readings.push(answer.await?.into_owned());
        Timer::after(Duration::from_millis(100)).await;
    }
    Ok(readings)
}

/// An instrument that is unplugged after this time.
async fn simulate(far_end: SerialPort, plugged_in: Duration) -> Result<()> {
    let unplugged = async {
        Timer::after(plugged_in).await;
        Ok(())
    };
    or(instrument(far_end), unplugged).await
}
