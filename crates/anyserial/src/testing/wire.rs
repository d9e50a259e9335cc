//! One direction of a pair: a bounded channel of bytes, each of which is due at its time.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use async_channel::{Receiver, Sender, TrySendError};

use crate::native::lock;

/// 30 years: what no test waits for, and every clock can count.
const ENDLESS: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// Bytes under way to one end.
#[derive(Debug)]
pub(super) struct Wire {
    sender: Sender<Byte>,
    receiver: Receiver<Byte>,
    /// Held while bytes are put in, so that they keep their order.
    line: Mutex<Line>,
    /// Held while bytes are taken out. Locked after `line`, if both are.
    head: Mutex<Option<Byte>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Byte {
    value: u8,
    /// It is no data but stands for a break.
    is_break: bool,
    /// When it arrives. `None`: at once.
    due: Option<Instant>,
}

/// The sender's side of the wire.
#[derive(Debug, Default)]
struct Line {
    /// When all that was sent will have left; with a bandwidth only.
    free_at: Option<Instant>,
}

/// What came of taking bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// This many.
    Some(usize),
    /// None yet: the next one arrives then.
    Later(Instant),
    /// None under way.
    None,
}

impl Wire {
    /// A wire that holds this many bytes, at least one.
    pub(super) fn new(capacity: usize) -> Self {
        let (sender, receiver) = async_channel::bounded(capacity);
        Wire {
            sender,
            receiver,
            line: Mutex::default(),
            head: Mutex::default(),
        }
    }

    /// Puts in as much of `data` as there is room for; tells how much.
    pub(super) fn put(&self, data: &[u8], latency: Duration, bandwidth: Option<u32>) -> usize {
        self.put_bytes(data, false, latency, bandwidth)
    }

    /// Puts in a break, if there is room for it.
    pub(super) fn put_break(&self) {
        // What a plain terminal makes of it: a character of zeros.
        self.put_bytes(&[0], true, Duration::ZERO, None);
    }

    fn put_bytes(
        &self,
        data: &[u8],
        is_break: bool,
        latency: Duration,
        bandwidth: Option<u32>,
    ) -> usize {
        let mut line = lock(&self.line);
        let now = Instant::now();
        let mut put = 0;
        for value in data {
            let leaves = line.leaves(now, bandwidth);
            let due = match leaves {
                None if latency.is_zero() => None,
                leaves => Some(later(leaves.unwrap_or(now), latency)),
            };
            let byte = Byte {
                value: *value,
                is_break,
                due,
            };
            match self.sender.try_send(byte) {
                Ok(()) => {
                    line.free_at = leaves;
                    put += 1;
                }
                Err(TrySendError::Full(_) | TrySendError::Closed(_)) => break,
            }
        }
        put
    }

    /// Gives bytes that have arrived to `each`, at most `most`, and whether each is a break.
    pub(super) fn take(&self, most: usize, mut each: impl FnMut(u8, bool)) -> Taken {
        let mut head = lock(&self.head);
        let mut taken = 0;
        let mut now = None;
        while taken < most {
            let Some(byte) = head.take().or_else(|| self.receiver.try_recv().ok()) else {
                break;
            };
            if let Some(due) = byte.due {
                let now = *now.get_or_insert_with(Instant::now);
                if due > now {
                    *head = Some(byte);
                    if taken == 0 {
                        return Taken::Later(due);
                    }
                    break;
                }
            }
            each(byte.value, byte.is_break);
            taken += 1;
        }
        if taken == 0 {
            Taken::None
        } else {
            Taken::Some(taken)
        }
    }

    /// How long the sender will need for what has not left; `None` if all of it has.
    pub(super) fn sending(&self) -> Option<Duration> {
        let free_at = lock(&self.line).free_at?;
        let left = free_at.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    /// How many bytes have arrived.
    pub(super) fn arrived(&self) -> usize {
        let mut arrived = 0;
        let now = Instant::now();
        self.sift(|byte| {
            arrived += usize::from(byte.has_arrived(now));
            true
        });
        arrived
    }

    /// Throws away what has arrived.
    pub(super) fn discard_arrived(&self) {
        let now = Instant::now();
        self.sift(|byte| !byte.has_arrived(now));
    }

    /// Throws away what has not left its sender.
    pub(super) fn discard_sending(&self, latency: Duration) {
        let now = Instant::now();
        self.sift(|byte| match byte.due {
            Some(due) => due <= later(now, latency),
            None => true,
        });
        lock(&self.line).free_at = None;
    }

    /// Throws away everything.
    pub(super) fn clear(&self) {
        self.sift(|_| false);
    }

    /// Looks at every byte, in order, and keeps those for which `keep` is true.
    fn sift(&self, mut keep: impl FnMut(&Byte) -> bool) {
        let _line = lock(&self.line);
        let mut head = lock(&self.head);
        *head = head.take().filter(&mut keep);
        for _ in 0..self.receiver.len() {
            let Ok(byte) = self.receiver.try_recv() else {
                return;
            };
            if keep(&byte) {
                // There is room: nobody else puts any in while the line is locked.
                let _ = self.sender.try_send(byte);
            }
        }
    }
}

impl Byte {
    fn has_arrived(&self, now: Instant) -> bool {
        self.due.is_none_or(|due| due <= now)
    }
}

impl Line {
    /// When a byte that is sent now will have left; `None`: at once.
    fn leaves(&self, now: Instant, bandwidth: Option<u32>) -> Option<Instant> {
        let begins = self.free_at.map_or(now, |free_at| free_at.max(now));
        match bandwidth {
            Some(bandwidth) => Some(later(begins, Duration::from_secs(1) / bandwidth)),
            // What is sent after the limit was lifted still does not overtake.
            None => (begins > now).then_some(begins),
        }
    }
}

/// This long after `instant`, in as far as there is an end to it.
fn later(instant: Instant, by: Duration) -> Instant {
    instant.checked_add(by.min(ENDLESS)).unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAR: Duration = Duration::from_secs(1000);

    fn take_all(wire: &Wire) -> (Taken, Vec<u8>) {
        let mut bytes = Vec::new();
        let taken = wire.take(usize::MAX, |byte, _| bytes.push(byte));
        (taken, bytes)
    }

    #[test]
    fn holds_its_capacity_and_keeps_the_order() {
        let wire = Wire::new(3);
        assert_eq!(wire.put(b"abcd", Duration::ZERO, None), 3);
        assert_eq!(wire.arrived(), 3);
        assert_eq!(wire.put(b"d", Duration::ZERO, None), 0);
        assert_eq!(take_all(&wire), (Taken::Some(3), b"abc".to_vec()));
        assert_eq!(take_all(&wire).0, Taken::None);
    }

    #[test]
    fn what_is_not_due_waits_and_nothing_overtakes_it() {
        let wire = Wire::new(8);
        assert_eq!(wire.put(b"a", Duration::ZERO, None), 1);
        assert_eq!(wire.put(b"b", FAR, None), 1);
        assert_eq!(wire.put(b"c", Duration::ZERO, None), 1);
        assert_eq!(take_all(&wire), (Taken::Some(1), b"a".to_vec()));
        assert!(matches!(take_all(&wire).0, Taken::Later(_)));
        // Counting looks at everything and changes nothing.
        assert_eq!(wire.arrived(), 1);
        wire.discard_arrived();
        assert!(matches!(take_all(&wire).0, Taken::Later(_)));
        wire.clear();
        assert_eq!(take_all(&wire).0, Taken::None);
    }

    #[test]
    fn what_is_endlessly_late_does_not_arrive() {
        let wire = Wire::new(8);
        assert_eq!(wire.put(b"a", Duration::MAX, None), 1);
        assert_eq!(wire.put(b"b", Duration::MAX, Some(1)), 1);
        assert_eq!(wire.arrived(), 0);
        assert!(matches!(take_all(&wire).0, Taken::Later(_)));
    }

    #[test]
    fn a_bandwidth_is_time_to_wait_for_and_can_be_cut_short() {
        let wire = Wire::new(8);
        assert_eq!(wire.put(b"abcd", Duration::ZERO, Some(1)), 4);
        let left = wire.sending().unwrap();
        assert!(
            left > Duration::from_secs(3) && left <= Duration::from_secs(4),
            "{left:?}"
        );
        wire.discard_sending(Duration::ZERO);
        assert_eq!(wire.sending(), None);
        assert_eq!(take_all(&wire).0, Taken::None);
    }
}
