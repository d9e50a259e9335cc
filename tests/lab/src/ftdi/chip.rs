//! One FT232BM: a UART behind a USB interface.
//!
//! It knows no clock and no socket: the caller tells the time, as a duration since any moment,
//! and passes requests and answers on.

use std::collections::VecDeque;
use std::time::Duration;

use super::usbip::{self, Outcome, Request, Submit};

/// What one USB packet carries, of which the first two bytes are status.
const PACKET: usize = 64;
const STATUS: usize = 2;
/// The FIFO towards the line, and the one from it.
const TRANSMIT_FIFO: usize = 128;
const RECEIVE_FIFO: usize = 384;
/// With RTS/CTS on, the far end is stopped while there is room for less than this.
const RESERVE: usize = 32;
/// If nobody asks for longer, the line has rested: what was missed is not made up for, as it
/// would overrun a host that slept just as long.
const LAG: Duration = Duration::from_millis(20);

/// Errors that a character arrived with: bits of the second status byte.
pub(super) mod errors {
    pub(in crate::ftdi) const OVERRUN: u8 = 0x02;
    pub(in crate::ftdi) const PARITY: u8 = 0x04;
    pub(in crate::ftdi) const FRAMING: u8 = 0x08;
    pub(in crate::ftdi) const BREAK: u8 = 0x10;
}

/// The adapter.
#[derive(Debug)]
pub struct Chip {
    /// The serial number in its descriptors.
    pub(super) serial: &'static str,
    pub(super) settings: Settings,
    /// What the far end drives.
    inputs: Inputs,
    /// Transfers from the host of which the transmitter has not taken everything.
    outgoing: VecDeque<Outgoing>,
    transmit: VecDeque<u8>,
    /// When the transmitter begins, or has begun, the next character.
    line_free: Duration,
    receive: VecDeque<Received>,
    overrun: bool,
    /// Transfers that the host waits for: their numbers and lengths.
    incoming: VecDeque<(u32, usize)>,
    sent_status: u8,
    sent_at: Duration,
    replies: Vec<u8>,
    /// It is not there: every transfer fails.
    is_dead: bool,
}

/// What the host has set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) baud_rate: u32,
    pub(super) frame: Frame,
    pub(super) rts: bool,
    pub(super) dtr: bool,
    pub(super) rts_cts: bool,
    /// Since when there is a break, and whether the far end has noticed.
    pub(super) breaking: Option<(Duration, bool)>,
    /// In milliseconds.
    pub(super) latency: u8,
}

/// What a character looks like on the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) data_bits: u8,
    /// As in FTDI's request: 0 none, 1 odd, 2 even, 3 mark, 4 space.
    pub(super) parity: u8,
    pub(super) stop_half_bits: u8,
}

/// The lines that the far end drives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Inputs {
    pub(super) cts: bool,
    pub(super) dsr: bool,
    pub(super) ri: bool,
    pub(super) cd: bool,
}

#[derive(Debug)]
struct Outgoing {
    sequence: u32,
    data: Vec<u8>,
    taken: usize,
}

#[derive(Debug, Clone, Copy)]
struct Received {
    byte: u8,
    errors: u8,
}

impl Chip {
    /// An adapter that was just plugged in.
    #[must_use]
    pub fn new(serial: &'static str, now: Duration) -> Self {
        Chip {
            serial,
            settings: Settings {
                baud_rate: 9600,
                frame: Frame {
                    data_bits: 8,
                    parity: 0,
                    stop_half_bits: 2,
                },
                rts: false,
                dtr: false,
                rts_cts: false,
                breaking: None,
                latency: 16,
            },
            inputs: Inputs::default(),
            outgoing: VecDeque::new(),
            transmit: VecDeque::new(),
            line_free: now,
            receive: VecDeque::new(),
            overrun: false,
            incoming: VecDeque::new(),
            sent_status: 0,
            sent_at: now,
            replies: Vec::new(),
            is_dead: false,
        }
    }

    /// Takes a request. What can be answered now is answered in [`replies`](Chip::replies).
    pub fn request(&mut self, request: Request, now: Duration) {
        match request {
            Request::Submit(submit) if self.is_dead => {
                // Drivers send and fetch anew after an error, over and over.
                if submit.endpoint == 0 {
                    self.reply(submit.sequence, Outcome::Dead);
                }
            }
            Request::Submit(submit) if submit.endpoint == 0 => self.control(&submit, now),
            Request::Submit(submit) if submit.to_host => {
                self.incoming.push_back((submit.sequence, submit.length));
            }
            Request::Submit(Submit { sequence, data, .. }) => {
                self.rest_until(now);
                self.outgoing.push_back(Outgoing {
                    sequence,
                    data,
                    taken: 0,
                });
                self.fill_transmitter();
            }
            Request::Unlink { sequence, victim } => self.unlink(sequence, victim),
        }
    }

    /// The adapter is gone: it drives nothing, and what it is asked for fails. What it was asked
    /// to send or take before, the kernel takes back by itself.
    pub(super) fn die(&mut self, now: Duration) {
        *self = Chip {
            is_dead: true,
            ..Chip::new(self.serial, now)
        };
    }

    /// The answers so far, as they go to the host.
    pub fn replies(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.replies)
    }

    pub(super) fn reply(&mut self, sequence: u32, outcome: Outcome<'_>) {
        self.replies
            .extend_from_slice(&usbip::submitted(sequence, outcome));
    }

    /// The level of RTS, which the chip drives by itself if RTS/CTS is on.
    pub(super) fn rts(&self) -> bool {
        let is_full = self.receive.len() > RECEIVE_FIFO - RESERVE;
        self.settings.rts && !(self.settings.rts_cts && is_full)
    }

    pub(super) fn set_inputs(&mut self, inputs: Inputs) {
        self.inputs = inputs;
    }

    /// The character that has left the transmitter next, if one has by now.
    pub(super) fn transmitted(&mut self, now: Duration) -> Option<u8> {
        if self.transmit.is_empty() || self.is_held() {
            self.rest_until(now);
            return None;
        }
        let character = self.settings.character_time();
        self.line_free = self.line_free.max(now.saturating_sub(LAG + character));
        if self.line_free + character > now {
            return None;
        }
        self.line_free += character;
        let byte = self.transmit.pop_front();
        self.fill_transmitter();
        byte
    }

    /// Whether the transmitter stands still although it may have something to send.
    fn is_held(&self) -> bool {
        self.settings.breaking.is_some() || self.settings.rts_cts && !self.inputs.cts
    }

    /// Whether a break has lasted for a character of the far end, which is then told, once.
    pub(super) fn break_is_noticed(&mut self, character: Duration, now: Duration) -> bool {
        match &mut self.settings.breaking {
            Some((since, noticed @ false)) if *since + character <= now => {
                *noticed = true;
                true
            }
            _ => false,
        }
    }

    /// A character arrives from the line.
    pub(super) fn arrive(&mut self, byte: u8, mut errors: u8) {
        if self.receive.len() == RECEIVE_FIFO {
            self.overrun = true;
            return;
        }
        if std::mem::take(&mut self.overrun) {
            errors |= errors::OVERRUN;
        }
        self.receive.push_back(Received { byte, errors });
    }

    /// Answers the transfers that the host waits for, if there is reason to: a full packet, a
    /// line that changed, or the latency timer.
    pub(super) fn deliver(&mut self, now: Duration) {
        let is_due = self.receive.len() >= PACKET - STATUS
            || self.modem_status() != self.sent_status
            || now >= self.sent_at + self.settings.latency_time();
        if !is_due {
            return;
        }
        while let Some((sequence, length)) = self.incoming.pop_front() {
            let transfer = self.transfer(length);
            self.reply(sequence, Outcome::Sent(&transfer));
            self.sent_status = self.modem_status();
            self.sent_at = now;
            if self.receive.is_empty() {
                break;
            }
        }
    }

    /// When this chip has something to do by itself.
    pub(super) fn next_event(&self) -> Option<Duration> {
        let character = self.settings.character_time();
        let transmits = !self.transmit.is_empty() && !self.is_held();
        let sent = transmits.then_some(self.line_free + character);
        let waits = !self.incoming.is_empty();
        let timer = waits.then_some(self.sent_at + self.settings.latency_time());
        let noticed = match self.settings.breaking {
            Some((since, false)) => Some(since + character),
            _ => None,
        };
        [sent, timer, noticed].into_iter().flatten().min()
    }

    /// The first status byte: the lines.
    pub(super) fn modem_status(&self) -> u8 {
        // The lowest bit stands for packets of 64 bytes.
        let mut status = 0x01;
        for (line, bit) in [
            (self.inputs.cts, 0x10),
            (self.inputs.dsr, 0x20),
            (self.inputs.ri, 0x40),
            (self.inputs.cd, 0x80),
        ] {
            if line {
                status |= bit;
            }
        }
        status
    }

    /// The second status byte without errors: whether the transmitter is empty.
    pub(super) fn line_status(&self) -> u8 {
        const EMPTY: u8 = 0x60;
        if self.transmit.is_empty() && self.outgoing.is_empty() {
            EMPTY
        } else {
            0
        }
    }

    /// Throws away what came from the line.
    pub(super) fn purge_receiver(&mut self) {
        self.receive.clear();
    }

    /// Throws away what has not left for the line.
    pub(super) fn purge_transmitter(&mut self) {
        self.transmit.clear();
        self.fill_transmitter();
    }

    /// The line was at rest until now.
    pub(super) fn rest_until(&mut self, now: Duration) {
        if self.transmit.is_empty() || self.is_held() {
            self.line_free = self.line_free.max(now);
        }
    }

    fn fill_transmitter(&mut self) {
        while let Some(first) = self.outgoing.front_mut() {
            let room = TRANSMIT_FIFO.saturating_sub(self.transmit.len());
            let left = first.data.get(first.taken..).unwrap_or_default();
            let taken = left.len().min(room);
            self.transmit.extend(left.iter().take(taken));
            first.taken += taken;
            if first.taken < first.data.len() {
                return;
            }
            let (sequence, taken) = (first.sequence, first.taken);
            self.outgoing.pop_front();
            self.reply(sequence, Outcome::Taken(taken));
        }
    }

    /// One transfer to the host: whole packets, the last of which may be short.
    fn transfer(&mut self, length: usize) -> Vec<u8> {
        let mut transfer = Vec::new();
        loop {
            let room = (length - transfer.len()).min(PACKET).saturating_sub(STATUS);
            let (errors, bytes) = self.packet(room);
            transfer.extend([self.modem_status(), self.line_status() | errors]);
            transfer.extend_from_slice(&bytes);
            let is_full = bytes.len() == PACKET - STATUS;
            if !is_full || self.receive.is_empty() || length - transfer.len() < PACKET {
                return transfer;
            }
        }
    }

    /// The errors of a packet concern all of it, so a character with one has its own.
    fn packet(&mut self, room: usize) -> (u8, Vec<u8>) {
        if let Some(first) = self.receive.front().copied()
            && first.errors != 0
            && room > 0
        {
            self.receive.pop_front();
            return (first.errors, vec![first.byte]);
        }
        let clean = self.receive.iter().take(room);
        let count = clean.take_while(|received| received.errors == 0).count();
        let bytes = self.receive.drain(..count).map(|received| received.byte);
        (0, bytes.collect())
    }

    fn unlink(&mut self, sequence: u32, victim: u32) {
        let before = self.incoming.len() + self.outgoing.len();
        self.incoming.retain(|(number, _)| *number != victim);
        self.outgoing.retain(|out| out.sequence != victim);
        let is_taken_back = self.incoming.len() + self.outgoing.len() < before;
        self.replies
            .extend_from_slice(&usbip::unlinked(sequence, is_taken_back));
    }
}

impl Settings {
    /// How long one character takes on the line.
    pub(super) fn character_time(&self) -> Duration {
        let half_bits = 2 // the start bit
            + 2 * u64::from(self.frame.data_bits)
            + 2 * u64::from(self.frame.parity != 0)
            + u64::from(self.frame.stop_half_bits);
        Duration::from_nanos(half_bits * 500_000_000 / u64::from(self.baud_rate.max(1)))
    }

    fn latency_time(&self) -> Duration {
        Duration::from_millis(u64::from(self.latency.max(1)))
    }
}
