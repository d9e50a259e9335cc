//! Reads and writes at the same time: the halves of a port in two tasks.
//!
//! `cargo run --example full_duplex` has a simulated device that sends everything back;
//! `cargo run --example full_duplex -- /dev/ttyUSB0` needs a plug that connects TX to RX.

use std::time::{Duration, Instant};

use anyserial::{OwnedReadHalf, OwnedWriteHalf, Result};
use anyserial_examples::{MainError, echo, open_argument};

/// At 115200 baud this takes 1.4 s.
const LENGTH: usize = 16 * 1024;

fn main() -> Result<(), MainError> {
    smol::block_on(async {
        let port = open_argument(115_200, echo).await?;
        let control = port.control();
        // Each half is the whole of its direction, and neither waits for the other.
        let (read, write) = port.into_split();
        let began = Instant::now();
        let sending = smol::spawn(send(write));
        let (read, received) = control
            .timeout(Duration::from_secs(10), receive(read))
            .await?;
        let write = sending.await?;
        println!("{LENGTH} bytes there and back in {:.0?}", began.elapsed());

        let damaged = received
            .iter()
            .zip(pattern())
            .filter(|(got, sent)| *got != sent);
        println!("{} of them damaged", damaged.count());

        // Both halves together are the port again.
        match read.reunite(write) {
            Ok(port) => port.close().await?,
            Err(error) => println!("{error}"),
        }
        Ok(())
    })
}

async fn send(mut port: OwnedWriteHalf) -> Result<OwnedWriteHalf> {
    let data: Vec<u8> = pattern().take(LENGTH).collect();
    port.send(&data).await?;
    // `send` has handed it to the system. Now it is on the wire.
    port.drain().await?;
    Ok(port)
}

async fn receive(mut port: OwnedReadHalf) -> Result<(OwnedReadHalf, Vec<u8>)> {
    let mut received = Vec::new();
    while received.len() < LENGTH {
        received.extend(port.receive_available(LENGTH - received.len()).await?);
    }
    Ok((port, received))
}

/// Bytes that do not repeat in step with any queue.
fn pattern() -> impl Iterator<Item = u8> {
    (0..=250).cycle()
}
