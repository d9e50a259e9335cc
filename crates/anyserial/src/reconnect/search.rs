//! The waits of a reconnecting port: for its device to go, and to come back.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_lite::StreamExt;

use crate::config::SerialConfig;
use crate::device::{Device, NativeDevice};
use crate::discovery::Ports;
use crate::error::{Error, Result};
use crate::hotplug::{PortEvent, changed_within};
use crate::native::Found;
use crate::port_filter::PortFilter;
use crate::port_info::PortInfo;
use crate::trace;

/// How often to try a device that is there and cannot be opened. There is no event for it.
const TRY_EVERY: Duration = Duration::from_millis(200);

/// Waits until the device of this name has gone. Its bytes are left alone.
pub(super) async fn departure(
    ports: Ports,
    device: Weak<NativeDevice>,
    name: String,
) -> Result<()> {
    let mut events = ports.watch().await?;
    // It may have gone before, and another one have its name.
    let mut gone = events.present().all(|port| port.info.name != name);
    while !gone && !is_hung_up(&device) {
        gone = match events.next().await {
            Some(event) => matches!(event?, PortEvent::Removed(port) if port.name == name),
            // It has failed before, and said so.
            None => std::future::pending().await,
        };
    }
    Ok(())
}

fn is_hung_up(device: &Weak<NativeDevice>) -> bool {
    device.upgrade().is_none_or(|device| {
        let asked = device.input_waiting();
        asked.is_err_and(|error| error.is_disconnected())
    })
}

/// Waits for the device and opens it.
pub(super) async fn search(
    ports: Ports,
    identity: PortFilter,
    location: Option<String>,
    config: SerialConfig,
) -> Result<(NativeDevice, PortInfo)> {
    let mut events = ports.watch().await?;
    loop {
        let present = events.present();
        let meant = present.filter(|port| identity.matches(&port.info));
        let mut candidates: Vec<_> = meant.cloned().collect();
        // Of two with one serial number rather the one in the old socket.
        candidates.sort_by_key(|port| {
            let usb = port.info.usb.as_ref();
            usb.map(|usb| &usb.location) != location.as_ref()
        });
        let there = !candidates.is_empty();
        for port in candidates {
            match open(&ports, &port, config).await {
                Ok(device) => {
                    trace::opened(&port.info.device, &device.config());
                    return Ok((device, port.info));
                }
                Err(error) if is_passing(&error) => {
                    trace::not_opened(&port.info.device, &config, &error);
                }
                Err(error) => return Err(error),
            }
        }
        changed_within(&ports, there.then_some(TRY_EVERY), &mut events).await?;
    }
}

/// Opens a port if it is still the one which was found: its name can have gone to another device,
/// which is not to be touched.
async fn open(ports: &Ports, port: &Found, config: SerialConfig) -> Result<NativeDevice> {
    let path = port.info.device.clone();
    let (source, found) = (Arc::clone(&ports.source), port.clone());
    let check = move || {
        let now = source.look(&found.info.name);
        if now.is_some_and(|now| now.incarnation == found.incarnation) {
            return Ok(());
        }
        Err(Error::Disconnected {
            path: found.info.device,
            source: None,
        })
    };
    NativeDevice::open_checked(Arc::clone(&ports.reactor), path, config, check).await
}

/// Whether a device that has just come may be over this in a moment.
fn is_passing(error: &Error) -> bool {
    matches!(
        error,
        Error::NotFound { .. }
            | Error::PermissionDenied { .. }
            | Error::Busy { .. }
            | Error::NoHardware { .. }
            | Error::Disconnected { .. }
            | Error::Io { .. }
    )
}
