//! Modem lines, control lines, breaks and counters.

use std::time::Duration;

use anyserial::testing::FaultPlan;
use anyserial::{
    ControlLines, Error, Feature, FlowControl, LineOnOpen, ModemLines, SerialConfig, SerialPort,
    UnsupportedPolicy,
};
use anyserial_tests::{Env, FarEnd};
use futures_lite::StreamExt;
use futures_lite::future::poll_once;

use crate::costly::Costly;

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

pub(crate) async fn a_stream_misses_no_change(env: Env) {
    let faults = FaultPlan::new();
    let (near, far) = env.pair_builder().far_faults(&faults).build();
    let mut changes = near
        .modem_changes_every(Duration::from_millis(1), ModemLines::ALL)
        .await
        .unwrap();
    // Before anybody waits, and over when somebody does.
    far.set_control_lines(Some(false), None).await.unwrap();
    far.set_control_lines(Some(true), None).await.unwrap();
    let change = env.bounded(changes.next_change()).await.unwrap();
    assert_eq!(change.changed.to_string(), "cts");
    assert_eq!(change.lines.to_string(), "cts+dsr+cd");

    // Given up while it looks.
    assert!(poll_once(changes.next_change()).await.is_none());
    far.set_control_lines(None, Some(false)).await.unwrap();
    // Once more, unless the next look is due already.
    let change = match poll_once(changes.next()).await {
        Some(change) => change,
        None => env.bounded(changes.next()).await,
    };
    let change = change.unwrap().unwrap();
    assert_eq!(change.changed.to_string(), "dsr+cd");
    assert_eq!(change.lines.to_string(), "cts");
    // Each is told once.
    let quiet = Duration::from_millis(20);
    assert!(env.within(quiet, changes.next_change()).await.is_none());
}

pub(crate) async fn a_stream_ends_with_its_port(env: Env) {
    for pull in [true, false] {
        let faults = FaultPlan::new();
        let (near, _far) = env.pair_builder().near_faults(&faults).build();
        let control = near.control();
        let mut changes = control.modem_changes(ModemLines::ALL).await.unwrap();
        assert!(poll_once(changes.next()).await.is_none());
        let is_it = if pull {
            faults.disconnect();
            |error: &Error| error.is_disconnected()
        } else {
            // It does not keep the port open.
            drop(near);
            |error: &Error| matches!(error, Error::Closed { .. })
        };
        let error = env.bounded(changes.next()).await.unwrap().unwrap_err();
        assert!(is_it(&error), "{error}");
        assert!(changes.next().await.is_none());
        for _ in 0..3 {
            let error = env.bounded(changes.next_change()).await.unwrap_err();
            assert!(is_it(&error), "{error}");
        }
    }
}

pub(crate) async fn costly_lines_are_asked_when_the_counters_move(env: Env) {
    let mask = ModemLines {
        cts: true,
        ..ModemLines::NONE
    };
    let (device, line) = Costly::new(env.reactor());
    let port = SerialPort::from_device(device);
    line.toggle(true);
    let mut changes = port
        .modem_changes_every(Duration::from_millis(1), mask)
        .await
        .unwrap();
    assert_eq!(line.questions(), 1);
    let quiet = Duration::from_millis(50);
    assert!(env.within(quiet, changes.next_change()).await.is_none());
    assert_eq!(line.questions(), 1);
    line.toggle(true);
    let change = env.bounded(changes.next_change()).await.unwrap();
    assert_eq!((change.changed, change.lines), (mask, ModemLines::NONE));
    assert_eq!(line.questions(), 2);

    // A driver that counts none has its levels looked at.
    let (device, line) = Costly::new(env.reactor());
    let port = SerialPort::from_device(device);
    let mut changes = port
        .modem_changes_every(Duration::from_millis(1), mask)
        .await
        .unwrap();
    line.toggle(false);
    let change = env.bounded(changes.next_change()).await.unwrap();
    assert_eq!((change.changed, change.lines), (mask, mask));
}

pub(crate) async fn opening_sets_them(env: Env) {
    let config = SerialConfig::default()
        .rts_on_open(LineOnOpen::Low)
        .dtr_on_open(LineOnOpen::High);
    let (near, far) = env.pair_builder().near_config(config).unwrap().build();
    assert_eq!(far.modem_lines().await.unwrap().to_string(), "dsr+cd");
    assert_eq!(near.control_lines().await.unwrap().to_string(), "dtr");
    assert_eq!(near.config().unwrap(), config);
    // So it was from the beginning: nothing has changed since.
    assert_eq!(far.counters().await.unwrap().cts, 0);
    // Configuring leaves them alone.
    near.set_control_lines(Some(true), None).await.unwrap();
    near.configure(config).await.unwrap();
    assert_eq!(near.control_lines().await.unwrap().to_string(), "rts+dtr");
    let builder = env.pair_builder();
    assert!(builder.far_config(config.baud_rate(0)).is_err());

    // A pseudo-terminal has none.
    let pty = FarEnd::new();
    let error = env.open(pty.path(), config).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::UnsupportedFeature {
                feature: Feature::ControlLines,
                ..
            }
        ),
        "{error}"
    );
    let tolerant = config.unsupported(UnsupportedPolicy::Ignore);
    let port = env.open(pty.path(), tolerant).await.unwrap();
    assert_eq!(
        port.config().unwrap(),
        SerialConfig::default().unsupported(UnsupportedPolicy::Ignore)
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
