//! The same port without async: calls that wait where they are made, with a limit.
//!
//! `cargo run --example blocking` talks to a simulated instrument on a thread of its own;
//! `cargo run --example blocking -- /dev/ttyUSB0` to your own, at 115200 8N1.

use std::io::{BufRead, BufReader, Write};
use std::time::Duration;

use anyserial::blocking::SerialPort;
use anyserial::testing::pair;
use anyserial_examples::{MainError, instrument};

fn main() -> Result<(), MainError> {
    let mut port = match std::env::args_os().nth(1) {
        Some(path) => SerialPort::open(path, 115_200)?,
        None => {
            // Any port of this crate becomes a blocking one, one in memory among them.
            let (port, far_end) = pair();
            std::thread::spawn(|| smol::block_on(instrument(far_end)));
            SerialPort::from(port)
        }
    };
    println!("opened {} at {}", port.path().display(), port.config()?);

    // A limit for each call.
    port.set_timeout(Duration::from_secs(1));
    port.send(b"*IDN?\n")?;
    let mut reply = [0; 64];
    let count = port.receive(&mut reply)?;
    let reply = reply.get(..count).unwrap_or_default();
    println!("received {:?}", String::from_utf8_lossy(reply));

    // One limit for several calls.
    let answer = port.within(Duration::from_secs(2), |port| {
        port.send(b"TEMP?\n")?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\n") {
            answer.extend(port.receive_available(64)?);
        }
        Ok::<_, anyserial::Error>(answer)
    })?;
    println!("received {:?}", String::from_utf8_lossy(&answer));

    // Nobody asked anything, so nothing comes. What is over its time loses no byte.
    port.set_timeout(Duration::from_millis(200));
    if let Err(late) = port.receive(&mut [0; 64]) {
        println!("as expected: {late}");
    }

    // Two threads, and the traits of the standard library: any code for them works.
    port.set_timeout(Duration::from_secs(1));
    let (read, mut write) = port.split();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            for line in BufReader::new(read).lines().take(2) {
                println!("line: {}", line?);
            }
            Ok::<(), std::io::Error>(())
        });
        write.write_all(b"*IDN?\n")?;
        write.write_all(b"TEMP?\n")?;
        // Here this waits until all output has left.
        write.flush()?;
        reader.join().unwrap_or(Ok(()))
    })?;

    port.close()?;
    println!("closed");
    Ok(())
}
