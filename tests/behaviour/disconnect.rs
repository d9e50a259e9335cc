//! A device that is gone.

use std::pin::pin;
use std::time::Duration;

use anyserial::{Error, SerialPort};
use anyserial_tests::Env;
use futures_lite::future::poll_once;
use futures_lite::{AsyncReadExt, AsyncWriteExt};

use crate::bytes::noise;
use crate::control::every_operation;

pub(crate) async fn all_bytes_arrive_then_the_error(env: Env) {
    // As much as a terminal's input queue holds.
    let data = noise(3000);
    // The master reads what its slave sent before it closed. (The other way round the kernel
    // throws away what is unread, as it does when an adapter is unplugged.)
    let (slave, master) = env.pty_pair().await;
    for (mut near, mut far) in [(master, slave), env.pair()] {
        far.send(&data).await.unwrap();
        far.close().await.unwrap();
        let mut received = Vec::new();
        let error = env
            .bounded(async {
                loop {
                    match near.receive_available(700).await {
                        Ok(more) => received.extend(more),
                        Err(error) => return error,
                    }
                }
            })
            .await;
        assert!(
            received == data,
            "{} of {} bytes",
            received.len(),
            data.len()
        );
        assert!(error.is_disconnected(), "{error}");
    }
}

pub(crate) async fn every_operation_says_so_every_time(env: Env) {
    for (mut near, far) in [env.pty_pair().await, env.pair()] {
        far.close().await.unwrap();
        for _ in 0..3 {
            let mut buf = [0; 8];
            let received = env.bounded(near.receive(&mut buf)).await;
            assert!(received.unwrap_err().is_disconnected());
            let sent = env.bounded(near.send(b"x")).await;
            let error = sent.unwrap_err();
            assert!(error.is_disconnected());
            assert_eq!(
                error.to_string(),
                format!("{}: disconnected", near.path().display())
            );
            assert_eq!(
                near.read(&mut buf).await.unwrap_err().kind(),
                std::io::ErrorKind::BrokenPipe
            );
            assert_eq!(
                near.write(b"x").await.unwrap_err().kind(),
                std::io::ErrorKind::BrokenPipe
            );
            let control = near.control();
            for (operation, outcome) in env.bounded(every_operation(&control)).await {
                match operation {
                    // Known without the device.
                    "config" => assert!(outcome.is_ok()),
                    _ => assert!(
                        matches!(outcome, Err(Error::Disconnected { .. })),
                        "{operation}: {outcome:?}"
                    ),
                }
            }
        }
        // Closing what is gone is no error.
        near.close().await.unwrap();
    }
}

pub(crate) async fn wakes_who_waits(env: Env) {
    for (near, far) in [env.pty_pair().await, env.pair()] {
        let (mut read, mut write) = near.into_split();
        let full = [0; 4096];
        while poll_once(write.send_some(&full)).await.is_some() {}
        let mut buf = [0; 8];
        assert!(poll_once(read.receive(&mut buf)).await.is_none());
        let reader = env.spawn(async move { read.receive(&mut [0; 8]).await });
        // What is sent while the far end goes may still find room.
        let writer = env.spawn(async move {
            loop {
                if let Err(error) = write.send_some(&[0]).await {
                    return error;
                }
            }
        });
        // Time for both to wait; whether they have come so far makes no difference to them.
        env.sleep(Duration::from_millis(10)).await;
        drop(far);
        assert!(
            env.bounded(reader.join())
                .await
                .unwrap_err()
                .is_disconnected()
        );
        assert!(env.bounded(writer.join()).await.is_disconnected());
    }
}

pub(crate) async fn ends_a_break(env: Env) {
    for (near, far) in [env.pty_pair().await, env.pair()] {
        let mut sending = pin!(near.send_break(Duration::from_secs(3600)));
        assert!(poll_once(&mut sending).await.is_none());
        drop(far);
        assert!(env.bounded(sending).await.unwrap_err().is_disconnected());
    }
}

async fn read_naively(mut port: SerialPort) -> usize {
    let mut buf = [0; 8];
    let mut reads = 0;
    loop {
        reads += 1;
        // What a careless protocol does: go on after 0, stop at an error.
        match port.read(&mut buf).await {
            Ok(_) => {}
            Err(_) => return reads,
        }
    }
}

pub(crate) async fn a_reading_loop_does_not_spin(env: Env) {
    for (near, mut far) in [env.pty_pair().await, env.pair()] {
        let reader = env.spawn(read_naively(near));
        far.send(b"x").await.unwrap();
        env.sleep(Duration::from_millis(10)).await;
        drop(far);
        let reads = env.bounded(reader.join()).await;
        assert!(reads <= 3, "{reads} reads");
    }
}
