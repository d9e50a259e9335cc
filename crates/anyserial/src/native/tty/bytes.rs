//! Reading and writing.

use std::io::{self, IoSlice, IoSliceMut};

use rustix::io::{Errno, read, readv, retry_on_intr, write, writev};
use rustix::termios::tcgetattr;

use super::super::lock;
use super::{Decoder, Tty};
use crate::reactor::Transfer;
use crate::read_buf::ReadBuf;
use crate::received::Mark;

/// From so many bytes at once on, input is a stream, and more has come by the time these are
/// handled: to look costs less than to wait.
const STREAM: usize = 1024;

impl Tty {
    /// One read; with `marks`, whatever of it is no data is marked there.
    pub(crate) fn read(
        &self,
        buf: &mut ReadBuf<'_>,
        marks: Option<&mut Vec<Mark>>,
    ) -> io::Result<Transfer> {
        if let Some(decoder) = &self.decoder {
            return self.read_decoded(&mut lock(decoder), buf, marks);
        }
        let room = buf.remaining();
        let bytes = retry_on_intr(|| buf.read_from(self.fd()))?;
        self.received(bytes, room)
    }

    /// Reads until there is a byte: what a read gives may be but a part of a mark.
    fn read_decoded(
        &self,
        decoder: &mut Decoder,
        buf: &mut ReadBuf<'_>,
        mut marks: Option<&mut Vec<Mark>>,
    ) -> io::Result<Transfer> {
        let mut raw = [0; STREAM];
        let begin = buf.filled();
        loop {
            // Never more than there is room for, so that nothing has to be kept.
            let room = buf.remaining().min(raw.len());
            let raw = raw.get_mut(..room).unwrap_or_default();
            let count = retry_on_intr(|| read(self.fd(), &mut *raw))?;
            let transfer = self.received(count, room)?;
            decoder.decode(raw.get(..count).unwrap_or_default(), |byte, fault| {
                if let (Some(marks), Some(fault)) = (&mut marks, fault) {
                    let position = buf.filled();
                    marks.push(Mark { position, fault });
                }
                buf.put(&[byte]);
            });
            let bytes = buf.filled() - begin;
            if bytes > 0 || room == 0 {
                return Ok(Transfer { bytes, ..transfer });
            }
        }
    }

    pub(crate) fn read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<Transfer> {
        if self.decoder.is_some() {
            let first = bufs.iter_mut().find(|buf| !buf.is_empty());
            let first = first.map_or(&mut [][..], |buf| &mut **buf);
            return self.read(&mut ReadBuf::from(first), None);
        }
        let room = bufs.iter().map(|buf| buf.len()).sum();
        let bytes = retry_on_intr(|| readv(self.fd(), bufs))?;
        self.received(bytes, room)
    }

    pub(crate) fn write(&self, data: &[u8]) -> io::Result<Transfer> {
        let bytes = retry_on_intr(|| write(self.fd(), data))?;
        self.sent(bytes, data.len())
    }

    pub(crate) fn write_vectored(&self, data: &[IoSlice<'_>]) -> io::Result<Transfer> {
        let bytes = retry_on_intr(|| writev(self.fd(), data))?;
        self.sent(bytes, data.iter().map(|data| data.len()).sum())
    }

    fn received(&self, bytes: usize, room: usize) -> io::Result<Transfer> {
        if bytes == 0 && room > 0 {
            // A hang-up. Or another program has set VMIN to 0: then this says "nothing yet".
            let blocked = tcgetattr(self.fd()).is_ok();
            return Err(if blocked {
                Errno::WOULDBLOCK
            } else {
                Errno::IO
            }
            .into());
        }
        Ok(Transfer {
            bytes,
            exhausted: bytes < room && bytes < STREAM,
        })
    }

    fn sent(&self, bytes: usize, length: usize) -> io::Result<Transfer> {
        if bytes == 0 && length > 0 {
            return Err(Errno::WOULDBLOCK.into());
        }
        self.note_written(bytes);
        Ok(Transfer {
            bytes,
            exhausted: bytes < length,
        })
    }
}
