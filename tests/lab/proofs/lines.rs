//! Modem lines, breaks, and what the drivers count.

use std::time::{Duration, Instant};

use anyserial::{Control, Counters, FlowControl, ModemLines, Parity, SerialConfig};
use anyserial_lab::{Cable, Ftdi, Side, Uart};
use anyserial_tests::Env;
use futures_lite::future::poll_once;

use crate::bench::{Attempts, open_both, receive};

const BAUD_RATE: u32 = 115_200;

pub(crate) async fn cross_over(env: Env) {
    let cable = Ftdi::new();
    let (near, far) = open_both(&env, &cable, BAUD_RATE).await;
    for (this, other, side) in [(&near, &far, Side::Near), (&far, &near, Side::Far)] {
        for level in [false, true, false] {
            other
                .set_control_lines(Some(level), Some(level))
                .await
                .unwrap();
            let lines = ModemLines {
                cts: level,
                dsr: level,
                cd: level,
                ri: false,
            };
            settles(&env, this, lines).await;
            other.set_control_lines(Some(!level), None).await.unwrap();
            settles(
                &env,
                this,
                ModemLines {
                    cts: !level,
                    ..lines
                },
            )
            .await;
            let driven = other.control_lines().await.unwrap();
            assert_eq!((driven.rts, driven.dtr), (!level, level));
        }
        cable.ring(side, true);
        let ri = ModemLines {
            ri: true,
            ..this.modem_lines().await.unwrap()
        };
        settles(&env, this, ri).await;
        cable.ring(side, false);
        settles(&env, this, ModemLines { ri: false, ..ri }).await;
    }
}

pub(crate) async fn a_change_wakes_who_waits(env: Env) {
    let cable = Ftdi::new();
    let (near, far) = open_both(&env, &cable, BAUD_RATE).await;
    settles_on(&env, &near, |lines| lines.cts && lines.dsr).await;
    let cts = ModemLines {
        cts: true,
        ..ModemLines::NONE
    };
    let ri = ModemLines {
        ri: true,
        ..ModemLines::NONE
    };
    let before = near.counters().await.unwrap();

    let mut waiting = std::pin::pin!(near.wait_modem_change(cts | ri));
    // Until it has looked for the first time, there is nothing to compare with.
    assert!(
        env.within(Duration::from_millis(100), &mut waiting)
            .await
            .is_none()
    );
    let began = Instant::now();
    far.set_control_lines(Some(false), None).await.unwrap();
    let change = env.bounded(waiting).await.unwrap();
    println!(
        "{}: a change of CTS is seen in {:.1?}",
        cable.name(),
        began.elapsed()
    );
    assert_eq!(change.changed, cts);
    assert!(!change.lines.cts);

    // A pulse much shorter than the interval: the levels are what they were.
    let second = Duration::from_secs(1);
    let mut waiting = std::pin::pin!(near.wait_modem_change_every(second, cts | ri));
    assert!(
        env.within(Duration::from_millis(100), &mut waiting)
            .await
            .is_none()
    );
    cable.ring(Side::Near, true);
    env.sleep(Duration::from_millis(20)).await;
    cable.ring(Side::Near, false);
    let change = env.bounded(waiting).await.unwrap();
    assert_eq!(change.changed, ri);
    assert!(!change.lines.ri);

    let after = near.counters().await.unwrap();
    assert_eq!(after.cts.wrapping_sub(before.cts), 1);
    assert!(after.ri.wrapping_sub(before.ri) >= 1);
}

pub(crate) async fn flow_control_stops_the_sender(env: Env) {
    let cable = Ftdi::new();
    let config = SerialConfig::new(BAUD_RATE).flow_control(FlowControl::RTS_CTS);
    let mut attempts = Attempts::default();
    loop {
        let (mut near, mut far) = open_both(&env, &cable, BAUD_RATE).await;
        near.configure(config).await.unwrap();
        far.set_control_lines(Some(false), None).await.unwrap();
        near.send(b"after you").await.unwrap();
        let is_stopped = {
            let mut draining = std::pin::pin!(near.drain());
            let quiet = Duration::from_millis(200);
            let early = env.within(quiet, &mut draining).await;
            assert!(poll_once(far.receive(&mut [0; 16])).await.is_none());
            far.set_control_lines(Some(true), None).await.unwrap();
            if early.is_none() {
                env.bounded(draining).await.unwrap();
            }
            early.is_none()
        };
        assert_eq!(receive(&env, &mut far, 9).await, b"after you");
        // An adapter's news that it sends may be late on a busy host.
        if attempts.succeed(is_stopped, "drained although the line stood still") {
            return;
        }
    }
}

pub(crate) async fn breaks_are_counted(env: Env) {
    let cable = Ftdi::new();
    let (near, mut far) = open_both(&env, &cable, BAUD_RATE).await;
    let before = far.counters().await.unwrap();
    let began = Instant::now();
    near.send_break(Duration::from_millis(100)).await.unwrap();
    let took = began.elapsed();
    println!("{}: a break of 100 ms took {took:.1?}", cable.name());
    assert!(took >= Duration::from_millis(100), "{took:?}");
    // What a plain terminal makes of it.
    assert_eq!(receive(&env, &mut far, 1).await, [0]);
    let after = far.counters().await.unwrap();
    assert_eq!(after.breaks.wrapping_sub(before.breaks), 1);

    let (mut port, _other) = open_both(&env, &Uart, BAUD_RATE).await;
    let before = port.counters().await.unwrap();
    Uart.send_break_to(Side::Near);
    assert_eq!(receive(&env, &mut port, 1).await, [0]);
    let after = port.counters().await.unwrap();
    assert_eq!(after.breaks.wrapping_sub(before.breaks), 1);
}

pub(crate) async fn errors_are_counted(env: Env) {
    let cable = Ftdi::new();
    let config = SerialConfig::new(BAUD_RATE);
    let (mut near, mut far) = open_both(&env, &cable, config).await;
    let before = far.counters().await.unwrap();

    near.send(b"fine").await.unwrap();
    assert_eq!(receive(&env, &mut far, 4).await, b"fine");
    near.configure(config.parity(Parity::Even)).await.unwrap();
    near.send(b"odd").await.unwrap();
    assert_eq!(receive(&env, &mut far, 3).await, b"odd");
    near.configure(SerialConfig::new(BAUD_RATE / 2))
        .await
        .unwrap();
    near.send(b"slow").await.unwrap();
    assert_eq!(receive(&env, &mut far, 4).await, b"slow");

    let after = far.counters().await.unwrap();
    let count = |of: fn(&Counters) -> u32| of(&after).wrapping_sub(of(&before));
    assert_eq!(
        (
            count(|c| c.parity),
            count(|c| c.framing),
            count(|c| c.breaks),
            count(|c| c.overrun)
        ),
        (3, 4, 0, 0)
    );
    assert_eq!(count(|c| c.received), 11);
}

async fn settles(env: &Env, control: &Control, lines: ModemLines) {
    settles_on(env, control, |now| now == lines).await;
}

/// Waits until the lines are like this: news of them takes a USB transfer.
async fn settles_on(env: &Env, control: &Control, are: impl Fn(ModemLines) -> bool) {
    let settling = async {
        while !are(control.modem_lines().await.unwrap()) {
            env.sleep(Duration::from_millis(1)).await;
        }
    };
    env.bounded(settling).await;
}
