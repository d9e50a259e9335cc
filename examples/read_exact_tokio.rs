//! The example `read_exact` with tokio: `read_exact` of tokio's own `AsyncReadExt`.
//!
//! `cargo run --example read_exact_tokio`, or with `-- /dev/ttyUSB0` for an instrument of your
//! own, which answers `CURVE?` with a block of IEEE 488.2.

use std::io;
use std::time::Duration;

use anyserial_examples::{MainError, instrument};
use anyserial_tokio::{SerialPort, testing};
use tokio::io::{AsyncBufRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::timeout;

/// No block is longer: a length that is noise must not be waited for.
const LONGEST: usize = 1024 * 1024;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), MainError> {
    let mut port = match std::env::args_os().nth(1) {
        Some(path) => SerialPort::open(path, 115_200).await?,
        None => {
            let (port, far_end) = testing::pty_pair().await?;
            tokio::spawn(instrument(far_end.into_inner()));
            port
        }
    };
    port.write_all(b"CURVE?\n").await?;

    // tokio's `read_exact` loses what it has read if it is given up. So this bounds the whole of
    // the dialogue, and after a timeout begins anew with an empty queue.
    let mut port = BufReader::new(port);
    match timeout(Duration::from_secs(2), receive_block(&mut port)).await {
        Ok(block) => {
            let block = block?;
            println!("a block of {} bytes: {block:02x?}", block.len());
        }
        Err(late) => {
            println!("{late}");
            port.get_ref().discard_input().await?;
        }
    }
    Ok(())
}

/// Receives a block and the end of its line.
async fn receive_block(port: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Vec<u8>> {
    let no_block = || io::Error::new(io::ErrorKind::InvalidData, "what came is no block");
    let mut head = [0; 2];
    port.read_exact(&mut head).await?;
    let [b'#', digits @ b'1'..=b'9'] = head else {
        return Err(no_block());
    };
    let mut length = vec![0; usize::from(digits - b'0')];
    port.read_exact(&mut length).await?;
    let length = str::from_utf8(&length).ok();
    let length = length.and_then(|text| text.parse().ok());
    let length = length.filter(|length| *length <= LONGEST);
    let mut block = vec![0; length.ok_or_else(no_block)?];
    port.read_exact(&mut block).await?;
    port.read_u8().await?;
    Ok(block)
}
