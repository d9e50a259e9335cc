//! Whether all output has left: the kernel's queue, then the transmitter.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::super::{lock, system};
use super::Tty;
use crate::error::Result;

/// How many bytes hardware may hold that its driver does not count, where the driver does not
/// tell whether the transmitter is empty. The largest transmit buffer of a common adapter is the
/// CP2102's: 640 bytes.
const LARGEST_FIFO: usize = 640;

/// What a port knows of its output beyond what the driver tells.
#[derive(Debug, Default)]
pub(super) struct Drain {
    /// Bytes written through this port, wrapping.
    written: AtomicUsize,
    tail: Mutex<Tail>,
}

#[derive(Debug, Default)]
struct Tail {
    /// `written` when all of it was known to have left the transmitter.
    drained: usize,
    /// `written` when the kernel's queue was found empty, and when the hardware is done too.
    done: Option<(usize, Instant)>,
}

impl Drain {
    pub(super) fn wrote(&self, bytes: usize) {
        self.written.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The queue is empty: how long the hardware may still need for what it took.
    fn hardware_needs(&self, character: Duration) -> Option<Duration> {
        let written = self.written.load(Ordering::Relaxed);
        let mut tail = lock(&self.tail);
        let now = Instant::now();
        let until = match tail.done {
            Some((at, until)) if at == written => until,
            _ => {
                let held = written.wrapping_sub(tail.drained).min(LARGEST_FIFO);
                now + character.saturating_mul(u32::try_from(held).unwrap_or(u32::MAX))
            }
        };
        if now >= until {
            *tail = Tail {
                drained: written,
                done: None,
            };
            return None;
        }
        tail.done = Some((written, until));
        Some(until - now)
    }
}

impl Tty {
    /// How long the output that is under way will need about, `None` if all of it has left.
    pub(crate) fn pending_output(&self) -> Result<Option<Duration>> {
        let character = self.config().character_time();
        let queued = self.output_waiting()?;
        if queued > 0 {
            let queued = u32::try_from(queued).unwrap_or(u32::MAX);
            return Ok(Some(character.saturating_mul(queued)));
        }
        if self.kind == system::Kind::Pseudo {
            return Ok(None);
        }
        let empty = system::transmitter_empty(self.fd());
        match self.checked("read the state of the transmitter", empty)? {
            Some(true) => Ok(None),
            Some(false) => Ok(Some(character)),
            None => Ok(self.drain.hardware_needs(character)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_for_no_more_than_was_written_and_no_more_than_a_fifo() {
        let drain = Drain::default();
        let second = Duration::from_secs(1);
        assert_eq!(drain.hardware_needs(second), None);

        drain.wrote(3);
        let needs = drain.hardware_needs(second).unwrap();
        assert!(needs > 2 * second && needs <= 3 * second, "{needs:?}");
        // Asking again does not begin the wait again.
        assert!(drain.hardware_needs(second).unwrap() <= needs);

        drain.wrote(100_000);
        let needs = drain.hardware_needs(second).unwrap();
        assert!(needs > 639 * second && needs <= 640 * second, "{needs:?}");
    }

    #[test]
    fn is_done_once_the_time_has_passed() {
        let drain = Drain::default();
        drain.wrote(1);
        assert_eq!(drain.hardware_needs(Duration::ZERO), None);
        assert_eq!(lock(&drain.tail).drained, 1);
    }
}
