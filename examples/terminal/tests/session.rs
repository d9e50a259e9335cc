//! Sessions in this process, on ports in memory.

use std::ffi::OsString;
use std::io::Write;
use std::sync::Arc;

use anyserial::reactor::AsyncIo;
use anyserial::testing::{FaultPlan, PairBuilder, VirtualPorts, pair};
use anyserial::{Buffered, SerialPort, UsbInfo, blocking};
use anyserial_examples::instrument;
use futures_lite::future::{pending, zip};

use super::{run, see};
use crate::connection::Connection;
use crate::options::{self, Options};
use crate::session::Session;

#[test]
fn it_goes_on_after_a_replug() {
    run(async {
        let system = VirtualPorts::new(Arc::new(AsyncIo));
        let mut adapter = UsbInfo::new(0x0403, 0x6001);
        adapter.serial_number = Some("A50285BI".to_owned());
        let plugged = system.plug("ttyUSB0", adapter.clone()).await.unwrap();
        let options = options("a50285bi");
        let connection = Connection::open(&system.ports(), &options).await.unwrap();
        let (session, keyboard, mut person) = sit_down(connection, &options, true);

        let script = async {
            person.see("at 115200 8N1").await;
            plugged.unplug();
            person.see("lost").await;
            person.press("x").await;
            person.see("not sent: the device is away").await;

            let mut plugged = system.plug("ttyUSB1", adapter).await.unwrap();
            person.see("back as").await;
            plugged.far_end().send(b"hello").await.unwrap();
            person.see("hello").await;
            person.press("y").await;
            let got = plugged.far_end().receive_available(64).await.unwrap();
            assert_eq!(got, b"y");
            person.press("\x1d").await;
        };
        zip(session.run(keyboard, pending()), script)
            .await
            .0
            .unwrap();
    });
}

#[test]
fn without_a_replug_an_unplugged_device_is_the_end() {
    run(async {
        let (port, far_end) = pair();
        let options = options("x");
        let connection = Connection { port, links: None };
        let (session, keyboard, mut person) = sit_down(connection, &options, true);
        let script = async {
            person.see("quits").await;
            drop(far_end);
        };
        let outcome = zip(session.run(keyboard, pending()), script).await.0;
        assert!(outcome.unwrap_err().to_string().contains("disconnected"));
    });
}

#[test]
fn lines_and_breaks() {
    run(async {
        let (port, mut device) = pair();
        let options = options("--lines x");
        let connection = Connection { port, links: None };
        let (session, keyboard, mut person) = sit_down(connection, &options, true);
        let script = async {
            person.press("\x14r").await;
            person.see("RTS low").await;
            assert!(!device.modem_lines().await.unwrap().cts);
            person.press("\x14\x04").await;
            person.see("DTR low").await;
            assert!(!device.modem_lines().await.unwrap().dsr);
            person.press("\x14r").await;
            person.see("RTS high").await;

            person.press("\x14b").await;
            person.see("break sent").await;
            assert_eq!(device.receive_available(8).await.unwrap(), [0]);
            assert_eq!(device.counters().await.unwrap().breaks, 1);

            device.set_control_lines(Some(false), None).await.unwrap();
            person.see("cts changed; high: dsr+cd").await;
            person.press("\x14l").await;
            person.see("not shown any more").await;

            person.press("\x14i").await;
            person.see("high here: rts").await;
            person.see("high there: dsr+cd").await;
            person.see("0 breaks").await;
            person.press("\x14q").await;
        };
        zip(session.run(keyboard, pending()), script)
            .await
            .0
            .unwrap();
    });
}

#[test]
fn it_can_be_quit_while_the_output_is_stopped() {
    run(async {
        let pair = PairBuilder::new(Arc::new(AsyncIo)).capacity(1);
        let (port, _device) = pair.build();
        let options = options("x");
        let connection = Connection { port, links: None };
        let (session, _, mut person) = sit_down(connection, &options, true);
        // Each key is a read of its own, as with a person.
        let faults = FaultPlan::new();
        faults.short_reads(1);
        let keyboard = PairBuilder::new(Arc::new(AsyncIo)).near_faults(&faults);
        let (keyboard, keys) = keyboard.build();
        person.keys = keys;
        let script = async {
            person.see("quits").await;
            person.press(&"x".repeat(2000)).await;
            person.see("not sent: the output is stopped").await;
            person.press("\x1d").await;
        };
        zip(session.run(keyboard, pending()), script)
            .await
            .0
            .unwrap();
    });
}

#[test]
fn no_byte_of_a_pipe_is_left_out() {
    run(async {
        let (port, mut device) = pair();
        let options = options("x");
        let connection = Connection { port, links: None };
        let (session, _, _person) = sit_down(connection, &options, false);
        // More than is queued for the port.
        let input = vec![b'x'; 9 << 17];
        let length = input.len();
        let receiving = smol::spawn(async move {
            let mut received = 0;
            while received < length {
                received += device.receive_available(4096).await.unwrap().len();
            }
            // Until the session is over: a device that goes is an error.
            device
        });
        session.run(&*input, pending()).await.unwrap();
        drop(receiving.await);
    });
}

#[test]
fn input_from_a_pipe_is_sent_to_its_end_and_answered() {
    run(async {
        let pace = FaultPlan::new();
        pace.bandwidth(1000);
        let pair = PairBuilder::new(Arc::new(AsyncIo)).near_faults(&pace);
        let (port, device) = pair.capacity(16).build();
        let instrument = smol::spawn(instrument(device));
        let options = options("--enter=lf x");
        let connection = Connection { port, links: None };
        let (session, _, mut person) = sit_down(connection, &options, false);
        // More than the port takes at once.
        let input = "*IDN?\n".repeat(20);
        session.run(input.as_bytes(), pending()).await.unwrap();
        for _ in 0..20 {
            person.see("ACME,SIMULATED-1,0,1.0\n").await;
        }
        drop(instrument);
    });
}

fn options(line: &str) -> Options {
    let arguments = line.split_whitespace().map(OsString::from);
    match options::parse(arguments) {
        Ok(options::Command::Talk(options)) => options,
        other => panic!("{other:?}"),
    }
}

/// A session in this process: with its keyboard, and the person at it.
fn sit_down(
    connection: Connection,
    options: &Options,
    is_keyboard: bool,
) -> (Session<'_, impl Write>, SerialPort, Person) {
    let (keyboard, keys) = pair();
    // The screen does not read back, so it has room for all.
    let screen = PairBuilder::new(Arc::new(AsyncIo)).capacity(1 << 16);
    let (screen, eyes) = screen.build();
    let screen = blocking::SerialPort::from(screen);
    let session = Session::new(connection, options, is_keyboard, screen);
    let eyes = Buffered::new(eyes);
    (session, keyboard, Person { keys, eyes })
}

struct Person {
    keys: SerialPort,
    eyes: Buffered<SerialPort>,
}

impl Person {
    async fn press(&mut self, keys: &str) {
        self.keys.send(keys.as_bytes()).await.unwrap();
    }

    /// Waits until this is shown.
    async fn see(&mut self, text: &str) {
        see(&mut self.eyes, text).await;
    }
}
