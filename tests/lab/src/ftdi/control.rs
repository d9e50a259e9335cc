//! The control pipe: what a device says of itself, and FTDI's own requests.

use std::time::Duration;

use super::chip::{Chip, Frame};
use super::usbip::{Outcome, Setup, Submit};

/// USB 2.0, table 9-4: the standard requests that a host makes of such a device.
mod standard {
    pub(super) const GET_STATUS: u8 = 0;
    pub(super) const CLEAR_FEATURE: u8 = 1;
    pub(super) const GET_DESCRIPTOR: u8 = 6;
    pub(super) const SET_CONFIGURATION: u8 = 9;
    pub(super) const SET_INTERFACE: u8 = 11;
}

/// FTDI's requests, by Linux `drivers/usb/serial/ftdi_sio.h`.
mod sio {
    pub(super) const RESET: u8 = 0;
    pub(super) const SET_MODEM_CTRL: u8 = 1;
    pub(super) const SET_FLOW_CTRL: u8 = 2;
    pub(super) const SET_BAUD_RATE: u8 = 3;
    pub(super) const SET_DATA: u8 = 4;
    pub(super) const GET_MODEM_STATUS: u8 = 5;
    pub(super) const SET_EVENT_CHAR: u8 = 6;
    pub(super) const SET_ERROR_CHAR: u8 = 7;
    pub(super) const SET_LATENCY_TIMER: u8 = 9;
    pub(super) const GET_LATENCY_TIMER: u8 = 10;
}

/// Bits of a request's kind: whose vocabulary it is from.
const TYPE: u8 = 0x60;
const VENDOR: u8 = 0x40;

const DEVICE: [u8; 18] = [
    18, 1, // length, type
    0x00, 0x02, // USB 2.0
    0, 0, 0, // the class is the interface's
    8, // bytes per packet of the control pipe
    0x03, 0x04, 0x01, 0x60, // 0403:6001
    0x00, 0x04, // an FT232BM
    1, 2, 3, // strings: maker, product, serial number
    1, // configurations
];

const CONFIGURATION: [u8; 32] = [
    9, 2, 32, 0, 1, 1, 0, 0x80, 45, // one interface, 90 mA
    9, 4, 0, 0, 2, 0xff, 0xff, 0xff, 2, // two endpoints, a class of its own
    7, 5, 0x81, 2, 64, 0, 0, // bulk to the host
    7, 5, 0x02, 2, 64, 0, 0, // bulk from the host
];

impl Chip {
    /// Answers a control transfer.
    pub(super) fn control(&mut self, submit: &Submit, now: Duration) {
        let setup = submit.setup;
        let sequence = submit.sequence;
        if setup.kind & Setup::TO_HOST == 0 {
            let known = match setup.kind & TYPE {
                VENDOR => self.set(setup, now),
                _ => matches!(
                    setup.request,
                    standard::CLEAR_FEATURE | standard::SET_CONFIGURATION | standard::SET_INTERFACE
                ),
            };
            let outcome = if known {
                Outcome::Taken(submit.data.len())
            } else {
                Outcome::Stall
            };
            return self.reply(sequence, outcome);
        }
        let answer = match setup.kind & TYPE {
            VENDOR => self.tell(setup),
            _ => self.describe(setup),
        };
        match answer {
            Some(mut answer) => {
                answer.truncate(submit.length);
                self.reply(sequence, Outcome::Sent(&answer));
            }
            None => self.reply(sequence, Outcome::Stall),
        }
    }

    /// Whether this is a request of FTDI's, which then is done.
    fn set(&mut self, setup: Setup, now: Duration) -> bool {
        let [low, high] = setup.value.to_le_bytes();
        let [_, index_high] = setup.index.to_le_bytes();
        match setup.request {
            sio::RESET => {
                // 1 and 2 concern one direction, 0 both.
                if low != 2 {
                    self.purge_receiver();
                }
                if low != 1 {
                    self.purge_transmitter();
                }
            }
            // The high byte tells which lines are meant, the low one their levels.
            sio::SET_MODEM_CTRL => {
                if high & 1 != 0 {
                    self.settings.dtr = low & 1 != 0;
                }
                if high & 2 != 0 {
                    self.settings.rts = low & 2 != 0;
                }
            }
            sio::SET_FLOW_CTRL => self.settings.rts_cts = index_high & 1 != 0,
            sio::SET_BAUD_RATE => self.settings.baud_rate = baud_rate(setup.value, setup.index),
            sio::SET_DATA => {
                self.settings.frame = Frame {
                    data_bits: low,
                    parity: high & 7,
                    stop_half_bits: 2 + (high >> 3 & 3),
                };
                let breaks = high & 0x40 != 0;
                if breaks != self.settings.breaking.is_some() {
                    // A break that ends leaves the line at rest.
                    self.rest_until(now);
                    self.settings.breaking = breaks.then_some((now, false));
                }
            }
            sio::SET_LATENCY_TIMER => self.settings.latency = low,
            sio::SET_EVENT_CHAR | sio::SET_ERROR_CHAR => {}
            _ => return false,
        }
        true
    }

    fn tell(&self, setup: Setup) -> Option<Vec<u8>> {
        match setup.request {
            sio::GET_MODEM_STATUS => Some(vec![self.modem_status(), self.line_status()]),
            sio::GET_LATENCY_TIMER => Some(vec![self.settings.latency]),
            _ => None,
        }
    }

    fn describe(&self, setup: Setup) -> Option<Vec<u8>> {
        match setup.request {
            standard::GET_STATUS => Some(vec![0, 0]),
            standard::GET_DESCRIPTOR => match setup.value.to_be_bytes() {
                [1, _] => Some(DEVICE.to_vec()),
                [2, _] => Some(CONFIGURATION.to_vec()),
                // The languages that there are: English.
                [3, 0] => Some(vec![4, 3, 0x09, 0x04]),
                [3, 1] => Some(string("anyserial lab")),
                [3, 2] => Some(string("FTDI null modem")),
                [3, 3] => Some(string(self.serial)),
                _ => None,
            },
            _ => None,
        }
    }
}

fn string(text: &str) -> Vec<u8> {
    let mut descriptor = vec![0, 3];
    descriptor.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let length = u8::try_from(descriptor.len()).unwrap_or(u8::MAX);
    if let Some(first) = descriptor.first_mut() {
        *first = length;
    }
    descriptor
}

/// The baud rate of a divisor of 3 MHz, whose eighths are in a code of three bits.
fn baud_rate(value: u16, index: u16) -> u32 {
    const EIGHTHS: [u32; 8] = [0, 4, 2, 1, 3, 5, 6, 7];
    let code = usize::from(value >> 14 | (index & 1) << 2);
    let eighths = EIGHTHS.get(code).copied().unwrap_or_default();
    match (u32::from(value & 0x3fff), eighths) {
        (0, 0) => 3_000_000,
        (1, 0) => 2_000_000,
        (whole, eighths) => 24_000_000 / (8 * whole + eighths),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_divisors() {
        // 3 MHz by 312.5, by 26, by 10000, and the two that stand for themselves.
        assert_eq!(baud_rate(312 | 1 << 14, 0), 9600);
        assert_eq!(baud_rate(26, 0), 115_384);
        assert_eq!(baud_rate(10_000, 0), 300);
        assert_eq!(baud_rate(0, 0), 3_000_000);
        assert_eq!(baud_rate(1, 0), 2_000_000);
        // 1 + 7/8: the top bit of the eighths is in the index.
        assert_eq!(baud_rate(1 | 3 << 14, 1), 1_600_000);
    }

    #[test]
    fn strings_are_utf_16() {
        assert_eq!(string("AB"), [6, 3, b'A', 0, b'B', 0]);
    }
}
