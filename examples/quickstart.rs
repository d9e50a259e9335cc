//! Opens a port, asks an instrument for its name, changes the baud rate, waits for an answer
//! that does not come, and closes.
//!
//! `cargo run --example quickstart` talks to a simulated instrument at the far end of a
//! pseudo-terminal; `cargo run --example quickstart -- /dev/ttyUSB0` to your own, at 115200 8N1.

use std::path::PathBuf;
use std::time::Duration;

use anyserial::{Error, Result, SerialConfig, SerialPort};
use anyserial_examples::{MainError, instrument};

fn main() -> Result<(), MainError> {
    let path = std::env::args_os().nth(1).map(PathBuf::from);
    smol::block_on(async {
        let port = match path {
            Some(path) => SerialPort::open(path, SerialConfig::new(115_200)).await?,
            None => {
                let (port, far_end) = anyserial::testing::pty_pair().await?;
                smol::spawn(instrument(far_end)).detach();
                port
            }
        };
        talk(port).await?;
        Ok(())
    })
}

async fn talk(mut port: SerialPort) -> Result<()> {
    println!("opened {} at {}", port.path().display(), port.config()?);
    // A port lends itself to its reads; this handle is for everything beside them.
    let control = port.control();

    println!("name: {}", query(&mut port, b"*IDN?\n").await?);

    control.configure(control.config()?.baud_rate(9600)).await?;
    println!("now at {}", control.config()?);
    println!("temperature: {}", query(&mut port, b"TEMP?\n").await?);

    // Nobody asked anything, so nothing comes. A receive that is given up loses no byte.
    let mut buf = [0; 64];
    let limit = Duration::from_millis(200);
    match control.timeout(limit, port.receive(&mut buf)).await {
        Err(error @ Error::TimedOut { .. }) => println!("as expected: {error}"),
        Err(error) => return Err(error),
        Ok(n) => println!("a surprise: {n} bytes"),
    }

    port.drain().await?;
    port.close().await?;
    println!("closed");
    Ok(())
}

/// Sends a query and receives its answer, up to the end of the line, within a second.
async fn query(port: &mut SerialPort, query: &[u8]) -> Result<String> {
    port.send(query).await?;
    let control = port.control();
    let answer = async {
        let mut answer = Vec::new();
        while !answer.ends_with(b"\n") {
            answer.extend(port.receive_available(64).await?);
        }
        Ok(String::from_utf8_lossy(&answer).trim_end().to_owned())
    };
    control.timeout(Duration::from_secs(1), answer).await
}
