//! A terminal of this system as a `Device`.

use std::future::ready;
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use async_channel::Receiver;

use super::{BoxFuture, Device, Mark, ReadBuf};
use crate::capability::Capabilities;
use crate::config::SerialConfig;
use crate::error::{Error, Result};
use crate::lines::{ControlLines, Counters, ModemLines};
use crate::native::{Queue, Tty};
use crate::port_info::PortInfo;
use crate::reactor::{Direction, Reactor, Registration, Transfer};

/// A terminal, watched by a reactor.
#[derive(Debug)]
pub(crate) struct NativeDevice {
    // Fields drop in this order: deregistered first, closed last.
    registration: Box<dyn Registration>,
    tty: Arc<Tty>,
    reactor: Arc<dyn Reactor>,
    closed: AtomicBool,
    /// Closes when the descriptor has closed. Nothing is ever sent on it.
    is_closed: OnceLock<Receiver<()>>,
}

impl NativeDevice {
    /// Opens a terminal off the executor's thread.
    pub(crate) async fn open(
        reactor: Arc<dyn Reactor>,
        path: PathBuf,
        config: SerialConfig,
    ) -> Result<Self> {
        Self::open_checked(reactor, path, config, || Ok(())).await
    }

    /// The same, if `check`, made once the terminal is open and before anything is changed, finds
    /// nothing wrong with it.
    pub(crate) async fn open_checked(
        reactor: Arc<dyn Reactor>,
        path: PathBuf,
        config: SerialConfig,
        check: impl FnOnce() -> Result<()> + Send + 'static,
    ) -> Result<Self> {
        let opened = {
            let path = path.clone();
            run_blocking(&*reactor, move || Tty::open(&path, &config, check))
        };
        let tty = outcome(opened, &path).await?;
        Self::new(reactor, tty)
    }

    /// Takes over an open terminal.
    pub(crate) async fn from_fd(
        reactor: Arc<dyn Reactor>,
        fd: OwnedFd,
        config: SerialConfig,
    ) -> Result<Self> {
        let opened = run_blocking(&*reactor, move || Tty::from_fd(fd, &config));
        let tty = outcome(opened, Path::new("/dev/fd")).await?;
        Self::new(reactor, tty)
    }

    fn new(reactor: Arc<dyn Reactor>, tty: Tty) -> Result<Self> {
        let closer = Arc::clone(&reactor);
        tty.close_on(move |work| closer.spawn_close(work));
        let registration =
            reactor
                .register(tty.descriptor().clone())
                .map_err(|error| match error.raw_os_error() {
                    Some(_) => tty.io_error("watch the port", error),
                    None => Error::NoReactor {
                        path: tty.path().to_path_buf(),
                        problem: error.to_string(),
                    },
                })?;
        Ok(NativeDevice {
            registration,
            tty: Arc::new(tty),
            reactor,
            closed: AtomicBool::new(false),
            is_closed: OnceLock::new(),
        })
    }

    fn poll_io(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        mut operation: impl FnMut() -> io::Result<Transfer>,
    ) -> Poll<Result<usize>> {
        self.registration
            .poll_io(direction, cx, &mut operation)
            .map_err(|error| {
                let operation = match direction {
                    Direction::Read => "read",
                    Direction::Write => "write",
                };
                self.tty.io_error(operation, error)
            })
    }

    /// Starts a control operation: right here where the driver answers at once, else on a
    /// thread that may wait.
    fn control<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Tty) -> Result<T> + Send + 'static,
    ) -> BoxFuture<'_, Result<T>> {
        if !self.tty.may_block() || self.closed.load(Ordering::Acquire) {
            return self.control_here(operation);
        }
        let tty = Arc::clone(&self.tty);
        let started = run_blocking(&*self.reactor, move || operation(&tty));
        Box::pin(outcome(started, self.path()))
    }

    /// Carries out a control operation right here, for no driver waits for it.
    fn control_here<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Tty) -> Result<T>,
    ) -> BoxFuture<'_, Result<T>> {
        let outcome = if self.closed.load(Ordering::Acquire) {
            Err(self.closed_error())
        } else {
            operation(&self.tty)
        };
        Box::pin(ready(outcome))
    }

    fn closed_error(&self) -> Error {
        Error::Closed {
            path: self.path().to_path_buf(),
        }
    }
}

impl Device for NativeDevice {
    fn path(&self) -> &Path {
        self.tty.path()
    }

    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        self.poll_io(Direction::Read, cx, || self.tty.read(buf, None))
            .map_ok(drop)
    }

    fn poll_read_marked(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        marks: &mut Vec<Mark>,
    ) -> Poll<Result<()>> {
        self.poll_io(Direction::Read, cx, || self.tty.read(buf, Some(marks)))
            .map_ok(drop)
    }

    fn poll_write(&self, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize>> {
        self.poll_io(Direction::Write, cx, || self.tty.write(data))
    }

    fn poll_read_vectored(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<Result<usize>> {
        self.poll_io(Direction::Read, cx, || self.tty.read_vectored(bufs))
    }

    fn poll_write_vectored(
        &self,
        cx: &mut Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        self.poll_io(Direction::Write, cx, || self.tty.write_vectored(data))
    }

    fn config(&self) -> SerialConfig {
        self.tty.config()
    }

    fn configure(&self, config: SerialConfig) -> BoxFuture<'_, Result<()>> {
        self.control(move |tty| tty.configure(&config))
    }

    fn info(&self) -> BoxFuture<'_, Result<Option<PortInfo>>> {
        self.control(Tty::info)
    }

    fn capabilities(&self) -> BoxFuture<'_, Result<Capabilities>> {
        self.control(Tty::capabilities)
    }

    fn modem_lines(&self) -> BoxFuture<'_, Result<ModemLines>> {
        self.control(Tty::modem_lines)
    }

    fn control_lines(&self) -> BoxFuture<'_, Result<ControlLines>> {
        self.control(Tty::control_lines)
    }

    fn set_control_lines(&self, rts: Option<bool>, dtr: Option<bool>) -> BoxFuture<'_, Result<()>> {
        self.control(move |tty| tty.set_control_lines(rts, dtr))
    }

    fn lines_are_costly(&self) -> bool {
        self.tty.may_block()
    }

    fn counters(&self) -> BoxFuture<'_, Result<Counters>> {
        // In the kernel's memory: the serial core, usb-serial and cdc-acm copy what interrupts
        // have counted.
        self.control_here(Tty::counters)
    }

    fn set_break(&self, on: bool) -> BoxFuture<'_, Result<()>> {
        // Threads may run two requests in the wrong order; what was asked for last still holds.
        self.tty.want_break(on);
        self.control(Tty::apply_break)
    }

    fn pending_output(&self) -> BoxFuture<'_, Result<Option<Duration>>> {
        self.control(Tty::pending_output)
    }

    fn discard_input(&self) -> BoxFuture<'_, Result<()>> {
        self.control(|tty| tty.discard(Queue::Input))
    }

    fn discard_output(&self) -> BoxFuture<'_, Result<()>> {
        self.control(|tty| tty.discard(Queue::Output))
    }

    fn input_waiting(&self) -> Result<usize> {
        self.tty.input_waiting()
    }

    fn output_waiting(&self) -> Result<usize> {
        self.tty.output_waiting()
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        Some(self.tty.descriptor().as_fd())
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.reactor.sleep(duration)
    }

    fn close(&self) -> BoxFuture<'static, Result<()>> {
        self.closed.store(true, Ordering::Release);
        self.tty.release();
        let is_closed = self.is_closed.get_or_init(|| {
            let (closed, is_closed) = async_channel::bounded(1);
            self.tty.when_closed(move || drop(closed));
            if self.tty.has_unsent_output() {
                // Until then the descriptor stays open, so that the kernel's close, in which the
                // terminal cannot be opened, finds nothing to wait for.
                let tty = Arc::clone(&self.tty);
                self.reactor.spawn_close(Box::new(move || tty.linger()));
            }
            is_closed
        });
        let is_closed = is_closed.clone();
        Box::pin(async move {
            let _ = is_closed.recv().await;
            Ok(())
        })
    }
}

/// Runs work on a thread that may block. If the reactor drops the work unrun, the channel of its
/// outcome closes empty.
pub(crate) fn run_blocking<T: Send + 'static>(
    reactor: &dyn Reactor,
    work: impl FnOnce() -> T + Send + 'static,
) -> Receiver<T> {
    let (done, outcome) = async_channel::bounded(1);
    reactor.spawn_blocking(Box::new(move || {
        // Nobody waits any more if this fails.
        let _ = done.try_send(work());
    }));
    outcome
}

/// The outcome of blocking work on a port, or on what else this path names.
pub(crate) async fn outcome<T>(outcome: Receiver<Result<T>>, path: &Path) -> Result<T> {
    outcome.recv().await.unwrap_or_else(|_| {
        Err(Error::NoReactor {
            path: path.to_path_buf(),
            problem: "the runtime has shut down, or the system refused it a thread".to_owned(),
        })
    })
}
