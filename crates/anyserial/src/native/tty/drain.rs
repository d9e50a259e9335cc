//! Whether all output has left: the kernel's queue, then the transmitter.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::super::lock;
use super::super::system::{self, Kind};
use super::{Queue, Tty};
use crate::config::FlowControl;
use crate::error::Result;

/// How many bytes hardware may hold that its driver does not count, where the driver does not
/// tell whether the transmitter is empty. The largest transmit buffer among the common adapters
/// of that kind is the CP2102's: 640 bytes.
const SILENT_FIFO: usize = 640;

/// The same where the driver does tell, and says "busy". The largest is the FT2232H's: 4096
/// bytes. A device can say so for ever (QEMU's FTDI adapter does), so this bounds it.
const TALKING_FIFO: usize = 4096;

/// How old it can be what a USB adapter says of its transmitter. FTDI's tell with their latency
/// timer, which is at 16 ms unless somebody has set it.
const NEWS: Duration = Duration::from_millis(40);

/// How long the kernel's own close waits for output (`closing_wait` of Linux's drivers).
const CLOSING_WAIT: Duration = Duration::from_secs(30);

/// What a port knows of its output beyond what the driver tells.
#[derive(Debug, Default)]
pub(super) struct Drain {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Bytes written that may not have left the transmitter.
    held: usize,
    /// When they will have left a transmitter that never pauses.
    free_at: Option<Instant>,
    /// Since when the kernel's queue is known to be empty.
    empty_since: Option<Instant>,
    /// When the last of them were written.
    written_at: Option<Instant>,
}

impl Drain {
    /// Notes a write.
    fn wrote(&self, bytes: usize, character: Duration) {
        let mut state = lock(&self.state);
        let now = Instant::now();
        let begins = state.free_at.map_or(now, |free_at| free_at.max(now));
        state.held = state.held.saturating_add(bytes);
        state.free_at = begins.checked_add(times(character, bytes));
        state.empty_since = None;
        state.written_at = Some(now);
    }

    /// The transmitter is known to be empty.
    fn is_done(&self) {
        *lock(&self.state) = State::default();
    }

    /// The kernel's queue is empty and the device says nothing, or "busy": how long it may still
    /// need for what it took, if it took no more than `fifo` bytes.
    fn hardware_needs(&self, character: Duration, fifo: usize) -> Option<Duration> {
        let mut state = lock(&self.state);
        let now = Instant::now();
        let since = *state.empty_since.get_or_insert(now);
        let until = since.checked_add(times(character, state.held.min(fifo)))?;
        left(until, now)
    }

    /// The kernel's queue is empty and the device says nothing: how long it may still need. Behind
    /// the kernel's queue the driver can have one of its own, of any length (on macOS it has), so
    /// this is no less than what the line needs.
    fn silence_needs(&self, character: Duration) -> Option<Duration> {
        let hardware = self.hardware_needs(character, SILENT_FIFO);
        hardware.max(self.line_needs())
    }

    /// The device says "empty", which over USB can be old: how long it must at least still need.
    fn line_needs(&self) -> Option<Duration> {
        left(lock(&self.state).free_at?, Instant::now())
    }

    /// The same where the far end may have stopped the line: how long until what the device says
    /// is certainly from after the last write.
    fn news_need(&self) -> Option<Duration> {
        left(
            lock(&self.state).written_at?.checked_add(NEWS)?,
            Instant::now(),
        )
    }
}

fn times(character: Duration, bytes: usize) -> Duration {
    character.saturating_mul(u32::try_from(bytes).unwrap_or(u32::MAX))
}

fn left(until: Instant, now: Instant) -> Option<Duration> {
    let left = until.saturating_duration_since(now);
    (!left.is_zero()).then_some(left)
}

impl Tty {
    pub(super) fn note_written(&self, bytes: usize) {
        // The others tell exactly what has left.
        if self.kind == Kind::Bus {
            self.drain.wrote(bytes, self.config().character_time());
        }
    }

    /// How long the output that is under way will need about, `None` if all of it has left.
    pub(crate) fn pending_output(&self) -> Result<Option<Duration>> {
        let config = self.config();
        let character = config.character_time();
        let queued = self.output_waiting()?;
        if queued > 0 {
            return Ok(Some(times(character, queued)));
        }
        if self.kind == Kind::Pseudo {
            return Ok(None);
        }
        let empty = system::transmitter_empty(self.fd());
        let empty = self.checked("read the state of the transmitter", empty)?;
        let pending = match (self.kind, empty) {
            // Read from the hardware itself.
            (Kind::Uart, Some(true)) => None,
            (Kind::Uart, Some(false)) => Some(character),
            // The far end may have stopped the hardware.
            (_, Some(false)) if config.flow_control != FlowControl::NONE => Some(character),
            (_, Some(false)) => self.drain.hardware_needs(character, TALKING_FIFO),
            (_, Some(true)) if config.flow_control != FlowControl::NONE => {
                self.drain.line_needs().max(self.drain.news_need())
            }
            (_, Some(true)) => self.drain.line_needs(),
            (_, None) => self.drain.silence_needs(character),
        };
        if pending.is_none() {
            self.drain.is_done();
        }
        Ok(pending)
    }

    /// Whether the close would have to wait for output, as far as that is known without asking
    /// the hardware.
    pub(crate) fn has_unsent_output(&self) -> bool {
        match self.kind {
            Kind::Pseudo => false,
            Kind::Uart => matches!(self.pending_output(), Ok(Some(_))),
            Kind::Bus => {
                self.output_waiting().is_ok_and(|queued| queued > 0)
                    || self.drain.line_needs().is_some()
            }
        }
    }

    /// Waits until the output has left or another port has been opened on this terminal: what
    /// the kernel's close does too, but the kernel lets nobody open the terminal meanwhile.
    pub(crate) fn linger(&self) {
        const PAUSE: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));
        let began = Instant::now();
        while let Ok(Some(pending)) = self.pending_output() {
            // This port has given up its own claim.
            if system::is_exclusive(self.fd()) {
                return;
            }
            if began.elapsed() > CLOSING_WAIT {
                // So does the kernel's close then, after as long a wait of its own.
                let _ = self.discard(Queue::Output);
                return;
            }
            std::thread::sleep(pending.clamp(PAUSE.0, PAUSE.1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn is_about(needs: Option<Duration>, seconds: u32) -> bool {
        needs.is_some_and(|needs| needs > SECOND * (seconds - 1) && needs <= SECOND * seconds)
    }

    #[test]
    fn waits_for_no_more_than_was_written_and_no_more_than_a_fifo() {
        let drain = Drain::default();
        assert_eq!(drain.hardware_needs(SECOND, 640), None);
        drain.wrote(3, SECOND);
        assert!(is_about(drain.hardware_needs(SECOND, 640), 3));
        // Asking again does not begin the wait again.
        let first = drain.hardware_needs(SECOND, 640);
        assert!(drain.hardware_needs(SECOND, 640) <= first);
        drain.wrote(100_000, SECOND);
        assert!(is_about(drain.hardware_needs(SECOND, 640), 640));
        drain.is_done();
        assert_eq!(drain.hardware_needs(SECOND, 640), None);
    }

    #[test]
    fn a_silent_driver_may_have_a_queue_of_its_own() {
        let drain = Drain::default();
        assert_eq!(drain.silence_needs(SECOND), None);
        drain.wrote(10_000, SECOND);
        assert!(is_about(drain.silence_needs(SECOND), 10_000));
        drain.is_done();
        // Longer ago than the line needs, but the hardware may have waited.
        drain.wrote(3, SECOND);
        lock(&drain.state).free_at = Some(Instant::now());
        assert!(is_about(drain.silence_needs(SECOND), 3));
    }

    #[test]
    fn news_from_before_a_write_say_nothing_of_it() {
        let drain = Drain::default();
        assert_eq!(drain.news_need(), None);
        drain.wrote(1, Duration::ZERO);
        assert!(drain.news_need().is_some_and(|need| need <= NEWS));
        drain.is_done();
        assert_eq!(drain.news_need(), None);
    }

    #[test]
    fn the_line_carries_one_character_at_a_time() {
        let drain = Drain::default();
        assert_eq!(drain.line_needs(), None);
        drain.wrote(3, SECOND);
        drain.wrote(2, SECOND);
        assert!(is_about(drain.line_needs(), 5));
        drain.is_done();
        drain.wrote(1, Duration::ZERO);
        assert_eq!(drain.line_needs(), None);
    }
}
