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
            let incarnation = port.incarnation;
            let is_meant = move |now: &Found| now.incarnation == incarnation;
            match open(&ports, &port.info, config, is_meant).await {
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

/// Opens a port if `is_meant` still says so of what has its name: that can have gone to another
/// device, which is not to be touched.
pub(super) async fn open(
    ports: &Ports,
    info: &PortInfo,
    config: SerialConfig,
    is_meant: impl FnOnce(&Found) -> bool + Send + 'static,
) -> Result<NativeDevice> {
    let (source, name, path) = (
        Arc::clone(&ports.source),
        info.name.clone(),
        info.device.clone(),
    );
    let check = move || {
        if source.look(&name).is_some_and(|now| is_meant(&now)) {
            return Ok(());
        }
        Err(Error::Disconnected { path, source: None })
    };
    let reactor = Arc::clone(&ports.reactor);
    NativeDevice::open_checked(reactor, info.device.clone(), config, check).await
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

#[cfg(test)]
mod tests {
    use rustix::termios::tcgetattr;

    use super::*;
    use crate::port_info::UsbInfo;
    use crate::reactor::{Blocking, block_on};
    use crate::testing::VirtualPorts;

    #[test]
    fn another_device_of_that_name_is_not_touched() {
        let system = VirtualPorts::new(Arc::new(Blocking));
        let plugging = system.plug("ttyUSB0", UsbInfo::new(1, 2));
        let mut adapter = block_on(None, plugging).unwrap().unwrap();
        let (ports, info) = (system.ports(), adapter.info().clone());
        let mut opened = |is_meant: bool| {
            let opening = open(&ports, &info, SerialConfig::new(300), move |_| is_meant);
            let outcome = block_on(None, opening).unwrap();
            let far = adapter.far_end().as_fd().unwrap();
            (outcome, tcgetattr(far).unwrap().output_speed())
        };
        let (outcome, speed) = opened(false);
        assert!(outcome.unwrap_err().is_disconnected());
        assert_eq!(speed, 115_200);
        // Nor is it locked.
        let (outcome, speed) = opened(true);
        assert!(outcome.is_ok());
        assert_eq!(speed, 300);
    }
}
