//! RS-485, where all share a pair of wires and RTS switches the transceiver to sending: by the
//! driver, or by hand where the driver cannot.
//!
//! `cargo run --example rs485` has a simulated node at the other end of the bus;
//! `cargo run --example rs485 -- /dev/ttyS1` uses a port of yours, at 19200 8N1. A USB adapter for
//! RS-485 switches by itself, and needs none of this.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyserial::reactor::AsyncIo;
use anyserial::testing::{FaultPlan, PairBuilder};
use anyserial::{Error, LineOnOpen, ModemLines, Result, Rs485Config, SerialConfig, SerialPort};
use anyserial_examples::MainError;

fn main() -> Result<(), MainError> {
    let path = std::env::args_os().nth(1);
    smol::block_on(async {
        let config = SerialConfig::new(19_200);
        let bus = match path {
            Some(path) => Bus::open(path.as_ref(), config).await?,
            None => {
                // A pair in memory has RTS, and with a bandwidth the time that sending takes.
                let pace = FaultPlan::new();
                pace.bandwidth(1920);
                let pair = PairBuilder::new(Arc::new(AsyncIo)).near_faults(&pace);
                let pair = pair.near_config(config.rts_on_open(LineOnOpen::Low))?;
                let (port, far_end) = pair.build();
                smol::spawn(simulate(far_end)).detach();
                println!("simulated: RTS by hand");
                Bus {
                    port,
                    by_hand: true,
                }
            }
        };
        talk(bus).await?;
        Ok(())
    })
}

async fn talk(mut bus: Bus) -> Result<()> {
    bus.send(b"are you there?").await?;
    let control = bus.port.control();
    let limit = Duration::from_secs(1);
    match control.timeout(limit, bus.port.receive_available(64)).await {
        Ok(answer) => println!("answer: {:?}", String::from_utf8_lossy(&answer)),
        Err(late @ Error::TimedOut { .. }) => println!("{late}"),
        Err(error) => return Err(error),
    }
    Ok(())
}

struct Bus {
    port: SerialPort,
    by_hand: bool,
}

impl Bus {
    /// Opens a port whose driver switches the transceiver; else one where this program does.
    async fn open(path: &Path, config: SerialConfig) -> Result<Self> {
        let rs485 = Rs485Config::new().delay_after_send(Duration::from_millis(1));
        match SerialPort::open(path, config.rs485(rs485)).await {
            Ok(port) => {
                println!("the driver switches, and is put back when the port closes");
                let by_hand = false;
                Ok(Bus { port, by_hand })
            }
            // The driver has no RS-485, or not all that was asked for.
            Err(
                error @ (Error::UnsupportedFeature { .. } | Error::UnsupportedConfiguration { .. }),
            ) => {
                println!("{error}: RTS by hand, then");
                // Opening would raise RTS, and take the bus.
                let config = config.rts_on_open(LineOnOpen::Low);
                let port = SerialPort::open(path, config).await?;
                let by_hand = true;
                Ok(Bus { port, by_hand })
            }
            Err(error) => Err(error),
        }
    }

    /// Sends a frame; when this is ready, the bus is free for the answer. To drop it earlier may
    /// leave the bus taken.
    async fn send(&mut self, frame: &[u8]) -> Result<()> {
        let control = self.port.control();
        if self.by_hand {
            control.set_control_lines(Some(true), None).await?;
        }
        let sending = async {
            self.port.send(frame).await?;
            // Not before the last stop bit is on the wire.
            control.drain().await
        };
        let sent = control.timeout(Duration::from_secs(5), sending).await;
        if self.by_hand {
            control.set_control_lines(Some(false), None).await?;
        }
        sent
    }
}

/// A node that answers a frame as soon as the bus is free.
async fn simulate(mut port: SerialPort) -> Result<()> {
    // RTS of the other end arrives here as CTS.
    let cts = ModemLines {
        cts: true,
        ..ModemLines::NONE
    };
    let mut changes = port.modem_changes(cts).await?;
    loop {
        let mut frame = port.receive_available(64).await?;
        println!(
            "node: a frame begins, RTS is high: {}",
            port.modem_lines().await?.cts
        );
        while port.modem_lines().await?.cts {
            changes.next_change().await?;
        }
        if port.input_waiting()? > 0 {
            frame.extend(port.receive_available(64).await?);
        }
        println!("node: the bus is free after {} bytes", frame.len());
        port.send(b"here I am").await?;
    }
}
