//! Bounds in time, and what is left when they are over: no byte is lost, and the port goes on.
//!
//! `cargo run --example timeouts` talks to a simulated instrument;
//! `cargo run --example timeouts -- /dev/ttyUSB0` to your own, which may be slow with `SLOW?`.

use std::time::Duration;

use anyserial::{Buffered, Error, Result};
use anyserial_examples::{MainError, instrument, open_argument};

fn main() -> Result<(), MainError> {
    smol::block_on(async {
        let port = open_argument(115_200, instrument).await?;
        // The clock is the port's own, so that this is the same under every runtime.
        let control = port.control();
        let mut port = Buffered::new(port);

        // Nobody asked anything, so nothing comes.
        let limit = Duration::from_millis(100);
        match control.timeout(limit, port.receive_line(80)).await {
            Err(error @ Error::TimedOut { .. }) => println!("nothing: {error}"),
            outcome => println!("a surprise: {:?}", outcome?),
        }

        // The limit is over in the middle of an answer. What had come is kept for the next call.
        port.send(b"SLOW?\n").await?;
        for _ in 0..10 {
            match control.timeout(limit, port.receive_line(80)).await {
                Err(Error::TimedOut { .. }) => {
                    let so_far = String::from_utf8_lossy(port.buffer());
                    println!("not yet: {so_far:?} has come");
                }
                answer => {
                    println!("the answer is whole: {:?}", answer?);
                    break;
                }
            }
        }

        // One limit for a dialogue of several steps.
        let dialogue = async {
            for query in [&b"*IDN?\n"[..], b"TEMP?\n"] {
                port.send(query).await?;
                println!("in time: {:?}", port.receive_line(80).await?);
            }
            Ok(())
        };
        control.timeout(Duration::from_secs(1), dialogue).await?;

        // Output can be held up for ever by flow control.
        control
            .timeout(Duration::from_secs(1), control.drain())
            .await?;
        println!("all is sent");
        Ok(())
    })
}
