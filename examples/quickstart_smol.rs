//! The quickstart with smol: smol's traits, and the timeout that smol has none of.
//!
//! `cargo run --example quickstart_smol`, or with `-- /dev/ttyUSB0` for an instrument of your
//! own at 115200 8N1.

use std::time::Duration;

use anyserial_examples::{MainError, instrument};
use anyserial_smol::{SerialConfig, SerialPort, testing, timeout};
use smol::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

fn main() -> Result<(), MainError> {
    smol::block_on(run())
}

async fn run() -> Result<(), MainError> {
    let port = match std::env::args_os().nth(1) {
        Some(path) => SerialPort::open(path, SerialConfig::new(115_200)).await?,
        None => {
            let (port, far_end) = testing::pty_pair().await?;
            smol::spawn(instrument(far_end)).detach();
            port
        }
    };
    println!("opened {} at {}", port.path().display(), port.config()?);
    let control = port.control();

    // smol's own buffer over the port: any code for its traits works.
    let mut port = BufReader::new(port);
    let mut line = String::new();
    for (query, baud_rate) in [("*IDN?\n", 115_200), ("TEMP?\n", 9600)] {
        control.configure(baud_rate).await?;
        port.get_mut().write_all(query.as_bytes()).await?;
        line.clear();
        timeout(Duration::from_secs(1), port.read_line(&mut line)).await??;
        println!("{}: {}", query.trim_end(), line.trim_end());
    }

    // Nobody asked anything, so nothing comes. A read that is given up loses no byte.
    let limit = Duration::from_millis(200);
    match timeout(limit, port.read_line(&mut line)).await {
        Err(error) => println!("as expected: {error}"),
        Ok(count) => println!("a surprise: {} bytes", count?),
    }

    port.into_inner().close().await?;
    println!("closed");
    Ok(())
}
