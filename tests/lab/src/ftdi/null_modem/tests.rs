//! The adapters and their cable without a kernel: requests in, answers out, time told.

use std::time::Duration;

use super::NullModem;
use crate::cable::Side;
use crate::ftdi::usbip::{Request, Setup, Submit};

/// A host that speaks to both adapters.
struct Host {
    cable: NullModem,
    now: Duration,
    sequence: u32,
    /// The numbers of the transfers whose answers carry data.
    to_host: Vec<u32>,
}

/// What an adapter answered: the number of the request, its status, the data.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    sequence: u32,
    status: i32,
    length: u32,
    data: Vec<u8>,
}

const RTS: u16 = 0x0202;
const NO_RTS: u16 = 0x0200;
const DTR: u16 = 0x0101;
/// The divisor of 9600 baud, at which a character takes 1.04 ms.
const BAUD_9600: u16 = 312 | 1 << 14;

impl Host {
    fn new() -> Self {
        let mut host = Host {
            cable: NullModem::new("A", "B", Duration::ZERO),
            now: Duration::ZERO,
            sequence: 0,
            to_host: Vec::new(),
        };
        for side in Side::BOTH {
            host.set(side, 3, BAUD_9600);
            host.set(side, 4, 8);
            // The first one to ask is told the levels of the lines at once.
            host.expect(side);
            assert_eq!(host.answers(side).len(), 1);
        }
        host
    }

    fn submit(&mut self, side: Side, submit: Submit) -> u32 {
        self.sequence += 1;
        let sequence = self.sequence;
        if submit.to_host {
            self.to_host.push(sequence);
        }
        let request = Request::Submit(Submit { sequence, ..submit });
        self.cable.request(side, request, self.now);
        sequence
    }

    /// A request of FTDI's to the adapter. Gives its answer.
    fn vendor(&mut self, side: Side, kind: u8, setup: (u8, u16, u16)) -> Answer {
        let (request, value, index) = setup;
        let submit = Submit {
            sequence: 0,
            endpoint: 0,
            to_host: kind & 0x80 != 0,
            length: 64,
            setup: Setup {
                kind,
                request,
                value,
                index,
            },
            data: Vec::new(),
        };
        let sequence = self.submit(side, submit);
        let mut answers = self.answers(side);
        let position = answers
            .iter()
            .position(|answer| answer.sequence == sequence);
        answers.remove(position.unwrap())
    }

    fn set(&mut self, side: Side, request: u8, value: u16) {
        assert_eq!(self.vendor(side, 0x40, (request, value, 0)).status, 0);
    }

    fn send(&mut self, side: Side, data: &[u8]) -> u32 {
        self.submit(
            side,
            Submit {
                sequence: 0,
                endpoint: 2,
                to_host: false,
                length: data.len(),
                setup: Setup::default(),
                data: data.to_vec(),
            },
        )
    }

    fn expect(&mut self, side: Side) -> u32 {
        self.submit(
            side,
            Submit {
                sequence: 0,
                endpoint: 1,
                to_host: true,
                length: 512,
                setup: Setup::default(),
                data: Vec::new(),
            },
        )
    }

    /// So many transfers to the host, some of which will carry a status alone.
    fn expect_many(&mut self, side: Side) {
        for _ in 0..20 {
            self.expect(side);
        }
    }

    fn pass(&mut self, milliseconds: u64) {
        // As often as the emulation looks.
        for _ in 0..milliseconds {
            self.now += Duration::from_millis(1);
            self.cable.advance(self.now);
        }
    }

    fn answers(&mut self, side: Side) -> Vec<Answer> {
        let replies = self.cable.replies(side);
        let mut replies = replies.as_slice();
        let mut answers = Vec::new();
        while !replies.is_empty() {
            let (header, rest) = replies.split_at(48);
            let word = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().unwrap());
            let has_data = word(0) == 3 && self.to_host.contains(&word(4));
            let length = if has_data { word(24) as usize } else { 0 };
            let (data, rest) = rest.split_at(length);
            answers.push(Answer {
                sequence: word(4),
                status: word(20).cast_signed(),
                length: word(24),
                data: data.to_vec(),
            });
            replies = rest;
        }
        answers
    }

    /// What has arrived at this end since the last time: the bytes, and the errors of each packet
    /// that has one.
    fn received(&mut self, side: Side) -> (Vec<u8>, Vec<(u8, Vec<u8>)>) {
        let (mut bytes, mut errors) = (Vec::new(), Vec::new());
        for answer in self.answers(side) {
            for packet in answer.data.chunks(64) {
                let (status, data) = packet.split_at(2);
                bytes.extend_from_slice(data);
                if status[1] & 0x1e != 0 {
                    errors.push((status[1] & 0x1e, data.to_vec()));
                }
            }
        }
        (bytes, errors)
    }
}

#[test]
fn describes_itself_as_ftdis_chip() {
    let mut host = Host::new();
    let device = host.vendor(Side::Near, 0x80, (6, 0x0100, 0)).data;
    assert_eq!((device.len(), &device[8..12]), (18, &[3, 4, 1, 0x60][..]));
    assert_eq!(host.vendor(Side::Near, 0x80, (6, 0x0200, 0)).data.len(), 32);
    let serial = host.vendor(Side::Far, 0x80, (6, 0x0303, 0)).data;
    assert_eq!(serial, [4, 3, b'B', 0]);
    // What it does not know it refuses.
    assert_eq!(host.vendor(Side::Near, 0x80, (6, 0x0600, 0)).status, -32);
    assert_eq!(host.vendor(Side::Near, 0xc0, (0x90, 0, 0)).status, -32);
    assert_eq!(host.vendor(Side::Near, 0x40, (0x90, 0, 0)).status, -32);
}

#[test]
fn characters_take_their_time_and_arrive_in_order() {
    let mut host = Host::new();
    host.expect_many(Side::Far);
    let data: Vec<u8> = (0..96).collect();
    host.send(Side::Near, &data);
    host.pass(50);
    // 50 ms carry 48 characters. The latency timer of 16 ms holds on to the last of them.
    let (first, errors) = host.received(Side::Far);
    assert!((30..=48).contains(&first.len()), "{}", first.len());
    assert!(errors.is_empty());
    // Half of them are still to be sent, and the chip says so.
    assert_eq!(host.vendor(Side::Near, 0xc0, (5, 0, 0)).data, [0x01, 0]);
    host.expect_many(Side::Far);
    host.pass(70);
    let (second, _) = host.received(Side::Far);
    assert_eq!([first, second].concat(), data);
    assert_eq!(host.vendor(Side::Near, 0xc0, (5, 0, 0)).data, [0x01, 0x60]);
}

#[test]
fn a_transfer_is_done_when_the_transmitter_has_all_of_it() {
    let mut host = Host::new();
    let small = host.send(Side::Near, &[0; 128]);
    let answers = host.answers(Side::Near);
    assert_eq!((answers[0].sequence, answers[0].length), (small, 128));
    let waits = host.send(Side::Near, &[0; 10]);
    assert!(host.answers(Side::Near).is_empty());
    host.pass(11);
    let answers = host.answers(Side::Near);
    assert_eq!((answers[0].sequence, answers[0].length), (waits, 10));
}

#[test]
fn lines_cross_over() {
    let mut host = Host::new();
    let status = |host: &mut Host, side| host.vendor(side, 0xc0, (5, 0, 0)).data[0];
    host.set(Side::Far, 1, RTS);
    assert_eq!(status(&mut host, Side::Near), 0x11);
    host.set(Side::Far, 1, DTR);
    assert_eq!(status(&mut host, Side::Near), 0xb1);
    assert_eq!(status(&mut host, Side::Far), 0x01);
    host.cable.ring(Side::Near, true);
    assert_eq!(status(&mut host, Side::Near), 0xf1);
    // One that is unplugged drives nothing.
    host.cable.unplug(Side::Far, host.now);
    assert_eq!(status(&mut host, Side::Near), 0x41);
}

#[test]
fn one_that_is_gone_answers_questions_with_an_error_and_nothing_else() {
    let mut host = Host::new();
    host.expect(Side::Near);
    host.cable.unplug(Side::Near, host.now);
    host.expect(Side::Near);
    host.send(Side::Near, &[0; 10]);
    host.pass(100);
    assert!(host.answers(Side::Near).is_empty());
    assert_eq!(host.vendor(Side::Near, 0xc0, (5, 0, 0)).status, -71);
    host.cable.plug_in(Side::Near, host.now);
    assert_eq!(host.vendor(Side::Near, 0xc0, (5, 0, 0)).status, 0);
}

#[test]
fn a_change_of_a_line_does_not_wait_for_the_timer() {
    let mut host = Host::new();
    let waits = host.expect(Side::Near);
    host.set(Side::Far, 1, RTS);
    let answers = host.answers(Side::Near);
    assert_eq!(
        (answers[0].sequence, &answers[0].data[..1]),
        (waits, &[0x11][..])
    );
}

#[test]
fn the_latency_timer_is_what_was_set() {
    let mut host = Host::new();
    assert_eq!(host.vendor(Side::Near, 0xc0, (10, 0, 0)).data, [16]);
    host.set(Side::Near, 9, 3);
    assert_eq!(host.vendor(Side::Near, 0xc0, (10, 0, 0)).data, [3]);
    host.expect(Side::Near);
    host.pass(2);
    assert!(host.answers(Side::Near).is_empty());
    host.pass(1);
    assert_eq!(host.answers(Side::Near).len(), 1);
}

#[test]
fn rts_cts_stops_the_transmitter_and_then_the_far_one() {
    let mut host = Host::new();
    assert_eq!(host.vendor(Side::Near, 0x40, (2, 0, 0x0100)).status, 0);
    host.send(Side::Near, b"stop");
    host.expect_many(Side::Far);
    host.pass(50);
    assert!(host.received(Side::Far).0.is_empty());
    host.set(Side::Far, 1, RTS);
    host.pass(50);
    assert_eq!(host.received(Side::Far).0, b"stop");

    // Nothing is expected any more.
    host.pass(1000);
    host.answers(Side::Far);
    // The receiver lets go of RTS by itself while nobody fetches what it has.
    assert_eq!(host.vendor(Side::Far, 0x40, (2, 0, 0x0100)).status, 0);
    for _ in 0..6 {
        host.send(Side::Near, &[b'x'; 100]);
    }
    host.pass(1000);
    assert_eq!(host.vendor(Side::Near, 0xc0, (5, 0, 0)).data[0] & 0x10, 0);
    let mut count = 0;
    for _ in 0..100 {
        host.expect(Side::Far);
        host.pass(20);
        count += host.received(Side::Far).0.len();
    }
    assert_eq!(count, 600);
    // Without flow control what does not fit is lost, and that is told.
    host.set(Side::Far, 1, NO_RTS);
    for side in Side::BOTH {
        host.vendor(side, 0x40, (2, 0, 0));
    }
    for _ in 0..6 {
        host.send(Side::Near, &[b'y'; 100]);
    }
    host.pass(1000);
    let mut errors = Vec::new();
    for _ in 0..10 {
        host.send(Side::Near, b"z");
        host.expect(Side::Far);
        host.pass(20);
        errors.extend(host.received(Side::Far).1);
    }
    assert_eq!(errors, [(0x02, b"z".to_vec())]);
}

#[test]
fn errors_come_one_by_one() {
    let mut host = Host::new();
    host.expect_many(Side::Far);
    host.send(Side::Near, b"ok");
    host.pass(5);
    host.set(Side::Near, 4, 8 | 2 << 8);
    host.send(Side::Near, b"pp");
    host.pass(5);
    host.set(Side::Near, 4, 8);
    host.set(Side::Near, 3, 10_000);
    host.send(Side::Near, b"f");
    host.pass(60);
    let (bytes, errors) = host.received(Side::Far);
    assert_eq!(bytes, b"okppf");
    let character = |flag: u8, byte: u8| (flag, vec![byte]);
    assert_eq!(
        errors,
        [
            character(0x04, b'p'),
            character(0x04, b'p'),
            character(0x08, b'f')
        ]
    );
}

#[test]
fn a_break_is_longer_than_a_character() {
    let mut host = Host::new();
    host.expect_many(Side::Far);
    let breaks = 8 | 1 << 14;
    host.set(Side::Near, 4, breaks);
    host.pass(1);
    host.set(Side::Near, 4, 8);
    host.pass(40);
    assert_eq!(host.received(Side::Far), (vec![], vec![]));

    // However long it is, it is one; and nothing is sent in it.
    host.set(Side::Near, 4, breaks);
    host.send(Side::Near, b"after");
    host.pass(100);
    assert_eq!(host.received(Side::Far), (vec![0], vec![(0x10, vec![0])]));
    host.expect_many(Side::Far);
    host.set(Side::Near, 4, 8);
    host.pass(40);
    assert_eq!(host.received(Side::Far), (b"after".to_vec(), vec![]));
}

#[test]
fn what_is_not_wanted_any_more_is_taken_back_once() {
    let mut host = Host::new();
    let victim = host.expect(Side::Near);
    for taken_back in [true, false] {
        let unlink = Request::Unlink {
            sequence: 1000,
            victim,
        };
        host.cable.request(Side::Near, unlink, host.now);
        let answers = host.answers(Side::Near);
        let status = if taken_back { -104 } else { 0 };
        assert_eq!((answers[0].sequence, answers[0].status), (1000, status));
    }
}

#[test]
fn tells_when_it_is_to_be_looked_at() {
    let mut host = Host::new();
    assert_eq!(host.cable.next_event(), None);
    host.expect(Side::Near);
    assert_eq!(host.cable.next_event(), Some(Duration::from_millis(16)));
    host.send(Side::Near, b"x");
    let character = host.cable.next_event().unwrap();
    assert_eq!(character, Duration::from_nanos(10_000_000_000 / 9600));
}
