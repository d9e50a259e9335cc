//! Waiting until all output has left.

use std::time::{Duration, Instant};

use anyserial::testing::FaultPlan;
use anyserial_tests::Env;
use futures_lite::future::poll_once;

pub(crate) async fn waits_for_the_wire(env: Env) {
    let faults = FaultPlan::new();
    faults.bandwidth(1000);
    let (mut near, far) = env.pair_builder().near_faults(&faults).build();
    let began = Instant::now();
    near.send(&[0; 50]).await.unwrap();
    assert!(near.output_waiting().unwrap() > 0);
    env.bounded(near.drain()).await.unwrap();
    assert_eq!(near.output_waiting().unwrap(), 0);
    assert_eq!(far.input_waiting().unwrap(), 50);
    // 50 bytes at 1000 bytes per second: no faster than the wire.
    assert!(began.elapsed() >= Duration::from_millis(50));
    // With nothing to wait for it does not wait.
    assert!(poll_once(near.drain()).await.unwrap().is_ok());
}

pub(crate) async fn does_not_report_success_after_a_disconnect(env: Env) {
    let faults = FaultPlan::new();
    faults.bandwidth(1);
    let (mut near, _far) = env.pair_builder().near_faults(&faults).build();
    near.send(b"never sent").await.unwrap();
    let control = near.control();
    let draining = env.spawn(async move { control.drain().await });
    env.sleep(Duration::from_millis(5)).await;
    faults.disconnect();
    assert!(
        env.bounded(draining.join())
            .await
            .unwrap_err()
            .is_disconnected()
    );
}

pub(crate) async fn waits_for_no_reader_of_a_pty(env: Env) {
    let (mut port, far) = env.pty().await;
    port.send(b"abc").await.unwrap();
    env.bounded(port.drain()).await.unwrap();
    assert_eq!(far.read(3), b"abc");
}
