//! Changes the settings of an open port: each change is in force at once, as a whole, or not at
//! all; what the driver does not accept is an error that names it.
//!
//! `cargo run --example change_settings` uses a pseudo-terminal, whose driver refuses a lot;
//! `cargo run --example change_settings -- /dev/ttyUSB0` a port of yours.

use std::time::Duration;

use anyserial::{
    DataBits, Error, Parity, Result, Rs485Config, SerialConfig, SerialPort, UnsupportedPolicy,
};
use anyserial_examples::{MainError, instrument, open_argument};

fn main() -> Result<(), MainError> {
    smol::block_on(async {
        // A configuration is a plain value, and has a short form for logs and command lines.
        let config: SerialConfig = "9600 8N1".parse()?;
        let port = open_argument(config, instrument).await?;
        println!("opened {} at {}", port.path().display(), port.config()?);
        print!("it can do:\n{}", port.capabilities().await?);

        change(&port, config.baud_rate(115_200)).await?;
        change(
            &port,
            config.data_bits(DataBits::Seven).parity(Parity::Even),
        )
        .await?;
        change(&port, config.baud_rate(0)).await?;

        // What a device lacks is an error, or can be done without.
        println!("with low latency and RS-485:");
        let wanted = config.low_latency(true).rs485(Rs485Config::new());
        change(&port, wanted).await?;
        change(&port, wanted.unsupported(UnsupportedPolicy::Ignore)).await?;

        // A change takes effect in the middle of what is queued, unless all of that has left.
        let control = port.control();
        control
            .timeout(Duration::from_secs(5), control.drain())
            .await?;
        change(&port, 19_200).await?;

        // While another task receives: whoever has the handle can change the settings.
        let (mut read, _write) = port.into_split();
        let receiving = smol::spawn(async move { read.receive_available(64).await });
        control
            .configure(control.config()?.baud_rate(38_400))
            .await?;
        println!("while a receive waits: {}", control.config()?);
        // The port closes with its last half: not before the task is gone.
        receiving.cancel().await;
        Ok(())
    })
}

/// Changes the settings, and tells what is in force then.
async fn change(port: &SerialPort, wanted: impl Into<SerialConfig>) -> Result<()> {
    let wanted = wanted.into();
    match port.configure(wanted).await {
        Ok(()) => println!("{wanted}: done"),
        Err(
            error @ (Error::UnsupportedConfiguration { .. }
            | Error::UnsupportedFeature { .. }
            | Error::InvalidConfiguration { .. }),
        ) => println!("{wanted}: {error}"),
        Err(error) => return Err(error),
    }
    println!("    in force: {}", port.config()?);
    Ok(())
}
