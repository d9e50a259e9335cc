//! What a receive brings when line errors are marked: data, breaks and damaged characters.

/// Bytes that were received, and which of them are no data: see
/// [`receive_events`](crate::SerialPort::receive_events).
///
/// ```
/// # futures_lite::future::block_on(async {
/// use std::sync::Arc;
/// use std::time::Duration;
/// use anyserial::reactor::AsyncIo;
/// use anyserial::testing::PairBuilder;
/// use anyserial::{LineEvent, SerialConfig};
///
/// let config = SerialConfig::default().mark_errors(true);
/// let pair = PairBuilder::new(Arc::new(AsyncIo)).near_config(config)?;
/// let (mut near, mut far) = pair.build();
/// far.send(b"end").await?;
/// far.send_break(Duration::from_millis(1)).await?;
///
/// let mut buf = [0; 64];
/// let received = near.receive_events(&mut buf).await?;
/// let events: Vec<_> = received.events().collect();
/// assert_eq!(events, [LineEvent::Data(b"end"), LineEvent::Break]);
/// # Ok::<(), anyserial::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received<'a> {
    bytes: &'a [u8],
    marks: Vec<Mark>,
}

impl<'a> Received<'a> {
    pub(crate) fn new(bytes: &'a [u8], marks: Vec<Mark>) -> Self {
        Received { bytes, marks }
    }

    /// All bytes, as [`receive`](crate::SerialPort::receive) would give them: a break is a zero
    /// among them, and a damaged character what arrived of it.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What was received, in its order.
    #[must_use]
    pub fn events(&self) -> LineEvents<'_> {
        LineEvents {
            bytes: self.bytes,
            marks: self.marks.iter(),
            position: 0,
        }
    }
}

impl<'a> IntoIterator for &'a Received<'_> {
    type Item = LineEvent<'a>;
    type IntoIter = LineEvents<'a>;

    fn into_iter(self) -> LineEvents<'a> {
        self.events()
    }
}

/// Something that was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LineEvent<'a> {
    /// Bytes that arrived whole; at least one.
    Data(&'a [u8]),
    /// The line was in the state of a start bit for longer than a character.
    ///
    /// A damaged character of zeros is reported the same way: POSIX has one mark for both.
    Break,
    /// A character with wrong parity or without a valid stop bit, and what arrived of it.
    ///
    /// POSIX has one mark for both; the [`counters`](crate::Control::counters) tell them apart,
    /// where the driver counts.
    Damaged(u8),
}

/// The events of a [`Received`].
#[derive(Debug, Clone)]
pub struct LineEvents<'a> {
    bytes: &'a [u8],
    /// Those that are not passed yet.
    marks: std::slice::Iter<'a, Mark>,
    /// Where in `bytes` the next event is.
    position: usize,
}

impl<'a> Iterator for LineEvents<'a> {
    type Item = LineEvent<'a>;

    fn next(&mut self) -> Option<LineEvent<'a>> {
        let begin = self.position;
        let first = *self.bytes.get(begin)?;
        let mut next = self.marks.as_slice().first();
        // A device of the user's own may have marked what is passed.
        while next.is_some_and(|mark| mark.position < begin) {
            self.marks.next();
            next = self.marks.as_slice().first();
        }
        if let Some(mark) = next.filter(|mark| mark.position == begin) {
            self.position = begin + 1;
            return Some(match mark.fault {
                Fault::Break => LineEvent::Break,
                Fault::Damaged => LineEvent::Damaged(first),
            });
        }
        let end = next.map_or(self.bytes.len(), |mark| mark.position);
        self.position = end.min(self.bytes.len());
        self.bytes.get(begin..self.position).map(LineEvent::Data)
    }
}

/// A byte that is no data: what a [`Device`](crate::device::Device) says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark {
    /// Where it is among the bytes filled into the [`ReadBuf`](crate::device::ReadBuf).
    pub position: usize,
    /// What is the matter with it.
    pub fault: Fault,
}

/// Why a byte is no data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// It stands for a break, and is zero.
    Break,
    /// Its parity was wrong or its stop bit was missing.
    Damaged,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(bytes: &[u8], marks: &[(usize, Fault)]) -> Vec<String> {
        let mark = |(position, fault): &(usize, Fault)| Mark {
            position: *position,
            fault: *fault,
        };
        let received = Received::new(bytes, marks.iter().map(mark).collect());
        assert_eq!(received.bytes(), bytes);
        let events = received.into_iter().map(|event| match event {
            LineEvent::Data(data) => String::from_utf8_lossy(data).into_owned(),
            LineEvent::Break => "break".to_owned(),
            LineEvent::Damaged(byte) => format!("damaged {}", char::from(byte)),
        });
        events.collect()
    }

    #[test]
    fn data_is_cut_at_the_marks() {
        use Fault::{Break, Damaged};
        assert_eq!(events(b"", &[]), [""; 0]);
        assert_eq!(events(b"abc", &[]), ["abc"]);
        assert_eq!(events(b"a", &[(0, Damaged)]), ["damaged a"]);
        assert_eq!(
            events(b"ab\0cd", &[(1, Damaged), (2, Break)]),
            ["a", "damaged b", "break", "cd"]
        );
        assert_eq!(events(b"ab\0", &[(2, Break)]), ["ab", "break"]);
    }

    #[test]
    fn marks_that_make_no_sense_lose_no_byte() {
        use Fault::Break;
        assert_eq!(
            events(b"abc", &[(1, Break), (0, Break), (1, Break), (9, Break)]),
            ["a", "break", "c"]
        );
    }
}
