//! Reading and writing at the same time.

use anyserial_tests::Env;
use futures_lite::future::zip;

use crate::bytes::noise;

pub(crate) async fn full_duplex_in_one_task(env: Env) {
    for (mut near, mut far) in [env.pty_pair().await, env.pair()] {
        // More than the queues hold: neither direction can wait for the other.
        let data = noise(100_000);
        let echo = async {
            let (mut read, mut write) = far.split();
            let mut left = data.len();
            while left > 0 {
                let some = read.receive_available(4096).await.unwrap();
                left -= some.len();
                write.send(&some).await.unwrap();
            }
        };
        let (mut read, mut write) = near.split();
        // Both halves reach the controls.
        assert_eq!(read.path(), write.path());
        assert!(read.config().is_ok() && write.output_waiting().is_ok());
        let receive = async {
            let mut received = Vec::new();
            while received.len() < data.len() {
                received.extend(read.receive_available(4096).await.unwrap());
            }
            received
        };
        let both = zip(zip(write.send(&data), receive), echo);
        let ((sent, received), ()) = env.bounded(both).await;
        sent.unwrap();
        assert!(received == data);
    }
}

pub(crate) async fn full_duplex_in_two_tasks(env: Env) {
    for (near, far) in [env.pty_pair().await, env.pair()] {
        let (mut read, mut write) = near.into_split();
        let (mut far_read, mut far_write) = far.into_split();
        let echo = env.spawn(async move {
            // Until the near end closes, which can be before it has read the echo.
            while let Ok(some) = far_read.receive_available(64).await {
                let _ = far_write.send(&some).await;
            }
        });
        let reader =
            env.spawn(async move { read.receive_available(8).await.map(|some| (some, read)) });
        write.send(b"ping").await.unwrap();
        let (some, read) = env.bounded(reader.join()).await.unwrap();
        assert!(b"ping".starts_with(&some));
        // The port is open as long as one half is.
        drop(read);
        write.send(b"more").await.unwrap();
        drop(write);
        env.bounded(echo.join()).await;
    }
}

pub(crate) async fn reunite(env: Env) {
    let (mut near, mut far) = env.pair();
    for _ in 0..2 {
        let (read, write) = near.into_split();
        near = read.reunite(write).unwrap();
        let (read, write) = near.into_split();
        near = write.reunite(read).unwrap();
    }
    near.send(b"whole").await.unwrap();
    assert_eq!(far.receive_available(8).await.unwrap(), b"whole");

    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    let error = near_read.reunite(far_write).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot reunite halves of two ports: memory:")
    );
    // Nothing is lost by trying.
    let anyserial::ReuniteError(near_read, far_write) = error;
    let mut near = near_read.reunite(near_write).unwrap();
    let mut far = far_read.reunite(far_write).unwrap();
    far.send(b"still").await.unwrap();
    assert_eq!(near.receive_available(8).await.unwrap(), b"still");
}
