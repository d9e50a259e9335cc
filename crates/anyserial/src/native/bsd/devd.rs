//! News of devices from FreeBSD's `devd(8)`, one to a packet.

use std::io;
use std::path::Path;

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SocketAddrUnix, SocketFlags, SocketType, connect, recv, socket_with,
};

use super::bsd_devices::{is_port, is_usb, value};
use super::{Descriptor, Notice};

/// Where devd tells everybody, below the root.
const SOCKET: &str = "var/run/devd.seqpacket.pipe";

/// The longest event that devd takes from the kernel (`DEVCTL_MAXBUF` of `sys/kern/kern_devctl.c`
/// is 1024), and room to see that one is longer.
const LONGEST: usize = 8 * 1024;

/// A subscription to the news.
#[derive(Debug)]
pub(crate) struct Notices {
    descriptor: Descriptor,
    buf: Vec<u8>,
}

impl Notices {
    /// Subscribes: what happens from now on can be received.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
        connect(&socket, &SocketAddrUnix::new(root.join(SOCKET))?)?;
        Ok(Notices {
            descriptor: Descriptor::new(socket),
            buf: vec![0; LONGEST],
        })
    }

    pub(crate) fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// The next notice, or `WouldBlock`.
    pub(crate) fn receive(&mut self) -> io::Result<Notice> {
        loop {
            match recv(&self.descriptor, &mut *self.buf, RecvFlags::empty()) {
                // devd closes the socket when it ends, and when this end does not keep up.
                Ok((_, 0)) => return Err(io::ErrorKind::ConnectionAborted.into()),
                Ok((_, length)) => {
                    let event = self.buf.get(..length).unwrap_or_default();
                    if let Some(notice) = notice(&String::from_utf8_lossy(event)) {
                        return Ok(notice);
                    }
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// What an event means for serial ports, if anything.
fn notice(event: &str) -> Option<Notice> {
    let event = event.trim_end();
    if let Some(attached) = event.strip_prefix('+') {
        // Only once a USB device is attached does the system tell which port is its; that is after
        // the node was made.
        let parent = attached.rsplit(' ').next()?;
        return parent.starts_with("uhub").then_some(Notice::Missed);
    }
    let event = event.strip_prefix('!')?;
    let node = value(event, "cdev").filter(|name| is_port(name))?;
    match value(event, "type")? {
        "CREATE" if !is_usb(node) => Some(Notice::Arrived(node.to_owned())),
        "DESTROY" => Some(Notice::Left(node.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;

    use super::*;

    #[test]
    fn understands_what_concerns_ports() {
        let created = |name| format!("!system=DEVFS subsystem=CDEV type=CREATE cdev={name}\n");
        let destroyed = |name| format!("!system=DEVFS subsystem=CDEV type=DESTROY cdev={name}\n");
        let arrived = |name: &str| Some(Notice::Arrived(name.to_owned()));
        let left = |name: &str| Some(Notice::Left(name.to_owned()));
        assert_eq!(notice(&created("cuau2")), arrived("cuau2"));
        assert_eq!(notice(&destroyed("cuau2")), left("cuau2"));
        assert_eq!(notice(&destroyed("cuaU0")), left("cuaU0"));
        // Its device is not known yet.
        assert_eq!(notice(&created("cuaU0")), None);
        let attached = "+uftdi0 at bus=1 hubaddr=2 port=3 devaddr=9 interface=0 ugen=ugen1.9 \
            vendor=0x0403 product=0x6001 sernum=\"\" ttyname=U0 ttyports=1 on uhub2\n";
        assert_eq!(notice(attached), Some(Notice::Missed));
        for other in [
            created("cuau2.init"),
            created("ttyU0"),
            created("da0"),
            "+uart2 at iomem 0x0 on acpi0\n".to_owned(),
            "-uftdi0 at bus=1 on uhub2\n".to_owned(),
            "!system=IFNET subsystem=em0 type=LINK_UP\n".to_owned(),
            "? at bus=0 on uhub0".to_owned(),
            String::new(),
        ] {
            assert_eq!(notice(&other), None, "{other}");
        }
    }

    /// A folder with a devd in it, which says what it is told to.
    struct Devd {
        root: std::path::PathBuf,
        listener: OwnedFd,
    }

    impl Devd {
        fn new() -> Self {
            let name = format!("anyserial-devd-{}", std::process::id());
            let root = std::env::temp_dir().join(name);
            std::fs::create_dir_all(root.join("var/run")).unwrap();
            let kind = SocketType::SEQPACKET;
            let listener =
                socket_with(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None).unwrap();
            let address = SocketAddrUnix::new(root.join(SOCKET)).unwrap();
            rustix::net::bind(&listener, &address).unwrap();
            rustix::net::listen(&listener, 1).unwrap();
            Devd { root, listener }
        }

        fn accept(&self) -> OwnedFd {
            rustix::net::accept(&self.listener).unwrap()
        }
    }

    impl Drop for Devd {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.root);
        }
    }

    #[test]
    fn receives_one_notice_at_a_time_and_the_end() {
        let devd = Devd::new();
        let mut notices = Notices::open(&devd.root).unwrap();
        let speaker = devd.accept();
        let kind = |outcome: io::Result<Notice>| outcome.unwrap_err().kind();
        assert_eq!(kind(notices.receive()), io::ErrorKind::WouldBlock);
        for event in [
            "!system=DEVFS subsystem=CDEV type=CREATE cdev=da0\n",
            "!system=DEVFS subsystem=CDEV type=DESTROY cdev=cuaU0\n",
            "!system=DEVFS subsystem=CDEV type=CREATE cdev=cuau3\n",
        ] {
            rustix::io::write(&speaker, event.as_bytes()).unwrap();
        }
        assert_eq!(notices.receive().unwrap(), Notice::Left("cuaU0".to_owned()));
        let arrived = Notice::Arrived("cuau3".to_owned());
        assert_eq!(notices.receive().unwrap(), arrived);
        assert_eq!(kind(notices.receive()), io::ErrorKind::WouldBlock);
        drop(speaker);
        assert_eq!(kind(notices.receive()), io::ErrorKind::ConnectionAborted);
        // The descriptor that a reactor is to watch is the socket.
        let peer = rustix::net::getpeername(notices.descriptor()).unwrap();
        let peer = SocketAddrUnix::try_from(peer.unwrap()).unwrap();
        assert!(peer.path_bytes().unwrap().ends_with(SOCKET.as_bytes()));
    }

    #[test]
    fn without_devd_says_so() {
        let error = Notices::open(Path::new("/nowhere")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
