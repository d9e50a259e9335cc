//! RS-485, where all share a pair of wires and RTS switches the transceiver to sending: by the
//! driver, or by hand where the driver cannot.
//!
//! `cargo run --example rs485` has a simulated node at the other end of the bus;
//! `cargo run --example rs485 -- /dev/ttyS1` uses a port of yours, at 19200 8N1. A USB adapter for
//! RS-485 switches by itself, and needs none of this.

use std::sync::Arc;
use std::time::Duration;

use anyserial::reactor::AsyncIo;
use anyserial::testing::{FaultPlan, PairBuilder, pty_pair};
use anyserial::{Error, ModemLines, Result, Rs485Config, SerialConfig, SerialPort};
use anyserial_examples::MainError;

fn main() -> Result<(), MainError> {
    let path = std::env::args_os().nth(1);
    smol::block_on(async {
        let config = SerialConfig::new(19_200);
        match path {
            Some(path) => {
                let bus = Bus::new(SerialPort::open(path, config).await?).await?;
                talk(bus).await?;
            }
            None => {
                // A pseudo-terminal has no transceiver, and its driver says so.
                let (port, _far_end) = pty_pair().await?;
                Bus::new(port).await?;

                // A pair in memory has RTS, and with a bandwidth the time that sending takes.
                let pace = FaultPlan::new();
                pace.bandwidth(1920);
                let pair = PairBuilder::new(Arc::new(AsyncIo)).near_faults(&pace);
                let (port, far_end) = pair.near_config(config)?.build();
                port.set_control_lines(Some(false), None).await?;
                smol::spawn(simulate(far_end)).detach();
                let by_hand = true;
                talk(Bus { port, by_hand }).await?;
            }
        }
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
    /// Asks the driver to switch the transceiver. The port puts that back when it goes.
    async fn new(port: SerialPort) -> Result<Self> {
        let rs485 = Rs485Config::new().delay_after_send(Duration::from_millis(1));
        let by_hand = match port.configure(port.config()?.rs485(rs485)).await {
            Ok(()) => {
                println!("{}: the driver switches", port.path().display());
                false
            }
            // The driver has no RS-485, or not all that was asked for.
            Err(
                error @ (Error::UnsupportedFeature { .. } | Error::UnsupportedConfiguration { .. }),
            ) => {
                println!("{error}: by hand, then");
                true
            }
            Err(error) => return Err(error),
        };
        Ok(Bus { port, by_hand })
    }

    /// Sends a frame; when this is ready, the bus is free for the answer. To drop it earlier may
    /// leave the bus taken.
    async fn send(&mut self, frame: &[u8]) -> Result<()> {
        if !self.by_hand {
            return self.port.send(frame).await;
        }
        self.port.set_control_lines(Some(true), None).await?;
        let control = self.port.control();
        let sending = async {
            self.port.send(frame).await?;
            // Not before the last stop bit is on the wire.
            control.drain().await
        };
        let sent = control.timeout(Duration::from_secs(5), sending).await;
        self.port.set_control_lines(Some(false), None).await?;
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
