//! Modem lines, control lines, breaks and counters.

use std::time::Duration;

use anyserial::testing::FaultPlan;
use anyserial::{ControlLines, FlowControl, ModemLines, SerialConfig};
use anyserial_tests::Env;
use futures_lite::future::poll_once;

pub(crate) async fn cross_over(env: Env) {
    let faults = FaultPlan::new();
    let (near, far) = env.pair_builder().near_faults(&faults).build();
    let all_but_ri = ModemLines {
        ri: false,
        ..ModemLines::ALL
    };
    assert_eq!(near.modem_lines().await.unwrap(), all_but_ri);
    assert_eq!(
        near.control_lines().await.unwrap(),
        ControlLines {
            rts: true,
            dtr: true
        }
    );

    far.set_control_lines(Some(false), None).await.unwrap();
    assert_eq!(
        near.modem_lines().await.unwrap(),
        ModemLines {
            cts: false,
            ..all_but_ri
        }
    );
    far.set_control_lines(Some(true), Some(false))
        .await
        .unwrap();
    let cts = ModemLines {
        cts: true,
        ..ModemLines::NONE
    };
    assert_eq!(near.modem_lines().await.unwrap(), cts);
    assert_eq!(
        far.control_lines().await.unwrap(),
        ControlLines {
            rts: true,
            dtr: false
        }
    );
    faults.ring(true);
    assert_eq!(
        near.modem_lines().await.unwrap(),
        ModemLines { ri: true, ..cts }
    );
    // This end drives nothing of that.
    assert_eq!(
        near.control_lines().await.unwrap(),
        ControlLines {
            rts: true,
            dtr: true
        }
    );
}

pub(crate) async fn changes_are_seen_even_if_short(env: Env) {
    let (near, far) = env.pair();
    let mask = ModemLines {
        dsr: true,
        ri: true,
        ..ModemLines::NONE
    };
    let control = near.control();
    let mut waiting =
        std::pin::pin!(control.wait_modem_change_every(Duration::from_millis(1), mask));
    assert!(poll_once(&mut waiting).await.is_none());
    // A line that nobody asked about.
    far.set_control_lines(Some(false), None).await.unwrap();
    assert!(
        env.within(Duration::from_millis(20), &mut waiting)
            .await
            .is_none()
    );
    // A pulse that is over when somebody looks.
    far.set_control_lines(None, Some(false)).await.unwrap();
    far.set_control_lines(None, Some(true)).await.unwrap();
    let change = env.bounded(waiting).await.unwrap();
    assert_eq!(
        change.changed,
        ModemLines {
            dsr: true,
            ..ModemLines::NONE
        }
    );
    assert_eq!(
        change.lines,
        ModemLines {
            dsr: true,
            cd: true,
            ..ModemLines::NONE
        }
    );

    let counters = near.counters().await.unwrap();
    assert_eq!(
        (counters.cts, counters.dsr, counters.cd, counters.ri),
        (1, 2, 2, 0)
    );
}

pub(crate) async fn flow_control_stops_the_sender(env: Env) {
    let (mut near, mut far) = env.pair();
    near.configure(SerialConfig::default().flow_control(FlowControl::RTS_CTS))
        .await
        .unwrap();
    far.set_control_lines(Some(false), None).await.unwrap();
    let mut sending = std::pin::pin!(near.send(b"go"));
    assert!(poll_once(&mut sending).await.is_none());
    far.set_control_lines(Some(true), None).await.unwrap();
    env.bounded(sending).await.unwrap();
    assert_eq!(far.receive_available(8).await.unwrap(), b"go");
}

pub(crate) async fn breaks_and_parity_errors_are_counted(env: Env) {
    let faults = FaultPlan::new();
    let (mut near, far) = env.pair_builder().near_faults(&faults).build();
    far.send_break(Duration::from_millis(1)).await.unwrap();
    // What a plain terminal makes of a break.
    assert_eq!(near.receive_available(8).await.unwrap(), [0]);
    faults.parity_errors(2);
    let (_read, mut write) = far.into_split();
    write.send(b"abc").await.unwrap();
    assert_eq!(near.receive_available(8).await.unwrap(), b"abc");
    let counters = near.counters().await.unwrap();
    assert_eq!(
        (counters.breaks, counters.parity, counters.received),
        (1, 2, 4)
    );
    assert_eq!(write.counters().await.unwrap().transmitted, 3);
}
