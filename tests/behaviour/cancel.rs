//! What dropping a future does, and does not do.

use std::pin::pin;
use std::time::Duration;

use anyserial::{Error, SerialConfig, SerialPort};
use anyserial_tests::{Env, FarEnd};
use futures_lite::future::{or, poll_once, yield_now};

use crate::bytes::noise;

/// Receives all of `expected`, giving up receives all the time while the bytes arrive.
async fn receive_with_cancellations(env: &Env, mut near: SerialPort, mut far: SerialPort) {
    const CANCELLATIONS: usize = 10_000;
    let data = noise(CANCELLATIONS);
    let expected = data.clone();
    let sender = env.spawn(async move {
        for byte in data {
            far.send(&[byte]).await.unwrap();
            yield_now().await;
        }
        far
    });
    let mut received = Vec::new();
    let mut cancelled = 0;
    let mut buf = [0; 16];
    while received.len() < expected.len() || cancelled < CANCELLATIONS {
        let count = if cancelled % 2 == 0 {
            // Polled once: registered for a wake-up, then dropped.
            poll_once(near.receive(&mut buf)).await
        } else {
            // Dropped after a race with another task's turn.
            or(async { Some(near.receive(&mut buf).await) }, async {
                yield_now().await;
                None
            })
            .await
        };
        match count {
            Some(count) => received.extend_from_slice(&buf[..count.unwrap()]),
            None => cancelled += 1,
        }
        if received.len() == expected.len() && cancelled < CANCELLATIONS {
            // Whatever the races were like, there are as many cancellations as promised.
            assert!(poll_once(near.receive(&mut buf)).await.is_none());
            cancelled += 1;
        }
        yield_now().await;
    }
    assert!(received == expected, "bytes were lost or changed");
    drop(env.bounded(sender.join()).await);
}

pub(crate) async fn receive_loses_nothing(env: Env) {
    let (near, far) = env.pty_pair().await;
    env.bounded(receive_with_cancellations(&env, near, far))
        .await;
    let (near, far) = env.pair_builder().capacity(32).build();
    env.bounded(receive_with_cancellations(&env, near, far))
        .await;
}

pub(crate) async fn send_some_sends_what_it_says(env: Env) {
    let (mut port, far) = env.pty().await;
    let data = noise(1 << 20);
    // Fill the queue until a send has to wait, and give that one up.
    let mut sent = 0;
    while let Some(count) = poll_once(port.send_some(&data[sent..])).await {
        sent += count.unwrap();
    }
    assert!(sent > 0 && sent < data.len());
    // Take what was sent, then send a mark: nothing of what was given up is before it.
    let reader = std::thread::spawn(move || {
        let before = far.read(sent);
        (before, far.read(1), far)
    });
    env.bounded(port.send(b"!")).await.unwrap();
    env.bounded(async {
        while !reader.is_finished() {
            env.sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    let (before, mark, _far) = reader.join().unwrap();
    assert!(before == data[..sent], "what was sent is not what was said");
    assert_eq!(mark, b"!");
}

pub(crate) async fn a_break_is_lifted(env: Env) {
    let (near, far) = env.pair();
    let breaks = async || far.counters().await.unwrap().breaks;
    {
        let mut sending = pin!(near.send_break(Duration::from_secs(3600)));
        assert!(poll_once(&mut sending).await.is_none());
        assert_eq!(breaks().await, 1);
    }
    // Had it not been lifted, this would go on with the first one.
    near.send_break(Duration::from_millis(1)).await.unwrap();
    assert_eq!(breaks().await, 2);

    // A terminal takes it too.
    let (near, _far) = env.pty_pair().await;
    near.send_break(Duration::from_millis(1)).await.unwrap();
    let refused = near.send_break(Duration::ZERO).await.unwrap_err();
    assert!(matches!(
        refused,
        Error::InvalidArgument {
            argument: "duration",
            ..
        }
    ));
}

pub(crate) async fn an_open_leaves_nothing_open(env: Env) {
    for _ in 0..50 {
        let far = FarEnd::new();
        // Polled once: under way on another thread. Then given up.
        let given_up = poll_once(env.open(far.path(), SerialConfig::default())).await;
        drop(given_up);
        // The lock goes with it, as soon as that thread is done.
        env.bounded(async {
            loop {
                match env.open(far.path(), SerialConfig::default()).await {
                    Ok(_) => return,
                    Err(Error::Busy { .. }) => yield_now().await,
                    Err(error) => panic!("{error}"),
                }
            }
        })
        .await;
    }
}
