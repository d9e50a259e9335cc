//! A device whose lines are costly to ask for, as over USB.

use std::future::ready;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use anyserial::device::{BoxFuture, Device, ReadBuf};
use anyserial::reactor::Reactor;
use anyserial::{Capabilities, Counters, ModemLines, Result, SerialConfig};

/// It has one line, CTS, and no bytes.
#[derive(Debug)]
pub(crate) struct Costly {
    reactor: Arc<dyn Reactor>,
    line: Arc<Line>,
}

/// The line, from the outside.
#[derive(Debug, Default)]
pub(crate) struct Line {
    level: AtomicBool,
    changes: AtomicU32,
    questions: AtomicU32,
}

impl Costly {
    pub(crate) fn new(reactor: Arc<dyn Reactor>) -> (Self, Arc<Line>) {
        let line = Arc::<Line>::default();
        let device = Costly {
            reactor,
            line: Arc::clone(&line),
        };
        (device, line)
    }
}

impl Line {
    /// Changes the level; the driver may count that.
    pub(crate) fn toggle(&self, counted: bool) {
        self.level.fetch_xor(true, Ordering::SeqCst);
        self.changes.fetch_add(u32::from(counted), Ordering::SeqCst);
    }

    /// How often the level was asked for.
    pub(crate) fn questions(&self) -> u32 {
        self.questions.load(Ordering::SeqCst)
    }
}

impl Device for Costly {
    fn path(&self) -> &Path {
        Path::new("costly")
    }

    fn poll_read(&self, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Poll::Pending
    }

    fn poll_write(&self, _: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize>> {
        Poll::Ready(Ok(data.len()))
    }

    fn config(&self) -> SerialConfig {
        SerialConfig::default()
    }

    fn configure(&self, _: SerialConfig) -> BoxFuture<'_, Result<()>> {
        Box::pin(ready(Ok(())))
    }

    fn capabilities(&self) -> BoxFuture<'_, Result<Capabilities>> {
        Box::pin(ready(Ok(Capabilities::default())))
    }

    fn modem_lines(&self) -> BoxFuture<'_, Result<ModemLines>> {
        self.line.questions.fetch_add(1, Ordering::SeqCst);
        let lines = ModemLines {
            cts: self.line.level.load(Ordering::SeqCst),
            ..ModemLines::NONE
        };
        Box::pin(ready(Ok(lines)))
    }

    fn lines_are_costly(&self) -> bool {
        true
    }

    fn counters(&self) -> BoxFuture<'_, Result<Counters>> {
        let mut counters = Counters::default();
        counters.cts = self.line.changes.load(Ordering::SeqCst);
        Box::pin(ready(Ok(counters)))
    }

    fn pending_output(&self) -> BoxFuture<'_, Result<Option<Duration>>> {
        Box::pin(ready(Ok(None)))
    }

    fn discard_input(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(ready(Ok(())))
    }

    fn discard_output(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(ready(Ok(())))
    }

    fn input_waiting(&self) -> Result<usize> {
        Ok(0)
    }

    fn output_waiting(&self) -> Result<usize> {
        Ok(0)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.reactor.sleep(duration)
    }

    fn close(&self) -> BoxFuture<'static, Result<()>> {
        Box::pin(ready(Ok(())))
    }
}
