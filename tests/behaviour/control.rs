//! What a handle to a port can do, and when it no longer can.

use std::os::fd::AsRawFd;
use std::time::Duration;

use anyserial::{Capability, Control, Error, ModemLines, SerialConfig};
use anyserial_tests::Env;
use futures_lite::future::{pending, poll_once, yield_now};

/// Each operation of a handle, by name, with its outcome.
pub(crate) async fn every_operation(control: &Control) -> Vec<(&'static str, Result<(), Error>)> {
    vec![
        ("config", control.config().map(drop)),
        ("info", control.info().await.map(drop)),
        ("capabilities", control.capabilities().await.map(drop)),
        ("configure", control.configure(9600).await),
        ("modem_lines", control.modem_lines().await.map(drop)),
        ("control_lines", control.control_lines().await.map(drop)),
        (
            "set_control_lines",
            control.set_control_lines(Some(true), Some(false)).await,
        ),
        (
            "wait_modem_change",
            control.wait_modem_change(ModemLines::ALL).await.map(drop),
        ),
        (
            "modem_changes",
            control.modem_changes(ModemLines::ALL).await.map(drop),
        ),
        ("counters", control.counters().await.map(drop)),
        (
            "send_break",
            control.send_break(Duration::from_millis(1)).await,
        ),
        ("drain", control.drain().await),
        ("discard_input", control.discard_input().await),
        ("discard_output", control.discard_output().await),
        ("input_waiting", control.input_waiting().map(drop)),
        ("output_waiting", control.output_waiting().map(drop)),
    ]
}

pub(crate) async fn outlives_the_port_and_says_so(env: Env) {
    for (port, _far) in [env.pty_pair().await, env.pair()] {
        let (control, again) = (port.control(), port.control());
        let path = port.path().to_owned();
        // One that waits across the close, too.
        let waiting = env.spawn(async move {
            match again.wait_modem_change(ModemLines::ALL).await {
                // A pseudo-terminal has no lines to wait for.
                Err(Error::UnsupportedFeature { .. }) => None,
                outcome => Some(outcome),
            }
        });
        port.close().await.unwrap();
        if let Some(outcome) = env.bounded(waiting.join()).await {
            assert!(matches!(outcome, Err(Error::Closed { .. })), "{outcome:?}");
        }
        assert_eq!(control.path(), path);
        for (operation, outcome) in every_operation(&control).await {
            assert!(
                matches!(outcome, Err(Error::Closed { .. })),
                "{operation}: {outcome:?}"
            );
        }
        let error = control.with_fd(|_| ()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{}: this port is closed", path.display())
        );
        assert_eq!(error.path(), Some(path.as_path()));
    }
}

pub(crate) async fn queues(env: Env) {
    let (port, far) = env.pty().await;
    assert_eq!(
        (
            port.input_waiting().unwrap(),
            port.output_waiting().unwrap()
        ),
        (0, 0)
    );
    far.write(b"four");
    env.bounded(async {
        while port.input_waiting().unwrap() < 4 {
            yield_now().await;
        }
    })
    .await;
    let (mut near, far) = env.pair();
    near.send(b"abc").await.unwrap();
    assert_eq!(far.input_waiting().unwrap(), 3);
    assert_eq!(near.output_waiting().unwrap(), 0);
}

pub(crate) async fn discards(env: Env) {
    let (mut port, far) = env.pty().await;
    far.write(b"old");
    env.bounded(async {
        while port.input_waiting().unwrap() < 3 {
            yield_now().await;
        }
    })
    .await;
    port.discard_input().await.unwrap();
    far.write(b"new");
    assert_eq!(
        env.bounded(port.receive_available(8)).await.unwrap(),
        b"new"
    );
    port.discard_output().await.unwrap();

    let (mut near, mut far) = env.pair();
    near.send(b"old").await.unwrap();
    far.discard_input().await.unwrap();
    near.send(b"new").await.unwrap();
    assert_eq!(far.receive_available(8).await.unwrap(), b"new");
}

pub(crate) async fn timeouts(env: Env) {
    let (mut port, _far) = env.pty().await;
    let control = port.control();
    let limit = Duration::from_millis(10);
    let mut buf = [0; 8];
    let error = env
        .bounded(control.timeout(limit, port.receive(&mut buf)))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{}: timed out after 10ms", port.path().display())
    );
    // Without time to lose: what is ready is not timed out.
    let ready = control.timeout(Duration::ZERO, async { Ok(7) }).await;
    assert_eq!(ready.unwrap(), 7);
    let late = control.timeout(Duration::ZERO, pending::<Result<(), Error>>());
    assert!(matches!(
        env.bounded(late).await,
        Err(Error::TimedOut { .. })
    ));
    // With all the time there is.
    let endless = control.timeout(Duration::MAX, pending::<Result<(), Error>>());
    assert!(poll_once(endless).await.is_none());
    port.close().await.unwrap();
    let closed = control.timeout(limit, pending::<Result<(), Error>>()).await;
    assert!(matches!(closed, Err(Error::Closed { .. })));
}

pub(crate) async fn capabilities_of_a_pty(env: Env) {
    let (port, _far) = env.pty().await;
    let capabilities = port.capabilities().await.unwrap();
    assert_eq!(capabilities.modem_lines, Capability::Unsupported);
    assert_eq!(capabilities.counters, Capability::Unsupported);
    assert_eq!(capabilities.low_latency, Capability::Unsupported);
    assert_eq!(capabilities.rs485, Capability::Unsupported);
    assert_eq!(capabilities.exclusive, Capability::Supported);
    assert!(
        capabilities
            .to_string()
            .contains("modem_lines          unsupported\n")
    );
    // Asking changes nothing.
    assert_eq!(port.config().unwrap(), SerialConfig::default());
}

pub(crate) async fn lends_the_descriptor(env: Env) {
    let (port, far) = env.pty().await;
    let lent = port.as_fd().unwrap();
    let name = rustix::termios::ttyname(lent, Vec::new()).unwrap();
    assert_eq!(name.as_bytes(), far.path().as_os_str().as_encoded_bytes());
    let number = port.with_fd(|fd| fd.map(|fd| fd.as_raw_fd())).unwrap();
    assert_eq!(number, Some(lent.as_raw_fd()));
}
