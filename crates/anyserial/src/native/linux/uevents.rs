//! News of devices, from the kernel and from udev: `NETLINK_KOBJECT_UEVENT` of `netlink(7)`.
//!
//! The kernel speaks first. Where udev runs, a device that has come is ready only when udev is
//! through with it and says so in its own group; one that has gone is gone when the kernel says so.

use std::io;
use std::path::Path;

use rustix::io::Errno;
use rustix::net::netlink::{KOBJECT_UEVENT, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recvfrom, socket_with};

use super::super::{Descriptor, Notice};
use super::discovery::udev_runs;

/// The multicast groups: the kernel's own, and udev's (`MONITOR_GROUP_UDEV` of its
/// `device-monitor-private.h`).
const KERNEL: u32 = 1;
const UDEV: u32 = 2;

/// More than the kernel's events (2 KiB of variables) and udev's (8 KiB) can be.
const LONGEST: usize = 16 * 1024;

/// A subscription to the news.
#[derive(Debug)]
pub(crate) struct Notices {
    descriptor: Descriptor,
    /// Whether udev speaks too.
    udev: bool,
    buf: Vec<u8>,
}

impl Notices {
    /// Subscribes: what happens from now on can be received.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        let udev = udev_runs(root);
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(
            AddressFamily::NETLINK,
            SocketType::DGRAM,
            flags,
            Some(KOBJECT_UEVENT),
        )?;
        let groups = if udev { KERNEL | UDEV } else { KERNEL };
        bind(&socket, &SocketAddrNetlink::new(0, groups))?;
        Ok(Notices {
            descriptor: Descriptor::new(socket),
            udev,
            buf: vec![0; LONGEST],
        })
    }

    /// What a reactor is to watch for reading.
    pub(crate) fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// Receives the next notice that concerns serial ports. Does not wait: `WouldBlock`, if there
    /// is none.
    pub(crate) fn receive(&mut self) -> io::Result<Notice> {
        let mut missed = false;
        loop {
            let received = recvfrom(&self.descriptor, &mut *self.buf, RecvFlags::TRUNC);
            let (_, length, sender) = match received {
                Ok(_) if missed => continue,
                Ok(received) => received,
                // The queue was full, and events went past it. They go on to do so, and the kernel
                // does not say it again, until the queue has been empty once: empty it. What it
                // holds, a look at everything shows.
                Err(Errno::NOBUFS) => {
                    missed = true;
                    continue;
                }
                Err(Errno::AGAIN) if missed => return Ok(Notice::Missed),
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            };
            // Only a message to the group is one to all, and to send those takes a privilege; the
            // kernel's own come from address 0. Whoever sends to this socket alone is nobody.
            let sender = sender.and_then(|address| SocketAddrNetlink::try_from(address).ok());
            let event = match sender.map(|address| (address.groups(), address.pid())) {
                Some((KERNEL, 0)) => Some(self.buf.get(..length).and_then(from_kernel)),
                Some((UDEV, _)) if self.udev => Some(self.buf.get(..length).and_then(from_udev)),
                _ => None,
            };
            match event {
                Some(Some(event)) => {
                    if let Some(notice) = self.notice(event) {
                        return Ok(notice);
                    }
                }
                // Not understood, or too long, yet meant for all.
                Some(None) => return Ok(Notice::Missed),
                None => {}
            }
        }
    }

    /// What an event means for serial ports, if anything.
    fn notice(&self, event: Event<'_>) -> Option<Notice> {
        if event.subsystem != b"tty" {
            return None;
        }
        let name = event.path.rsplit(|byte| *byte == b'/').next()?;
        let name = String::from_utf8_lossy(name).into_owned();
        if event.action == b"remove" {
            // The kernel's is enough; udev's is old when it comes.
            return (!event.from_udev).then_some(Notice::Left(name));
        }
        (event.from_udev == self.udev).then_some(Notice::Arrived(name))
    }
}

/// What is of interest in a message.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
struct Event<'a> {
    action: &'a [u8],
    /// Below `/sys`.
    path: &'a [u8],
    subsystem: &'a [u8],
    from_udev: bool,
}

/// A message of the kernel (`lib/kobject_uevent.c`): `action@path`, then its variables.
fn from_kernel(message: &[u8]) -> Option<Event<'_>> {
    let end = message.iter().position(|byte| *byte == 0)?;
    let (head, rest) = message.split_at_checked(end)?;
    head.contains(&b'@').then_some(())?;
    event(rest, false)
}

/// A message of udev: a header, then variables. The header (`monitor_netlink_header` of systemd's
/// `device-monitor.c`) is in this computer's byte order but for the magic number.
fn from_udev(message: &[u8]) -> Option<Event<'_>> {
    const PREFIX: &[u8] = b"libudev\0";
    const MAGIC: [u8; 4] = 0xfeed_cafe_u32.to_be_bytes();

    let rest = message.strip_prefix(PREFIX)?;
    let (magic, rest) = rest.split_first_chunk::<4>()?;
    let (_header_size, rest) = rest.split_first_chunk::<4>()?;
    let (offset, rest) = rest.split_first_chunk::<4>()?;
    let (length, _) = rest.split_first_chunk::<4>()?;
    let number = |bytes: &[u8; 4]| usize::try_from(u32::from_ne_bytes(*bytes)).ok();
    let (offset, length) = (number(offset)?, number(length)?);
    let variables = message.get(offset..offset.checked_add(length)?)?;
    (*magic == MAGIC).then_some(())?;
    event(variables, true)
}

fn event(variables: &[u8], from_udev: bool) -> Option<Event<'_>> {
    let value = |key: &[u8]| {
        let mut all = variables.split(|byte| *byte == 0);
        all.find_map(|variable| variable.strip_prefix(key))
    };
    Some(Event {
        action: value(b"ACTION=")?,
        path: value(b"DEVPATH=")?,
        subsystem: value(b"SUBSYSTEM=")?,
        from_udev,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const VARIABLES: &[u8] = b"ACTION=add\0DEVPATH=/devices/pci0000:00/usb1/1-2/1-2:1.0/ttyUSB1/\
        tty/ttyUSB1\0SUBSYSTEM=tty\0MAJOR=188\0MINOR=1\0DEVNAME=ttyUSB1\0SEQNUM=1234\0";

    fn kernel(head: &[u8], variables: &[u8]) -> Vec<u8> {
        [head, b"\0", variables].concat()
    }

    fn udev(magic: u32, offset: u32, length: usize, variables: &[u8]) -> Vec<u8> {
        let length = u32::try_from(length).unwrap();
        let mut message = b"libudev\0".to_vec();
        message.extend(magic.to_be_bytes());
        for number in [40, offset, length, 1, 2, 3, 4] {
            message.extend(u32::to_ne_bytes(number));
        }
        message.extend(variables);
        message
    }

    fn good_udev() -> Vec<u8> {
        udev(0xfeed_cafe, 40, VARIABLES.len(), VARIABLES)
    }

    /// What a subscriber is told, where udev runs and where not.
    fn told(event: Event<'_>) -> [Option<Notice>; 2] {
        [true, false].map(|udev| {
            let (socket, _other) = std::os::unix::net::UnixDatagram::pair().unwrap();
            let notices = Notices {
                descriptor: Descriptor::new(socket.into()),
                udev,
                buf: Vec::new(),
            };
            notices.notice(event)
        })
    }

    #[test]
    fn both_say_the_same_in_their_own_way() {
        let message = kernel(b"add@/devices/x/tty/ttyUSB1", VARIABLES);
        let from_kernel = from_kernel(&message).unwrap();
        let message = good_udev();
        let from_udev = from_udev(&message).unwrap();
        assert_eq!(from_kernel.action, b"add");
        assert_eq!(
            from_udev,
            Event {
                from_udev: true,
                ..from_kernel
            }
        );
        let arrived = Some(Notice::Arrived("ttyUSB1".to_owned()));
        // Each counts where it is the last word.
        assert_eq!(told(from_kernel), [None, arrived.clone()]);
        assert_eq!(told(from_udev), [arrived, None]);
    }

    #[test]
    fn the_kernel_says_what_has_gone() {
        let gone = |from_udev| Event {
            action: b"remove",
            path: b"/devices/x/tty/ttyUSB1",
            subsystem: b"tty",
            from_udev,
        };
        let left = Some(Notice::Left("ttyUSB1".to_owned()));
        assert_eq!(told(gone(false)), [left.clone(), left]);
        assert_eq!(told(gone(true)), [None, None]);
    }

    #[test]
    fn other_devices_are_no_news() {
        let event = Event {
            action: b"add",
            path: b"/devices/x/block/sda",
            subsystem: b"block",
            from_udev: false,
        };
        assert_eq!(told(event), [None, None]);
    }

    #[test]
    fn what_is_malformed_is_not_understood() {
        assert_eq!(from_kernel(b""), None);
        assert_eq!(from_kernel(b"add@/x"), None);
        assert_eq!(from_kernel(b"libudev\0ACTION=add\0"), None);
        assert_eq!(from_kernel(&kernel(b"no head", VARIABLES)), None);
        assert_eq!(from_kernel(&kernel(b"add@/x", b"ACTION=add\0")), None);

        let length = VARIABLES.len();
        assert!(from_udev(&good_udev()).is_some());
        for message in [
            udev(0xcafe_feed, 40, length, VARIABLES),
            udev(0xfeed_cafe, 41, length, VARIABLES),
            udev(0xfeed_cafe, u32::MAX, length, VARIABLES),
            udev(0xfeed_cafe, 40, length + 1, VARIABLES),
            udev(0xfeed_cafe, 40, 10, VARIABLES),
        ] {
            assert_eq!(from_udev(&message), None);
        }
        for end in 0..good_udev().len() {
            assert_eq!(from_udev(&good_udev()[..end]), None, "cut at {end}");
        }
    }
}
