//! Reading and writing.

use std::io::{self, IoSlice, IoSliceMut};

use rustix::io::{Errno, readv, retry_on_intr, write, writev};
use rustix::termios::tcgetattr;

use super::Tty;
use crate::reactor::Transfer;
use crate::read_buf::ReadBuf;

/// From so many bytes at once on, input is a stream, and more has come by the time these are
/// handled: to look costs less than to wait.
const STREAM: usize = 1024;

impl Tty {
    pub(crate) fn read(&self, buf: &mut ReadBuf<'_>) -> io::Result<Transfer> {
        let room = buf.remaining();
        let bytes = retry_on_intr(|| buf.read_from(self.fd()))?;
        self.received(bytes, room)
    }

    pub(crate) fn read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<Transfer> {
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
