//! A port in memory as a `Device`.

use std::future::ready;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::end::End;
use super::faults::Call;
use super::wire::Taken;
use crate::capability::{Capabilities, Capability};
use crate::config::SerialConfig;
use crate::device::{BoxFuture, Device, Fault, Mark, ReadBuf};
use crate::error::{Error, Result};
use crate::lines::{ControlLines, Counters, ModemLines};
use crate::native::lock;
use crate::port_info::PortInfo;
use crate::reactor::Reactor;

/// A port in memory.
#[derive(Debug)]
pub(super) struct MemoryDevice {
    near: Arc<End>,
    far: Arc<End>,
    reactor: Arc<dyn Reactor>,
    refuse_mismatched: bool,
    arrival: Arrival,
}

/// The timer for the next byte that is under way, and when it is due.
#[derive(Default)]
struct Arrival(Mutex<Option<(Instant, BoxFuture<'static, ()>)>>);

impl std::fmt::Debug for Arrival {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Arrival")
    }
}

impl MemoryDevice {
    pub(super) fn new(
        near: Arc<End>,
        far: Arc<End>,
        reactor: Arc<dyn Reactor>,
        refuse_mismatched: bool,
    ) -> Self {
        near.faults.wake_on_change(&far.tasks);
        MemoryDevice {
            near,
            far,
            reactor,
            refuse_mismatched,
            arrival: Arrival::default(),
        }
    }

    fn disconnected(&self) -> Error {
        Error::Disconnected {
            path: self.near.path.clone(),
            source: Some(io::Error::from(Errno::IO)),
        }
    }

    /// What a hung-up terminal says to everything but reading what has arrived.
    fn check(&self) -> Result<()> {
        if self.near.is_closed() {
            return Err(Error::Closed {
                path: self.near.path.clone(),
            });
        }
        if self.near.is_unplugged() || self.far.is_closed() {
            return Err(self.disconnected());
        }
        Ok(())
    }

    fn control<T: Send + 'static>(
        &self,
        operation: impl FnOnce() -> Result<T>,
    ) -> BoxFuture<'_, Result<T>> {
        let outcome = self.check().and_then(|()| operation());
        Box::pin(ready(outcome))
    }

    /// Whether the far end lets this one send.
    fn is_clear_to_send(&self) -> bool {
        let flow = lock(&self.near.state).config.flow_control;
        let lines = self.near.lines(&self.far);
        (!flow.rts_cts || lines.cts) && (!flow.dtr_dsr || lines.dsr)
    }

    /// Has the far end see, and count, what this one drives now.
    fn lines_changed(&self) {
        self.far.lines(&self.near);
        self.far.tasks.writer.wake();
    }

    /// Refuses to send to an end that would not understand it, if that was asked for.
    fn check_match(&self) -> Result<()> {
        if !self.refuse_mismatched {
            return Ok(());
        }
        let asked = lock(&self.near.state).config;
        let got = lock(&self.far.state).config;
        for (field, asked, got) in [
            (
                "baud_rate",
                asked.baud_rate.to_string(),
                got.baud_rate.to_string(),
            ),
            (
                "data_bits",
                asked.data_bits.to_string(),
                got.data_bits.to_string(),
            ),
            ("parity", asked.parity.to_string(), got.parity.to_string()),
            (
                "stop_bits",
                asked.stop_bits.to_string(),
                got.stop_bits.to_string(),
            ),
        ] {
            if asked != got {
                return Err(Error::UnsupportedConfiguration {
                    path: self.near.path.clone(),
                    field,
                    asked,
                    got: format!("{got} at the far end"),
                });
            }
        }
        Ok(())
    }

    /// Looks for bytes once, and marks those that are no data. `None`: there are none now.
    fn try_read(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        marks: &mut Vec<Mark>,
    ) -> Option<Result<()>> {
        let most = match self.near.faults.with(|faults| faults.reads.next()) {
            Call::Fail => return Some(Err(self.disconnected())),
            Call::Again => {
                cx.waker().wake_by_ref();
                return None;
            }
            Call::Go(most) => most.min(buf.remaining()),
        };
        loop {
            if self.near.is_unplugged() {
                return Some(Err(self.disconnected()));
            }
            // First, for what is sent before the far end closes is to be read before it is seen.
            let far_is_closed = self.far.is_closed();
            let most = self
                .near
                .faults
                .with(|faults| most.min(faults.disconnect_after.unwrap_or(most)));
            let begin = buf.filled();
            let mut breaks = Vec::new();
            let taken = self.near.wire.take(most, |byte, is_break| {
                if is_break {
                    breaks.push(buf.filled());
                }
                buf.put(&[byte]);
            });
            match taken {
                Taken::Some(_) => {
                    *lock(&self.arrival.0) = None;
                    self.received(begin..buf.filled(), &breaks, marks);
                    self.far.tasks.writer.wake();
                    return Some(Ok(()));
                }
                Taken::Later(due) => {
                    let mut timer = lock(&self.arrival.0);
                    let (_, sleep) = match &mut *timer {
                        Some(timer) if timer.0 == due => timer,
                        // None yet, or one for a byte that was discarded meanwhile.
                        other => {
                            let left = due.saturating_duration_since(Instant::now());
                            other.insert((due, self.reactor.sleep(left)))
                        }
                    };
                    match sleep.as_mut().poll(cx) {
                        Poll::Ready(()) => *timer = None,
                        Poll::Pending => return None,
                    }
                }
                Taken::None if far_is_closed => return Some(Err(self.disconnected())),
                Taken::None => return None,
            }
        }
    }

    /// Counts and marks what was received, with its faults.
    fn received(&self, positions: Range<usize>, breaks: &[usize], marks: &mut Vec<Mark>) {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let count = number(positions.len());
        let data = number(positions.len() - breaks.len());
        let ((parity, framing), is_gone) = self
            .near
            .faults
            .with(|faults| (faults.receive(count, data), faults.is_gone()));
        let mut damaged = parity + framing;
        for position in positions {
            let fault = if breaks.contains(&position) {
                Fault::Break
            } else if damaged > 0 {
                damaged -= 1;
                Fault::Damaged
            } else {
                continue;
            };
            marks.push(Mark { position, fault });
        }
        if is_gone {
            self.near.faults.wake();
        }
        let mut state = lock(&self.near.state);
        let counters = &mut state.counters;
        counters.received = counters.received.wrapping_add(count);
        counters.parity = counters.parity.wrapping_add(parity);
        counters.framing = counters.framing.wrapping_add(framing);
    }

    /// Writes once. `None`: there is no room now, or the far end has stopped this one.
    fn try_write(&self, cx: &mut Context<'_>, data: &[u8]) -> Option<Result<usize>> {
        let most = match self.near.faults.with(|faults| faults.writes.next()) {
            Call::Fail => return Some(Err(self.disconnected())),
            Call::Again => {
                cx.waker().wake_by_ref();
                return None;
            }
            Call::Go(most) => most,
        };
        if let Err(error) = self.check().and_then(|()| self.check_match()) {
            return Some(Err(error));
        }
        if !self.is_clear_to_send() {
            return None;
        }
        let data = data.get(..most).unwrap_or(data);
        let (latency, bandwidth) = self
            .near
            .faults
            .with(|faults| (faults.latency, faults.bandwidth));
        let sent = if self.far.is_unplugged() {
            // The wire ends in the air.
            data.len()
        } else {
            self.far.wire.put(data, latency, bandwidth)
        };
        if sent == 0 {
            return None;
        }
        let mut state = lock(&self.near.state);
        let count = u32::try_from(sent).unwrap_or(u32::MAX);
        state.counters.transmitted = state.counters.transmitted.wrapping_add(count);
        drop(state);
        self.far.tasks.reader.wake();
        Some(Ok(sent))
    }
}

impl Device for MemoryDevice {
    fn path(&self) -> &Path {
        &self.near.path
    }

    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        self.poll_read_marked(cx, buf, &mut Vec::new())
    }

    fn poll_read_marked(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        marks: &mut Vec<Mark>,
    ) -> Poll<Result<()>> {
        // Before looking: see `WakerSlot`.
        self.near.tasks.reader.register(cx.waker());
        self.try_read(cx, buf, marks)
            .map_or(Poll::Pending, Poll::Ready)
    }

    fn poll_write(&self, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize>> {
        self.near.tasks.writer.register(cx.waker());
        self.try_write(cx, data).map_or(Poll::Pending, Poll::Ready)
    }

    fn config(&self) -> SerialConfig {
        lock(&self.near.state).config
    }

    fn configure(&self, config: SerialConfig) -> BoxFuture<'_, Result<()>> {
        self.control(|| {
            config.validate()?;
            let mut state = lock(&self.near.state);
            config.validate_change(&state.config)?;
            state.config = config;
            drop(state);
            // Flow control may have been what it waited for.
            self.near.tasks.writer.wake();
            Ok(())
        })
    }

    fn info(&self) -> BoxFuture<'_, Result<Option<PortInfo>>> {
        self.control(|| Ok(None))
    }

    fn capabilities(&self) -> BoxFuture<'_, Result<Capabilities>> {
        self.control(|| {
            Ok(Capabilities {
                modem_lines: Capability::Supported,
                control_lines: Capability::Supported,
                counters: Capability::Supported,
                break_signal: Capability::Supported,
                rts_cts: Capability::Supported,
                xon_xoff: Capability::Unsupported,
                dtr_dsr: Capability::Supported,
                mark_space_parity: Capability::Supported,
                custom_baud_rate: Capability::Supported,
                low_latency: Capability::Supported,
                rs485: Capability::Supported,
                transmitter_status: Capability::Supported,
                exclusive: Capability::Supported,
            })
        })
    }

    fn modem_lines(&self) -> BoxFuture<'_, Result<ModemLines>> {
        self.control(|| Ok(self.near.lines(&self.far)))
    }

    fn control_lines(&self) -> BoxFuture<'_, Result<ControlLines>> {
        self.control(|| Ok(lock(&self.near.state).control))
    }

    fn set_control_lines(&self, rts: Option<bool>, dtr: Option<bool>) -> BoxFuture<'_, Result<()>> {
        self.control(|| {
            {
                let control = &mut lock(&self.near.state).control;
                control.rts = rts.unwrap_or(control.rts);
                control.dtr = dtr.unwrap_or(control.dtr);
            }
            self.lines_changed();
            Ok(())
        })
    }

    fn counters(&self) -> BoxFuture<'_, Result<Counters>> {
        self.control(|| {
            self.near.lines(&self.far);
            Ok(lock(&self.near.state).counters)
        })
    }

    fn set_break(&self, on: bool) -> BoxFuture<'_, Result<()>> {
        self.control(|| {
            let was_on = std::mem::replace(&mut lock(&self.near.state).in_break, on);
            if on && !was_on {
                self.far.wire.put_break();
                let mut far = lock(&self.far.state);
                far.counters.breaks = far.counters.breaks.wrapping_add(1);
                drop(far);
                self.far.tasks.reader.wake();
            }
            Ok(())
        })
    }

    fn pending_output(&self) -> BoxFuture<'_, Result<Option<Duration>>> {
        self.control(|| Ok(self.far.wire.sending()))
    }

    fn discard_input(&self) -> BoxFuture<'_, Result<()>> {
        self.control(|| {
            self.near.wire.discard_arrived();
            self.far.tasks.writer.wake();
            Ok(())
        })
    }

    fn discard_output(&self) -> BoxFuture<'_, Result<()>> {
        self.control(|| {
            let latency = self.near.faults.with(|faults| faults.latency);
            self.far.wire.discard_sending(latency);
            self.near.tasks.writer.wake();
            Ok(())
        })
    }

    fn input_waiting(&self) -> Result<usize> {
        self.check()?;
        Ok(self.near.wire.arrived())
    }

    fn output_waiting(&self) -> Result<usize> {
        self.check()?;
        let bandwidth = self.near.faults.with(|faults| faults.bandwidth);
        let (Some(left), Some(bandwidth)) = (self.far.wire.sending(), bandwidth) else {
            return Ok(0);
        };
        let bytes = left.as_nanos() * u128::from(bandwidth) / 1_000_000_000 + 1;
        Ok(usize::try_from(bytes).unwrap_or(usize::MAX))
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.reactor.sleep(duration)
    }

    fn close(&self) -> BoxFuture<'static, Result<()>> {
        if !self.near.closed.swap(true, Ordering::SeqCst) {
            self.near.wire.clear();
            self.lines_changed();
            // Both: the end of the wire is news to a reader, and to a writer who waits for room.
            self.far.tasks.reader.wake();
        }
        Box::pin(ready(Ok(())))
    }
}
