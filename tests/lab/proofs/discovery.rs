//! Ports that are listed, watched and opened again while their plugs are pulled.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyserial::{
    Bus, LinkEvent, PortEvent, PortEvents, PortFilter, PortInfo, Ports, Reconnecting, SerialConfig,
    SerialPort,
};
use anyserial_lab::{Acm, Cable, Ftdi, PHANTOM, Pluggable, Uart, Usb};
use anyserial_tests::Env;
use futures_lite::StreamExt;
use futures_lite::future::{or, yield_now, zip};
use rustix::net::netlink::{KOBJECT_UEVENT, SocketAddrNetlink};
use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, bind, sendto, socket_with};

fn ports(env: &Env) -> Ports {
    Ports::new(env.reactor())
}

/// The port of this path.
async fn info(env: &Env, path: PathBuf) -> PortInfo {
    ports(env)
        .find(&PortFilter::new().device(path))
        .await
        .unwrap()
}

/// All ports of the USB device that has this one.
async fn kin(env: &Env, port: &PortInfo) -> BTreeSet<PathBuf> {
    let location = port.usb.as_ref().unwrap().location.clone();
    let filter = PortFilter::new().location(location);
    let mut listed = ports(env).list().await.unwrap();
    listed.retain(|port| filter.matches(port));
    listed.into_iter().map(|port| port.device).collect()
}

/// The next so many events: what was added and what was removed.
async fn changes(
    env: &Env,
    events: &mut PortEvents,
    count: usize,
) -> (BTreeSet<PathBuf>, BTreeSet<PathBuf>) {
    let (mut added, mut removed) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..count {
        match env.bounded(events.next()).await.unwrap().unwrap() {
            PortEvent::Added(port) => assert!(added.insert(port.device)),
            PortEvent::Removed(port) => assert!(removed.insert(port.device)),
            event => panic!("{event:?}"),
        }
    }
    (added, removed)
}

pub(crate) async fn lists_hardware_and_nothing_else(env: Env) {
    let (emulated, acm) = (Ftdi::new(), Acm::new());
    let listed = ports(&env).list().await.unwrap();
    let find = |path: PathBuf| listed.iter().find(|port| port.device == path).cloned();
    let uart = find(Uart.near()).unwrap();
    assert_eq!(
        (uart.bus, uart.driver.as_deref()),
        (Bus::Pnp, Some("serial"))
    );
    assert_eq!(uart.hardware_id.as_deref(), Some("PNP0501"));
    let ftdi = find(Usb.near()).unwrap();
    assert_eq!(
        (ftdi.bus, ftdi.driver.as_deref()),
        (Bus::Usb, Some("ftdi_sio"))
    );
    let gadget = acm.far();
    let emulated = find(emulated.near()).unwrap();
    assert_eq!(emulated.driver.as_deref(), Some("ftdi_sio"));
    let acm = find(acm.near()).unwrap();
    assert_eq!(
        (acm.bus, acm.driver.as_deref()),
        (Bus::Usb, Some("cdc_acm"))
    );
    assert_eq!(acm.usb.as_ref().unwrap().interface_number, Some(0));
    // A node without a UART, and the gadget's end of the cable.
    assert_eq!(find(PHANTOM.into()), None);
    assert_eq!(find(gadget.clone()), None);
    let all = ports(&env).include_virtual(true).list().await.unwrap();
    let gadget = all.iter().find(|port| port.device == gadget);
    assert_eq!(gadget.unwrap().bus, Bus::Virtual);

    // The same of a port that is open, by whatever path.
    let link = PathBuf::from("/tmp/somebody's-own-link");
    let _ = fs::remove_file(&link);
    for expected in [uart, ftdi, emulated, acm] {
        symlink(&expected.device, &link).unwrap();
        for path in [&expected.device, &link] {
            let port = env.open(path, 9600).await.unwrap();
            assert_eq!(port.info().await.unwrap().as_ref(), Some(&expected));
            port.close().await.unwrap();
        }
        fs::remove_file(&link).unwrap();
    }
}

pub(crate) async fn usb_comes_and_goes(env: Env) {
    comes_and_goes(env, &Usb).await;
}

pub(crate) async fn acm_comes_and_goes(env: Env) {
    comes_and_goes(env, &Acm::new()).await;
}

async fn comes_and_goes(env: Env, cable: &impl Pluggable) {
    let near = info(&env, cable.near()).await;
    let kin = kin(&env, &near).await;
    let mut events = ports(&env).watch().await.unwrap();
    for _ in 0..3 {
        cable.pull();
        let (added, removed) = changes(&env, &mut events, kin.len()).await;
        assert_eq!((added.len(), &removed), (0, &kin));
        let waiting = {
            let (ports, filter) = (ports(&env), PortFilter::new().device(&near.device));
            env.spawn(async move { ports.wait(&filter).await })
        };
        cable.put_back();
        let (added, removed) = changes(&env, &mut events, kin.len()).await;
        assert_eq!((&added, removed.len()), (&kin, 0));
        assert_eq!(env.bounded(waiting.join()).await.unwrap(), near);
        env.open(&near.device, 9600)
            .await
            .unwrap()
            .close()
            .await
            .unwrap();
    }
    let more = env.within(Duration::from_millis(200), events.next()).await;
    assert!(more.is_none(), "{more:?}");
}

pub(crate) async fn a_port_held_open_keeps_its_name(env: Env) {
    let before = info(&env, Usb.near()).await;
    let mut port = env.open(&before.device, 9600).await.unwrap();
    let mut events = ports(&env).watch().await.unwrap();
    Usb.pull();
    let error = env.bounded(port.receive(&mut [0])).await.unwrap_err();
    assert!(error.is_disconnected(), "{error}");
    Usb.put_back();
    let (added, removed) = changes(&env, &mut events, 2).await;
    assert_eq!(removed, BTreeSet::from([before.device.clone()]));
    let after = info(&env, Usb.near()).await;
    assert_eq!(added, BTreeSet::from([after.device.clone()]));
    assert_ne!(after.device, before.device);
    assert_eq!(
        after.usb.as_ref().unwrap().location,
        before.usb.unwrap().location
    );
    // What the open port is, is gone, whoever has come to its socket.
    assert!(port.info().await.unwrap_err().is_disconnected());
    port.close().await.unwrap();
    // For the tests to come, the old name again.
    Usb.unplug().plug_in();
    assert_eq!(info(&env, Usb.near()).await.device, before.device);
}

pub(crate) async fn usb_reconnects_in_the_middle_of_a_transfer(env: Env) {
    reconnects_in_the_middle_of_a_transfer(env, &Usb).await;
}

pub(crate) async fn acm_reconnects_in_the_middle_of_a_transfer(env: Env) {
    reconnects_in_the_middle_of_a_transfer(env, &Acm::new()).await;
}

async fn reconnects_in_the_middle_of_a_transfer(env: Env, cable: &impl Pluggable) {
    let before = info(&env, cable.near()).await;
    let mut far = env.open(cable.far(), 9600).await.unwrap();
    // What other tests have left in the cable.
    let quiet = Duration::from_millis(200);
    while env
        .within(quiet, far.receive_available(4096))
        .await
        .is_some()
    {}
    let filter = PortFilter::new().device(&before.device);
    let (port, mut events) = Reconnecting::among(ports(&env), filter, SerialConfig::new(57_600))
        .open()
        .await
        .unwrap();
    let control = port.control();
    assert_eq!(control.info().await.unwrap().as_ref(), Some(&before));
    let (mut read, mut write) = port.into_split();
    // Counts that tell where in the stream they are.
    let stop = Arc::new(AtomicBool::new(false));
    let sending = {
        let stop = Arc::clone(&stop);
        env.spawn(async move {
            let mut count = 0_u32;
            while !stop.load(Ordering::SeqCst) {
                let line = format!("{count:08}\n");
                write.send(line.as_bytes()).await.unwrap();
                // A driver that takes all at once leaves an executor with one thread no turn.
                yield_now().await;
                count += 1;
            }
        })
    };
    let heard_before = counts(&env, &mut far).await;
    cable.pull();
    let lost = env.bounded(events.next()).await.unwrap().unwrap();
    assert_eq!(lost, LinkEvent::Lost(before));
    let drained = env.bounded(control.drain()).await;
    assert!(drained.unwrap_err().is_disconnected());
    // The gadget's end of CDC-ACM hangs up with the cable.
    far.close().await.unwrap();
    let (returned, ()) = zip(env.bounded(events.next()), async {
        env.sleep(Duration::from_millis(10)).await;
        cable.put_back();
    })
    .await;
    let LinkEvent::Returned(after) = returned.unwrap().unwrap() else {
        panic!("lost again");
    };
    assert_eq!(after, info(&env, cable.near()).await);
    assert_eq!(control.config().unwrap(), SerialConfig::new(57_600));

    // Some were lost with the device; none is repeated or out of order.
    let mut far = env.open(cable.far(), 9600).await.unwrap();
    let heard_after = counts(&env, &mut far).await;
    assert!(heard_before.last() < heard_after.first());
    for heard in [heard_before, heard_after] {
        assert!(heard.windows(2).all(|pair| pair[1] == pair[0] + 1));
    }
    // The other way, too.
    far.send(b"hello").await.unwrap();
    let mut reply = Vec::new();
    env.bounded(async {
        while reply.len() < 5 {
            reply.extend(read.receive_available(64).await.unwrap());
        }
    })
    .await;
    assert_eq!(reply, b"hello");
    // Somebody has to listen until the sender has seen that it is to stop.
    stop.store(true, Ordering::SeqCst);
    let listening = async {
        loop {
            far.receive_available(4096).await.unwrap();
        }
    };
    env.bounded(or(sending.join(), listening)).await;
    drop(read);
    assert!(env.bounded(events.next()).await.is_none());
}

/// A thousand counts and more, from the first one that is whole.
async fn counts(env: &Env, far: &mut SerialPort) -> Vec<u32> {
    let mut heard = Vec::new();
    env.bounded(async {
        while heard.len() < 10_000 {
            heard.extend(far.receive_available(4096).await.unwrap());
        }
    })
    .await;
    let text = String::from_utf8(heard).unwrap();
    let (_, text) = text.split_once('\n').unwrap();
    let (text, _) = text.rsplit_once('\n').unwrap();
    text.lines().map(|line| line.parse().unwrap()).collect()
}

/// Where udev runs, ports are added when it says so, and only when *it* says so.
pub(crate) async fn udev_is_waited_for(env: Env) {
    struct Pretence;
    impl Drop for Pretence {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all("/run/udev");
        }
    }
    let near = info(&env, Usb.near()).await;
    let number = {
        let text = fs::read_to_string(format!("/sys/class/tty/{}/dev", near.name)).unwrap();
        text.trim().to_owned()
    };
    fs::create_dir_all("/run/udev/data").unwrap();
    let _pretence = Pretence;
    fs::write("/run/udev/control", "").unwrap();
    fs::write(format!("/run/udev/data/c{number}"), "").unwrap();

    let mut events = ports(&env).watch().await.unwrap();
    Usb.pull();
    let (_, removed) = changes(&env, &mut events, 1).await;
    assert_eq!(removed, BTreeSet::from([near.device.clone()]));
    fs::remove_file(format!("/run/udev/data/c{number}")).unwrap();
    Usb.put_back();
    let early = env.within(Duration::from_millis(200), events.next()).await;
    assert!(early.is_none(), "{early:?}");

    let socket = socket_with(
        AddressFamily::NETLINK,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        Some(KOBJECT_UEVENT),
    )
    .unwrap();
    bind(&socket, &SocketAddrNetlink::new(0, 0)).unwrap();
    let variables = format!(
        "ACTION=add\0DEVPATH=/devices/x/tty/{}\0SUBSYSTEM=tty\0",
        near.name
    );
    let mut message = b"libudev\0".to_vec();
    message.extend(0xfeed_cafe_u32.to_be_bytes());
    for number in [40, 40, u32::try_from(variables.len()).unwrap(), 0, 0, 0, 0] {
        message.extend(number.to_ne_bytes());
    }
    message.extend(variables.as_bytes());
    // To every socket there is, but to that one alone: whoever does that is not udev.
    for port in netlink_ports() {
        let _ = sendto(
            &socket,
            &message,
            SendFlags::empty(),
            &SocketAddrNetlink::new(port, 0),
        );
    }
    let forged = env.within(Duration::from_millis(200), events.next()).await;
    assert!(forged.is_none(), "{forged:?}");
    sendto(
        &socket,
        &message,
        SendFlags::empty(),
        &SocketAddrNetlink::new(0, 2),
    )
    .unwrap();
    let (added, _) = changes(&env, &mut events, 1).await;
    assert_eq!(added, BTreeSet::from([near.device]));
}

/// The addresses of all sockets for news of devices: `/proc/net/netlink`.
fn netlink_ports() -> Vec<u32> {
    let table = fs::read_to_string("/proc/net/netlink").unwrap();
    let ports = table.lines().filter_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        (fields.next()? == "15").then_some(())?;
        fields.next()?.parse().ok().filter(|port| *port != 0)
    });
    let ports: Vec<u32> = ports.collect();
    assert!(!ports.is_empty());
    ports
}
