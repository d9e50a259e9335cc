//! Ports that go on after a replug.

use std::time::Duration;

use anyserial::testing::{VirtualPort, VirtualPorts};
use anyserial::{
    Error, LinkEvent, LinkEvents, PortFilter, Reconnecting, SerialConfig, SerialPort, WhileAway,
};
use anyserial_tests::Env;
use futures_lite::StreamExt;
use futures_lite::future::poll_once;

use crate::bytes::noise;
use crate::control::every_operation;
use crate::hotplug::ftdi;

/// A port on the first adapter with this serial number.
async fn open(system: &VirtualPorts, serial_number: &str) -> (SerialPort, LinkEvents) {
    let filter = PortFilter::new().serial_number(serial_number);
    Reconnecting::among(system.ports(), filter, 9600)
        .open()
        .await
        .unwrap()
}

/// The next event in short: `lost ttyUSB0`, `back ttyUSB1`.
async fn next(env: &Env, events: &mut LinkEvents) -> String {
    match env.bounded(events.next()).await.unwrap().unwrap() {
        LinkEvent::Lost(port) => format!("lost {}", port.name),
        LinkEvent::Returned(port) => format!("back {}", port.name),
        event => panic!("{event:?}"),
    }
}

/// Sends this from the far end, and sees it arrive.
async fn hears(env: &Env, port: &mut SerialPort, adapter: &mut VirtualPort, data: &[u8]) {
    adapter.far_end().send(data).await.unwrap();
    assert_eq!(env.bounded(port.receive_available(64)).await.unwrap(), data);
}

pub(crate) async fn goes_on_under_another_name(env: Env) {
    let system = VirtualPorts::new(env.reactor());
    let mut adapter = system.plug("ttyUSB0", ftdi(Some("A"))).await.unwrap();
    let (mut port, mut events) = open(&system, "A").await;
    hears(&env, &mut port, &mut adapter, b"before").await;
    port.configure(57_600).await.unwrap();
    assert!(poll_once(events.next()).await.is_none());
    assert_eq!(port.info().await.unwrap().as_ref(), Some(adapter.info()));

    // One who waits across all of it.
    let waiting = env.spawn(async move {
        let received = port.receive_available(64).await;
        (port, received)
    });
    adapter.unplug();
    assert_eq!(next(&env, &mut events).await, "lost ttyUSB0");
    // Another one takes the name.
    let _other = system.plug("ttyUSB0", ftdi(Some("B"))).await.unwrap();
    env.sleep(Duration::from_millis(5)).await;
    let mut adapter = system.plug("ttyUSB1", ftdi(Some("A"))).await.unwrap();
    assert_eq!(next(&env, &mut events).await, "back ttyUSB1");
    adapter.far_end().send(b"after").await.unwrap();
    let (mut port, received) = env.bounded(waiting.join()).await;
    assert_eq!(received.unwrap(), b"after");

    // As it was set, in the kernel too.
    assert_eq!(port.config().unwrap(), SerialConfig::new(57_600));
    let far = adapter.far_end().as_fd().unwrap();
    assert_eq!(
        rustix::termios::tcgetattr(far).unwrap().output_speed(),
        57_600
    );
    assert_eq!(port.info().await.unwrap().as_ref(), Some(adapter.info()));
    // And locked.
    let error = env.open(&adapter.info().device, 9600).await.unwrap_err();
    assert!(matches!(error, Error::Busy { .. }), "{error}");

    port.send(b"reply").await.unwrap();
    let reply = env.bounded(adapter.far_end().receive_available(64)).await;
    assert_eq!(reply.unwrap(), b"reply");
    assert!(poll_once(events.next()).await.is_none());
}

pub(crate) async fn again_and_again(env: Env) {
    let system = VirtualPorts::new(env.reactor());
    let mut adapter = system.plug("ttyUSB0", ftdi(Some("A"))).await.unwrap();
    let (mut port, mut events) = open(&system, "A").await;
    for round in 0..10 {
        hears(&env, &mut port, &mut adapter, &[round]).await;
        adapter.unplug();
        // At times it is back before anybody has noticed.
        if round % 2 == 0 {
            assert!(poll_once(port.receive_available(1)).await.is_none());
        }
        adapter = system.plug("ttyUSB0", ftdi(Some("A"))).await.unwrap();
        hears(&env, &mut port, &mut adapter, b"!").await;
        assert_eq!(next(&env, &mut events).await, "lost ttyUSB0");
        assert_eq!(next(&env, &mut events).await, "back ttyUSB0");
    }
    assert!(poll_once(events.next()).await.is_none());
}

pub(crate) async fn fails_while_away_if_asked(env: Env) {
    let system = VirtualPorts::new(env.reactor());
    let adapter = system.plug("ttyUSB0", ftdi(Some("A"))).await.unwrap();
    let filter = PortFilter::new();
    let (mut port, mut events) = Reconnecting::among(system.ports(), filter, 9600)
        .while_away(WhileAway::Fail)
        .open()
        .await
        .unwrap();
    adapter.unplug();
    for _ in 0..3 {
        let received = env.bounded(port.receive(&mut [0; 8])).await;
        assert!(received.unwrap_err().is_disconnected());
        let sent = env.bounded(port.send(b"x")).await;
        assert!(sent.unwrap_err().is_disconnected());
    }
    assert_eq!(next(&env, &mut events).await, "lost ttyUSB0");
    let mut adapter = system.plug("ttyUSB3", ftdi(Some("A"))).await.unwrap();
    // Waiting for the event is enough to bring it back.
    assert_eq!(next(&env, &mut events).await, "back ttyUSB3");
    hears(&env, &mut port, &mut adapter, b"back").await;
}

pub(crate) async fn operations_do_not_wait(env: Env) {
    let system = VirtualPorts::new(env.reactor());
    let adapter = system.plug("ttyUSB0", ftdi(Some("A"))).await.unwrap();
    let (mut port, mut events) = open(&system, "A").await;
    adapter.unplug();
    for _ in 0..2 {
        for (operation, outcome) in env.bounded(every_operation(&port)).await {
            match operation {
                "config" => assert!(outcome.is_ok()),
                _ => assert!(
                    matches!(outcome, Err(Error::Disconnected { .. })),
                    "{operation}: {outcome:?}"
                ),
            }
        }
    }
    // They notice, too.
    assert_eq!(next(&env, &mut events).await, "lost ttyUSB0");
    let mut adapter = system.plug("ttyUSB0", ftdi(Some("A"))).await.unwrap();
    hears(&env, &mut port, &mut adapter, b"back").await;
    port.configure(19_200).await.unwrap();
    assert!(
        port.control_lines()
            .await
            .is_err_and(|error| !error.is_disconnected())
    );
}

pub(crate) async fn in_the_middle_of_a_transfer(env: Env) {
    let system = VirtualPorts::new(env.reactor());
    let mut adapter = system.plug("ttyUSB0", ftdi(Some("A"))).await.unwrap();
    let (port, mut events) = open(&system, "A").await;
    // No part of it is like another one.
    let data = noise(200_000);
    let (mut read, mut write) = port.into_split();
    let sender = {
        let data = data.clone();
        env.spawn(async move { write.send(&data).await })
    };
    let reader = env.spawn(async move { read.receive_available(64).await });

    let mut before = Vec::new();
    while before.len() < 50_000 {
        before.extend(adapter.far_end().receive_available(4096).await.unwrap());
    }
    assert!(data.starts_with(&before));
    adapter.unplug();
    assert_eq!(next(&env, &mut events).await, "lost ttyUSB0");
    let mut adapter = system.plug("ttyUSB0", ftdi(Some("A"))).await.unwrap();
    // The rest: what the kernel had taken is lost, nothing comes twice.
    let mut after = Vec::new();
    while !data.ends_with(&after) || after.len() < 100_000 {
        after.extend(
            env.bounded(adapter.far_end().receive_available(4096))
                .await
                .unwrap(),
        );
    }
    env.bounded(sender.join()).await.unwrap();
    assert!(
        poll_once(adapter.far_end().receive_available(1))
            .await
            .is_none()
    );
    assert!(before.len() + after.len() <= data.len());
    // The reader, which another one found the loss for, goes on as well.
    assert_eq!(next(&env, &mut events).await, "back ttyUSB0");
    adapter.far_end().send(b"hello").await.unwrap();
    assert_eq!(env.bounded(reader.join()).await.unwrap(), b"hello");
}

pub(crate) async fn by_its_socket_without_a_serial_number(env: Env) {
    let system = VirtualPorts::new(env.reactor());
    let at = |location: &str, serial_number| {
        let mut usb = ftdi(serial_number);
        location.clone_into(&mut usb.location);
        usb
    };
    // Without a number, and with one that another adapter has as well.
    for serial_number in [None, Some("0001")] {
        let twin = system
            .plug("ttyUSB9", at("1-9", serial_number))
            .await
            .unwrap();
        let adapter = system
            .plug("ttyUSB0", at("1-1", serial_number))
            .await
            .unwrap();
        let filter = PortFilter::new().location("1-1");
        let (mut port, mut events) = Reconnecting::among(system.ports(), filter, 9600)
            .open()
            .await
            .unwrap();
        adapter.unplug();
        assert!(poll_once(port.receive(&mut [0])).await.is_none());
        assert_eq!(next(&env, &mut events).await, "lost ttyUSB0");
        let stranger = system
            .plug("ttyUSB1", at("1-2", serial_number))
            .await
            .unwrap();
        let event = env.within(Duration::from_millis(20), events.next()).await;
        assert!(event.is_none(), "{event:?}");
        let mut adapter = system
            .plug("ttyUSB2", at("1-1", serial_number))
            .await
            .unwrap();
        assert_eq!(next(&env, &mut events).await, "back ttyUSB2");
        hears(&env, &mut port, &mut adapter, b"me").await;
        drop((twin, stranger));
    }
}

pub(crate) async fn tries_until_it_can_be_opened(env: Env) {
    let system = VirtualPorts::new(env.reactor());
    let adapter = system.plug("ttyUSB0", ftdi(Some("A"))).await.unwrap();
    let (mut port, mut events) = open(&system, "A").await;
    adapter.unplug();
    let mut adapter = system.plug("ttyUSB0", ftdi(Some("A"))).await.unwrap();
    // Somebody else was faster.
    let probe = env.open(&adapter.info().device, 9600).await.unwrap();
    assert!(poll_once(port.receive(&mut [0])).await.is_none());
    assert_eq!(next(&env, &mut events).await, "lost ttyUSB0");
    let event = env.within(Duration::from_millis(20), events.next()).await;
    assert!(event.is_none(), "{event:?}");
    probe.close().await.unwrap();
    assert_eq!(next(&env, &mut events).await, "back ttyUSB0");
    hears(&env, &mut port, &mut adapter, b"at last").await;
}

pub(crate) async fn a_drain_tells_of_lost_output(env: Env) {
    let system = VirtualPorts::new(env.reactor());
    let mut adapter = system.plug("ttyUSB0", ftdi(Some("A"))).await.unwrap();
    let (mut port, mut events) = open(&system, "A").await;
    for lost in [false, true] {
        port.send(b"important").await.unwrap();
        if !lost {
            port.drain().await.unwrap();
        }
        adapter.unplug();
        assert!(poll_once(port.receive(&mut [0])).await.is_none());
        adapter = system.plug("ttyUSB0", ftdi(Some("A"))).await.unwrap();
        assert_eq!(next(&env, &mut events).await, "lost ttyUSB0");
        assert_eq!(next(&env, &mut events).await, "back ttyUSB0");
        // All is well with the new device, and yet it is not all that was written.
        assert_eq!(port.drain().await.is_err(), lost);
        port.drain().await.unwrap();
    }
}

pub(crate) async fn closing_ends_it(env: Env) {
    let system = VirtualPorts::new(env.reactor());
    for away in [false, true] {
        let adapter = system.plug("ttyUSB0", ftdi(Some("A"))).await.unwrap();
        let (mut port, mut events) = open(&system, "A").await;
        let control = port.control();
        let device = adapter.info().device.clone();
        let mut adapter = Some(adapter);
        if away {
            adapter = None;
            assert!(poll_once(port.receive(&mut [0])).await.is_none());
            assert_eq!(next(&env, &mut events).await, "lost ttyUSB0");
        }
        let waiting = env.spawn(async move { events.next().await });
        port.close().await.unwrap();
        assert!(env.bounded(waiting.join()).await.is_none());
        assert!(matches!(control.drain().await, Err(Error::Closed { .. })));
        if !away {
            env.open(device, 9600).await.unwrap();
        }
        drop(adapter);
    }
}

pub(crate) async fn what_is_not_there_is_an_error(env: Env) {
    let system = VirtualPorts::new(env.reactor());
    let reconnecting = Reconnecting::among(system.ports(), PortFilter::new(), 9600);
    let error = reconnecting.clone().open().await.unwrap_err();
    assert!(matches!(error, Error::NoPortFound { .. }), "{error}");
    let _adapter = system.plug("ttyUSB0", ftdi(None)).await.unwrap();
    let (port, _events) = reconnecting.clone().open().await.unwrap();
    let error = reconnecting.open().await.unwrap_err();
    assert!(matches!(error, Error::Busy { .. }), "{error}");
    drop(port);
    let invalid = Reconnecting::among(system.ports(), PortFilter::new(), 0).open();
    assert!(matches!(
        invalid.await,
        Err(Error::InvalidConfiguration {
            field: "baud_rate",
            ..
        })
    ));
}
