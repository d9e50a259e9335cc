//! Wires between the machine's ports.
//!
//! QEMU's UART knows no baud rate, but it stalls when the wire does, so a wire that carries as
//! many bytes a second as a line would makes its FIFO, the kernel's queue and closing behave as
//! they do on one. QEMU's USB adapter on the other hand waits for its wire with the whole machine,
//! so a wire must take in what it is given; joined to each other directly, two of them hang.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// How many bytes a second a wire carries each way; 0: as many as it is given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pace(Arc<AtomicU32>);

impl Pace {
    pub(crate) fn set(&self, bytes_per_second: u32) {
        self.0.store(bytes_per_second, Ordering::Relaxed);
    }

    /// How long a byte takes.
    fn byte(&self) -> Duration {
        match self.0.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            pace => Duration::from_secs(1) / pace,
        }
    }
}

/// Joins two ports.
pub(crate) fn join(ends: [UnixStream; 2], pace: &Pace) {
    let [one, other] = ends;
    let back = (other.try_clone().unwrap(), one.try_clone().unwrap());
    for (from, to) in [(one, other), back] {
        let (sender, receiver) = mpsc::channel();
        let pace = pace.clone();
        thread::spawn(move || take(from, &pace, &sender));
        thread::spawn(move || give(to, &receiver));
    }
}

/// Brings back to a port what it is given.
pub(crate) fn echo(end: UnixStream) {
    let (sender, receiver) = mpsc::channel();
    let back = end.try_clone().unwrap();
    thread::spawn(move || take(end, &Pace::default(), &sender));
    thread::spawn(move || give(back, &receiver));
}

/// Takes bytes as fast as the wire carries them.
fn take(mut from: UnixStream, pace: &Pace, sender: &Sender<Vec<u8>>) {
    /// How far behind this may be and make up for it; an idle line earns no more than that.
    const LAG: Duration = Duration::from_millis(10);
    /// A change of pace is noticed within this.
    const LONGEST_PAUSE: Duration = Duration::from_millis(20);
    let mut line_free = Instant::now();
    let mut chunk = [0; 4096];
    loop {
        let byte = pace.byte();
        let now = Instant::now();
        let take = if byte.is_zero() {
            line_free = now;
            chunk.len()
        } else {
            line_free = line_free.max(now.checked_sub(LAG).unwrap_or(now));
            if line_free > now {
                thread::sleep((line_free - now).min(LONGEST_PAUSE));
                continue;
            }
            1
        };
        match from.read(chunk.get_mut(..take).unwrap_or_default()) {
            Ok(count @ 1..) => {
                // The first byte after a rest begins when it comes.
                line_free = line_free.max(Instant::now().checked_sub(LAG).unwrap_or(now)) + byte;
                let taken = chunk.get(..count).unwrap_or_default().to_vec();
                if sender.send(taken).is_err() {
                    return;
                }
            }
            _ => return,
        }
    }
}

/// Gives them to the port at the other end, however long it takes.
fn give(mut to: UnixStream, receiver: &Receiver<Vec<u8>>) {
    while let Ok(bytes) = receiver.recv() {
        if to.write_all(&bytes).is_err() {
            return;
        }
    }
}
