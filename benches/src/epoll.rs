//! The floor: an epoll loop by hand, edge-triggered, each port registered once, for input alone.

use std::os::fd::OwnedFd;
use std::time::Instant;

use anyhow::Result;
use rustix::event::epoll;
use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, read, write};

use crate::jobs::{Measured, processor_time};

/// Its name among the contestants.
pub const NAME: &str = "raw epoll";

/// Ports that one loop waits for.
#[derive(Debug)]
pub struct Loop {
    watch: OwnedFd,
    ports: Vec<OwnedFd>,
}

impl Loop {
    /// Opens the ports.
    pub fn open(paths: &[String]) -> Result<Self> {
        let watch = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut ports = Vec::new();
        for (index, path) in paths.iter().enumerate() {
            let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let port = rustix::fs::open(path, flags, Mode::empty())?;
            let data = epoll::EventData::new_u64(index as u64);
            epoll::add(
                &watch,
                &port,
                data,
                epoll::EventFlags::IN | epoll::EventFlags::ET,
            )?;
            ports.push(port);
        }
        Ok(Loop { watch, ports })
    }

    /// Round trips on all ports at once, so many on each.
    pub fn round_trips(&self, trips: usize, size: usize, buffer: usize) -> Result<Measured> {
        let request = vec![b'x'; size];
        let mut buf = vec![0; buffer];
        let mut events = Vec::with_capacity(256);
        // Of each port: trips to go, and bytes of the reply to come.
        let mut left = vec![(trips, size); self.ports.len()];
        let mut busy = self.ports.len();
        let (began, processor) = (Instant::now(), processor_time());
        for port in &self.ports {
            write(port, &request)?;
        }
        while busy > 0 {
            match epoll::wait(
                &self.watch,
                rustix::buffer::spare_capacity(&mut events),
                None,
            ) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            for event in events.drain(..) {
                let index = usize::try_from(event.data.u64())?;
                let (port, (trips, bytes)) = (&self.ports[index], &mut left[index]);
                // A full read does not show the queue empty, but the reply is known to be over.
                loop {
                    let count = match read(port, &mut buf) {
                        Ok(count) => count,
                        Err(Errno::AGAIN) => break,
                        Err(error) => return Err(error.into()),
                    };
                    *bytes -= count;
                    if *bytes == 0 {
                        *trips -= 1;
                        if *trips == 0 {
                            busy -= 1;
                        } else {
                            *bytes = size;
                            write(port, &request)?;
                        }
                        break;
                    }
                    if count < buf.len() {
                        break;
                    }
                }
            }
        }
        Ok(Measured {
            wall: began.elapsed(),
            processor: processor_time() - processor,
        })
    }
}
