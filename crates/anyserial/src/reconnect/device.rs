//! The device that a reconnecting port talks to.

use std::future::ready;
use std::io::{IoSlice, IoSliceMut};
use std::path::Path;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::link::Link;
use crate::capability::Capabilities;
use crate::config::SerialConfig;
use crate::device::{BoxFuture, Device, Mark, NativeDevice, ReadBuf};
use crate::error::Result;
use crate::lines::{ControlLines, Counters, ModemLines};
use crate::port_info::PortInfo;
use crate::reactor::Direction;

/// Whatever device is there at the moment.
#[derive(Debug)]
pub(super) struct ReconnectingDevice {
    link: Arc<Link>,
}

impl ReconnectingDevice {
    pub(super) fn new(link: Arc<Link>) -> Self {
        ReconnectingDevice { link }
    }

    /// Starts a control operation on the device, if it is there.
    fn control<'a, T: Send + 'a>(
        &'a self,
        operation: impl for<'d> FnOnce(&'d NativeDevice) -> BoxFuture<'d, Result<T>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T>> {
        let device = match self.link.device() {
            Ok(device) => device,
            Err(error) => return Box::pin(ready(Err(error))),
        };
        let mut operation: BoxFuture<'a, Result<T>> = Box::pin(async move {
            let outcome = operation(&device).await;
            self.checked(&device, outcome)
        });
        // A control operation is eager: it begins when it is called. Whoever waits for it polls
        // it again.
        let begun = operation
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        match begun {
            Poll::Ready(outcome) => Box::pin(ready(outcome)),
            Poll::Pending => operation,
        }
    }

    /// An outcome, once it is looked at for the loss of the device.
    fn checked<T>(&self, device: &Arc<NativeDevice>, outcome: Result<T>) -> Result<T> {
        if matches!(&outcome, Err(error) if error.is_disconnected()) {
            self.link.lose(device);
        }
        outcome
    }

    fn poll_write_by(
        &self,
        cx: &mut Context<'_>,
        write: impl FnMut(&NativeDevice, &mut Context<'_>) -> Poll<Result<usize>>,
    ) -> Poll<Result<usize>> {
        let written = self.link.poll_io(Direction::Write, cx, write);
        if let Poll::Ready(Ok(_)) = written {
            self.link.wrote();
        }
        written
    }
}

impl Device for ReconnectingDevice {
    fn path(&self) -> &Path {
        self.link.path()
    }

    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        self.link
            .poll_io(Direction::Read, cx, |device, cx| device.poll_read(cx, buf))
    }

    fn poll_read_marked(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        marks: &mut Vec<Mark>,
    ) -> Poll<Result<()>> {
        self.link.poll_io(Direction::Read, cx, |device, cx| {
            device.poll_read_marked(cx, buf, marks)
        })
    }

    fn poll_write(&self, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize>> {
        self.poll_write_by(cx, |device, cx| device.poll_write(cx, data))
    }

    fn poll_read_vectored(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<Result<usize>> {
        self.link.poll_io(Direction::Read, cx, |device, cx| {
            device.poll_read_vectored(cx, bufs)
        })
    }

    fn poll_write_vectored(
        &self,
        cx: &mut Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        self.poll_write_by(cx, |device, cx| device.poll_write_vectored(cx, data))
    }

    fn config(&self) -> SerialConfig {
        self.link.config()
    }

    fn configure(&self, config: SerialConfig) -> BoxFuture<'_, Result<()>> {
        self.control(move |device| device.configure(config))
    }

    fn info(&self) -> BoxFuture<'_, Result<Option<PortInfo>>> {
        // Known from the search; where the device is gone, asking it says so.
        let asked = self.control(|device| device.info());
        Box::pin(async move {
            asked.await?;
            Ok(Some(self.link.info()))
        })
    }

    fn capabilities(&self) -> BoxFuture<'_, Result<Capabilities>> {
        self.control(|device| device.capabilities())
    }

    fn modem_lines(&self) -> BoxFuture<'_, Result<ModemLines>> {
        self.control(|device| device.modem_lines())
    }

    fn lines_are_costly(&self) -> bool {
        self.link
            .device()
            .is_ok_and(|device| device.lines_are_costly())
    }

    fn control_lines(&self) -> BoxFuture<'_, Result<ControlLines>> {
        self.control(|device| device.control_lines())
    }

    fn set_control_lines(&self, rts: Option<bool>, dtr: Option<bool>) -> BoxFuture<'_, Result<()>> {
        self.control(move |device| device.set_control_lines(rts, dtr))
    }

    fn counters(&self) -> BoxFuture<'_, Result<Counters>> {
        self.control(|device| device.counters())
    }

    fn set_break(&self, on: bool) -> BoxFuture<'_, Result<()>> {
        self.control(move |device| device.set_break(on))
    }

    fn pending_output(&self) -> BoxFuture<'_, Result<Option<Duration>>> {
        // Before asking: what is written meanwhile is not in the answer.
        let written = self.link.written();
        let asked = self.control(|device| device.pending_output());
        Box::pin(async move {
            let pending = asked.await?;
            // What this device has sent is not all that was written.
            if self.link.take_output_lost() {
                return Err(self.link.away_error());
            }
            if pending.is_none() {
                self.link.drained(written);
            }
            Ok(pending)
        })
    }

    fn discard_input(&self) -> BoxFuture<'_, Result<()>> {
        self.control(|device| device.discard_input())
    }

    fn discard_output(&self) -> BoxFuture<'_, Result<()>> {
        self.control(|device| device.discard_output())
    }

    fn input_waiting(&self) -> Result<usize> {
        let device = self.link.device()?;
        self.checked(&device, device.input_waiting())
    }

    fn output_waiting(&self) -> Result<usize> {
        let device = self.link.device()?;
        self.checked(&device, device.output_waiting())
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.link.reactor().sleep(duration)
    }

    fn close(&self) -> BoxFuture<'static, Result<()>> {
        match self.link.close() {
            Some(device) => {
                let closed = device.close();
                // Its owner, so that it closes.
                drop(device);
                closed
            }
            None => Box::pin(ready(Ok(()))),
        }
    }
}
