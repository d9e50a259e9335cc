//! Frames out of a stream.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use anyserial::testing::FaultPlan;
use anyserial::{Buffered, Error, SerialPort};
use anyserial_tests::Env;
use futures_lite::future::{or, poll_once, yield_now};
use futures_lite::io::Cursor;
use futures_lite::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, StreamExt};

use crate::bytes::noise;

pub(crate) async fn a_late_answer_is_thrown_away(env: Env) {
    for (near, mut far) in [env.pty_pair().await, env.pair()] {
        let mut near = Buffered::new(near);
        let control = near.control();
        // One half of it has been read here, the other waits in the port.
        far.send(b"late\r\nl").await.unwrap();
        let received = env.bounded(near.receive_until(b"\r\n", 80)).await.unwrap();
        assert_eq!(received, b"late");
        far.send(b"ater\r\n").await.unwrap();
        env.bounded(async {
            while control.input_waiting().unwrap() < 6 {
                yield_now().await;
            }
        })
        .await;
        near.discard_input().await.unwrap();
        assert!(near.buffer().is_empty());
        far.send(b"in time\r\n").await.unwrap();
        let received = env.bounded(near.receive_until(b"\r\n", 80)).await.unwrap();
        assert_eq!(received, b"in time");
        // Halves have it too; what has no port has not.
        let (near, _parts) = near.into_parts();
        let (read, write) = near.into_split();
        let mut read = Buffered::new(read);
        read.discard_input().await.unwrap();
        drop((read, write));
    }
}

pub(crate) async fn delimited_frames(env: Env) {
    for (near, mut far) in [env.pty_pair().await, env.pair()] {
        let mut near = Buffered::new(near);
        // Several at once: each by itself, an empty one among them, and what is left stays.
        far.send(b"one\r\ntwo\r\n\r\nthr").await.unwrap();
        for frame in [b"one".as_slice(), b"two", b""] {
            let received = env.bounded(near.receive_until(b"\r\n", 80)).await.unwrap();
            assert_eq!(received, frame);
        }
        // A delimiter across two reads.
        {
            let mut receiving = std::pin::pin!(near.receive_until(b"\r\n", 80));
            far.send(b"ee\r").await.unwrap();
            assert!(
                env.within(Duration::from_millis(5), &mut receiving)
                    .await
                    .is_none()
            );
            far.send(b"\nfour;").await.unwrap();
            assert_eq!(env.bounded(receiving).await.unwrap(), b"three");
        }
        // Another delimiter, of one byte.
        let received = env.bounded(near.receive_until(b";", 80)).await.unwrap();
        assert_eq!(received, b"four");
        assert!(near.buffer().is_empty());
        near.send(b"answer").await.unwrap();
        let mut answer = [0; 6];
        env.bounded(far.read_exact(&mut answer)).await.unwrap();
        assert_eq!(&answer, b"answer");
    }
}

/// What `receive_until` is to find in all of `data`.
fn first_frame<'a>(data: &'a [u8], delimiter: &[u8], max_bytes: usize) -> Option<&'a [u8]> {
    (0..=max_bytes)
        .find(|start| {
            data.get(*start..)
                .is_some_and(|rest| rest.starts_with(delimiter))
        })
        .map(|length| &data[..length])
}

pub(crate) async fn frames_do_not_depend_on_how_they_arrive(env: Env) {
    let faults = FaultPlan::new();
    let (near, mut far) = env.pair_builder().near_faults(&faults).build();
    let mut near = Buffered::with_capacity(0, near);
    // What begins like a delimiter and is none, at every place.
    let mut inputs: Vec<Vec<u8>> = (0..1_u32 << 7)
        .map(|bits| {
            let letter = |bit: u32| if bits & (1 << bit) == 0 { b'a' } else { b'b' };
            (0..7).map(letter).collect()
        })
        .collect();
    inputs.push(b"aaab".to_vec());
    for delimiter in [b"b".as_slice(), b"aab", b"abab"] {
        for input in &inputs {
            for (step, max_bytes) in [(1, 0), (1, 2), (2, 3), (3, 4), (0, 1), (0, 5)] {
                // It ends with what is certainly no delimiter, so that a search comes to an end.
                let sent = [input.as_slice(), b"------------"].concat();
                far.send(&sent).await.unwrap();
                faults.short_reads(step);
                let received = env.bounded(near.receive_until(delimiter, max_bytes)).await;
                match first_frame(&sent, delimiter, max_bytes) {
                    Some(frame) => assert_eq!(received.unwrap(), frame, "{sent:?}"),
                    None => {
                        let error = received.unwrap_err();
                        let Error::DelimiterNotFound { received, .. } = error else {
                            panic!("{error}");
                        };
                        assert_eq!(received, sent[..max_bytes]);
                    }
                }
                faults.short_reads(0);
                near.stream_mut().discard_input().await.unwrap();
                near.consume(usize::MAX);
            }
        }
    }
}

pub(crate) async fn a_limit_met_exactly_and_passed(env: Env) {
    let (near, mut far) = env.pair();
    let mut near = Buffered::new(near);
    far.send(b"exact\r\n").await.unwrap();
    assert_eq!(near.receive_until(b"\r\n", 5).await.unwrap(), b"exact");

    far.send(b"longer\r").await.unwrap();
    // The limit is passed, so nothing that is still to come can help.
    let error = env
        .bounded(near.receive_until(b"\r\n", 5))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "no delimiter after 5 bytes");
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    let Error::DelimiterNotFound {
        received,
        max_bytes: 5,
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!(received, b"longe");
    // At the limit exactly, it may still come: this waits.
    assert!(poll_once(near.receive_until(b"\r\n", 6)).await.is_none());
    far.send(b"\n").await.unwrap();
    // Nothing was lost by failing, nor by giving up.
    let received = env.bounded(near.receive_until(b"\r\n", 6)).await.unwrap();
    assert_eq!(received, b"longer");

    // A limit of which nobody thinks.
    far.send(b"x\n").await.unwrap();
    let received = env.bounded(near.receive_until(b"\n", usize::MAX)).await;
    assert_eq!(received.unwrap(), b"x");
    // Whoever gives a frame up says so.
    far.send(b"garbage, then\n").await.unwrap();
    assert!(near.receive_until(b"\n", 3).await.is_err());
    near.consume("garbage, ".len());
    assert_eq!(near.receive_until(b"\n", 4).await.unwrap(), b"then");
}

pub(crate) async fn bad_arguments_of_frames(env: Env) {
    let (near, _far) = env.pair();
    // Whatever the capacity.
    let mut near = Buffered::with_capacity(usize::MAX, near);
    let error = near.receive_until(b"", 80).await.unwrap_err();
    assert_eq!(error.to_string(), "invalid delimiter: it is empty");
    let error = near
        .receive_until_idle(Duration::from_millis(1), 0)
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "invalid max_bytes: it is 0");
    assert_eq!(near.receive_exactly(0).await.unwrap(), b"");
}

pub(crate) async fn frames_of_a_known_length(env: Env) {
    for (near, far) in [env.pty_pair().await, env.pair()] {
        let mut near = Buffered::with_capacity(16, near);
        let data = noise(100_000);
        let sent = data.clone();
        let sender = env.spawn(async move {
            let mut far = far;
            far.send(&sent).await.unwrap();
            far
        });
        let (mut rest, mut size) = (data.as_slice(), 1);
        while !rest.is_empty() {
            let (frame, more) = rest.split_at(size.min(rest.len()));
            let received = env.bounded(near.receive_exactly(frame.len())).await;
            assert!(received.unwrap() == frame, "{size} bytes differ");
            (rest, size) = (more, size * 3 % 20_011);
        }
        drop(sender.join().await);
    }
}

pub(crate) async fn lines_of_text(env: Env) {
    let (near, mut far) = env.pair();
    let mut near = Buffered::new(near);
    far.send("23.5 °C\r\nunix\n\r\na \r b\n".as_bytes())
        .await
        .unwrap();
    far.send(b"\xfe\xffnoise\r\n").await.unwrap();
    for line in ["23.5 °C", "unix", "", "a \r b", "\u{fffd}\u{fffd}noise"] {
        assert_eq!(near.receive_line(80).await.unwrap(), line);
    }
}

pub(crate) async fn frames_that_end_in_silence(env: Env) {
    let gap = Duration::from_millis(20);
    for (near, mut far) in [env.pty_pair().await, env.pair()] {
        let mut near = Buffered::new(near);
        // No byte, no frame: this does not count as silence.
        assert!(
            env.within(gap * 2, near.receive_until_idle(gap, 256))
                .await
                .is_none()
        );
        far.send(b"first").await.unwrap();
        let frame = env.bounded(near.receive_until_idle(gap, 256)).await;
        assert_eq!(frame.unwrap(), b"first");
        // One that comes in pieces, each well before the gap is over.
        let sender = env.spawn(async move {
            for _ in 0..20 {
                far.send(b"xy").await.unwrap();
                yield_now().await;
            }
            far
        });
        let gap = Duration::from_millis(300);
        let frame = env.bounded(near.receive_until_idle(gap, 256)).await;
        assert_eq!(frame.unwrap(), b"xy".repeat(20));
        let mut far = sender.join().await;

        // The limit met exactly: nothing to wait for.
        let endless = Duration::from_secs(3600);
        far.send(b"12345678").await.unwrap();
        for _ in 0..2 {
            let frame = env.bounded(near.receive_until_idle(endless, 4)).await;
            assert_eq!(frame.unwrap().len(), 4);
        }
        // What is given up is the beginning of the next one.
        far.send(b"give").await.unwrap();
        assert!(
            env.within(
                Duration::from_millis(10),
                near.receive_until_idle(endless, 9)
            )
            .await
            .is_none()
        );
        far.send(b"-back").await.unwrap();
        let frame = env.bounded(near.receive_until_idle(endless, 9)).await;
        assert_eq!(frame.unwrap(), b"give-back");
    }

    // The device goes: its frame first, then the error.
    let (near, mut far) = env.pair();
    let mut near = Buffered::new(near);
    far.send(b"last").await.unwrap();
    far.close().await.unwrap();
    let endless = Duration::from_secs(3600);
    let frame = env.bounded(near.receive_until_idle(endless, 256)).await;
    assert_eq!(frame.unwrap(), b"last");
    let error = near.receive_until_idle(endless, 256).await.unwrap_err();
    assert!(error.is_disconnected(), "{error}");
}

/// A stream that is no port: gives what it has, then fails.
struct Failing(&'static [u8]);

impl AsyncRead for Failing {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if self.0.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let count = self.0.len().min(buf.len());
        buf[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Poll::Ready(Ok(count))
    }
}

pub(crate) async fn over_any_stream(env: Env) {
    // A stream that ends.
    let mut stream = Buffered::new(Cursor::new(b"a\nbc".to_vec()));
    assert_eq!(stream.receive_until(b"\n", 9).await.unwrap(), b"a");
    for _ in 0..2 {
        let error = stream.receive_until(b"\n", 9).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the stream ended too early, after 2 bytes"
        );
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert!(matches!(error, Error::IncompleteRead { received } if received == b"bc"));
    }
    let error = stream.receive_exactly(3).await.unwrap_err();
    assert!(matches!(error, Error::IncompleteRead { received } if received == b"bc"));
    let silence = Duration::from_secs(3600);
    let reactor = env.reactor();
    let frame = stream.receive_until_idle_with(&*reactor, silence, 9).await;
    assert_eq!(frame.unwrap(), b"bc");
    let frame = stream.receive_until_idle_with(&*reactor, silence, 9).await;
    assert!(matches!(frame, Err(Error::IncompleteRead { received }) if received.is_empty()));

    // A stream that fails, by its own kind of error.
    let mut stream = Buffered::new(Failing(b"bc"));
    let error = stream.receive_exactly(3).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot read the stream");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert!(error.path().is_none());
    let frame = stream.receive_until_idle_with(&*reactor, silence, 9).await;
    assert!(matches!(frame, Err(Error::Stream { .. })));
    // It is there all the same.
    assert_eq!(stream.receive_exactly(2).await.unwrap(), b"bc");

    // A sink that is full.
    let mut full = [0; 2];
    let mut stream = Buffered::new(Cursor::new(full.as_mut_slice()));
    let error = stream.send(b"abc").await.unwrap_err();
    assert_eq!(error.to_string(), "cannot write to the stream");
    assert_eq!(error.kind(), io::ErrorKind::WriteZero);
}

pub(crate) async fn a_ports_errors_are_its_own(env: Env) {
    for (near, mut far) in [env.pair(), {
        let (slave, master) = env.pty_pair().await;
        (master, slave)
    }] {
        let mut near = Buffered::new(near);
        far.send(b"unfinished").await.unwrap();
        far.close().await.unwrap();
        for _ in 0..2 {
            let error = env.bounded(near.receive_line(80)).await.unwrap_err();
            assert!(error.is_disconnected(), "{error}");
            assert_eq!(error.path(), Some(near.stream().path()));
        }
        assert_eq!(near.buffer(), b"unfinished");
        assert_eq!(near.receive_exactly(10).await.unwrap(), b"unfinished");
    }
    let (near, far) = env.pair();
    drop(far);
    let error = Buffered::new(near).send(b"x").await.unwrap_err();
    assert!(error.is_disconnected(), "{error}");
}

async fn receive_with_cancellations(env: &Env, near: SerialPort, mut far: SerialPort) {
    const CANCELLATIONS: usize = 10_000;
    let frames: Vec<Vec<u8>> = (0..2_000_u32)
        .map(|number| format!("frame {number}").into_bytes())
        .collect();
    let sent = frames.clone();
    let sender = env.spawn(async move {
        for frame in sent {
            // In two, so that delimiters come apart.
            far.send(&frame).await.unwrap();
            far.send(b"\r").await.unwrap();
            yield_now().await;
            far.send(b"\n").await.unwrap();
        }
        far
    });
    let mut near = Buffered::with_capacity(8, near);
    let mut frames = frames.into_iter().peekable();
    let mut cancelled = 0;
    while frames.peek().is_some() || cancelled < CANCELLATIONS {
        let received = if cancelled % 2 == 0 {
            poll_once(near.receive_until(b"\r\n", 40)).await
        } else {
            or(
                async { Some(near.receive_until(b"\r\n", 40).await) },
                async {
                    yield_now().await;
                    None
                },
            )
            .await
        };
        match received {
            Some(frame) => assert_eq!(frame.unwrap(), frames.next().unwrap()),
            None => cancelled += 1,
        }
        // The others lose nothing either.
        assert!(poll_once(near.receive_exactly(usize::MAX)).await.is_none());
        let silence = near.receive_until_idle(Duration::from_secs(3600), usize::MAX);
        assert!(poll_once(silence).await.is_none());
        yield_now().await;
    }
    assert!(near.buffer().is_empty());
    drop(env.bounded(sender.join()).await);
}

pub(crate) async fn cancelling_loses_no_frame(env: Env) {
    let (near, far) = env.pty_pair().await;
    env.bounded(receive_with_cancellations(&env, near, far))
        .await;
    let (near, far) = env.pair_builder().capacity(32).build();
    env.bounded(receive_with_cancellations(&env, near, far))
        .await;
}

pub(crate) async fn over_halves_and_what_lends_itself(env: Env) {
    let (mut near, mut far) = env.pair();
    far.send(b"a\nb\nc\nd\n").await.unwrap();
    let gap = Duration::from_millis(1);
    {
        let mut lent = Buffered::with_capacity(2, &mut near);
        assert_eq!(lent.receive_line(9).await.unwrap(), "a");
        assert!(lent.buffer().is_empty());
    }
    {
        let (read, mut write) = near.split();
        let mut read = Buffered::with_capacity(2, read);
        assert_eq!(read.receive_line(9).await.unwrap(), "b");
        write.send(b"1").await.unwrap();
        assert_eq!(read.receive_until_idle(gap, 2).await.unwrap(), b"c\n");
    }
    let (read, write) = near.into_split();
    let mut read = Buffered::new(read);
    let mut write = Buffered::new(write);
    assert_eq!(read.receive_until_idle(gap, 9).await.unwrap(), b"d\n");
    write.send(b"2").await.unwrap();
    // The halves come out again, with what was not asked for yet.
    far.send(b"rest").await.unwrap();
    assert_eq!(read.receive_exactly(1).await.unwrap(), b"r");
    let (read, rest) = read.into_parts();
    assert_eq!(rest, b"est");
    let (write, none) = write.into_parts();
    assert!(none.is_empty());
    let mut near = read.reunite(write).unwrap();
    near.send(b"3").await.unwrap();
    assert_eq!(far.receive_available(9).await.unwrap(), b"123");
}

pub(crate) async fn still_a_stream(env: Env) {
    let (near, mut far) = env.pair();
    let mut near = Buffered::new(near);
    far.send(b"line\nrest").await.unwrap();
    assert_eq!(near.receive_line(9).await.unwrap(), "line");
    // What is in the buffer first, then what is behind it.
    far.send(b" and more\n").await.unwrap();
    let mut buf = [0; 9];
    near.read_exact(&mut buf).await.unwrap();
    assert_eq!(&buf, b"rest and ");
    assert_eq!(near.read(&mut buf).await.unwrap(), 5);
    assert_eq!(&buf[..5], b"more\n");

    near.write_all(b"up").await.unwrap();
    near.flush().await.unwrap();
    let two = [io::IoSlice::new(b"on"), io::IoSlice::new(b"ly")];
    near.write_vectored(&two).await.unwrap();
    AsyncWriteExt::close(&mut near).await.unwrap();
    assert!(far.receive_available(9).await.unwrap().starts_with(b"upon"));

    far.send(b"x\ny\n").await.unwrap();
    assert_eq!(near.fill_buf().await.unwrap(), b"x\ny\n");
    let mut lines = near.lines();
    for line in ["x", "y"] {
        assert_eq!(env.bounded(lines.next()).await.unwrap().unwrap(), line);
    }
}
