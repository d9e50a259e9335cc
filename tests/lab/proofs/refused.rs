//! What a driver says yes to and does not do.

use std::path::PathBuf;

use anyserial::{DataBits, Error, SerialConfig, SerialPort};
use anyserial_lab::{Cable, Ftdi, PHANTOM, Side, Uart};
use anyserial_tests::Env;
use rustix::termios::{ControlModes, tcgetattr};

use crate::bench::{open_both, receive};

pub(crate) async fn uart_baud_rate(env: Env) {
    let config = SerialConfig::new(250_000);
    leaves_the_previous_settings(&env, &Uart, config, "baud_rate", "250000").await;
}

pub(crate) async fn ftdi_baud_rate(env: Env) {
    let config = SerialConfig::new(4_000_000);
    leaves_the_previous_settings(&env, &Ftdi::new(), config, "baud_rate", "4000000").await;
}

pub(crate) async fn ftdi_data_bits(env: Env) {
    let config = SerialConfig::new(19_200).data_bits(DataBits::Six);
    leaves_the_previous_settings(&env, &Ftdi::new(), config, "data_bits", "6").await;
}

async fn leaves_the_previous_settings(
    env: &Env,
    cable: &impl Cable,
    refused: SerialConfig,
    wrong: &str,
    value: &str,
) {
    let previous = SerialConfig::new(57_600);
    let (mut near, mut far) = open_both(env, cable, previous).await;
    let before = in_force(&near);
    assert_eq!(before.0, 57_600);

    let error = near.configure(refused).await.unwrap_err();
    println!("{}: {error}", cable.name());
    let Error::UnsupportedConfiguration { field, asked, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!((*field, asked.as_str()), (wrong, value));
    assert_eq!(near.config().unwrap(), previous);
    assert_eq!(in_force(&near), before);
    // Not only on paper.
    near.send(b"still here").await.unwrap();
    assert_eq!(receive(env, &mut far, 10).await, b"still here");
    drop(near);

    // An open that is refused leaves the port to the next one.
    let path = cable.path(Side::Near);
    let error = env.open(&path, refused).await.unwrap_err();
    assert!(
        matches!(error, Error::UnsupportedConfiguration { .. }),
        "{error}"
    );
    env.open(&path, previous).await.unwrap();
}

/// The speed and the frame that the kernel has.
fn in_force(port: &SerialPort) -> (u32, ControlModes) {
    let termios = tcgetattr(port.as_fd().unwrap()).unwrap();
    (termios.output_speed(), termios.control_modes)
}

pub(crate) async fn phantom(env: Env) {
    for _ in 0..2 {
        let error = env.open(PHANTOM, 9600).await.unwrap_err();
        println!("{error}");
        let Error::NoHardware { path, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(path, PathBuf::from(PHANTOM));
    }
}
