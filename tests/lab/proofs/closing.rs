//! Closing with ten seconds of unsent output holds up nobody.

use std::time::{Duration, Instant};

use anyserial::SerialPort;
use anyserial_lab::{Cable, Ftdi, Pluggable, Uart};
use anyserial_tests::Env;

use crate::bench::{beside_a_ticker, open_both, receive};

/// So long may an executor stand still: far less than the ten seconds of the output, and more
/// than an emulated processor takes now and then.
const STALL: Duration = Duration::from_millis(100);

/// Opening an adapter takes some USB transfers.
const AT_ONCE: Duration = Duration::from_secs(1);

pub(crate) async fn uart_with_unsent_output(env: Env) {
    for close in [false, true] {
        // The guard goes before the port: what is left of the ten seconds leaves at once.
        let wire = Uart.carry(300);
        let port = goes_at_once(&env, &Uart, close).await;
        drop(wire);
        env.bounded(port.drain()).await.unwrap();
        port.close().await.unwrap();
    }
}

pub(crate) async fn ftdi_with_unsent_output(env: Env) {
    let cable = Ftdi::new();
    for close in [false, true] {
        let port = goes_at_once(&env, &cable, close).await;
        let plug = cable.unplug();
        drop(port);
        plug.plug_in();
    }
}

/// Gives the port that was opened afterwards.
async fn goes_at_once(env: &Env, cable: &impl Cable, close: bool) -> SerialPort {
    let path = cable.near();
    let mut port = env.open(&path, 300).await.unwrap();
    port.send(&[b'U'; 300]).await.unwrap();
    let unsent = port.output_waiting().unwrap();
    let began = Instant::now();
    let (returned, gap) = beside_a_ticker(env, async {
        if close {
            // It waits for the kernel, for which this test has no time.
            let closed = env.within(Duration::from_millis(200), port.close()).await;
            assert!(closed.is_none(), "closed with output unsent: {closed:?}");
        } else {
            drop(port);
        }
        began.elapsed()
    })
    .await;
    let again = Instant::now();
    let port = env.open(&path, 300).await.unwrap();
    let opened = again.elapsed();
    println!(
        "{}: {} with {unsent} of 300 bytes unsent at 300 baud: after {returned:.1?}; a ticker of \
         1 ms waited {gap:.1?} at most; open again in {opened:.1?}",
        cable.name(),
        if close { "close, given up," } else { "drop" },
    );
    assert!(unsent > 100, "{unsent}");
    assert!(gap < STALL, "{gap:?}");
    assert!(opened < AT_ONCE, "{opened:?}");
    port
}

/// What was sent before a drop arrives, whether or not the port is opened again meanwhile.
pub(crate) async fn loses_nothing(env: Env) {
    let cable = Ftdi::new();
    for opens_again in [false, true] {
        let (mut near, mut far) = open_both(&env, &cable, 9600).await;
        near.send(&[b'U'; 300]).await.unwrap();
        let path = near.path().to_path_buf();
        drop(near);
        let again = if opens_again {
            Some(env.open(&path, 9600).await.unwrap())
        } else {
            None
        };
        assert_eq!(receive(&env, &mut far, 300).await, [b'U'; 300]);
        drop(again);
    }
}
