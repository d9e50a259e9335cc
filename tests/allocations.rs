//! What is on the hot path allocates nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use anyserial::{Buffered, SerialPort};
use anyserial_tests::FarEnd;
use futures_lite::future::block_on;

#[test]
fn frames_are_lent_and_not_allocated() {
    let far = FarEnd::new();
    let port = block_on(SerialPort::open(far.path(), 9600)).unwrap();
    // Smaller than the frame: it grows once, and not again.
    let mut port = Buffered::with_capacity(4, port);
    let mut rounds = |count| {
        for _ in 0..count {
            far.write(b"frame one\r\nframe two\r\n");
            for frame in [b"frame one", b"frame two"] {
                let received = block_on(port.receive_until(b"\r\n", 80)).unwrap();
                assert_eq!(received, frame);
            }
        }
    };
    rounds(10);
    let measured = allocation_counter::measure(|| rounds(1000));
    assert_eq!(measured.count_total, 0);
}
