//! Draining takes as long as the line does, and does not report success after an unplug.

use std::time::{Duration, Instant};

use anyserial::SerialConfig;
use anyserial_lab::{Acm, Cable, Ftdi, Pluggable, Uart, Usb};
use anyserial_tests::Env;
use futures_lite::future::zip;

use crate::bench::{Attempts, beside_a_ticker, open_both};

/// 16 bytes of FIFO and what the socket beneath QEMU's UART holds.
const UART_AHEAD: u32 = 32;

pub(crate) async fn uart_takes_as_long_as_the_line(env: Env) {
    let _wire = Uart.carry(9600);
    takes_as_long_as_the_line(env, &Uart, UART_AHEAD).await;
}

pub(crate) async fn ftdi_takes_as_long_as_the_line(env: Env) {
    // The latency timer of the far adapter holds on to the last 15 characters.
    takes_as_long_as_the_line(env, &Ftdi::new(), 62).await;
}

/// 1000 characters; `ahead` of them may not have come when they have left.
async fn takes_as_long_as_the_line(env: Env, cable: &impl Cable, ahead: u32) {
    const COUNT: u32 = 1000;
    let config = SerialConfig::new(9600);
    let character = config.character_time();
    let line = character * COUNT;
    let tolerance = (2 * character).max(line / 20);
    let mut attempts = Attempts::default();
    loop {
        let (mut near, far) = open_both(&env, cable, config).await;
        let began = Instant::now();
        near.send(&[b'U'; COUNT as usize]).await.unwrap();
        let (drained, gap) = beside_a_ticker(&env, async {
            let drained = env.bounded(near.drain()).await;
            drained.map(|()| (began.elapsed(), far.input_waiting()))
        })
        .await;
        let (took, came) = drained.unwrap();
        let came = u32::try_from(came.unwrap()).unwrap();
        println!(
            "{}: 1000 characters of 9600 baud need {line:.3?}, drained after {took:.3?} with \
             {came} of them at the far end; a ticker of 1 ms waited {gap:.1?} at most",
            cable.name()
        );
        assert!(came + ahead >= COUNT, "{came}");
        assert!(took + ahead * character > line, "{took:?}");
        let late = took.saturating_sub(line).max(gap);
        if attempts.keep(late, tolerance) {
            return;
        }
    }
}

pub(crate) async fn fails_when_unplugged(env: Env) {
    fails_on(&env, &Ftdi::new()).await;
    fails_on(&env, &Usb).await;
    fails_on(&env, &Acm::new()).await;
}

/// Nobody fetches at the far end, or the line is too slow: 300 characters of 300 baud.
async fn fails_on(env: &Env, cable: &impl Pluggable) {
    let mut attempts = Attempts::default();
    loop {
        let mut port = env.open(cable.near(), 300).await.unwrap();
        port.send(&[b'U'; 300]).await.unwrap();
        let (drained, (pulled, plug)) = zip(
            async { (env.bounded(port.drain()).await, Instant::now()) },
            async {
                env.sleep(Duration::from_millis(200)).await;
                (Instant::now(), cable.unplug())
            },
        )
        .await;
        let (drained, at) = drained;
        let took = at.saturating_duration_since(pulled);
        let error = drained.unwrap_err();
        println!(
            "{}: drain fails {took:.1?} after the unplug: {error}",
            cable.name()
        );
        assert!(error.is_disconnected(), "{error}");
        drop(port);
        plug.plug_in();
        if attempts.keep(took, Duration::from_millis(100)) {
            return;
        }
    }
}
