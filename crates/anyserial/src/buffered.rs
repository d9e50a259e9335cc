//! Frames out of a stream of bytes.

mod clock;
mod traits;

use std::borrow::Cow;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::ops::{Deref, Range};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_io::{AsyncRead, AsyncWrite};
use memchr::memmem::Finder;

pub use self::clock::Clock;
use crate::config::SerialConfig;
use crate::control::{Control, invalid};
use crate::error::{Error, Result};
use crate::reactor::{BoxFuture, Reactor};

/// More than a Linux terminal gives per read.
const CAPACITY: usize = 4096;

/// Takes frames out of a stream: up to a delimiter, of a known length, or up to a silence.
///
/// The stream is a port, a read half, or anything else that implements futures-io's
/// [`AsyncRead`]; where it implements [`AsyncWrite`] too, this sends as well. What was read
/// beyond a frame is kept for the next one.
///
/// ```
/// # futures_lite::future::block_on(async {
/// use anyserial::Buffered;
///
/// let (port, mut instrument) = anyserial::testing::pair();
/// let mut port = Buffered::new(port);
/// instrument.send(b"+21.5\r\n+21").await?;
///
/// port.send(b"TEMP?\r\n").await?;
/// assert_eq!(port.receive_until(b"\r\n", 80).await?, b"+21.5");
/// assert_eq!(port.buffer(), b"+21");
/// # Ok::<(), anyserial::Error>(()) }).unwrap();
/// ```
///
/// # Frames are lent
///
/// A frame is a slice of the buffer here, so that none is allocated: what is to outlive the next
/// call is to be copied, by `to_vec`. The buffer grows with the largest frame and no further.
///
/// # Nothing is lost
///
/// A receive that fails has consumed nothing: the same bytes are there for the next call, in
/// [`buffer`](Buffered::buffer), and in [`into_parts`](Buffered::into_parts). Whoever wants to go
/// on behind them says so with [`consume`](Buffered::consume). The same holds for a receive whose
/// future is dropped.
pub struct Buffered<S> {
    stream: S,
    /// All of it is initialized. What was read and not consumed is in `unread`.
    space: Vec<u8>,
    unread: Range<usize>,
}

impl<S> Buffered<S> {
    /// Takes frames out of `stream`, with room for 4 KiB to begin with.
    pub fn new(stream: S) -> Self {
        Self::with_capacity(CAPACITY, stream)
    }

    /// The same with room for this many bytes to begin with: 1 to 16 MiB. What is outside of
    /// that is taken for the nearest.
    pub fn with_capacity(capacity: usize, stream: S) -> Self {
        Buffered {
            stream,
            space: vec![0; capacity.clamp(1, SerialConfig::MAX_READ_CHUNK_SIZE)],
            unread: 0..0,
        }
    }

    /// What was read and not consumed.
    #[must_use]
    pub fn buffer(&self) -> &[u8] {
        self.space.get(self.unread.clone()).unwrap_or_default()
    }

    /// Drops this many bytes from the front of the [`buffer`](Buffered::buffer), or all of them,
    /// if there are fewer.
    pub fn consume(&mut self, count: usize) {
        self.unread.start = self.unread.start.saturating_add(count).min(self.unread.end);
    }

    /// The stream.
    pub fn stream(&self) -> &S {
        &self.stream
    }

    /// The stream. What is read from it past this buffer is not in here: it overtakes what is.
    pub fn stream_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// The stream, and what was read and not consumed.
    pub fn into_parts(self) -> (S, Vec<u8>) {
        let Buffered {
            stream,
            mut space,
            unread,
        } = self;
        space.truncate(unread.end);
        space.drain(..unread.start);
        (stream, space)
    }

    /// Takes the next `count` bytes, of which there are as many.
    fn take(&mut self, count: usize) -> Range<usize> {
        let start = self.unread.start;
        self.consume(count);
        start..self.unread.start
    }

    /// Makes room for at least one more byte.
    fn make_room(&mut self) {
        let unread = self.unread.len();
        // No more is moved than was consumed: over time this costs a copy per byte at most.
        if unread <= self.unread.start {
            self.space.copy_within(self.unread.clone(), 0);
            self.unread = 0..unread;
        }
        if self.unread.end == self.space.len() {
            self.space.resize(self.space.len().saturating_mul(2), 0);
        }
    }
}

impl<S: AsyncRead + Unpin> Buffered<S> {
    /// Receives up to this delimiter, of one byte or more: gives what came before it, and
    /// consumes both.
    ///
    /// # Errors
    ///
    /// [`Error::DelimiterNotFound`] as soon as it is certain that what comes before the delimiter
    /// is more than `max_bytes`; [`Error::InvalidArgument`] for an empty delimiter;
    /// [`Error::IncompleteRead`] at the end of the stream. A port's errors are its own, as
    /// [`Error::Disconnected`]; those of another stream are in [`Error::Stream`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no byte.
    pub async fn receive_until(&mut self, delimiter: &[u8], max_bytes: usize) -> Result<&[u8]> {
        if delimiter.is_empty() {
            return Err(invalid("delimiter", "it is empty"));
        }
        let finder = Finder::new(delimiter);
        // So many bytes of what is unread are known to begin no delimiter.
        let mut searched = 0;
        let length = loop {
            let unread = self.buffer();
            // Where the last delimiter ends that would do.
            let most = max_bytes.saturating_add(delimiter.len());
            let searchable = unread.get(..most).unwrap_or(unread);
            let rest = searchable.get(searched..).unwrap_or_default();
            if let Some(found) = finder.find(rest) {
                break searched + found;
            }
            // A delimiter may begin in what is here and end in what is to come.
            searched = searchable.len().saturating_sub(delimiter.len() - 1);
            let mut starts = searched..=max_bytes;
            if unread.len() > max_bytes && !starts.any(|start| may_be(start, unread, delimiter)) {
                return Err(Error::DelimiterNotFound {
                    received: unread.get(..max_bytes).unwrap_or(unread).to_vec(),
                    max_bytes,
                });
            }
            self.read_some().await?;
        };
        let frame = self.take(length);
        self.consume(delimiter.len());
        Ok(self.space.get(frame).unwrap_or_default())
    }

    /// Receives a line of text: up to LF or CR LF, which are consumed and not part of it. Bytes
    /// that are no UTF-8, as noise on the line makes them, are replaced by U+FFFD; for the bytes
    /// as they are there is [`receive_until`](Buffered::receive_until).
    ///
    /// # Errors
    ///
    /// As [`receive_until`](Buffered::receive_until); a CR before the LF counts among the
    /// `max_bytes`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no byte.
    pub async fn receive_line(&mut self, max_bytes: usize) -> Result<Cow<'_, str>> {
        let line = self.receive_until(b"\n", max_bytes).await?;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Ok(String::from_utf8_lossy(line))
    }

    /// Receives exactly this many bytes.
    ///
    /// # Errors
    ///
    /// [`Error::IncompleteRead`] at the end of the stream, and the errors of the stream, as
    /// [`receive_until`](Buffered::receive_until).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no byte.
    pub async fn receive_exactly(&mut self, count: usize) -> Result<&[u8]> {
        while self.unread.len() < count {
            self.read_some().await?;
        }
        let frame = self.take(count);
        Ok(self.space.get(frame).unwrap_or_default())
    }

    /// Receives until the line is silent: waits for a first byte for as long as that takes, then
    /// gives what has come once nothing more came for `gap`, or once there are `max_bytes`. A
    /// frame ends too where the device goes, and that is the error of the next call.
    ///
    /// This is how the frames of Modbus RTU end: after a gap of 3.5 characters
    /// ([`character_time`](crate::SerialConfig::character_time)), and of 1.75 ms at least.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use std::time::Duration;
    /// use anyserial::Buffered;
    ///
    /// let (port, mut far) = anyserial::testing::pair();
    /// let mut port = Buffered::new(port);
    /// far.send(&[1, 3, 2, 0, 42, 0x39, 0x9b]).await?;
    /// let frame = port.receive_until_idle(Duration::from_millis(5), 256).await?;
    /// assert_eq!(frame, [1, 3, 2, 0, 42, 0x39, 0x9b]);
    /// # Ok::<(), anyserial::Error>(()) }).unwrap();
    /// ```
    ///
    /// The time is the port's own, so this is for ports, their halves, and what else is a
    /// [`Clock`]. For any other stream there is
    /// [`receive_until_idle_with`](Buffered::receive_until_idle_with).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] for `max_bytes` of 0, and the errors of the stream, as
    /// [`receive_until`](Buffered::receive_until).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no byte. The next call takes what had come for the beginning of
    /// its frame.
    ///
    /// # Platform notes
    ///
    /// The silence is that between reads. A USB adapter hands on bytes in batches, an FTDI after
    /// up to 16 ms by default: the gap has to be longer than that, or
    /// [`low_latency`](crate::SerialConfig::low_latency) on.
    pub async fn receive_until_idle(&mut self, gap: Duration, max_bytes: usize) -> Result<&[u8]>
    where
        S: Clock,
    {
        self.until_idle(max_bytes, |stream| stream.sleep(gap)).await
    }

    /// The same for any stream, on the clock of a reactor.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use std::time::Duration;
    /// use anyserial::{Buffered, reactor::AsyncIo};
    ///
    /// // Or a TCP stream.
    /// let stream = futures_lite::io::Cursor::new(b"frame".to_vec());
    /// let mut stream = Buffered::new(stream);
    /// let gap = Duration::from_millis(5);
    /// assert_eq!(stream.receive_until_idle_with(&AsyncIo, gap, 256).await?, b"frame");
    /// # Ok::<(), anyserial::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`receive_until_idle`](Buffered::receive_until_idle).
    ///
    /// # Cancel safety
    ///
    /// As [`receive_until_idle`](Buffered::receive_until_idle).
    pub async fn receive_until_idle_with(
        &mut self,
        reactor: &dyn Reactor,
        gap: Duration,
        max_bytes: usize,
    ) -> Result<&[u8]> {
        self.until_idle(max_bytes, |_| Ok(reactor.sleep(gap))).await
    }

    async fn until_idle(
        &mut self,
        max_bytes: usize,
        sleep: impl Fn(&S) -> Result<BoxFuture<'static, ()>>,
    ) -> Result<&[u8]> {
        if max_bytes == 0 {
            return Err(invalid("max_bytes", "it is 0"));
        }
        if self.unread.is_empty() {
            self.read_some().await?;
        }
        while self.unread.len() < max_bytes {
            match self.read_or_silence(&sleep).await {
                Ok(true) => {}
                Ok(false) | Err(Error::Disconnected { .. } | Error::IncompleteRead { .. }) => break,
                Err(error) => return Err(error),
            }
        }
        let frame = self.take(max_bytes);
        Ok(self.space.get(frame).unwrap_or_default())
    }

    /// One read, behind what is there; false, if there is nothing to read before the time is
    /// over.
    async fn read_or_silence(
        &mut self,
        sleep: impl Fn(&S) -> Result<BoxFuture<'static, ()>>,
    ) -> Result<bool> {
        self.make_room();
        let mut silence = None;
        poll_fn(|cx| {
            if let Poll::Ready(read) = self.poll_read_some(cx) {
                return Poll::Ready(read.map(|()| true));
            }
            let silence = match &mut silence {
                Some(silence) => silence,
                // Only a read that has to wait needs a clock.
                none => none.insert(sleep(&self.stream)?),
            };
            silence.as_mut().poll(cx).map(|()| Ok(false))
        })
        .await
    }

    /// One read, behind what is there.
    async fn read_some(&mut self) -> Result<()> {
        self.make_room();
        poll_fn(|cx| self.poll_read_some(cx)).await
    }

    fn poll_read_some(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let outcome = match ready!(self.poll_fill(cx)) {
            Ok(0) => Err(Error::IncompleteRead {
                received: self.buffer().to_vec(),
            }),
            Ok(_) => Ok(()),
            Err(error) => Err(stream_error("read", error)),
        };
        Poll::Ready(outcome)
    }

    /// One read into what room there is. What it gives is in `unread` when it is ready: there is
    /// no moment in between.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let room = self.space.get_mut(self.unread.end..).unwrap_or_default();
        let most = room.len();
        let read = ready!(Pin::new(&mut self.stream).poll_read(cx, room))?;
        // A stream that claims more than it had room for gets no further than that.
        self.unread.end += read.min(most);
        Poll::Ready(Ok(read))
    }
}

impl<S: AsyncWrite + Unpin> Buffered<S> {
    /// Sends all of `data`. Nothing is held back here.
    ///
    /// # Errors
    ///
    /// A port's errors are its own, as [`Error::Disconnected`]; those of another stream are in
    /// [`Error::Stream`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may leave the beginning of `data` sent.
    pub async fn send(&mut self, mut data: &[u8]) -> Result<()> {
        while !data.is_empty() {
            let sent = poll_fn(|cx| Pin::new(&mut self.stream).poll_write(cx, data)).await;
            let sent = match sent {
                Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                sent => sent,
            };
            let sent = sent.map_err(|error| stream_error("write to", error))?;
            data = data.get(sent..).unwrap_or_default();
        }
        Ok(())
    }
}

/// For ports and their halves.
impl<S: Deref<Target = Control>> Buffered<S> {
    /// A handle to the port's settings, lines and queues, to keep beside this.
    #[must_use]
    pub fn control(&self) -> Control {
        self.stream.control()
    }

    /// Throws away what was received so far: what is in the [`buffer`](Buffered::buffer) here,
    /// and what is in the kernel's queue. So an answer that came too late is not taken for that
    /// to the next question.
    ///
    /// # Errors
    ///
    /// Those of [`Control::discard_input`]; the buffer here is empty all the same.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped while a driver works on it, the input is still discarded.
    pub async fn discard_input(&mut self) -> Result<()> {
        self.consume(usize::MAX);
        self.stream.discard_input().await
    }
}

impl<S: fmt::Debug> fmt::Debug for Buffered<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffered")
            .field("stream", &self.stream)
            .field("unread", &self.unread.len())
            .finish()
    }
}

/// Whether a delimiter may begin here: what is there of it is its beginning.
fn may_be(start: usize, unread: &[u8], delimiter: &[u8]) -> bool {
    unread
        .get(start..)
        .is_some_and(|beginning| delimiter.starts_with(beginning))
}

/// What a stream's error is here: a port's own, as it was.
fn stream_error(operation: &'static str, error: io::Error) -> Error {
    error
        .downcast::<Error>()
        .unwrap_or_else(|source| Error::Stream { operation, source })
}
