//! Plugging emulated adapters into the kernel, by the virtual host controller of USB/IP.

use std::fs;
use std::io::Write;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::null_modem::NullModem;
use super::usbip::Request;
use crate::cable::Side;
use crate::wait;

const VHCI: &str = "/sys/devices/platform/vhci_hcd.0";

/// How often the emulation wakes up at most: a character of 115200 baud takes 87 µs.
const TICK: Duration = Duration::from_micros(250);
const IDLE: Duration = Duration::from_secs(1);

/// A running pair of adapters. They run for as long as the process.
#[derive(Debug)]
pub struct Emulation {
    shared: Arc<Shared>,
    /// Written to after a change, so that the emulation looks.
    wake: UnixStream,
}

#[derive(Debug)]
struct Shared {
    began: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    cable: NullModem,
    /// The sockets to the kernel, of what is plugged in.
    sockets: [Option<Arc<UnixStream>>; 2],
}

impl Emulation {
    /// Starts with nothing plugged in.
    ///
    /// # Panics
    ///
    /// If the system has no thread or socket left.
    #[must_use]
    pub fn start(near: &'static str, far: &'static str) -> Self {
        let shared = Arc::new(Shared {
            began: Instant::now(),
            state: Mutex::new(State {
                cable: NullModem::new(near, far, Duration::ZERO),
                sockets: [None, None],
            }),
        });
        let (wake, woken) = UnixStream::pair().unwrap();
        woken.set_nonblocking(true).unwrap();
        let emulation = Arc::clone(&shared);
        thread::Builder::new()
            .name("lab-ftdi".to_owned())
            .spawn(move || emulation.run(&woken))
            .unwrap();
        Emulation { shared, wake }
    }

    /// Plugs in the adapter at one end, fresh. The kernel has found it some time later.
    ///
    /// # Panics
    ///
    /// If it stays plugged in, or the kernel has no virtual host controller.
    pub fn plug_in(&self, side: Side) {
        let (ours, kernels) = UnixStream::pair().unwrap();
        wait("the last adapter to be gone", || {
            self.shared.lock().socket(side).is_none().then_some(())
        });
        let mut state = self.shared.lock();
        state.cable.plug_in(side, self.shared.now());
        *state.socket(side) = Some(Arc::new(ours));
        drop(state);
        self.wake();
        // The port of the controller is free some time after its last device is gone.
        wait(
            &format!("vhci_hcd takes the adapter at the {side:?} end"),
            || attach(side, &kernels).ok(),
        );
    }

    /// Pulls the plug of the adapter at one end: it does nothing more, and the kernel learns
    /// that it is gone.
    pub fn unplug(&self, side: Side) {
        let now = self.shared.now();
        self.shared.lock().cable.unplug(side, now);
        self.wake();
        // Closing the socket would do. But what the driver asks for then, before the kernel has
        // noticed, is never answered, and it waits for five seconds. So let it find out first.
        thread::sleep(Duration::from_millis(10));
        fs::write(format!("{VHCI}/detach"), port(side).to_string()).unwrap();
    }

    /// Drives RI at one end.
    pub fn ring(&self, side: Side, on: bool) {
        self.shared.lock().cable.ring(side, on);
        self.wake();
    }

    fn wake(&self) {
        (&self.wake).write_all(&[0]).unwrap();
    }
}

impl Shared {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves both adapters, for ever.
    fn run(&self, woken: &UnixStream) {
        loop {
            let mut state = self.lock();
            let now = self.now();
            state.cable.advance(now);
            state.answer();
            let next = state.cable.next_event();
            let sockets = state.sockets.clone();
            drop(state);

            let pause = next.map_or(IDLE, |next| next.saturating_sub(now).max(TICK));
            for (side, socket) in Side::BOTH.into_iter().zip(ready(woken, sockets, pause)) {
                if let Some(socket) = socket {
                    self.serve(side, &socket);
                }
            }
        }
    }

    /// Takes one request of the kernel.
    fn serve(&self, side: Side, socket: &Arc<UnixStream>) {
        let request = Request::read(&mut &**socket);
        let mut state = self.lock();
        let is_current = |current: &Arc<UnixStream>| Arc::ptr_eq(current, socket);
        if !state.socket(side).as_ref().is_some_and(is_current) {
            return;
        }
        match request {
            Ok(request) => {
                let now = self.now();
                state.cable.request(side, request, now);
                state.answer();
            }
            // The kernel has dropped the device.
            Err(_) => *state.socket(side) = None,
        }
    }
}

impl State {
    fn socket(&mut self, side: Side) -> &mut Option<Arc<UnixStream>> {
        let [near, far] = &mut self.sockets;
        match side {
            Side::Near => near,
            Side::Far => far,
        }
    }

    fn answer(&mut self) {
        for side in Side::BOTH {
            let replies = self.cable.replies(side);
            if let Some(socket) = self.socket(side) {
                // What cannot be told to the kernel, the next read will show.
                let _ = (&**socket).write_all(&replies);
            }
        }
    }
}

/// Waits for requests; gives the sockets that have one.
fn ready(
    woken: &UnixStream,
    sockets: [Option<Arc<UnixStream>>; 2],
    pause: Duration,
) -> [Option<Arc<UnixStream>>; 2] {
    let mut polled = vec![PollFd::from_borrowed_fd(woken.as_fd(), PollFlags::IN)];
    for socket in sockets.iter().flatten() {
        polled.push(PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN));
    }
    let pause = Timespec::try_from(pause).ok();
    // Interrupted: then nothing is ready yet.
    let _ = poll(&mut polled, pause.as_ref());
    let mut events = polled.iter().map(PollFd::revents);
    if events.next().is_some_and(|events| !events.is_empty()) {
        let _ = std::io::Read::read(&mut &*woken, &mut [0; 64]);
    }
    let is_ready: Vec<bool> = events.map(|events| !events.is_empty()).collect();
    let mut is_ready = is_ready.into_iter();
    sockets.map(|socket| socket.filter(|_| is_ready.next().unwrap_or(false)))
}

/// Hands a socket to the controller: its port, the socket, a device number, the speed.
fn attach(side: Side, kernels: &UnixStream) -> std::io::Result<()> {
    /// `USB_SPEED_FULL` of Linux `include/uapi/linux/usb/ch9.h`.
    const FULL_SPEED: u32 = 2;
    let (port, socket) = (port(side), kernels.as_raw_fd());
    let line = format!("{port} {socket} {} {FULL_SPEED}", port + 1);
    fs::write(format!("{VHCI}/attach"), line)
}

/// The port of the controller.
fn port(side: Side) -> u32 {
    match side {
        Side::Near => 0,
        Side::Far => 1,
    }
}
