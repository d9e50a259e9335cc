//! A person at the keyboard, by wire.

mod program;
mod session;

use std::time::Duration;

use anyserial::{Buffered, SerialPort};
use futures_lite::future::or;
use smol::{Timer, block_on};

/// No test takes so long unless it hangs.
const LIMIT: Duration = Duration::from_secs(60);

fn run(test: impl Future<Output = ()>) {
    let too_long = async {
        Timer::after(LIMIT).await;
        panic!("this hangs");
    };
    block_on(or(test, too_long));
}

/// Waits until this is shown, and forgets what was before.
async fn see(screen: &mut Buffered<SerialPort>, text: &str) {
    let control = screen.control();
    let wait = screen.receive_until(text.as_bytes(), 1 << 16);
    let outcome = control.timeout(LIMIT / 2, wait).await.map(drop);
    let shown = String::from_utf8_lossy(screen.buffer());
    assert!(outcome.is_ok(), "no {text:?} in {shown:?}: {outcome:?}");
}
