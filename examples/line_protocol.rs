//! A driver for an instrument that speaks in lines: a query, an answer, each with an end and a
//! limit. This is what most programs for a serial port are.
//!
//! `cargo run --example line_protocol` talks to a simulated instrument;
//! `cargo run --example line_protocol -- /dev/ttyUSB0` to your own, at 115200 8N1. Queries can
//! follow: `-- /dev/ttyUSB0 '*IDN?' 'MEAS:VOLT?'`.

use std::time::Duration;

use anyserial::{Buffered, Error, Result, SerialPort};
use anyserial_examples::{MainError, instrument, open_argument};

fn main() -> Result<(), MainError> {
    smol::block_on(async {
        let port = open_argument(115_200, instrument).await?;
        let mut instrument = Instrument::new(port);
        let mut queries: Vec<String> = std::env::args().skip(2).collect();
        if queries.is_empty() {
            queries = ["*IDN?", "TEMP?", "COFFEE?"].map(str::to_owned).to_vec();
        }
        for query in queries {
            match instrument.query(&query).await {
                Ok(answer) => println!("{query} {answer}"),
                // The next query begins afresh.
                Err(late @ Error::TimedOut { .. }) => println!("{query} {late}"),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    })
}

struct Instrument {
    port: Buffered<SerialPort>,
}

impl Instrument {
    /// No answer takes longer, and none is longer.
    const PATIENCE: Duration = Duration::from_secs(1);
    const LONGEST: usize = 1024;

    fn new(port: SerialPort) -> Self {
        Instrument {
            port: Buffered::new(port),
        }
    }

    /// Sends a query and receives its answer, without the end of the line.
    async fn query(&mut self, query: &str) -> Result<String> {
        // What is left of an answer that nobody waits for any more.
        self.port.discard_input().await?;
        let control = self.port.control();
        let answer = async {
            self.port.send(format!("{query}\n").as_bytes()).await?;
            let answer = self.port.receive_line(Self::LONGEST).await?;
            Ok(answer.into_owned())
        };
        control.timeout(Self::PATIENCE, answer).await
    }
}
