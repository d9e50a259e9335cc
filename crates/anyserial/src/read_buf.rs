//! Where a read puts its bytes.

use std::fmt;
use std::mem::MaybeUninit;

use rustix::fd::AsFd;

/// Space for one read, initialized or not, that knows how much of it was filled.
///
/// A [`Device`](crate::device::Device) fills it; nobody has to zero it first. The count of
/// [`filled`](ReadBuf::filled) bytes can only grow together with bytes that were written, so it
/// can be relied on when the caller's space was not initialized (after a look at
/// [`as_ptr`](ReadBuf::as_ptr): who is lent a `ReadBuf` can put another one in its place).
pub struct ReadBuf<'a> {
    space: Space<'a>,
    /// How many bytes at the start of `space` were written through this value. For a `Vec` the
    /// count since this value was made.
    filled: usize,
}

enum Space<'a> {
    Initialized(&'a mut [u8]),
    Uninitialized(&'a mut [MaybeUninit<u8>]),
    /// The spare capacity behind what the vector holds.
    Spare(&'a mut Vec<u8>),
}

impl ReadBuf<'_> {
    /// How many bytes were filled so far.
    #[must_use]
    pub fn filled(&self) -> usize {
        self.filled
    }

    /// How many bytes there is still room for.
    #[must_use]
    pub fn remaining(&self) -> usize {
        match &self.space {
            Space::Initialized(space) => space.len() - self.filled,
            Space::Uninitialized(space) => space.len() - self.filled,
            Space::Spare(vec) => vec.capacity() - vec.len(),
        }
    }

    /// Where the space begins.
    #[must_use]
    pub fn as_ptr(&self) -> *const u8 {
        match &self.space {
            Space::Initialized(space) => space.as_ptr(),
            Space::Uninitialized(space) => space.as_ptr().cast(),
            Space::Spare(vec) => vec.as_ptr(),
        }
    }

    /// Copies as much of `bytes` as there is room for and tells how much that was.
    pub fn put(&mut self, bytes: &[u8]) -> usize {
        let bytes = bytes.get(..self.remaining()).unwrap_or(bytes);
        match &mut self.space {
            Space::Initialized(space) => {
                for (to, from) in space.iter_mut().skip(self.filled).zip(bytes) {
                    *to = *from;
                }
            }
            Space::Uninitialized(space) => {
                for (to, from) in space.iter_mut().skip(self.filled).zip(bytes) {
                    to.write(*from);
                }
            }
            Space::Spare(vec) => vec.extend_from_slice(bytes),
        }
        self.filled += bytes.len();
        bytes.len()
    }

    /// One `read` from the descriptor into the remaining space.
    pub(crate) fn read_from(&mut self, descriptor: impl AsFd) -> rustix::io::Result<usize> {
        let count = match &mut self.space {
            Space::Initialized(space) => {
                let rest = space.get_mut(self.filled..).unwrap_or_default();
                rustix::io::read(descriptor, rest)?
            }
            Space::Uninitialized(space) => {
                let rest = space.get_mut(self.filled..).unwrap_or_default();
                rustix::io::read(descriptor, rest)?.0.len()
            }
            Space::Spare(vec) => rustix::io::read(descriptor, rustix::buffer::spare_capacity(vec))?,
        };
        self.filled += count;
        Ok(count)
    }
}

impl<'a> From<&'a mut [u8]> for ReadBuf<'a> {
    fn from(space: &'a mut [u8]) -> Self {
        ReadBuf {
            space: Space::Initialized(space),
            filled: 0,
        }
    }
}

impl<'a> From<&'a mut [MaybeUninit<u8>]> for ReadBuf<'a> {
    fn from(space: &'a mut [MaybeUninit<u8>]) -> Self {
        ReadBuf {
            space: Space::Uninitialized(space),
            filled: 0,
        }
    }
}

/// Appends to the vector, up to its capacity; it is never reallocated.
impl<'a> From<&'a mut Vec<u8>> for ReadBuf<'a> {
    fn from(vec: &'a mut Vec<u8>) -> Self {
        ReadBuf {
            space: Space::Spare(vec),
            filled: 0,
        }
    }
}

impl fmt::Debug for ReadBuf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadBuf")
            .field("filled", &self.filled)
            .field("remaining", &self.remaining())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(mut buf: ReadBuf<'_>) -> (usize, usize, usize) {
        let first = buf.put(b"ab");
        let second = buf.put(b"cdef");
        (first, second, buf.filled())
    }

    #[test]
    fn every_kind_of_space_fills_up_and_no_further() {
        let mut initialized = [0; 4];
        assert_eq!(fill(initialized.as_mut_slice().into()), (2, 2, 4));
        assert_eq!(&initialized, b"abcd");

        let mut uninitialized = [MaybeUninit::uninit(); 4];
        assert_eq!(fill(uninitialized.as_mut_slice().into()), (2, 2, 4));

        let mut vec = Vec::with_capacity(5);
        vec.push(b'-');
        let room = vec.capacity() - 1;
        assert_eq!(fill((&mut vec).into()), (2, (room - 2).min(4), room.min(6)));
        assert!(vec.starts_with(b"-abcd"));
    }
}
