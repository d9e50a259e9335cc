//! Ports that come and go.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyserial::testing::VirtualPorts;
use anyserial::{Error, PortEvent, PortEvents, PortFilter, Ports, UsbInfo};
use anyserial_tests::Env;
use anyserial_tests::tree::Tree;
use futures_lite::StreamExt;
use futures_lite::future::poll_once;

/// An FTDI adapter with this serial number, or none.
pub(crate) fn ftdi(serial_number: Option<&str>) -> UsbInfo {
    let mut usb = UsbInfo::new(0x0403, 0x6001);
    usb.serial_number = serial_number.map(str::to_owned);
    usb
}

/// The next event in short: `+ttyUSB0 A` or `-ttyUSB0 A`, name and serial number.
async fn next(env: &Env, events: &mut PortEvents) -> String {
    let event = env.bounded(events.next()).await.unwrap().unwrap();
    let sign = match event {
        PortEvent::Added(_) => '+',
        PortEvent::Removed(_) => '-',
        event => panic!("{event:?}"),
    };
    let port = event.port();
    let serial = port
        .usb
        .as_ref()
        .and_then(|usb| usb.serial_number.as_deref());
    format!("{sign}{} {}", port.name, serial.unwrap_or("-"))
}

async fn is_quiet(events: &mut PortEvents) -> bool {
    // Twice: a look at the system takes a poll to start.
    poll_once(events.next()).await.is_none() && poll_once(events.next()).await.is_none()
}

pub(crate) async fn come_and_go(env: Env) {
    let system = VirtualPorts::new(env.reactor());
    let early = system.plug("ttyUSB10", ftdi(Some("A"))).await.unwrap();
    let later = system.plug("ttyUSB2", ftdi(Some("B"))).await.unwrap();

    let mut changes = system.ports().watch().await.unwrap();
    let mut all = system.ports().watch().await.unwrap().with_present();
    assert_eq!(next(&env, &mut all).await, "+ttyUSB2 B");
    assert_eq!(next(&env, &mut all).await, "+ttyUSB10 A");
    assert!(is_quiet(&mut all).await);
    assert!(is_quiet(&mut changes).await);

    let third = system.plug("ttyACM0", ftdi(None)).await.unwrap();
    early.unplug();
    drop(later);
    for events in [&mut changes, &mut all] {
        assert_eq!(next(&env, events).await, "+ttyACM0 -");
        assert_eq!(next(&env, events).await, "-ttyUSB10 A");
        assert_eq!(next(&env, events).await, "-ttyUSB2 B");
        assert!(is_quiet(events).await);
    }

    // One who waits is woken.
    let waiting = env.spawn(async move {
        let event = changes.next().await.unwrap().unwrap();
        event.port().name.clone()
    });
    env.sleep(Duration::from_millis(5)).await;
    third.unplug();
    assert_eq!(env.bounded(waiting.join()).await, "ttyACM0");
}

pub(crate) async fn a_name_that_is_reused(env: Env) {
    let system = VirtualPorts::new(env.reactor());
    let first = system.plug("ttyUSB0", ftdi(Some("A"))).await.unwrap();
    let mut events = system.ports().watch().await.unwrap();
    // All of it before the first look.
    first.unplug();
    let second = system.plug("ttyUSB0", ftdi(Some("B"))).await.unwrap();
    assert_eq!(next(&env, &mut events).await, "-ttyUSB0 A");
    assert_eq!(next(&env, &mut events).await, "+ttyUSB0 B");
    // The same device, too: its old port is closed for good.
    second.unplug();
    let third = system.plug("ttyUSB0", ftdi(Some("B"))).await.unwrap();
    assert_eq!(next(&env, &mut events).await, "-ttyUSB0 B");
    assert_eq!(next(&env, &mut events).await, "+ttyUSB0 B");
    // One that came and went before the look was never seen.
    third.unplug();
    let fourth = system.plug("ttyUSB0", ftdi(Some("C"))).await.unwrap();
    fourth.unplug();
    let _fifth = system.plug("ttyUSB0", ftdi(Some("D"))).await.unwrap();
    assert_eq!(next(&env, &mut events).await, "-ttyUSB0 B");
    assert_eq!(next(&env, &mut events).await, "+ttyUSB0 D");
    assert!(is_quiet(&mut events).await);
}

pub(crate) async fn lost_events_are_made_up_for(env: Env) {
    let system = VirtualPorts::new(env.reactor());
    let stays = system.plug("ttyUSB0", ftdi(Some("stays"))).await.unwrap();
    let goes = system.plug("ttyUSB1", ftdi(Some("goes"))).await.unwrap();
    let replaced = system.plug("ttyUSB2", ftdi(Some("old"))).await.unwrap();
    let mut events = system.ports().watch().await.unwrap();
    system.lose_events(true);
    goes.unplug();
    replaced.unplug();
    let _new = system.plug("ttyUSB2", ftdi(Some("new"))).await.unwrap();
    let _comes = system.plug("ttyUSB3", ftdi(Some("comes"))).await.unwrap();
    let passing = system.plug("ttyUSB4", ftdi(None)).await.unwrap();
    passing.unplug();
    assert!(is_quiet(&mut events).await);
    system.lose_events(false);
    for expected in [
        "-ttyUSB1 goes",
        "-ttyUSB2 old",
        "+ttyUSB2 new",
        "+ttyUSB3 comes",
    ] {
        assert_eq!(next(&env, &mut events).await, expected);
    }
    assert!(is_quiet(&mut events).await);
    // It goes on as before.
    stays.unplug();
    assert_eq!(next(&env, &mut events).await, "-ttyUSB0 stays");
}

pub(crate) async fn a_hundred_at_once(env: Env) {
    let system = VirtualPorts::new(env.reactor());
    let mut events = system.ports().watch().await.unwrap();
    let mut adapters = Vec::new();
    for number in 0..100 {
        let name = format!("ttyUSB{number}");
        adapters.push(system.plug(&name, ftdi(None)).await.unwrap());
    }
    for number in 0..100 {
        assert_eq!(next(&env, &mut events).await, format!("+ttyUSB{number} -"));
    }
    adapters.clear();
    for number in 0..100 {
        assert_eq!(next(&env, &mut events).await, format!("-ttyUSB{number} -"));
    }
}

pub(crate) async fn dropped_waits_lose_nothing(env: Env) {
    let system = VirtualPorts::new(env.reactor());
    let mut events = system.ports().watch().await.unwrap();
    let mut adapter = Some(system.plug("ttyUSB0", ftdi(None)).await.unwrap());
    for round in 0..20 {
        // The look is under way when this is dropped, or it is not yet.
        let early = poll_once(events.next()).await;
        let event = match early {
            Some(event) => event.unwrap().unwrap(),
            None => env.bounded(events.next()).await.unwrap().unwrap(),
        };
        if round % 2 == 0 {
            assert!(matches!(event, PortEvent::Added(_)), "{event:?}");
            adapter = None;
        } else {
            assert!(matches!(event, PortEvent::Removed(_)), "{event:?}");
            adapter = Some(system.plug("ttyUSB0", ftdi(None)).await.unwrap());
        }
    }
    drop(adapter);
}

pub(crate) async fn waiting_for_one(env: Env) {
    let system = VirtualPorts::new(env.reactor());
    let filter = PortFilter::new().serial_number("B");
    let ports = system.ports();
    let waiting = {
        let (ports, filter) = (ports.clone(), filter.clone());
        env.spawn(async move { ports.wait(&filter).await })
    };
    let _other = system.plug("ttyUSB0", ftdi(Some("A"))).await.unwrap();
    env.sleep(Duration::from_millis(5)).await;
    let _meant = system.plug("ttyUSB1", ftdi(Some("B"))).await.unwrap();
    let found = env.bounded(waiting.join()).await.unwrap();
    assert_eq!(found.name, "ttyUSB1");
    env.open(&found.device, 9600).await.unwrap();
    // What is there is there at once.
    assert_eq!(env.bounded(ports.wait(&filter)).await.unwrap(), found);

    let _twin = system.plug("ttyUSB2", ftdi(Some("B"))).await.unwrap();
    let error = env.bounded(ports.wait(&filter)).await.unwrap_err();
    assert!(matches!(error, Error::AmbiguousPort { .. }), "{error}");
    let first = env.bounded(ports.wait(&filter.first(true))).await.unwrap();
    assert_eq!(first, found);
}

pub(crate) async fn waiting_for_a_node(env: Env) {
    let tree = Tree::new();
    tree.add_adapter("ttyUSB0", "1-1", "A");
    let ports = Ports::under(env.reactor(), tree.root());
    let Some(_) = watch(&ports).await else { return };
    let filter = PortFilter::new();
    let mut waiting = std::pin::pin!(ports.wait(&filter));
    // sysfs has the port, and /dev not yet.
    let early = env.within(Duration::from_millis(120), &mut waiting).await;
    assert!(early.is_none(), "{early:?}");
    tree.add("f dev/ttyUSB0 =");
    let found = env.bounded(waiting).await.unwrap();
    assert_eq!(found.device, tree.root().join("dev/ttyUSB0"));
}

/// A watch; none where the system does not let this process have any.
async fn watch(ports: &Ports) -> Option<PortEvents> {
    match ports.watch().await {
        Ok(events) => Some(events),
        Err(Error::Io { operation, .. }) => {
            assert_eq!(operation, "watch the ports");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Lets the kernel say something of a terminal that is always there: tty1, a virtual console. The
/// devices of the name are in a tree of the test. `false` where this user may not.
fn kernel_says(what: &str, name: &str) -> bool {
    fs::write(Path::new("/sys/class/tty").join(name).join("uevent"), what).is_ok()
}

pub(crate) async fn news_of_the_kernel(env: Env) {
    // The kernel has a ttyS0, with a UART or without one, and root may let it speak of it.
    let tree = Tree::new();
    tree.add_adapter("ttyUSB7", "1-7", "other");
    let ports = Ports::under(env.reactor(), tree.root());
    let Some(mut events) = watch(&ports).await else {
        return;
    };
    if !kernel_says("change", "ttyS0") {
        return;
    }
    assert!(is_quiet(&mut events).await);
    tree.add_adapter("ttyS0", "1-1", "A");
    assert!(kernel_says("add", "ttyS0"));
    assert_eq!(next(&env, &mut events).await, "+ttyS0 A");
    // Not twice.
    assert!(kernel_says("add", "ttyS0"));
    assert!(kernel_says("change", "ttyS0"));
    tree.remove_adapter("ttyS0", "1-1");
    tree.add_adapter("ttyS0", "1-1", "B");
    assert!(kernel_says("remove", "ttyS0"));
    assert!(kernel_says("add", "ttyS0"));
    assert_eq!(next(&env, &mut events).await, "-ttyS0 A");
    assert_eq!(next(&env, &mut events).await, "+ttyS0 B");
    tree.remove_adapter("ttyS0", "1-1");
    assert!(kernel_says("remove", "ttyS0"));
    assert_eq!(next(&env, &mut events).await, "-ttyS0 B");

    // More than the socket holds, while nobody takes any.
    tree.remove_adapter("ttyUSB7", "1-7");
    for _ in 0..2000 {
        assert!(kernel_says("change", "tty1"));
    }
    tree.add_adapter("ttyUSB8", "1-8", "late");
    // No event speaks of these two; that events were lost does.
    assert_eq!(next(&env, &mut events).await, "-ttyUSB7 other");
    assert_eq!(next(&env, &mut events).await, "+ttyUSB8 late");
}

pub(crate) async fn udev_has_the_last_word(env: Env) {
    let tree = Tree::new();
    // It runs here, and is through with one of two.
    tree.add("f run/udev/control =\nf run/udev/data/c188:0 =");
    tree.add_adapter("ttyS0", "1-1", "done");
    tree.add_adapter("ttyUSB1", "1-2", "new");
    let number = "sys/devices/usb1/1-2/1-2:1.0/ttyUSB1/tty/ttyUSB1/uevent";
    tree.add(&format!(
        "f {number} = MAJOR=188\\nMINOR=1\\nDEVNAME=ttyUSB1"
    ));
    let ports = Ports::under(env.reactor(), tree.root());
    // Both are there.
    assert_eq!(ports.list().await.unwrap().len(), 2);
    let Some(events) = watch(&ports).await else {
        return;
    };
    let mut events = events.with_present();
    assert_eq!(next(&env, &mut events).await, "+ttyS0 done");
    assert!(is_quiet(&mut events).await);
    if !kernel_says("change", "ttyS0") {
        return;
    }
    // That a port is gone, the kernel's word tells.
    fs::remove_file(tree.root().join("run/udev/data/c188:0")).unwrap();
    tree.remove_adapter("ttyS0", "1-1");
    assert!(kernel_says("remove", "ttyS0"));
    assert_eq!(next(&env, &mut events).await, "-ttyS0 done");
    // That it can be opened, it does not.
    tree.add_adapter("ttyS0", "1-1", "again");
    assert!(kernel_says("add", "ttyS0"));
    let event = env.within(Duration::from_millis(50), events.next()).await;
    assert!(event.is_none(), "{event:?}");
}
