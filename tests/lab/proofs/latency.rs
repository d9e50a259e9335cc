//! Low latency on an FTDI adapter.

use std::time::{Duration, Instant};

use anyserial::SerialConfig;
use anyserial_lab::{Cable, Ftdi};
use anyserial_tests::Env;

use crate::bench::{Attempts, attribute, open_both, receive};

const TIMER: &str = "device/latency_timer";

/// Without low latency it is more than this for certain, with it far less: about 3 ms, if the host
/// has nothing else to do.
const BETWEEN: Duration = Duration::from_millis(12);

pub(crate) async fn question_and_answer(env: Env) {
    let cable = Ftdi::new();
    let plain = SerialConfig::new(115_200);
    let slow = median(&env, &cable, plain).await;
    assert!(slow > BETWEEN, "{slow:?}");
    let mut attempts = Attempts::default();
    loop {
        let fast = median(&env, &cable, plain.low_latency(true)).await;
        println!(
            "{}: p50 {slow:.2?}, with low latency {fast:.2?}",
            cable.name()
        );
        if attempts.keep(fast, BETWEEN) {
            return;
        }
    }
}

/// The median of questions of this port; the far one answers without delay.
async fn median(env: &Env, cable: &Ftdi, config: SerialConfig) -> Duration {
    let (mut near, far) = open_both(env, cable, config).await;
    far.configure(config.low_latency(true)).await.unwrap();
    let (mut questions, mut answers) = far.into_split();
    let answering = env.spawn(async move {
        while let Ok(question) = questions.receive_available(8).await {
            if question == b"q" || answers.send(&question).await.is_err() {
                break;
            }
        }
    });
    let mut times = Vec::new();
    for _ in 0..101 {
        let began = Instant::now();
        near.send(b"?").await.unwrap();
        assert_eq!(receive(env, &mut near, 1).await, b"?");
        times.push(began.elapsed());
    }
    near.send(b"q").await.unwrap();
    answering.join().await;
    times.sort();
    times[times.len() / 2]
}

pub(crate) async fn is_put_back(env: Env) {
    let path = Ftdi::new().near();
    let timer = || attribute(&path, TIMER);
    let plain = SerialConfig::new(9600);
    let before = timer();
    assert_eq!(before, "16");

    let port = env.open(&path, plain.low_latency(true)).await.unwrap();
    assert_eq!(timer(), "1");
    port.configure(plain).await.unwrap();
    assert_eq!(timer(), before, "after a configure without");
    port.configure(plain.low_latency(true)).await.unwrap();
    assert_eq!(timer(), "1");
    port.close().await.unwrap();
    assert_eq!(timer(), before, "after close");

    drop(env.open(&path, plain.low_latency(true)).await.unwrap());
    assert_eq!(timer(), before, "after drop");
}
