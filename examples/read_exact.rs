//! Receives exactly as many bytes as are meant, however they arrive: a binary block whose header
//! tells its length, as oscilloscopes send their curves.
//!
//! `cargo run --example read_exact` talks to a simulated instrument;
//! `cargo run --example read_exact -- /dev/ttyUSB0` to your own, which answers `CURVE?` with a
//! block of IEEE 488.2: `#`, the number of digits, the length in digits, so many bytes.

use std::time::Duration;

use anyserial::{Buffered, Result, SerialPort};
use anyserial_examples::{MainError, instrument, open_argument};

/// No block is longer: a length that is noise must not be waited for.
const LONGEST: usize = 1024 * 1024;

fn main() -> Result<(), MainError> {
    smol::block_on(async {
        let port = open_argument(115_200, instrument).await?;
        let control = port.control();

        // A receive of the port gives what has come so far, which may be any part of a message.
        // A buffer over it waits for as much as is meant, and keeps what is beyond.
        let mut port = Buffered::new(port);
        port.send(b"CURVE?\n").await?;
        let limit = Duration::from_secs(2);
        match control.timeout(limit, receive_block(&mut port)).await? {
            Some(block) => println!("a block of {} bytes: {block:02x?}", block.len()),
            None => println!("what came is no block"),
        }
        Ok(())
    })
}

/// Receives a block and the end of its line; `None` for what is none. Each of its steps waits for
/// as long as it takes; the caller bounds them together.
async fn receive_block(port: &mut Buffered<SerialPort>) -> Result<Option<Vec<u8>>> {
    let &[b'#', digits @ b'1'..=b'9'] = port.receive_exactly(2).await? else {
        return Ok(None);
    };
    let length = port.receive_exactly(usize::from(digits - b'0')).await?;
    let length = str::from_utf8(length).ok();
    let length = length.and_then(|text| text.parse().ok());
    let Some(length) = length.filter(|length| *length <= LONGEST) else {
        return Ok(None);
    };
    let block = port.receive_exactly(length).await?.to_vec();
    port.receive_exactly(1).await?;
    Ok(Some(block))
}
