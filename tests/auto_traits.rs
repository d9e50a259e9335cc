//! The auto traits of the public types: losing one would break the users' code.

use anyserial::{
    Buffered, Control, Error, LinkEvents, ModemChanges, OwnedReadHalf, OwnedWriteHalf, PortEvents,
    PortFilter, PortInfo, Ports, ReadHalf, Reconnecting, ReuniteError, SerialConfig, SerialPort,
    WriteHalf,
};

fn is_send_sync_unpin<T: Send + Sync + Unpin>() {}

#[test]
fn all_types_are_send_sync_and_unpin() {
    is_send_sync_unpin::<SerialPort>();
    is_send_sync_unpin::<Control>();
    is_send_sync_unpin::<ModemChanges>();
    is_send_sync_unpin::<Buffered<SerialPort>>();
    is_send_sync_unpin::<ReadHalf<'_>>();
    is_send_sync_unpin::<WriteHalf<'_>>();
    is_send_sync_unpin::<OwnedReadHalf>();
    is_send_sync_unpin::<OwnedWriteHalf>();
    is_send_sync_unpin::<ReuniteError>();
    is_send_sync_unpin::<SerialConfig>();
    is_send_sync_unpin::<Error>();
    is_send_sync_unpin::<Ports>();
    is_send_sync_unpin::<PortInfo>();
    is_send_sync_unpin::<PortFilter>();
    is_send_sync_unpin::<PortEvents>();
    is_send_sync_unpin::<Reconnecting>();
    is_send_sync_unpin::<LinkEvents>();
}

#[test]
fn futures_can_go_to_another_thread() {
    fn is_send<T: Send>(_: &T) {}

    let (mut port, _far) = anyserial::testing::pair();
    let control = port.control();
    let mut buf = [0; 4];
    is_send(&SerialPort::open("", 9600));
    is_send(&control.configure(9600));
    is_send(&control.drain());
    is_send(&control.send_break(std::time::Duration::from_millis(1)));
    is_send(&port.receive(&mut buf));
    is_send(&port.receive_available(1));
    is_send(&port.send(b""));
    let mut buffered = anyserial::Buffered::new(&mut port);
    is_send(&buffered.receive_until(b"x", 1));
    is_send(&buffered.receive_until_idle(std::time::Duration::ZERO, 1));
    is_send(&buffered.send(b""));
    is_send(&port.close());
    let (ports, filter) = (Ports::default(), PortFilter::new());
    is_send(&ports.list());
    is_send(&ports.find(&filter));
    is_send(&ports.watch());
    is_send(&ports.wait(&filter));
    is_send(&Reconnecting::new(filter, 9600).open());
}
