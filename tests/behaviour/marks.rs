//! Breaks and damaged characters in the input.

use std::time::Duration;

use anyserial::testing::FaultPlan;
use anyserial::{Error, LineEvent, SerialConfig, SerialPort};
use anyserial_tests::Env;
use futures_lite::AsyncReadExt;
use futures_lite::future::{poll_once, yield_now};
use rustix::termios::InputModes;

use crate::bytes::receive;

const MARKED: SerialConfig = SerialConfig::new(115_200).mark_errors(true);

/// Every byte, and what is special to marks: `ff`, and zeros behind it.
fn tricky() -> Vec<u8> {
    let mut data: Vec<u8> = (0..=255).collect();
    data.extend_from_slice(&[0xff; 5]);
    data.extend_from_slice(&[0xff, 0, 0, 0xff, 0, b'P', 0, 0xff, 0xff, 0]);
    data
}

pub(crate) async fn bytes_are_exact_in_buffers_of_any_size(env: Env) {
    let data = tricky();
    let (mut port, far) = env.pty_with(MARKED).await;
    for size in [1, 2, 3, 7, 4096] {
        let mut buf = vec![0; size];
        for events in [false, true] {
            far.write(&data);
            let mut received = Vec::new();
            while received.len() < data.len() {
                if events {
                    let more = env.bounded(port.receive_events(&mut buf)).await.unwrap();
                    assert!(!more.bytes().is_empty());
                    for event in &more {
                        let LineEvent::Data(data) = event else {
                            panic!("{event:?}");
                        };
                        received.extend_from_slice(data);
                    }
                } else {
                    let count = env.bounded(port.receive(&mut buf)).await.unwrap();
                    assert!(count > 0);
                    received.extend_from_slice(&buf[..count]);
                }
            }
            assert!(received == data, "{size} {events}: {received:x?}");
        }
    }
    // By every other way in.
    far.write(&data);
    let (first, rest) = data.split_at(16);
    let mut begin = [0; 16];
    env.bounded(port.read_exact(&mut begin)).await.unwrap();
    assert_eq!(begin, first);
    assert!(env.bounded(receive(&mut port, rest.len())).await == rest);
    far.write(b"\xffend");
    let (mut head, mut tail) = ([0; 1], [0; 8]);
    let mut bufs = [
        std::io::IoSliceMut::new(&mut head),
        std::io::IoSliceMut::new(&mut tail),
    ];
    assert_eq!(
        env.bounded(port.receive_vectored(&mut bufs)).await.unwrap(),
        1
    );
    assert_eq!(head, [0xff]);
    assert_eq!(env.bounded(receive(&mut port, 3)).await, b"end");
}

pub(crate) async fn giving_up_loses_nothing(env: Env) {
    let data = tricky();
    let (mut port, far) = env.pty_with(MARKED).await;
    let mut received = Vec::new();
    let mut buf = [0; 2];
    for byte in &data {
        // Registered for a wake-up, then dropped.
        if let Some(more) = poll_once(port.receive_events(&mut buf)).await {
            received.extend_from_slice(more.unwrap().bytes());
        }
        far.write(&[*byte]);
        yield_now().await;
    }
    while received.len() < data.len() {
        match poll_once(port.receive_events(&mut buf)).await {
            Some(more) => received.extend_from_slice(more.unwrap().bytes()),
            None => yield_now().await,
        }
    }
    assert!(received == data, "{received:x?}");
}

pub(crate) async fn a_discard_takes_half_a_mark_along(env: Env) {
    let (mut port, far) = env.pty_with(MARKED).await;
    far.write(b"a\xff");
    env.bounded(async {
        while port.input_waiting().unwrap() < 3 {
            yield_now().await;
        }
    })
    .await;
    // "a", and the first half of what stands for ff.
    let count = env.bounded(port.receive(&mut [0; 2])).await.unwrap();
    assert_eq!(count, 1);
    port.discard_input().await.unwrap();
    far.write(&[0, 0]);
    let mut buf = [0; 8];
    let mut data = Vec::new();
    while data.len() < 2 {
        let received = env.bounded(port.receive_events(&mut buf)).await.unwrap();
        assert!(
            received
                .events()
                .all(|event| matches!(event, LineEvent::Data(_)))
        );
        data.extend_from_slice(received.bytes());
    }
    assert_eq!(data, [0, 0]);
}

/// A pair whose first port has marks, and the faults of that port.
fn marked_pair(env: &Env) -> (SerialPort, SerialPort, FaultPlan) {
    let faults = FaultPlan::new();
    let builder = env.pair_builder().near_faults(&faults);
    let (near, far) = builder.near_config(MARKED).unwrap().build();
    (near, far, faults)
}

async fn send_with_faults(far: &mut SerialPort, faults: &FaultPlan) {
    far.send_break(Duration::from_millis(1)).await.unwrap();
    faults.parity_errors(1);
    faults.framing_errors(1);
    far.send(b"PFdata").await.unwrap();
    far.send_break(Duration::from_millis(1)).await.unwrap();
    far.send(b"\xff\0\0").await.unwrap();
}

pub(crate) async fn events_come_in_their_order(env: Env) {
    let (mut near, mut far, faults) = marked_pair(&env);
    send_with_faults(&mut far, &faults).await;
    let mut buf = [0; 64];
    let received = near.receive_events(&mut buf).await.unwrap();
    let events: Vec<_> = received.events().collect();
    assert_eq!(
        events,
        [
            LineEvent::Break,
            LineEvent::Damaged(b'P'),
            LineEvent::Damaged(b'F'),
            LineEvent::Data(b"data"),
            LineEvent::Break,
            LineEvent::Data(b"\xff\0\0"),
        ]
    );
    let counters = near.counters().await.unwrap();
    assert_eq!(
        (counters.breaks, counters.parity, counters.framing),
        (2, 1, 1)
    );

    // One by one.
    send_with_faults(&mut far, &faults).await;
    let mut seen = Vec::new();
    let mut buf = [0; 1];
    while seen.len() < 11 {
        let received = near.receive_events(&mut buf).await.unwrap();
        seen.extend(received.events().map(|event| match event {
            LineEvent::Data(data) => char::from(data[0]),
            LineEvent::Break => 'B',
            _ => 'D',
        }));
    }
    let seen: String = seen.into_iter().collect();
    assert_eq!(seen, "BDDdataB\u{ff}\0\0");
}

pub(crate) async fn who_does_not_ask_gets_plain_bytes(env: Env) {
    const PLAIN: &[u8] = b"\0PFdata\0\xff\0\0";
    let (mut near, mut far, faults) = marked_pair(&env);
    send_with_faults(&mut far, &faults).await;
    assert_eq!(near.receive_available(64).await.unwrap(), PLAIN);
    // The same as without marks.
    let faults = FaultPlan::new();
    let (mut near, mut far) = env.pair_builder().near_faults(&faults).build();
    send_with_faults(&mut far, &faults).await;
    assert_eq!(near.receive_available(64).await.unwrap(), PLAIN);
}

pub(crate) async fn marks_are_chosen_at_open(env: Env) {
    let plain = SerialConfig::default();
    let is_refused = |outcome: Result<(), Error>| {
        let error = outcome.unwrap_err();
        assert!(
            matches!(
                error,
                Error::InvalidConfiguration {
                    field: "mark_errors",
                    ..
                }
            ),
            "{error}"
        );
    };
    let (pty, far) = env.pty().await;
    let (pair, _far) = env.pair();
    for mut port in [pty, pair] {
        is_refused(port.receive_events(&mut [0; 8]).await.map(drop));
        is_refused(port.configure(MARKED).await);
        assert_eq!(port.config().unwrap(), plain);
    }
    let marks = InputModes::PARMRK | InputModes::INPCK;
    assert!(!far.termios().input_modes.intersects(marks));

    let (pty, far) = env.pty_with(MARKED).await;
    let (pair, _far, _) = marked_pair(&env);
    for mut port in [pty, pair] {
        assert!(
            far.termios()
                .input_modes
                .contains(InputModes::PARMRK | InputModes::INPCK)
        );
        is_refused(port.configure(plain).await);
        port.configure(MARKED.baud_rate(9600)).await.unwrap();
        let empty = port.receive_events(&mut []).await.unwrap_err();
        assert!(matches!(
            empty,
            Error::InvalidArgument {
                argument: "buffer",
                ..
            }
        ));
        // The next opening is without.
        drop(port);
    }
    let port = env.open(far.path(), plain).await.unwrap();
    assert!(!far.termios().input_modes.intersects(marks));
    drop(port);
}
