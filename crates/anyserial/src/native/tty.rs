//! An open terminal: its descriptor, and every synchronous operation on it.

mod bytes;
mod configure;
mod drain;
mod marks;
mod open;

use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::io::Errno;
use rustix::termios::{QueueSelector, Termios, tcflush, tcgetattr};

use self::drain::Drain;
use self::marks::Decoder;
pub(crate) use self::open::may_open;
use super::system::{self, Kind, SavedLatency, SavedRs485};
use super::{Descriptor, Work, ioctl, lock};
use crate::capability::{Capabilities, Capability, Feature};
use crate::config::{Parity, SerialConfig};
use crate::error::{Error, Result};
use crate::lines::{ControlLines, Counters, ModemLines};
use crate::port_info::PortInfo;
use crate::trace;

/// A terminal in raw mode.
#[derive(Debug)]
pub(crate) struct Tty {
    descriptor: Descriptor,
    path: Arc<Path>,
    kind: Kind,
    /// What is in force. Held for moments only, so that reading it never waits for a driver.
    config: Mutex<SerialConfig>,
    /// Held while settings change.
    changes: Mutex<Changes>,
    /// Whether the transmitter should send a break: the last request counts, in whatever order
    /// the requests come to run.
    wants_break: AtomicBool,
    /// Whether it has been said that the device is gone.
    said_gone: AtomicBool,
    drain: Drain,
    /// Where in a mark the input has been read to, if it has marks. Never contended but by a
    /// discard: one task at a time reads.
    decoder: Option<Mutex<Decoder>>,
}

/// What this port changed beyond the settings proper, and so has to put back.
#[derive(Debug, Default)]
struct Changes {
    /// `flock` and TIOCEXCL are held by this port.
    exclusive: bool,
    latency: Option<SavedLatency>,
    rs485: Option<SavedRs485>,
    in_break: bool,
    /// Everything was put back: from now on nothing may be changed any more.
    released: bool,
}

/// Which queue to discard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queue {
    Input,
    Output,
}

impl Tty {
    pub(crate) fn path(&self) -> &Arc<Path> {
        &self.path
    }

    pub(crate) fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    pub(crate) fn config(&self) -> SerialConfig {
        *lock(&self.config)
    }

    /// Whether calls on this terminal can wait for a bus.
    pub(crate) fn may_block(&self) -> bool {
        self.kind == Kind::Bus
    }

    /// From now on the descriptor is closed by `on`, where closing can block at all.
    pub(crate) fn close_on(&self, on: impl FnOnce(Work) + Send + 'static) {
        if self.kind != Kind::Pseudo {
            self.descriptor.close_on(on);
        }
    }

    /// Calls `then` once the descriptor is closed.
    pub(crate) fn when_closed(&self, then: impl FnOnce() + Send + 'static) {
        self.descriptor.when_closed(then);
    }

    pub(crate) fn modem_lines(&self) -> Result<ModemLines> {
        let bits = self.feature(Feature::ModemLines, ioctl::modem_bits(self.fd()))?;
        Ok(ModemLines {
            cts: bits & libc::TIOCM_CTS != 0,
            dsr: bits & libc::TIOCM_DSR != 0,
            ri: bits & libc::TIOCM_RI != 0,
            cd: bits & libc::TIOCM_CD != 0,
        })
    }

    pub(crate) fn control_lines(&self) -> Result<ControlLines> {
        let bits = self.feature(Feature::ControlLines, ioctl::modem_bits(self.fd()))?;
        Ok(ControlLines {
            rts: bits & libc::TIOCM_RTS != 0,
            dtr: bits & libc::TIOCM_DTR != 0,
        })
    }

    /// Sets the lines that are not `None`, both at the same moment.
    pub(crate) fn set_control_lines(&self, rts: Option<bool>, dtr: Option<bool>) -> Result<()> {
        let (mut raise, mut drop) = (0, 0);
        for (line, bit) in [(rts, libc::TIOCM_RTS), (dtr, libc::TIOCM_DTR)] {
            match line {
                Some(true) => raise |= bit,
                Some(false) => drop |= bit,
                None => {}
            }
        }
        let fd = self.fd();
        let done = match (raise, drop) {
            (0, 0) => Ok(()),
            (raise, 0) => ioctl::raise_modem_bits(fd, raise),
            (0, drop) => ioctl::drop_modem_bits(fd, drop),
            (raise, drop) => ioctl::modem_bits(fd)
                .and_then(|bits| ioctl::set_modem_bits(fd, bits & !drop | raise)),
        };
        self.feature(Feature::ControlLines, done)
    }

    pub(crate) fn counters(&self) -> Result<Counters> {
        self.feature(Feature::Counters, system::counters(self.fd()))
    }

    /// Notes that a break should be on or off; `apply_break` carries it out.
    pub(crate) fn want_break(&self, on: bool) {
        self.wants_break.store(on, Ordering::SeqCst);
    }

    pub(crate) fn apply_break(&self) -> Result<()> {
        let mut changes = lock(&self.changes);
        let on = self.wants_break.load(Ordering::SeqCst) && !changes.released;
        if on == changes.in_break {
            return Ok(());
        }
        let done = if on {
            ioctl::begin_break(self.fd())
        } else {
            ioctl::end_break(self.fd())
        };
        self.feature(Feature::Break, done)?;
        changes.in_break = on;
        Ok(())
    }

    pub(crate) fn discard(&self, queue: Queue) -> Result<()> {
        let (queue, operation) = match queue {
            Queue::Input => (QueueSelector::IFlush, "discard the input"),
            Queue::Output => (QueueSelector::OFlush, "discard the output"),
        };
        let mut decoder = match (&self.decoder, queue) {
            (Some(decoder), QueueSelector::IFlush) => Some(lock(decoder)),
            _ => None,
        };
        self.checked(operation, tcflush(self.fd(), queue))?;
        // The rest of a mark that was half read is gone too.
        if let Some(decoder) = &mut decoder {
            **decoder = Decoder::default();
        }
        Ok(())
    }

    pub(crate) fn input_waiting(&self) -> Result<usize> {
        let waiting = rustix::io::ioctl_fionread(self.fd());
        let waiting = self.feature(Feature::QueueSizes, waiting)?;
        Ok(usize::try_from(waiting).unwrap_or(usize::MAX))
    }

    pub(crate) fn output_waiting(&self) -> Result<usize> {
        let waiting = self.feature(Feature::QueueSizes, ioctl::output_queue(self.fd()))?;
        Ok(usize::try_from(waiting).unwrap_or(0))
    }

    /// What the system knows of the device; `None` where that is nothing.
    pub(crate) fn info(&self) -> Result<Option<PortInfo>> {
        // The number of a terminal that is gone may be that of another one by now.
        self.termios()?;
        Ok(system::info(self.fd()))
    }

    /// Asks the driver what it can do, without changing anything.
    pub(crate) fn capabilities(&self) -> Result<Capabilities> {
        // A terminal that is gone can do nothing, which says nothing of the hardware.
        self.termios()?;
        let fd = self.fd();
        let known = |answer: Result<(), Errno>| match answer {
            Ok(()) => Capability::Supported,
            Err(error) if system::is_unsupported(error) => Capability::Unsupported,
            Err(_) => Capability::Unknown,
        };
        let lines = known(ioctl::modem_bits(fd).map(drop));
        let hardware = match self.kind {
            Kind::Pseudo => Capability::Unsupported,
            Kind::Uart | Kind::Bus => Capability::Unknown,
        };
        let changes = lock(&self.changes);
        let in_use = |saved: bool, answer: Capability| {
            if saved { Capability::Supported } else { answer }
        };
        let transmitter_status = match system::transmitter_empty(fd) {
            Ok(Some(_)) => Capability::Supported,
            Ok(None) => Capability::Unsupported,
            Err(_) => Capability::Unknown,
        };
        Ok(Capabilities {
            modem_lines: lines,
            control_lines: lines,
            counters: known(system::counters(fd).map(drop)),
            break_signal: hardware,
            rts_cts: match lines {
                Capability::Supported => Capability::Unknown,
                lines => lines,
            },
            xon_xoff: match self.kind {
                Kind::Pseudo => Capability::Supported,
                Kind::Uart | Kind::Bus => Capability::Unknown,
            },
            dtr_dsr: Capability::Unsupported,
            mark_space_parity: match system::parity_bits(Parity::Mark) {
                Some(_) => hardware,
                None => Capability::Unsupported,
            },
            custom_baud_rate: match self.kind {
                Kind::Pseudo => Capability::Supported,
                Kind::Uart | Kind::Bus => Capability::Unknown,
            },
            low_latency: in_use(
                changes.latency.is_some(),
                system::low_latency(fd, self.kind),
            ),
            rs485: in_use(changes.rs485.is_some(), system::rs485(fd)),
            transmitter_status,
            exclusive: Capability::Supported,
        })
    }

    /// Puts back what was changed and gives up the locks; only the first call does anything.
    pub(crate) fn release(&self) {
        let mut changes = lock(&self.changes);
        if changes.released {
            return;
        }
        changes.released = true;
        if std::mem::take(&mut changes.in_break) {
            let _ = ioctl::end_break(self.fd());
        }
        self.restore_rs485(&mut changes);
        self.restore_latency(&mut changes);
        // Last, so that whoever gets the locks next finds the restored state.
        self.unlock(&mut changes);
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    fn termios(&self) -> Result<Termios> {
        self.checked("read the settings", tcgetattr(self.fd()))
    }

    /// The outcome of a control operation, with its error put in words.
    fn checked<T>(&self, operation: &'static str, outcome: Result<T, Errno>) -> Result<T> {
        outcome.map_err(|error| self.control_error(operation, error))
    }

    /// The same for an operation that drivers may lack.
    fn feature<T>(&self, feature: Feature, outcome: Result<T, Errno>) -> Result<T> {
        outcome.map_err(|error| {
            if system::is_unsupported(error) {
                self.unsupported(feature, Some(error))
            } else {
                self.control_error(operation_of(feature), error)
            }
        })
    }

    fn unsupported(&self, feature: Feature, error: Option<Errno>) -> Error {
        Error::UnsupportedFeature {
            path: self.path.to_path_buf(),
            feature,
            source: error.map(Into::into),
        }
    }

    fn control_error(&self, operation: &'static str, error: Errno) -> Error {
        match error {
            // These also stand for a transfer that failed on hardware that is still there.
            Errno::IO | Errno::PROTO | Errno::ILSEQ | Errno::SHUTDOWN | Errno::TIMEDOUT => {
                if self.has_hung_up() {
                    self.disconnected(error.into())
                } else {
                    Error::Io {
                        path: self.path.to_path_buf(),
                        operation,
                        source: error.into(),
                    }
                }
            }
            _ => self.io_error(operation, error.into()),
        }
    }

    /// Whether the terminal has hung up. Transfers to a USB device that was pulled out fail some
    /// milliseconds before the kernel has noticed, so there this waits to see; where such a call
    /// can wait, it is not on the executor's thread.
    fn has_hung_up(&self) -> bool {
        const PATIENCE: u32 = 10;
        const PAUSE: Duration = Duration::from_millis(5);
        let looks = match self.kind {
            Kind::Pseudo | Kind::Uart => 0,
            Kind::Bus => PATIENCE,
        };
        for _ in 0..looks {
            if tcgetattr(self.fd()).is_err() {
                return true;
            }
            std::thread::sleep(PAUSE);
        }
        tcgetattr(self.fd()).is_err()
    }

    /// The error of reading or writing, where EIO has but one meaning.
    pub(crate) fn io_error(&self, operation: &'static str, source: std::io::Error) -> Error {
        match Errno::from_io_error(&source) {
            Some(Errno::IO | Errno::NXIO | Errno::NODEV | Errno::BADF) => self.disconnected(source),
            _ => Error::Io {
                path: self.path.to_path_buf(),
                operation,
                source,
            },
        }
    }

    fn disconnected(&self, source: std::io::Error) -> Error {
        if !self.said_gone.swap(true, Ordering::Relaxed) {
            trace::disconnected(&self.path);
        }
        Error::Disconnected {
            path: self.path.to_path_buf(),
            source: Some(source),
        }
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        self.release();
    }
}

fn operation_of(feature: Feature) -> &'static str {
    match feature {
        Feature::LowLatency => "change the low-latency mode",
        Feature::Rs485 => "change the RS-485 mode",
        Feature::ModemLines => "read the modem lines",
        Feature::ControlLines => "access the control lines",
        Feature::Counters => "read the counters",
        Feature::Break => "change the break signal",
        Feature::QueueSizes => "read the queue sizes",
        Feature::MarkErrors => "read",
        Feature::Discovery => "list the ports",
        Feature::DtrDsr | Feature::MarkSpaceParity | Feature::OnePointFiveStopBits => {
            "change the settings"
        }
    }
}
