//! The example `line_protocol` with tokio: its traits, its lines and its timers.
//!
//! `cargo run --example line_protocol_tokio`, or with `-- /dev/ttyUSB0` for an instrument of your
//! own at 115200 8N1. Queries can follow.

use std::io;
use std::time::Duration;

use anyserial_examples::{MainError, instrument};
use anyserial_tokio::{SerialPort, testing};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, Lines};
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
    let mut instrument = Instrument::new(port);
    let mut queries: Vec<String> = std::env::args().skip(2).collect();
    if queries.is_empty() {
        queries = ["*IDN?", "TEMP?", "COFFEE?"].map(str::to_owned).to_vec();
    }
    for query in queries {
        match instrument.query(&query).await {
            Ok(answer) => println!("{query} {answer}"),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => println!("{query} {error}"),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Over any stream of tokio: a port, a TCP connection to a terminal server, a pair for a test.
struct Instrument<S> {
    lines: Lines<BufReader<S>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Instrument<S> {
    /// No answer takes longer.
    const PATIENCE: Duration = Duration::from_secs(1);

    fn new(stream: S) -> Self {
        Instrument {
            lines: BufReader::new(stream).lines(),
        }
    }

    /// Sends a query and receives its answer, without the end of the line.
    async fn query(&mut self, query: &str) -> io::Result<String> {
        let answer = async {
            let stream = self.lines.get_mut().get_mut();
            stream.write_all(format!("{query}\n").as_bytes()).await?;
            self.lines.next_line().await
        };
        // A time that is over is an error of the kind `TimedOut`.
        let answer = timeout(Self::PATIENCE, answer).await??;
        answer.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}
