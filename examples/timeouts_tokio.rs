//! The example timeouts with tokio: tokio's own `timeout` and lines.
//!
//! `cargo run --example timeouts_tokio`, or with `-- /dev/ttyUSB0` for an instrument of your own,
//! which may be slow with `SLOW?`.

use std::time::Duration;

use anyserial_examples::{MainError, instrument};
use anyserial_tokio::{SerialPort, testing};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::time::timeout;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), MainError> {
    let port = match std::env::args_os().nth(1) {
        Some(path) => SerialPort::open(path, 115_200).await?,
        None => {
            let (port, far_end) = testing::pty_pair().await?;
            tokio::spawn(instrument(far_end.into_inner()));
            port
        }
    };
    // What `next_line` has read of a line, it keeps when it is given up. (`read_line` and
    // `read_exact` do not.)
    let mut lines = BufReader::new(port).lines();

    // Nobody asked anything, so nothing comes.
    let limit = Duration::from_millis(100);
    match timeout(limit, lines.next_line()).await {
        Err(elapsed) => println!("nothing: {elapsed}"),
        Ok(line) => println!("a surprise: {:?}", line?),
    }

    // The limit is over in the middle of an answer.
    lines.get_mut().write_all(b"SLOW?\n").await?;
    for _ in 0..10 {
        match timeout(limit, lines.next_line()).await {
            Err(elapsed) => println!("not yet: {elapsed}"),
            Ok(line) => {
                println!("the answer is whole: {:?}", line?);
                break;
            }
        }
    }

    // One limit for a dialogue of several steps.
    let dialogue = async {
        for query in ["*IDN?\n", "TEMP?\n"] {
            lines.get_mut().write_all(query.as_bytes()).await?;
            println!("in time: {:?}", lines.next_line().await?);
        }
        Ok::<(), std::io::Error>(())
    };
    timeout(Duration::from_secs(1), dialogue).await??;

    // tokio's `flush` has nothing to do here. `shutdown` waits until all output has left, and the
    // port stays open.
    timeout(Duration::from_secs(1), lines.get_mut().shutdown()).await??;
    println!("all is sent");
    Ok(())
}
