//! What the guest asks of the machine around it.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::sync::{Mutex, PoisonError};

static HOST: Mutex<Option<BufReader<File>>> = Mutex::new(None);

/// Asks for one thing, such as `unplug usb0`, and returns when it is done. `machine/control.rs`
/// is at the other end.
///
/// # Panics
///
/// If the machine cannot do it.
pub fn ask(what: &str) {
    let mut host = HOST.lock().unwrap_or_else(PoisonError::into_inner);
    let host = host.get_or_insert_with(|| {
        let port = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/lab/host")
            .expect("the way to the machine");
        BufReader::new(port)
    });
    writeln!(host.get_mut(), "{what}").unwrap();
    let mut answer = String::new();
    host.read_line(&mut answer).unwrap();
    assert_eq!(answer, "ok\n", "{what}");
}
