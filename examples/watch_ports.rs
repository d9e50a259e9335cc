//! Shows serial ports as they come and go: those that are there first, then each change.
//!
//! `cargo run --example watch_ports` runs until it is interrupted; `-- --demo` shows adapters that
//! are plugged in and pulled out by this program itself, and ends.

use std::process::ExitCode;
use std::sync::Arc;

use anyserial::reactor::AsyncIo;
use anyserial::testing::VirtualPorts;
use anyserial::{PortEvent, PortEvents, Result, UsbInfo, watch_ports};
use futures_lite::StreamExt;
use futures_lite::future::try_zip;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = smol::block_on(async {
        match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] => show(watch_ports().await?.with_present(), usize::MAX).await,
            ["--demo"] => demo().await,
            _ => {
                eprintln!("usage: watch_ports [--demo]");
                Ok(())
            }
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Shows this many events.
async fn show(mut events: PortEvents, most: usize) -> Result<()> {
    for _ in 0..most {
        match events.next().await.transpose()? {
            Some(PortEvent::Added(port)) => {
                println!("+ {port}  {}", port.hardware_id.as_deref().unwrap_or(""));
            }
            Some(PortEvent::Removed(port)) => println!("- {port}"),
            Some(_) => {}
            None => break,
        }
    }
    Ok(())
}

/// Two adapters, one of which is there from the beginning, and a replug of the other.
async fn demo() -> Result<()> {
    let system = VirtualPorts::new(Arc::new(AsyncIo));
    let ftdi = adapter("FT232R USB UART", "A50285BI");
    let _stays = system.plug("ttyUSB0", adapter("CP2102", "0001")).await?;
    let events = system.ports().watch().await?.with_present();
    let replug = async {
        for name in ["ttyUSB1", "ttyUSB2"] {
            let plugged = system.plug(name, ftdi.clone()).await?;
            smol::Timer::after(std::time::Duration::from_millis(300)).await;
            plugged.unplug();
        }
        Ok(())
    };
    try_zip(show(events, 5), replug).await?;
    Ok(())
}

fn adapter(product: &str, serial_number: &str) -> UsbInfo {
    let mut usb = UsbInfo::new(0x0403, 0x6001);
    usb.product = Some(product.to_owned());
    usb.serial_number = Some(serial_number.to_owned());
    usb
}
