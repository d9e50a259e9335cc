//! What the proofs share: ports at both ends of a cable, and clocks.

use std::path::Path;
use std::time::{Duration, Instant};

use anyserial::{SerialConfig, SerialPort};
use anyserial_lab::Cable;
use anyserial_tests::Env;
use futures_lite::future;

/// Opens both ends of a cable, with nothing left in them from before.
pub(crate) async fn open_both(
    env: &Env,
    cable: &impl Cable,
    config: impl Into<SerialConfig>,
) -> (SerialPort, SerialPort) {
    let config = config.into();
    let near = env.open(cable.near(), config).await.unwrap();
    let far = env.open(cable.far(), config).await.unwrap();
    near.discard_input().await.unwrap();
    far.discard_input().await.unwrap();
    (near, far)
}

/// Receives exactly so many bytes.
pub(crate) async fn receive(env: &Env, port: &mut SerialPort, count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < count {
        let more = env.bounded(port.receive_available(count - bytes.len()));
        bytes.extend(more.await.unwrap());
    }
    bytes
}

/// The outcome of a future, and the longest time between two ticks of a clock of 1 ms in the same
/// task, from the beginning of the future until some ticks after its end.
pub(crate) async fn beside_a_ticker<T>(
    env: &Env,
    future: impl Future<Output = T>,
) -> (T, Duration) {
    const TICK: Duration = Duration::from_millis(1);
    let mut longest = Duration::ZERO;
    let ticker = async {
        let mut last = Instant::now();
        loop {
            env.sleep(TICK).await;
            longest = longest.max(last.elapsed());
            last = Instant::now();
        }
    };
    let outcome = future::or(ticker, async {
        let outcome = future.await;
        env.sleep(20 * TICK).await;
        outcome
    })
    .await;
    (outcome, longest)
}

/// Up to three attempts to keep to a bound in time: a host that is busy with other things only
/// ever adds to it.
#[derive(Default)]
pub(crate) struct Attempts(u32);

impl Attempts {
    /// Whether this attempt kept to it; a panic if the third did not.
    pub(crate) fn keep(&mut self, took: Duration, bound: Duration) -> bool {
        self.succeed(took < bound, &format!("{took:?}, not {bound:?}"))
    }

    /// Whether this attempt succeeded; a panic if the third did not.
    pub(crate) fn succeed(&mut self, success: bool, problem: &str) -> bool {
        self.0 += 1;
        assert!(success || self.0 < 3, "{problem}");
        success
    }
}

/// The text of an attribute of a port's terminal in sysfs.
pub(crate) fn attribute(port: &Path, name: &str) -> String {
    let terminal = port.file_name().unwrap().to_str().unwrap();
    let text = std::fs::read_to_string(format!("/sys/class/tty/{terminal}/{name}"));
    text.unwrap().trim_end().to_owned()
}
