//! The cable between two adapters: every line crossed over, and the time that characters take.

use std::time::Duration;

use super::chip::{Chip, Inputs, errors};
use super::usbip::Request;
use crate::cable::Side;

/// Two adapters and the cable between them.
///
/// Data, RTS to CTS, and DTR to DSR and CD go both ways; RI can be driven from outside. A
/// character takes its time at the sender's baud rate. One that the receiver is not set for
/// arrives all the same, with the error that a receiver would note; a break arrives as a
/// character of zeros with its own mark, once it has lasted as long as a character of the
/// receiver.
#[derive(Debug)]
pub struct NullModem {
    near: Chip,
    far: Chip,
    /// Whether RI is driven, at the near and at the far end.
    ringing: [bool; 2],
}

impl NullModem {
    /// Two adapters with these serial numbers.
    #[must_use]
    pub fn new(near: &'static str, far: &'static str, now: Duration) -> Self {
        NullModem {
            near: Chip::new(near, now),
            far: Chip::new(far, now),
            ringing: [false; 2],
        }
    }

    /// Takes a request to the adapter at one end.
    pub fn request(&mut self, side: Side, request: Request, now: Duration) {
        // What happened until now happened with the old settings.
        self.advance(now);
        self.chip(side).request(request, now);
        self.advance(now);
    }

    /// The answers of the adapter at one end.
    pub fn replies(&mut self, side: Side) -> Vec<u8> {
        self.chip(side).replies()
    }

    /// Lets everything happen that happens by now.
    pub fn advance(&mut self, now: Duration) {
        self.cross_lines();
        for side in [Side::Near, Side::Far] {
            loop {
                let (from, to) = self.both(side);
                let character = to.settings.character_time();
                if from.break_is_noticed(character, now) {
                    to.arrive(0, errors::BREAK);
                }
                let Some(byte) = from.transmitted(now) else {
                    break;
                };
                to.arrive(byte, mismatch(from, to));
                to.deliver(now);
                // The receiver may have filled up and ask for a pause.
                self.cross_lines();
            }
        }
        self.near.deliver(now);
        self.far.deliver(now);
        // The receiver may have found room again.
        self.cross_lines();
    }

    /// When something happens next by itself.
    #[must_use]
    pub fn next_event(&self) -> Option<Duration> {
        let events = [self.near.next_event(), self.far.next_event()];
        events.into_iter().flatten().min()
    }

    /// Drives RI at one end.
    pub fn ring(&mut self, side: Side, on: bool) {
        let [near, far] = &mut self.ringing;
        match side {
            Side::Near => *near = on,
            Side::Far => *far = on,
        }
    }

    /// The adapter at one end is there, as it was made.
    pub fn plug_in(&mut self, side: Side, now: Duration) {
        let chip = self.chip(side);
        *chip = Chip::new(chip.serial, now);
    }

    /// The adapter at one end is not there any more: it drives nothing, and a question to
    /// it is answered with an error.
    pub fn unplug(&mut self, side: Side, now: Duration) {
        self.chip(side).die(now);
    }

    fn chip(&mut self, side: Side) -> &mut Chip {
        match side {
            Side::Near => &mut self.near,
            Side::Far => &mut self.far,
        }
    }

    /// The chip at this end and the one at the other.
    fn both(&mut self, side: Side) -> (&mut Chip, &mut Chip) {
        match side {
            Side::Near => (&mut self.near, &mut self.far),
            Side::Far => (&mut self.far, &mut self.near),
        }
    }

    fn cross_lines(&mut self) {
        let [near_rings, far_rings] = self.ringing;
        for (side, ri) in [(Side::Near, near_rings), (Side::Far, far_rings)] {
            let (this, other) = self.both(side);
            this.set_inputs(Inputs {
                cts: other.rts(),
                dsr: other.settings.dtr,
                cd: other.settings.dtr,
                ri,
            });
        }
    }
}

/// What a receiver notes about a character of a sender that is set otherwise.
fn mismatch(from: &Chip, to: &Chip) -> u8 {
    let (sender, receiver) = (&from.settings, &to.settings);
    let mut errors = 0;
    if sender.frame.parity != receiver.frame.parity {
        errors |= errors::PARITY;
    }
    // A receiver tolerates about half a bit per character.
    if sender.baud_rate.abs_diff(receiver.baud_rate) > receiver.baud_rate / 20 {
        errors |= errors::FRAMING;
    }
    errors
}

#[cfg(test)]
mod tests;
