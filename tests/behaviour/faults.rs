//! What goes wrong, and how ports take it.

use std::time::{Duration, Instant};

use anyserial::testing::FaultPlan;
use anyserial::{Error, Parity, SerialConfig};
use anyserial_tests::Env;
use futures_lite::future::poll_once;

use crate::bytes::receive;

pub(crate) async fn again_and_interrupted_calls_go_on(env: Env) {
    let faults = FaultPlan::new();
    let (mut near, mut far) = env.pair_builder().near_faults(&faults).build();
    faults.again_on_write(3);
    faults.interrupt_write(2);
    // The first call finds nothing ready, although there is.
    assert!(poll_once(near.send(b"there")).await.is_none());
    env.bounded(near.send(b"there")).await.unwrap();
    assert_eq!(env.bounded(receive(&mut far, 5)).await, b"there");

    faults.again_on_read(3);
    faults.interrupt_read(2);
    assert!(!faults.is_used_up());
    far.send(b"back").await.unwrap();
    assert!(poll_once(near.receive(&mut [0; 8])).await.is_none());
    assert_eq!(env.bounded(receive(&mut near, 4)).await, b"back");
    assert!(faults.is_used_up());
}

pub(crate) async fn short_calls_add_up(env: Env) {
    let faults = FaultPlan::new();
    let (mut near, mut far) = env.pair_builder().near_faults(&faults).build();
    faults.short_writes(2);
    assert_eq!(near.send_some(b"abcde").await.unwrap(), 2);
    near.send(b"cde").await.unwrap();
    assert_eq!(far.receive_available(9).await.unwrap(), b"abcde");
    faults.short_reads(1);
    far.send(b"xy").await.unwrap();
    assert_eq!(near.receive_available(9).await.unwrap(), b"x");
    faults.short_reads(0);
    assert_eq!(near.receive_available(9).await.unwrap(), b"y");
}

pub(crate) async fn one_failure_is_one_failure(env: Env) {
    let faults = FaultPlan::new();
    let (mut near, mut far) = env.pair_builder().near_faults(&faults).build();
    far.send(b"x").await.unwrap();
    faults.fail_read();
    assert!(
        near.receive(&mut [0; 8])
            .await
            .unwrap_err()
            .is_disconnected()
    );
    assert_eq!(near.receive_available(8).await.unwrap(), b"x");
    faults.fail_write();
    assert!(near.send(b"y").await.unwrap_err().is_disconnected());
    near.send(b"y").await.unwrap();
    assert_eq!(far.receive_available(8).await.unwrap(), b"y");
}

pub(crate) async fn disconnect_wakes_both_sides(env: Env) {
    let faults = FaultPlan::new();
    let (near, mut far) = env.pair_builder().capacity(8).near_faults(&faults).build();
    let (mut read, mut write) = near.into_split();
    write.send(&[0; 8]).await.unwrap();
    let reader = env.spawn(async move { (read.receive(&mut [0; 8]).await, read) });
    let writer = env.spawn(async move { (write.send(&[0; 8]).await, write) });
    env.sleep(Duration::from_millis(5)).await;
    faults.disconnect();
    let (received, _read) = env.bounded(reader.join()).await;
    assert!(received.unwrap_err().is_disconnected());
    let (sent, _write) = env.bounded(writer.join()).await;
    assert!(sent.unwrap_err().is_disconnected());
    // The other end goes on, with nobody there.
    assert!(far.modem_lines().await.unwrap().is_empty());
    far.send(&[0; 100]).await.unwrap();
}

pub(crate) async fn latency_and_bandwidth_take_their_time(env: Env) {
    let faults = FaultPlan::new();
    let (mut near, mut far) = env.pair_builder().near_faults(&faults).build();
    faults.latency(Duration::from_millis(30));
    let began = Instant::now();
    near.send(b"late").await.unwrap();
    assert!(poll_once(far.receive(&mut [0; 8])).await.is_none());
    assert_eq!(far.input_waiting().unwrap(), 0);
    assert_eq!(env.bounded(receive(&mut far, 4)).await, b"late");
    assert!(began.elapsed() >= Duration::from_millis(30));

    faults.latency(Duration::ZERO);
    faults.bandwidth(1000);
    let began = Instant::now();
    near.send(&[0; 40]).await.unwrap();
    env.bounded(receive(&mut far, 40)).await;
    assert!(began.elapsed() >= Duration::from_millis(40));

    // What has not left can be taken back.
    faults.bandwidth(1);
    near.send(b"never").await.unwrap();
    near.discard_output().await.unwrap();
    faults.bandwidth(0);
    near.send(b"now").await.unwrap();
    assert_eq!(env.bounded(receive(&mut far, 3)).await, b"now");
}

pub(crate) async fn mismatched_ends_are_refused_if_asked(env: Env) {
    let (mut near, mut far) = env.pair_builder().refuse_mismatched(true).build();
    near.configure(9600).await.unwrap();
    let error = near.send(b"x").await.unwrap_err();
    assert!(
        matches!(&error, Error::UnsupportedConfiguration { field: "baud_rate", asked, got, .. }
            if asked == "9600" && got == "115200 at the far end"),
        "{error}"
    );
    far.configure(SerialConfig::new(9600).parity(Parity::Odd))
        .await
        .unwrap();
    let error = near.send(b"x").await.unwrap_err();
    assert!(matches!(
        error,
        Error::UnsupportedConfiguration {
            field: "parity",
            ..
        }
    ));
    near.configure(SerialConfig::new(9600).parity(Parity::Odd))
        .await
        .unwrap();
    near.send(b"y").await.unwrap();
    assert_eq!(far.receive_available(8).await.unwrap(), b"y");

    // Unless asked, bytes pass.
    let (mut near, mut far) = env.pair();
    near.configure(9600).await.unwrap();
    near.send(b"z").await.unwrap();
    assert_eq!(far.receive_available(8).await.unwrap(), b"z");
}
