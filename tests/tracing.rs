//! What a port says through `tracing`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use anyserial::blocking::SerialPort;
use anyserial::{Parity, SerialConfig, UnsupportedPolicy};
use anyserial_tests::FarEnd;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Notes every event, of every level, as a line.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    /// What was noted since the last call, without the path of this port.
    fn take(&self, port: &FarEnd) -> Vec<String> {
        let path = port.path().display().to_string();
        let notes = std::mem::take(&mut *self.0.lock().unwrap());
        let lines = notes.iter().map(|line| line.replace(&path, "PORT"));
        lines.collect()
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            write!(self.0, " {value:?}").unwrap();
        } else {
            write!(self.0, " {}={value:?}", field.name()).unwrap();
        }
    }
}

impl Subscriber for Notes {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        panic!("there are no spans");
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        // Of this crate, and not of a part of it that may be moved.
        assert_eq!(event.metadata().target(), "anyserial");
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn a_ports_life_without_its_payload() {
    let notes = Notes::default();
    tracing::subscriber::with_default(notes.clone(), || {
        let far = FarEnd::new();
        let mut port = SerialPort::open(far.path(), 9600).unwrap();
        assert_eq!(notes.take(&far), ["DEBUG opened path=PORT config=9600 8N1"]);

        assert!(SerialPort::open(far.path(), 300).is_err());
        let said = notes.take(&far);
        assert_eq!(said.len(), 1);
        assert!(
            said[0].starts_with("DEBUG could not open path=PORT config=300 8N1 error=PORT: busy: "),
            "{said:?}"
        );
        assert!(SerialPort::open(far.path(), 0).is_err());
        assert_eq!(
            notes.take(&far),
            ["DEBUG could not open path=PORT config=0 8N1 \
              error=invalid baud_rate 0: expected 1 to 4294967295"]
        );

        port.configure(19_200).unwrap();
        assert_eq!(
            notes.take(&far),
            ["DEBUG configured path=PORT config=19200 8N1"]
        );
        let even = SerialConfig::new(19_200).parity(Parity::Even);
        assert!(port.configure(even).is_err());
        assert_eq!(
            notes.take(&far),
            ["DEBUG could not configure path=PORT config=19200 8E1 \
              error=PORT: parity even is not supported: the driver made it none"]
        );
        let low_latency = SerialConfig::new(19_200).low_latency(true);
        let policy = |policy| low_latency.unsupported(policy);
        port.configure(policy(UnsupportedPolicy::Warn)).unwrap();
        let said = notes.take(&far);
        assert_eq!(
            said[0],
            "WARN going on without an unsupported feature \
             error=PORT: low latency is not supported here"
        );
        assert!(said[1].starts_with("DEBUG configured path=PORT"));
        port.configure(policy(UnsupportedPolicy::Ignore)).unwrap();
        assert_eq!(notes.take(&far).len(), 1);

        // Nothing of what is sent and received, at any level.
        port.send(b"secret").unwrap();
        assert_eq!(far.read(6), b"secret");
        far.write(b"secret");
        port.receive_available(6).unwrap();
        assert!(notes.take(&far).is_empty());

        let path = far.path().display().to_string();
        far.hang_up();
        for _ in 0..3 {
            assert!(port.receive(&mut [0; 8]).unwrap_err().is_disconnected());
            assert!(port.send(b"x").unwrap_err().is_disconnected());
        }
        drop(port);
        // Once, not with every call.
        assert_eq!(
            *notes.0.lock().unwrap(),
            [
                format!("WARN disconnected path={path}"),
                format!("DEBUG closing path={path}")
            ]
        );
    });
}
