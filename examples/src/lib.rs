//! What the examples talk to when they are given no path: simulated devices, at the far end of a
//! pseudo-terminal.

use anyserial::{Result, SerialPort};

/// An instrument that answers queries, a line each, until the port at the other end closes.
///
/// # Errors
///
/// That the other end has closed.
pub async fn instrument(mut port: SerialPort) -> Result<()> {
    let mut line = Vec::new();
    loop {
        line.extend(port.receive_available(64).await?);
        while let Some(end) = line.iter().position(|byte| *byte == b'\n') {
            let query: Vec<u8> = line.drain(..=end).collect();
            let answer: &[u8] = match query.as_slice() {
                b"*IDN?\n" => b"ACME,SIMULATED-1,0,1.0\n",
                b"TEMP?\n" => b"+21.5 C\n",
                _ => b"ERROR\n",
            };
            port.send(answer).await?;
        }
    }
}
