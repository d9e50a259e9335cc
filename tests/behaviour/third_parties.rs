//! Code of others for the futures traits, which knows nothing of serial ports.

use anyserial::SerialPort;
use anyserial_tests::Env;
use asynchronous_codec::{Framed, LengthCodec, LinesCodec};
use futures::{SinkExt, StreamExt};
use futures_lite::{AsyncReadExt, io};

use crate::bytes::{noise, receive};

pub(crate) async fn lines(env: Env) {
    for (near, far) in [env.pty_pair().await, env.pair()] {
        let mut near = Framed::new(near, LinesCodec);
        let mut far = Framed::new(far, LinesCodec);
        env.bounded(async {
            near.send("*IDN?\n".to_owned()).await.unwrap();
            assert_eq!(far.next().await.unwrap().unwrap(), "*IDN?\n");
            // Two lines in one piece.
            SerialPort::send(&mut far, b"ACME,1\nACME,2\n")
                .await
                .unwrap();
            assert_eq!(near.next().await.unwrap().unwrap(), "ACME,1\n");
            assert_eq!(near.next().await.unwrap().unwrap(), "ACME,2\n");
            // Closing the sink waits for its output. The port goes on.
            SinkExt::<String>::close(&mut near).await.unwrap();
            far.send("still there\n".to_owned()).await.unwrap();
            assert_eq!(near.next().await.unwrap().unwrap(), "still there\n");
            // A device that is gone is an error of the stream.
            drop(far);
            let error = near.next().await.unwrap().unwrap_err();
            assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
        })
        .await;
    }
}

pub(crate) async fn frames_larger_than_the_queues(env: Env) {
    for (near, far) in [env.pty_pair().await, env.pair()] {
        let mut near = Framed::new(near, LengthCodec);
        let mut far = Framed::new(far, LengthCodec);
        let frame = asynchronous_codec::Bytes::from(noise(20_000));
        let sending = near.send(frame.clone());
        let both = futures_lite::future::zip(sending, far.next());
        let (sent, received) = env.bounded(both).await;
        sent.unwrap();
        assert!(received.unwrap().unwrap() == frame);
    }
}

/// Copies from the far end of one cable to the near end of another.
pub(crate) async fn copying_between_two_ports(env: Env) {
    let data = noise(50_000);
    let (mut first, from) = env.pty_pair().await;
    let (to, mut last) = env.pair();
    let length = data.len() as u64;
    let copying = env.spawn(async move {
        let (mut from, mut to): (SerialPort, SerialPort) = (from, to);
        let copied = io::copy((&mut from).take(length), &mut to).await.unwrap();
        assert_eq!(copied, length);
        // Without an end the copy ends with the cable.
        let error = io::copy(&mut from, &mut to).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
        to
    });
    let received = env.bounded(async {
        let (sent, received) =
            futures_lite::future::zip(first.send(&data), receive(&mut last, data.len())).await;
        sent.unwrap();
        received
    });
    assert!(received.await == data);
    first.send(b"the rest").await.unwrap();
    first.close().await.unwrap();
    let _to = env.bounded(copying.join()).await;
    assert_eq!(env.bounded(receive(&mut last, 8)).await, b"the rest");
}
