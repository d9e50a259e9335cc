//! How a driver is tested without hardware: ports in memory, with faults on demand.
//!
//! `cargo test --example mock_test` runs the tests below; `cargo run --example mock_test` lets the
//! driver talk to a simulated instrument; `-- /dev/ttyUSB0` to your own.

use std::time::Duration;

use anyserial::{Buffered, SerialPort};
use anyserial_examples::{MainError, instrument, open_argument};

fn main() -> Result<(), MainError> {
    smol::block_on(async {
        let port = open_argument(9600, instrument).await?;
        let mut thermometer = Thermometer::new(port, Duration::from_secs(1));
        println!("{} degrees", thermometer.celsius().await?);
        println!("now see its tests: cargo test --example mock_test");
        Ok(())
    })
}

/// The driver to be tested. It takes an open port, and so whatever is behind one.
struct Thermometer {
    port: Buffered<SerialPort>,
    patience: Duration,
}

#[derive(Debug, thiserror::Error)]
enum ThermometerError {
    #[error("{0:?} is no temperature")]
    Nonsense(String),
    #[error(transparent)]
    Port(#[from] anyserial::Error),
}

impl Thermometer {
    fn new(port: SerialPort, patience: Duration) -> Self {
        Thermometer {
            port: Buffered::new(port),
            patience,
        }
    }

    /// Asks for the temperature.
    async fn celsius(&mut self) -> Result<f32, ThermometerError> {
        // The answer to a question that was given up is none to this one.
        self.port.discard_input().await?;
        let control = self.port.control();

        let patience = self.patience;
        let answer = async {
            self.port.send(b"TEMP?\n").await?;
            self.port.receive_line(80).await
        };
        let answer = control.timeout(patience, answer).await?;
        let celsius = answer.strip_suffix(" C").and_then(|text| text.parse().ok());
        celsius.ok_or_else(|| ThermometerError::Nonsense(answer.into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use anyserial::Error;
    use anyserial::reactor::AsyncIo;
    use anyserial::testing::{FaultPlan, PairBuilder};
    use futures_lite::future::{poll_once, zip};
    use smol::block_on;

    use super::*;

    /// Longer than any test takes: no test waits for it.
    const PATIENCE: Duration = Duration::from_secs(30);

    fn thermometer(faults: &FaultPlan) -> (Thermometer, SerialPort) {
        let pair = PairBuilder::new(Arc::new(AsyncIo)).near_faults(faults);
        let (port, far_end) = pair.build();
        (Thermometer::new(port, PATIENCE), far_end)
    }

    /// Waits for the question, and answers.
    async fn answer(far_end: &mut SerialPort, answer: &[u8]) {
        assert_eq!(far_end.receive_available(64).await.unwrap(), b"TEMP?\n");
        far_end.send(answer).await.unwrap();
    }

    #[test]
    fn asks_and_understands() {
        let (mut thermometer, mut far_end) = thermometer(&FaultPlan::new());
        block_on(async {
            for (text, celsius) in [("+21.5 C\n", 21.5), ("-40 C\r\n", -40.0)] {
                let told = zip(thermometer.celsius(), answer(&mut far_end, text.as_bytes()));
                assert_eq!(told.await.0.unwrap(), celsius);
            }
        });
    }

    #[test]
    fn an_answer_may_come_in_any_pieces() {
        let faults = FaultPlan::new();
        faults.short_reads(1);
        faults.again_on_read(3);
        let (mut thermometer, mut far_end) = thermometer(&faults);
        block_on(async {
            let told = zip(thermometer.celsius(), answer(&mut far_end, b"+21.5 C\n"));
            assert_eq!(told.await.0.unwrap(), 21.5);
        });
        assert!(faults.is_used_up());
    }

    #[test]
    fn nonsense_is_told_as_it_came() {
        let (mut thermometer, mut far_end) = thermometer(&FaultPlan::new());
        block_on(async {
            let told = zip(thermometer.celsius(), answer(&mut far_end, b"2l.5 C\n"));
            let error = told.await.0.unwrap_err();
            assert_eq!(error.to_string(), r#""2l.5 C" is no temperature"#);
        });
    }

    #[test]
    fn silence_has_an_end_and_a_late_answer_is_forgotten() {
        let (mut thermometer, mut far_end) = thermometer(&FaultPlan::new());
        thermometer.patience = Duration::from_millis(20);
        block_on(async {
            let error = thermometer.celsius().await.unwrap_err();
            let ThermometerError::Port(Error::TimedOut { .. }) = error else {
                panic!("{error}");
            };
            answer(&mut far_end, b"+99.9 C\n").await;

            thermometer.patience = PATIENCE;
            let told = zip(thermometer.celsius(), answer(&mut far_end, b"+21.5 C\n"));
            assert_eq!(told.await.0.unwrap(), 21.5);
        });
    }

    #[test]
    fn a_question_that_is_dropped_does_no_harm() {
        let (mut thermometer, mut far_end) = thermometer(&FaultPlan::new());
        block_on(async {
            assert!(poll_once(thermometer.celsius()).await.is_none());
            answer(&mut far_end, b"+99.9 C\n").await;
            let told = zip(thermometer.celsius(), answer(&mut far_end, b"+21.5 C\n"));
            assert_eq!(told.await.0.unwrap(), 21.5);
        });
    }

    #[test]
    fn unplugged_in_the_middle_of_an_answer() {
        let faults = FaultPlan::new();
        faults.disconnect_after(3);
        let (mut thermometer, mut far_end) = thermometer(&faults);
        block_on(async {
            for _ in 0..2 {
                let told = zip(thermometer.celsius(), far_end.send(b"+21.5 C\n"));
                let error = told.await.0.unwrap_err();
                let ThermometerError::Port(Error::Disconnected { .. }) = error else {
                    panic!("{error}");
                };
            }
        });
    }
}
