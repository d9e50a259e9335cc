//! What the examples share: simulated devices, at the far end of a pseudo-terminal, to talk to when
//! they are given no path.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use anyserial::testing::pty_pair;
use anyserial::{Clock, Result, SerialConfig, SerialPort};

/// An error of any kind, for `main` to give: the program ends with the words of it, not with its
/// fields.
pub struct MainError(Box<dyn Error>);

impl<E: Error + 'static> From<E> for MainError {
    fn from(error: E) -> Self {
        MainError(Box::new(error))
    }
}

impl fmt::Debug for MainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The port that the program was given as its argument, set like this. Without an argument, a
/// port with the simulated device at its far end.
///
/// # Errors
///
/// Those of opening a port.
pub async fn open_argument<F>(
    config: impl Into<SerialConfig>,
    simulated: impl FnOnce(SerialPort) -> F,
) -> Result<SerialPort>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    match std::env::args_os().nth(1) {
        Some(path) => SerialPort::open(path, config).await,
        None => {
            let (port, far_end) = pty_pair().await?;
            port.configure(config).await?;
            smol::spawn(simulated(far_end)).detach();
            Ok(port)
        }
    }
}

/// An instrument that answers queries, a line each, until the port at the other end closes.
///
/// `CURVE?` is answered by a binary block of 32 bytes, as IEEE 488.2 has it, which comes in
/// pieces; `SLOW?` by a line whose second half comes 300 ms late.
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
            let (pause, pieces): (Duration, &[&[u8]]) = match query.as_slice() {
                b"*IDN?\n" => (Duration::ZERO, &[b"ACME,SIMULATED-1,0,1.0\n"]),
                b"TEMP?\n" => (Duration::ZERO, &[b"+21.5 C\n"]),
                b"CURVE?\n" => (
                    Duration::from_millis(20),
                    &[b"#", b"232\x00\x0a\x14", b"\x1d\x26\x2f", CURVE, b"\n"],
                ),
                b"SLOW?\n" => (Duration::from_millis(300), &[b"+21", b".5 C\n"]),
                _ => (Duration::ZERO, &[b"ERROR\n"]),
            };
            for (number, piece) in pieces.iter().enumerate() {
                if number > 0 {
                    port.sleep(pause)?.await;
                }
                port.send(piece).await?;
            }
        }
    }
}

/// What is left of a curve whose first six samples have been sent. Samples are any bytes, those
/// of line ends too.
const CURVE: &[u8] = b"\x37\x3d\x42\x45\x46\x45\x42\x3d\x37\x2f\x26\x1d\x14\x0a\x00\
                       \xf6\xec\xe3\xda\xd1\xc9\xc3\xbe\xbb\xba\xbb";

/// A device that sends back all that it receives, as a plug does that connects TX to RX.
///
/// # Errors
///
/// That the other end has closed.
pub async fn echo(mut port: SerialPort) -> Result<()> {
    loop {
        let bytes = port.receive_available(4096).await?;
        port.send(&bytes).await?;
    }
}
