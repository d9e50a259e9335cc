//! Closing and dropping.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use anyserial::SerialConfig;
use anyserial::testing::FaultPlan;
use anyserial_tests::{Env, FarEnd};
use futures_lite::AsyncWriteExt;
use futures_lite::future::poll_once;

/// So long may an executor be held up: far less than the seconds that it would be, and more than
/// a busy machine takes from it.
const STALL: Duration = Duration::from_secs(1);

pub(crate) async fn drop_and_close_do_not_stall(env: Env) {
    for close in [false, true] {
        let (mut port, far) = env.pty().await;
        // The far end does not read: what is sent stays where it is.
        let full = [0; 4096];
        while poll_once(port.send_some(&full)).await.is_some() {}
        let (stall, ()) = env
            .stall_during(async move {
                if close {
                    port.close().await.unwrap();
                } else {
                    drop(port);
                }
            })
            .await;
        assert!(stall < STALL, "the executor stood still for {stall:?}");
        drop(far);
    }
}

pub(crate) async fn close_waits_for_the_close(env: Env) {
    let (port, far) = env.pty().await;
    port.close().await.unwrap();
    // The master of a pseudo-terminal whose slave is closed reads EIO, and nothing before.
    assert!(far.read_to_end().is_empty());

    let (port, far) = env.pair();
    port.close().await.unwrap();
    assert!(far.modem_lines().await.unwrap_err().is_disconnected());
}

pub(crate) async fn open_right_after_drop(env: Env) {
    let far = FarEnd::new();
    for _ in 0..100 {
        let port = env.open(far.path(), SerialConfig::default()).await.unwrap();
        drop(port);
        let port = env.open(far.path(), SerialConfig::default()).await.unwrap();
        // Both halves count as the port.
        let (read, write) = port.into_split();
        drop(read);
        drop(write);
    }
}

pub(crate) async fn a_panic_gives_up_the_locks(env: Env) {
    let far = FarEnd::new();
    let port = env.open(far.path(), SerialConfig::default()).await.unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(move || {
        let _port = port;
        // Unwinds without the message of a panic.
        resume_unwind(Box::new("on purpose"));
    }));
    assert!(panicked.is_err());
    env.open(far.path(), SerialConfig::default()).await.unwrap();
}

pub(crate) async fn poll_close_drains_and_leaves_the_port_open(env: Env) {
    let faults = FaultPlan::new();
    faults.bandwidth(1000);
    let (mut near, mut far) = env.pair_builder().near_faults(&faults).build();
    near.write_all(&[7; 20]).await.unwrap();
    assert!(near.output_waiting().unwrap() > 0);
    env.bounded(AsyncWriteExt::close(&mut near)).await.unwrap();
    // All of it is through.
    assert_eq!(near.output_waiting().unwrap(), 0);
    assert_eq!(far.input_waiting().unwrap(), 20);
    far.discard_input().await.unwrap();
    // And the port goes on.
    faults.bandwidth(0);
    near.send(b"!").await.unwrap();
    assert_eq!(far.receive_available(1).await.unwrap(), b"!");
}
