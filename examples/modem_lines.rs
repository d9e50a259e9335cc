//! The lines beside the data: drives RTS and DTR, reads CTS, DSR, RI and CD, sees every change of
//! them, and sends a break.
//!
//! `cargo run --example modem_lines` has a simulated modem; with `-- /dev/ttyUSB0` it shows the
//! lines of a port of yours, and 10 s of their changes.

use std::sync::Arc;
use std::time::Duration;

use anyserial::reactor::AsyncIo;
use anyserial::testing::{FaultPlan, PairBuilder};
use anyserial::{Control, Error, LineOnOpen, ModemChanges, ModemLines, Result};
use anyserial::{SerialConfig, SerialPort};
use anyserial_examples::MainError;

fn main() -> Result<(), MainError> {
    smol::block_on(async {
        // Opening raises both lines on Linux; a board that DTR resets is left alone by this.
        let config = SerialConfig::new(115_200).dtr_on_open(LineOnOpen::Low);
        match std::env::args_os().nth(1) {
            Some(path) => {
                let port = SerialPort::open(path, config).await?;
                show(&port).await?;
                let changes = port.modem_changes(ModemLines::ALL).await?;
                watch(&port, changes, Duration::from_secs(10)).await?;
            }
            None => {
                // The faults of a port in memory have its bell as well.
                let bell = FaultPlan::new();
                let pair = PairBuilder::new(Arc::new(AsyncIo)).near_faults(&bell);
                let (port, modem) = pair.near_config(config)?.build();
                show(&port).await?;
                let changes = port.modem_changes(ModemLines::ALL).await?;
                smol::spawn(simulate(modem, bell)).detach();
                watch(&port, changes, Duration::from_millis(600)).await?;
            }
        }
        Ok(())
    })
}

async fn show(port: &Control) -> Result<()> {
    println!("driven here: {}", port.control_lines().await?);
    println!("driven there: {}", port.modem_lines().await?);

    // Both at the same moment; `None` leaves a line as it is.
    port.set_control_lines(Some(true), Some(true)).await?;
    println!("driven here now: {}", port.control_lines().await?);

    match port.send_break(Duration::from_millis(100)).await {
        Ok(()) => println!("sent a break"),
        Err(error @ Error::UnsupportedFeature { .. }) => println!("{error}"),
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Shows changes, of which none is missed between two looks, for this time.
async fn watch(port: &Control, mut changes: ModemChanges, time: Duration) -> Result<()> {
    let watching = async {
        loop {
            let change = changes.next_change().await?;
            println!("changed: {}, now high: {}", change.changed, change.lines);
        }
    };
    match port.timeout(time, watching).await {
        Err(Error::TimedOut { .. }) => {}
        outcome => return outcome,
    }
    // The driver has counted, if it does.
    match port.counters().await {
        Ok(counters) => println!("RI has changed {} times", counters.ri),
        Err(error @ Error::UnsupportedFeature { .. }) => println!("{error}"),
        Err(error) => return Err(error),
    }
    Ok(())
}

/// A modem that is called, answers, and loses its carrier.
async fn simulate(modem: SerialPort, bell: FaultPlan) -> Result<()> {
    let pause = || smol::Timer::after(Duration::from_millis(100));
    for high in [true, false, true, false] {
        bell.ring(high);
        pause().await;
    }
    modem.set_control_lines(Some(false), None).await?;
    pause().await;
    modem.set_control_lines(None, Some(false)).await?;
    pause().await;
    Ok(())
}
