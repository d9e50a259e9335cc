//! The messages of USB/IP, as far as an emulated device meets them.
//!
//! Linux `Documentation/usb/usbip_protocol.rst`: a header of 48 bytes, big-endian, and data after
//! it where a transfer carries some. The kernel's vhci driver asks, the device answers, each
//! request by its number, in whatever order they are done.

use std::io::{self, Read};

const HEADER: usize = 48;
const CMD_SUBMIT: u32 = 1;
const CMD_UNLINK: u32 = 2;
const RET_SUBMIT: u32 = 3;
const RET_UNLINK: u32 = 4;

/// More than any driver asks for at once; a length beyond it is a stream gone wrong.
const LONGEST: usize = 1 << 20;

/// What the host asks of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// A transfer.
    Submit(Submit),
    /// A transfer that is not wanted any more.
    Unlink {
        /// The number of this request.
        sequence: u32,
        /// The number of the transfer.
        victim: u32,
    },
}

/// A transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submit {
    /// The number of this request.
    pub sequence: u32,
    /// The endpoint: 0 is the control pipe.
    pub endpoint: u32,
    /// Whether the device is to send.
    pub to_host: bool,
    /// How many bytes the host sends, or has room for.
    pub length: usize,
    /// What a control transfer asks for.
    pub setup: Setup,
    /// What the host sends.
    pub data: Vec<u8>,
}

/// The eight bytes that a control transfer begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Setup {
    /// Direction, type and recipient.
    pub kind: u8,
    /// What is asked for.
    pub request: u8,
    /// Its argument.
    pub value: u16,
    /// Its second argument.
    pub index: u16,
}

impl Request {
    /// Reads one request.
    ///
    /// # Errors
    ///
    /// Those of the stream; [`io::ErrorKind::InvalidData`] for what is no request.
    pub fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut header = [0; HEADER];
        from.read_exact(&mut header)?;
        let (words, setup) = header.split_at(40);
        let word = |index: usize| {
            let bytes = words.chunks_exact(4).nth(index).unwrap_or_default();
            bytes
                .iter()
                .fold(0, |word, byte| word << 8 | u32::from(*byte))
        };
        let sequence = word(1);
        match word(0) {
            CMD_SUBMIT => {
                let to_host = word(3) != 0;
                let length = usize::try_from(word(6)).unwrap_or(usize::MAX);
                if length > LONGEST {
                    return Err(invalid("a transfer of more than a mebibyte"));
                }
                let mut data = vec![0; if to_host { 0 } else { length }];
                from.read_exact(&mut data)?;
                Ok(Request::Submit(Submit {
                    sequence,
                    endpoint: word(4),
                    to_host,
                    length,
                    setup: Setup::decode(setup),
                    data,
                }))
            }
            CMD_UNLINK => Ok(Request::Unlink {
                sequence,
                victim: word(5),
            }),
            _ => Err(invalid("neither a submit nor an unlink")),
        }
    }
}

impl Setup {
    /// From the device or to it is the top bit of this field.
    pub(super) const TO_HOST: u8 = 0x80;

    fn decode(bytes: &[u8]) -> Self {
        let byte = |index: usize| bytes.get(index).copied().unwrap_or_default();
        Setup {
            kind: byte(0),
            request: byte(1),
            value: u16::from_le_bytes([byte(2), byte(3)]),
            index: u16::from_le_bytes([byte(4), byte(5)]),
        }
    }
}

/// How a transfer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// The device sent this.
    Sent(&'a [u8]),
    /// The device took so many bytes.
    Taken(usize),
    /// The device does not know this request.
    Stall,
    /// There is no device any more.
    Dead,
}

/// The answer to a transfer.
#[must_use]
pub fn submitted(sequence: u32, outcome: Outcome<'_>) -> Vec<u8> {
    const EPIPE: i32 = -32;
    const EPROTO: i32 = -71;
    let (status, length, data) = match outcome {
        Outcome::Sent(data) => (0, data.len(), data),
        Outcome::Taken(length) => (0, length, [].as_slice()),
        Outcome::Stall => (EPIPE, 0, [].as_slice()),
        Outcome::Dead => (EPROTO, 0, [].as_slice()),
    };
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    let mut message = header(RET_SUBMIT, sequence, status, length);
    message.extend_from_slice(data);
    message
}

/// The answer to an unlink: whether the transfer was taken back, or was done already.
#[must_use]
pub fn unlinked(sequence: u32, taken_back: bool) -> Vec<u8> {
    const ECONNRESET: i32 = -104;
    header(
        RET_UNLINK,
        sequence,
        if taken_back { ECONNRESET } else { 0 },
        0,
    )
}

fn header(command: u32, sequence: u32, status: i32, length: u32) -> Vec<u8> {
    let mut message = Vec::with_capacity(HEADER);
    // Device, direction and endpoint stay 0 in answers.
    for word in [command, sequence, 0, 0, 0, status.cast_unsigned(), length] {
        message.extend_from_slice(&word.to_be_bytes());
    }
    message.resize(HEADER, 0);
    message
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header with these words, and a setup.
    fn message(words: [u32; 10], setup: [u8; 8], data: &[u8]) -> Vec<u8> {
        let mut message: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        message.extend_from_slice(&setup);
        message.extend_from_slice(data);
        message
    }

    #[test]
    fn reads_transfers_and_unlinks_one_after_the_other() {
        let setup = [0x40, 3, 0x1a, 0x40, 1, 0, 0, 0];
        let mut stream = message([1, 7, 65537, 0, 0, 0, 0, 0, 0, 0], setup, &[]);
        stream.extend(message([1, 8, 65537, 0, 2, 0, 3, 0, 0, 0], [0; 8], b"abc"));
        stream.extend(message([1, 9, 65537, 1, 1, 0, 512, 0, 0, 0], [0; 8], &[]));
        stream.extend(message([2, 10, 65537, 0, 0, 9, 0, 0, 0, 0], [0; 8], &[]));
        let mut stream = stream.as_slice();

        let mut submit = || match Request::read(&mut stream).unwrap() {
            Request::Submit(submit) => submit,
            unlink @ Request::Unlink { .. } => panic!("{unlink:?}"),
        };
        let control = submit();
        assert_eq!((control.sequence, control.endpoint), (7, 0));
        assert_eq!(
            control.setup,
            Setup {
                kind: 0x40,
                request: 3,
                value: 0x401a,
                index: 1
            }
        );
        let out = submit();
        assert_eq!((out.endpoint, out.to_host, out.length), (2, false, 3));
        assert_eq!(out.data, b"abc");
        let into = submit();
        assert_eq!((into.endpoint, into.to_host, into.length), (1, true, 512));
        assert!(into.data.is_empty());
        assert_eq!(
            Request::read(&mut stream).unwrap(),
            Request::Unlink {
                sequence: 10,
                victim: 9
            }
        );
        let end = Request::read(&mut stream).unwrap_err();
        assert_eq!(end.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn refuses_what_is_no_request() {
        for words in [
            [5, 1, 0, 0, 0, 0, 0, 0, 0, 0],
            [1, 1, 0, 0, 2, 0, u32::MAX, 0, 0, 0],
        ] {
            let error = Request::read(&mut message(words, [0; 8], &[]).as_slice()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }

    #[test]
    fn answers_have_a_header_of_48_bytes() {
        let sent = submitted(7, Outcome::Sent(b"ab"));
        assert_eq!(sent.len(), 50);
        assert_eq!(&sent[..8], [0, 0, 0, 3, 0, 0, 0, 7]);
        assert_eq!(&sent[20..28], [0, 0, 0, 0, 0, 0, 0, 2]);
        assert_eq!(&sent[48..], b"ab");

        let taken = submitted(8, Outcome::Taken(300));
        assert_eq!((taken.len(), &taken[24..28]), (48, &[0, 0, 1, 44][..]));
        let stall = submitted(9, Outcome::Stall);
        assert_eq!(&stall[20..24], (-32_i32).to_be_bytes());
        assert_eq!(&unlinked(1, true)[20..24], (-104_i32).to_be_bytes());
        assert_eq!(&unlinked(1, false)[..4], [0, 0, 0, 4]);
    }
}
