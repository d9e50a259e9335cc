//! What is sent arrives.

use std::io::{IoSlice, IoSliceMut};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anyserial::device::{BoxFuture, Device, ReadBuf};
use anyserial::testing::FaultPlan;
use anyserial::{Capabilities, Error, OwnedReadHalf, OwnedWriteHalf, SerialConfig, SerialPort};
use anyserial_tests::Env;
pub(crate) use anyserial_tests::{Noise, noise};
use futures_lite::future::{or, yield_now};
use futures_lite::{AsyncReadExt, AsyncWriteExt};

/// Receives exactly this many bytes.
pub(crate) async fn receive(port: &mut SerialPort, length: usize) -> Vec<u8> {
    let mut received = Vec::new();
    while received.len() < length {
        let more = port.receive_available(length - received.len()).await;
        received.extend(more.unwrap());
    }
    received
}

pub(crate) async fn all_values_both_ways(env: Env) {
    let values: Vec<u8> = (0..=255).collect();
    for (mut near, mut far) in [env.pty_pair().await, env.pair()] {
        near.send(&values).await.unwrap();
        assert_eq!(env.bounded(receive(&mut far, 256)).await, values);
        far.send(&values).await.unwrap();
        assert_eq!(env.bounded(receive(&mut near, 256)).await, values);
    }
}

async fn send_in_pieces(mut write: OwnedWriteHalf, data: Vec<u8>) -> OwnedWriteHalf {
    // Pieces of every size, so that queues are met full, half full and empty.
    let (mut rest, mut size) = (data.as_slice(), 1);
    while !rest.is_empty() {
        let (piece, more) = rest.split_at(size.min(rest.len()));
        write.send(piece).await.unwrap();
        (rest, size) = (more, size * 3 % 20_011);
    }
    write
}

async fn receive_all(mut read: OwnedReadHalf, length: usize) -> (Vec<u8>, OwnedReadHalf) {
    let mut received = Vec::new();
    let mut buf = [0; 3000];
    while received.len() < length {
        let count = read.receive(&mut buf).await.unwrap();
        received.extend_from_slice(&buf[..count]);
    }
    (received, read)
}

async fn both_ways_at_once(env: &Env, ports: (SerialPort, SerialPort)) {
    const LENGTH: usize = 1 << 20;
    let data = noise(LENGTH);
    let (near_read, near_write) = ports.0.into_split();
    let (far_read, far_write) = ports.1.into_split();
    let senders =
        [near_write, far_write].map(|write| env.spawn(send_in_pieces(write, data.clone())));
    let receivers = [near_read, far_read].map(|read| env.spawn(receive_all(read, LENGTH)));
    // Both ports stay open to the end: a pseudo-terminal whose master closes forgets what its
    // slave has not read.
    let mut halves = Vec::new();
    for receiver in receivers {
        let (received, read) = env.bounded(receiver.join()).await;
        // Not assert_eq, which would print two mebibytes.
        assert!(received == data, "what arrived is not what was sent");
        halves.push(read);
    }
    for sender in senders {
        env.bounded(sender.join()).await;
    }
}

pub(crate) async fn a_mebibyte_each_way_at_once(env: Env) {
    let ports = env.pty_pair().await;
    both_ways_at_once(&env, ports).await;
    let ports = env.pair();
    both_ways_at_once(&env, ports).await;
}

pub(crate) async fn a_mebibyte_through_a_narrow_pair(env: Env) {
    let near = FaultPlan::new();
    near.short_writes(7);
    near.short_reads(11);
    let ports = env.pair_builder().capacity(64).near_faults(&near).build();
    both_ways_at_once(&env, ports).await;
}

pub(crate) async fn who_never_has_to_wait_leaves_others_their_turn(env: Env) {
    // Fewer than a terminal's queue holds, so that nobody waits for the terminal.
    const COUNT: usize = 1000;
    let (mut near, mut far) = env.pty_pair().await;
    let mut turns = Vec::new();
    {
        let sending = async {
            for _ in 0..COUNT {
                near.send(b"x").await.unwrap();
            }
        };
        turns.push(turns_beside(sending).await);
    }
    while far.input_waiting().unwrap() < COUNT {
        yield_now().await;
    }
    let receiving = async {
        for _ in 0..COUNT {
            assert_eq!(far.receive(&mut [0]).await.unwrap(), 1);
        }
    };
    turns.push(turns_beside(receiving).await);
    assert!(turns.iter().all(|turns| *turns > 3), "{turns:?} turns");
}

/// How often another part of the same task gets its turn until a future ends.
async fn turns_beside(future: impl Future<Output = ()>) -> usize {
    let mut turns = 0;
    let other = async {
        loop {
            turns += 1;
            yield_now().await;
        }
    };
    or(future, other).await;
    turns
}

pub(crate) async fn vectored(env: Env) {
    for (mut near, mut far) in [env.pty_pair().await, env.pair()] {
        let data = [IoSlice::new(b""), IoSlice::new(b"abc"), IoSlice::new(b"de")];
        let mut sent = near.send_vectored(&data).await.unwrap();
        if sent < 5 {
            // A transport may take the first buffer only.
            near.send(&b"abcde"[sent..]).await.unwrap();
            sent = 5;
        }
        assert_eq!(sent, 5);
        let mut received = Vec::new();
        while received.len() < 5 {
            let (mut none, mut one, mut rest) = ([0; 0], [0; 1], [0; 8]);
            let mut bufs = [
                IoSliceMut::new(&mut none),
                IoSliceMut::new(&mut one),
                IoSliceMut::new(&mut rest),
            ];
            let count = env.bounded(far.receive_vectored(&mut bufs)).await.unwrap();
            received.extend(one.into_iter().chain(rest).take(count));
        }
        assert_eq!(received, b"abcde");
    }
}

pub(crate) async fn futures_traits(env: Env) {
    for (mut near, mut far) in [env.pty_pair().await, env.pair()] {
        near.write_all(b"hello").await.unwrap();
        near.flush().await.unwrap();
        let mut buf = [0; 5];
        env.bounded(far.read_exact(&mut buf)).await.unwrap();
        assert_eq!(&buf, b"hello");
        assert_eq!(far.read(&mut []).await.unwrap(), 0);
        assert_eq!(far.write(&[]).await.unwrap(), 0);

        let (mut read, mut write) = near.split();
        write.write_all(b"x").await.unwrap();
        far.write_all(b"y").await.unwrap();
        assert_eq!(env.bounded(read.read(&mut buf)).await.unwrap(), 1);
        assert_eq!(buf[0], b'y');
    }
}

pub(crate) async fn receive_available_stops_at_its_limits(env: Env) {
    let config = SerialConfig::default().read_chunk_size(3);
    let (mut port, far) = env.pty_with(config).await;
    far.write(b"abcdefgh");
    while port.input_waiting().unwrap() < 8 {
        yield_now().await;
    }
    assert_eq!(port.receive_available(2).await.unwrap(), b"ab");
    assert_eq!(port.receive_available(100).await.unwrap(), b"cde");
    assert_eq!(port.receive_available(usize::MAX).await.unwrap(), b"fgh");
}

/// A transport that is not of this crate: it sends back what it is sent, through the provided
/// methods where there are some.
#[derive(Debug)]
struct Echo(
    Arc<dyn anyserial::reactor::Reactor>,
    async_channel::Sender<u8>,
    async_channel::Receiver<u8>,
);

impl Device for Echo {
    fn path(&self) -> &std::path::Path {
        "echo".as_ref()
    }
    fn poll_read(&self, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<(), Error>> {
        while buf.remaining() > 0
            && let Ok(byte) = self.2.try_recv()
        {
            buf.put(&[byte]);
        }
        Poll::Ready(Ok(()))
    }
    fn poll_write(&self, _: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize, Error>> {
        for byte in data {
            self.1.try_send(*byte).unwrap();
        }
        Poll::Ready(Ok(data.len()))
    }
    fn config(&self) -> SerialConfig {
        SerialConfig::default()
    }
    fn configure(&self, _: SerialConfig) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(std::future::ready(Ok(())))
    }
    fn capabilities(&self) -> BoxFuture<'_, Result<Capabilities, Error>> {
        Box::pin(std::future::ready(Ok(Capabilities::default())))
    }
    fn pending_output(&self) -> BoxFuture<'_, Result<Option<Duration>, Error>> {
        Box::pin(std::future::ready(Ok(None)))
    }
    fn discard_input(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(std::future::ready(Ok(())))
    }
    fn discard_output(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(std::future::ready(Ok(())))
    }
    fn input_waiting(&self) -> Result<usize, Error> {
        Ok(self.2.len())
    }
    fn output_waiting(&self) -> Result<usize, Error> {
        Ok(0)
    }
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.0.sleep(duration)
    }
    fn close(&self) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

pub(crate) async fn a_user_supplied_device(env: Env) {
    let (sender, receiver) = async_channel::unbounded();
    let mut port = SerialPort::from_device(Echo(env.reactor(), sender, receiver));
    let data = [IoSlice::new(b""), IoSlice::new(b"abc"), IoSlice::new(b"de")];
    assert_eq!(port.send_vectored(&data).await.unwrap(), 3);
    let (mut none, mut two) = ([0; 0], [0; 2]);
    let mut bufs = [IoSliceMut::new(&mut none), IoSliceMut::new(&mut two)];
    assert_eq!(port.receive_vectored(&mut bufs).await.unwrap(), 2);
    assert_eq!(&two, b"ab");
    assert!(port.as_fd().is_none());
    let lines = port.modem_lines().await.unwrap_err().to_string();
    assert_eq!(lines, "echo: reading the modem lines is not supported here");
    port.drain().await.unwrap();
    port.close().await.unwrap();
}
