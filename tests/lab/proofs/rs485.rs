//! RS-485 by the kernel's driver of the PL011, whose transmitted bytes come back to it.

use std::time::Duration;

use anyserial::{Error, FlowControl, Rs485Config, SerialConfig};
use anyserial_lab::PL011;
use anyserial_tests::Env;

use crate::bench::receive;

pub(crate) async fn exchange(env: Env) {
    let mut port = env.open(PL011, 115_200).await.unwrap();
    port.discard_input().await.unwrap();
    let all: Vec<u8> = (0..=255).collect();
    port.send(&all).await.unwrap();
    assert_eq!(receive(&env, &mut port, 256).await, all);
    env.bounded(port.drain()).await.unwrap();
    port.close().await.unwrap();
}

/// With RS-485 on, this driver takes no RTS/CTS, so a port that has RTS/CTS has RS-485 off.
pub(crate) async fn is_put_back(env: Env) {
    let plain = SerialConfig::new(115_200);
    let flow = plain.flow_control(FlowControl::RTS_CTS);
    let asked = Rs485Config::new().delay_after_send(Duration::from_millis(3));
    let port = env.open(PL011, plain.rs485(asked)).await.unwrap();
    assert_eq!(port.config().unwrap().rs485, Some(asked));
    port.configure(flow).await.unwrap();

    // A change that fails leaves it on.
    port.configure(plain.rs485(asked)).await.unwrap();
    let refused = plain.baud_rate(u32::MAX);
    port.configure(refused).await.unwrap_err();
    assert_eq!(port.config().unwrap().rs485, Some(asked));
    drop(port);
    env.open(PL011, flow).await.unwrap();
}

/// The driver clamps a delay at 100 ms and says yes.
pub(crate) async fn a_clamped_delay_is_refused(env: Env) {
    let asked = Rs485Config::new().delay_before_send(Duration::from_millis(500));
    let config = SerialConfig::new(115_200).rs485(asked);
    let error = env.open(PL011, config).await.unwrap_err();
    println!("{error}");
    let Error::UnsupportedConfiguration {
        field, asked, got, ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!(*field, "rs485.delay_before_send");
    assert_eq!((asked.as_str(), got.as_str()), ("500 ms", "100 ms"));
    // Nothing of it is left.
    let flow = SerialConfig::new(115_200).flow_control(FlowControl::RTS_CTS);
    env.open(PL011, flow).await.unwrap();
}
