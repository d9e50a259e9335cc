//! The example timeouts with smol: `timeout` of anyserial-smol for any future, smol's lines.
//!
//! `cargo run --example timeouts_smol`, or with `-- /dev/ttyUSB0` for an instrument of your own,
//! which may be slow with `SLOW?`.

use std::time::Duration;

use anyserial_examples::{MainError, instrument, open_argument};
use anyserial_smol::timeout;
use smol::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use smol::stream::StreamExt;

fn main() -> Result<(), MainError> {
    smol::block_on(async {
        let port = open_argument(115_200, instrument).await?;
        // What a stream of lines has read of a line, it keeps when it is given up. (`read_line`
        // does not.)
        let (read, mut write) = port.into_split();
        let mut lines = BufReader::new(read).lines();

        // Nobody asked anything, so nothing comes.
        let limit = Duration::from_millis(100);
        match timeout(limit, lines.next()).await {
            Err(elapsed) => println!("nothing: {elapsed}"),
            Ok(line) => println!("a surprise: {:?}", line.transpose()?),
        }

        // The limit is over in the middle of an answer.
        write.write_all(b"SLOW?\n").await?;
        for _ in 0..10 {
            match timeout(limit, lines.next()).await {
                Err(elapsed) => println!("not yet: {elapsed}"),
                Ok(line) => {
                    println!("the answer is whole: {:?}", line.transpose()?);
                    break;
                }
            }
        }

        // One limit for a dialogue of several steps.
        let dialogue = async {
            for query in ["*IDN?\n", "TEMP?\n"] {
                write.write_all(query.as_bytes()).await?;
                println!("in time: {:?}", lines.next().await.transpose()?);
            }
            Ok::<(), std::io::Error>(())
        };
        timeout(Duration::from_secs(1), dialogue).await??;
        Ok(())
    })
}
