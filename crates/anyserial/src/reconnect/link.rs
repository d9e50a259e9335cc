//! The device that there is at the moment, and the search for it while there is none.

use std::collections::VecDeque;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker, ready};

use super::search::{departure, search};
use super::{LinkEvent, WhileAway};
use crate::config::SerialConfig;
use crate::device::{BoxFuture, Device, NativeDevice};
use crate::discovery::Ports;
use crate::error::{Error, Result};
use crate::native::lock;
use crate::port_filter::PortFilter;
use crate::port_info::PortInfo;
use crate::reactor::{Direction, Reactor};
use crate::waker_slot::WakerSlot;

/// How many events are kept for who does not take them.
const EVENTS: usize = 256;

/// What a port and its events share.
pub(super) struct Link {
    ports: Ports,
    path: PathBuf,
    while_away: WhileAway,
    identity: PortFilter,
    tasks: Arc<Tasks>,
    /// How many writes there were, and how many of them a drain has seen leave.
    written: AtomicU64,
    drained: AtomicU64,
    state: Mutex<State>,
}

struct State {
    /// `None` while it is away.
    device: Option<Arc<NativeDevice>>,
    /// The device, or the one that was lost.
    info: PortInfo,
    /// What was in force when it was lost.
    config: SerialConfig,
    search: Option<BoxFuture<'static, Result<(NativeDevice, PortInfo)>>>,
    /// Ready once the device has gone, for who waits for that and nothing else.
    departure: Option<BoxFuture<'static, Result<()>>>,
    events: VecDeque<LinkEvent>,
    /// Output was lost with the device, and no drain has said so.
    output_lost: bool,
    closed: bool,
}

/// Those who wait. Each of them drives the search, so it wakes all.
#[derive(Debug, Default)]
struct Tasks {
    reader: WakerSlot,
    writer: WakerSlot,
    watcher: WakerSlot,
}

impl Wake for Tasks {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.reader.wake();
        self.writer.wake();
        self.watcher.wake();
    }
}

impl Link {
    pub(super) fn new(
        ports: Ports,
        while_away: WhileAway,
        identity: PortFilter,
        info: PortInfo,
        device: NativeDevice,
    ) -> Self {
        Link {
            ports,
            path: info.device.clone(),
            while_away,
            identity,
            tasks: Arc::default(),
            written: AtomicU64::new(0),
            drained: AtomicU64::new(0),
            state: Mutex::new(State {
                config: device.config(),
                device: Some(Arc::new(device)),
                info,
                search: None,
                departure: None,
                events: VecDeque::new(),
                output_lost: false,
                closed: false,
            }),
        }
    }

    /// The path that the port was opened with.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn reactor(&self) -> &dyn Reactor {
        &*self.ports.reactor
    }

    /// The settings in force, or those that will be.
    pub(super) fn config(&self) -> SerialConfig {
        let state = lock(&self.state);
        state
            .device
            .as_ref()
            .map_or(state.config, |device| device.config())
    }

    pub(super) fn info(&self) -> PortInfo {
        lock(&self.state).info.clone()
    }

    /// The device, for an operation that does not wait for it.
    pub(super) fn device(&self) -> Result<Arc<NativeDevice>> {
        let state = lock(&self.state);
        if state.closed {
            return Err(self.closed_error());
        }
        state.device.clone().ok_or_else(|| self.away_error())
    }

    /// Runs an operation of reading or writing on the device, and on the next one if that is lost.
    pub(super) fn poll_io<T>(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        mut operation: impl FnMut(&NativeDevice, &mut Context<'_>) -> Poll<Result<T>>,
    ) -> Poll<Result<T>> {
        let slot = match direction {
            Direction::Read => &self.tasks.reader,
            Direction::Write => &self.tasks.writer,
        };
        // Before all looks: who loses the device for another operation wakes this one.
        slot.register(cx.waker());
        loop {
            let device = match self.poll_device() {
                Poll::Pending if self.while_away == WhileAway::Fail => {
                    return Poll::Ready(Err(self.away_error()));
                }
                device => ready!(device)?,
            };
            let outcome = operation(&device, cx);
            match &outcome {
                Poll::Ready(Err(error)) if error.is_disconnected() => self.lose(&device),
                _ => return outcome,
            }
            if self.while_away == WhileAway::Fail {
                return outcome;
            }
        }
    }

    pub(super) fn poll_event(&self, cx: &mut Context<'_>) -> Poll<Option<Result<LinkEvent>>> {
        self.tasks.watcher.register(cx.waker());
        loop {
            let mut state = lock(&self.state);
            if let Some(event) = state.events.pop_front() {
                return Poll::Ready(Some(Ok(event)));
            }
            if state.closed {
                return Poll::Ready(None);
            }
            drop(state);
            let done = match ready!(self.poll_device()) {
                Ok(device) => ready!(self.poll_departure(&device, cx)),
                // Closed just now, which ends the stream.
                Err(Error::Closed { .. }) => continue,
                Err(error) => Err(error),
            };
            if let Err(error) = done {
                return Poll::Ready(Some(Err(error)));
            }
        }
    }

    /// Gives up a device that is gone. Of several operations that meet the loss, the first does.
    pub(super) fn lose(&self, lost: &Arc<NativeDevice>) {
        let mut state = lock(&self.state);
        let is_current = |device: &Arc<NativeDevice>| Arc::ptr_eq(device, lost);
        let Some(device) = state.device.take_if(|device| is_current(device)) else {
            return;
        };
        let departure = state.departure.take();
        state.config = device.config();
        let written = self.written();
        state.output_lost |= self.drained.swap(written, Ordering::SeqCst) < written;
        let info = state.info.clone();
        state.tell(LinkEvent::Lost(info));
        drop(state);
        // Gives up its locks and its name, so that the device can come back under it.
        drop(device.close());
        drop((device, departure));
        self.tasks.wake_by_ref();
    }

    /// Notes that output was written.
    pub(super) fn wrote(&self) {
        self.written.fetch_add(1, Ordering::SeqCst);
    }

    /// How many writes there were.
    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::SeqCst)
    }

    /// Notes that all output of so many writes has left.
    pub(super) fn drained(&self, writes: u64) {
        self.drained.fetch_max(writes, Ordering::SeqCst);
    }

    /// Whether output was lost. It is asked by a drain, and told once.
    pub(super) fn take_output_lost(&self) -> bool {
        std::mem::take(&mut lock(&self.state).output_lost)
    }

    pub(super) fn close(&self) -> Option<Arc<NativeDevice>> {
        let mut state = lock(&self.state);
        state.closed = true;
        let device = state.device.take();
        let waits = (state.search.take(), state.departure.take());
        drop(state);
        drop(waits);
        self.tasks.wake_by_ref();
        device
    }

    /// The device, once it is there. Whoever waits for it has registered its waker before.
    fn poll_device(&self) -> Poll<Result<Arc<NativeDevice>>> {
        let mut state = lock(&self.state);
        if state.closed {
            return Poll::Ready(Err(self.closed_error()));
        }
        if let Some(device) = &state.device {
            return Poll::Ready(Ok(Arc::clone(device)));
        }
        let search = match state.search.take() {
            Some(search) => search,
            None => {
                let (ports, identity) = (self.ports.clone(), self.identity.clone());
                let location = state.info.usb.as_ref().map(|usb| usb.location.clone());
                Box::pin(search(ports, identity, location, state.config))
            }
        };
        let waker = Waker::from(Arc::clone(&self.tasks));
        let search = state.search.insert(search);
        let found = ready!(search.as_mut().poll(&mut Context::from_waker(&waker)));
        state.search = None;
        let (device, info) = found?;
        let device = Arc::new(device);
        state.device = Some(Arc::clone(&device));
        state.info = info.clone();
        state.tell(LinkEvent::Returned(info));
        drop(state);
        self.tasks.wake_by_ref();
        Poll::Ready(Ok(device))
    }

    /// Ready once this device has gone, and is given up.
    fn poll_departure(&self, device: &Arc<NativeDevice>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let mut state = lock(&self.state);
        let departure = match state.departure.take() {
            Some(departure) => departure,
            None => {
                let name = state.info.name.clone();
                Box::pin(departure(self.ports.clone(), Arc::downgrade(device), name))
            }
        };
        let outcome = ready!(state.departure.insert(departure).as_mut().poll(cx));
        state.departure = None;
        drop(state);
        if outcome.is_ok() {
            self.lose(device);
        }
        Poll::Ready(outcome)
    }

    pub(super) fn away_error(&self) -> Error {
        Error::Disconnected {
            path: self.path.clone(),
            source: None,
        }
    }

    fn closed_error(&self) -> Error {
        Error::Closed {
            path: self.path.clone(),
        }
    }
}

impl State {
    fn tell(&mut self, event: LinkEvent) {
        if self.events.len() == EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = lock(&self.state);
        f.debug_struct("Link")
            .field("identity", &self.identity)
            .field("info", &state.info)
            .field("device", &state.device)
            .finish_non_exhaustive()
    }
}
