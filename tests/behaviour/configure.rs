//! Settings: verified, and all or nothing.

use std::time::Duration;

use anyserial::{
    DataBits, Error, Feature, FlowControl, Parity, Rs485Config, SerialConfig, StopBits,
    UnsupportedPolicy,
};
use anyserial_tests::{Env, FarEnd};
use futures_lite::future::poll_once;
use rustix::termios::{ControlModes, InputModes, LocalModes, OutputModes, Termios};

/// What of a terminal's settings a port can change, to be compared.
fn settings(termios: &Termios) -> impl PartialEq + std::fmt::Debug + use<> {
    (
        termios.input_modes,
        termios.output_modes,
        termios.control_modes,
        termios.local_modes,
        termios.input_speed(),
        termios.output_speed(),
    )
}

pub(crate) async fn takes_effect_in_the_kernel(env: Env) {
    let (port, far) = env.pty().await;
    let raw = far.termios();
    assert_eq!(raw.output_speed(), 115_200);
    assert!(
        !raw.local_modes
            .intersects(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    );
    assert!(!raw.output_modes.contains(OutputModes::OPOST));
    assert!(
        raw.control_modes
            .contains(ControlModes::CREAD | ControlModes::CLOCAL)
    );

    let config = SerialConfig::new(12_345)
        .stop_bits(StopBits::Two)
        .flow_control(FlowControl::XON_XOFF)
        .hangup_on_close(false);
    port.configure(config).await.unwrap();
    assert_eq!(port.config().unwrap(), config);
    let changed = far.termios();
    assert_eq!(
        (changed.output_speed(), changed.input_speed()),
        (12_345, 12_345)
    );
    assert!(changed.control_modes.contains(ControlModes::CSTOPB));
    assert!(!changed.control_modes.contains(ControlModes::HUPCL));
    assert!(
        changed
            .input_modes
            .contains(InputModes::IXON | InputModes::IXOFF)
    );

    // And back: what was on is off again.
    port.configure(115_200).await.unwrap();
    assert_eq!(settings(&far.termios()), settings(&raw));
}

pub(crate) async fn while_a_receive_waits(env: Env) {
    let (mut port, far) = env.pty().await;
    let control = port.control();
    let mut buf = [0; 8];
    let mut receiving = std::pin::pin!(port.receive(&mut buf));
    assert!(poll_once(&mut receiving).await.is_none());
    control.configure(9600).await.unwrap();
    assert_eq!(far.termios().output_speed(), 9600);
    assert!(poll_once(&mut receiving).await.is_none());
    far.write(b"still here");
    assert!(env.bounded(receiving).await.unwrap() > 0);
}

pub(crate) async fn a_refused_frame_changes_nothing(env: Env) {
    let (port, far) = env.pty_with(SerialConfig::new(9600)).await;
    let before = settings(&far.termios());
    // A pseudo-terminal accepts this and silently makes it 8N1.
    let refused = SerialConfig::new(19_200)
        .data_bits(DataBits::Seven)
        .parity(Parity::Even);
    let error = port.configure(refused).await.unwrap_err();
    let Error::UnsupportedConfiguration {
        path,
        field,
        asked,
        got,
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!(path, far.path());
    assert_eq!(
        (*field, asked.as_str(), got.as_str()),
        ("data_bits", "7", "8")
    );
    assert_eq!(
        error.to_string(),
        format!(
            "{}: data_bits 7 is not supported: the driver made it 8",
            far.path().display()
        )
    );
    assert_eq!(settings(&far.termios()), before);
    assert_eq!(port.config().unwrap(), SerialConfig::new(9600));

    let error = port
        .configure(SerialConfig::new(9600).parity(Parity::Even))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("parity even"), "{error}");
    assert_eq!(settings(&far.termios()), before);

    // What no port can have does not even get so far.
    let error = port.configure(0).await.unwrap_err();
    assert!(matches!(
        error,
        Error::InvalidConfiguration {
            field: "baud_rate",
            ..
        }
    ));
}

pub(crate) async fn unsupported_features_follow_the_policy(env: Env) {
    let (port, far) = env.pty().await;
    let before = settings(&far.termios());
    let plain = SerialConfig::default();
    for (config, feature) in [
        (plain.low_latency(true), Feature::LowLatency),
        (plain.rs485(Rs485Config::new()), Feature::Rs485),
        (plain.flow_control(FlowControl::DTR_DSR), Feature::DtrDsr),
    ] {
        // Even if something else in it could be had.
        let error = port.configure(config.baud_rate(9600)).await.unwrap_err();
        assert!(
            matches!(&error, Error::UnsupportedFeature { feature: missing, .. } if *missing == feature),
            "{error}"
        );
        assert_eq!(settings(&far.termios()), before);
        assert_eq!(port.config().unwrap(), plain);

        for policy in [UnsupportedPolicy::Warn, UnsupportedPolicy::Ignore] {
            port.configure(config.unsupported(policy)).await.unwrap();
            // The truth, not what was asked for.
            assert_eq!(port.config().unwrap(), plain.unsupported(policy));
            port.configure(plain).await.unwrap();
        }
    }

    let mark = plain.parity(Parity::Mark);
    let error = port.configure(mark).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::UnsupportedConfiguration {
                field: "parity",
                ..
            }
        ),
        "{error}"
    );
    port.configure(mark.unsupported(UnsupportedPolicy::Ignore))
        .await
        .unwrap();
    assert_eq!(port.config().unwrap().parity, Parity::None);

    // 1.5 stop bits there are with 5 data bits or not at all; no policy makes 2 of them.
    let odd = plain
        .stop_bits(StopBits::OnePointFive)
        .unsupported(UnsupportedPolicy::Ignore);
    let error = port.configure(odd).await.unwrap_err();
    assert!(matches!(
        error,
        Error::UnsupportedFeature {
            feature: Feature::OnePointFiveStopBits,
            ..
        }
    ));
}

pub(crate) async fn a_failed_open_changes_nothing(env: Env) {
    let far = FarEnd::new();
    let before = settings(&far.termios());
    let config = SerialConfig::new(9600).data_bits(DataBits::Seven);
    let error = env.open(far.path(), config).await.unwrap_err();
    assert!(matches!(
        error,
        Error::UnsupportedConfiguration {
            field: "data_bits",
            ..
        }
    ));
    assert_eq!(settings(&far.termios()), before);
    // Nor does it leave a lock behind.
    env.open(far.path(), 9600).await.unwrap();
}

pub(crate) async fn what_termios_cannot_show(env: Env) {
    let (port, _far) = env.pair();
    let config = SerialConfig::new(1)
        .data_bits(DataBits::Five)
        .stop_bits(StopBits::OnePointFive)
        .parity(Parity::Space)
        .rs485(Rs485Config::new().delay_before_send(Duration::from_millis(2)))
        .read_chunk_size(17);
    port.configure(config).await.unwrap();
    assert_eq!(port.config().unwrap(), config);
}
