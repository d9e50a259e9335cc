//! `PARMRK`: what the kernel puts between the bytes for breaks and damaged characters.

use crate::received::Fault;

/// Where in a mark the bytes that were read so far have ended.
///
/// With `PARMRK` (see `termios(3)`) a break is `ff 00 00`, a damaged character `X` is `ff 00 X`,
/// and a byte `ff` is `ff ff`. A read can end within any of them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Decoder {
    #[default]
    Between,
    /// After `ff`.
    Escaped,
    /// After `ff 00`.
    Marked,
}

impl Decoder {
    /// Gives the bytes of `raw`, never more than it has, and what is the matter with each.
    pub(super) fn decode(&mut self, raw: &[u8], mut each: impl FnMut(u8, Option<Fault>)) {
        for byte in raw {
            *self = match (*self, *byte) {
                (Decoder::Between, 0xff) => Decoder::Escaped,
                (Decoder::Escaped, 0x00) => Decoder::Marked,
                (Decoder::Marked, byte) => {
                    let fault = if byte == 0 {
                        Fault::Break
                    } else {
                        Fault::Damaged
                    };
                    each(byte, Some(fault));
                    Decoder::Between
                }
                // After an escape this is `ff`: no kernel makes anything else.
                (Decoder::Between | Decoder::Escaped, byte) => {
                    each(byte, None);
                    Decoder::Between
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(chunks: &[&[u8]]) -> Vec<(u8, Option<Fault>)> {
        let mut decoder = Decoder::default();
        let mut decoded = Vec::new();
        for chunk in chunks {
            let before = decoded.len();
            decoder.decode(chunk, |byte, fault| decoded.push((byte, fault)));
            assert!(decoded.len() - before <= chunk.len());
        }
        decoded
    }

    #[test]
    fn decodes_the_same_wherever_it_is_cut() {
        let raw = [
            b'a', 0xff, 0xff, 0xff, 0x00, 0x00, 0xff, 0x00, b'P', 0xff, 0xff, 0x00, 0xff, 0x00,
            0xff,
        ];
        let expected = [
            (b'a', None),
            (0xff, None),
            (0x00, Some(Fault::Break)),
            (b'P', Some(Fault::Damaged)),
            (0xff, None),
            (0x00, None),
            (0xff, Some(Fault::Damaged)),
        ];
        assert_eq!(decode(&[&raw]), expected);
        for cut in 0..raw.len() {
            let (first, second) = raw.split_at(cut);
            assert_eq!(decode(&[first, second]), expected);
        }
        let bytes: Vec<_> = raw.iter().map(std::slice::from_ref).collect();
        assert_eq!(decode(&bytes), expected);
    }
}
