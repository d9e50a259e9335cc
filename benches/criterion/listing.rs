//! Listing ports: 100 USB adapters of a made-up tree, and this machine's own ports beside
//! serialport, which has no other root than that.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "criterion's macros, and a bench may stop"
)]

use std::sync::Arc;

use anyserial::Ports;
use anyserial::reactor::AsyncIo;
use anyserial_tests::tree::Tree;
use criterion::{Criterion, criterion_group, criterion_main};
use futures_lite::future::block_on;

/// With all attributes and links that a real one has and a listing reads.
fn hundred_adapters() -> Tree {
    let tree = Tree::new();
    for number in 0..100 {
        let (name, socket) = (format!("ttyUSB{number}"), format!("1-{number}"));
        tree.add_adapter(&name, &socket, &format!("A{number:07}"));
        let device = format!("sys/devices/usb1/{socket}");
        let interface = format!("{device}/{socket}:1.0");
        tree.add(&format!(
            "f {device}/bcdDevice = 0600\nf {device}/bNumInterfaces =  1\n\
             f {device}/manufacturer = FTDI\nf {device}/product = FT232R USB UART\n\
             f {interface}/interface = FT232R USB UART\n\
             l {interface}/driver -> ../../../../bus/usb/drivers/ftdi_sio\n\
             l {interface}/{name}/driver -> ../../../../../bus/usb-serial/drivers/ftdi_sio\n\
             f {interface}/{name}/port_number = 0\n\
             l dev/serial/by-id/usb-FTDI_A{number:07}-if00-port0 -> ../../{name}\n"
        ));
    }
    tree
}

fn listing(criterion: &mut Criterion) {
    let tree = hundred_adapters();
    let many = Ports::under(Arc::new(AsyncIo), tree.root());
    assert_eq!(block_on(many.list()).unwrap().len(), 100);
    criterion.bench_function("100 adapters", |bencher| {
        bencher.iter(|| block_on(many.list()).unwrap());
    });

    let mut group = criterion.benchmark_group("this machine's ports");
    group.bench_function("anyserial", |bencher| {
        bencher.iter(|| block_on(anyserial::list_ports()).unwrap());
    });
    group.bench_function("serialport", |bencher| {
        bencher.iter(|| serialport::available_ports().unwrap());
    });
}

criterion_group!(benches, listing);
criterion_main!(benches);
