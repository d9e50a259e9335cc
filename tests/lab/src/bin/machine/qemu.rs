//! What the machine is made of.

use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::net::sockopt::set_socket_send_buffer_size;

/// What is to run, and for how long at most.
pub(crate) struct Options {
    pub(crate) arch: Arch,
    pub(crate) kernel: PathBuf,
    pub(crate) initrd: PathBuf,
    /// Where the guest's console goes.
    pub(crate) console: PathBuf,
    pub(crate) limit: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arch {
    Amd64,
    Arm64,
}

impl Arch {
    pub(crate) fn program(self) -> &'static str {
        match self {
            Arch::Amd64 => "qemu-system-x86_64",
            Arch::Arm64 => "qemu-system-aarch64",
        }
    }
}

/// The ends of the machine's ports that are ours.
pub(crate) struct Ends {
    /// The UARTs: ttyS1 and ttyS2, or ttyAMA0 and nothing.
    pub(crate) uarts: [UnixStream; 2],
    pub(crate) usb: [UnixStream; 2],
    pub(crate) monitor: UnixStream,
    /// /dev/lab/host in the guest.
    pub(crate) host: UnixStream,
    /// /dev/lab/report in the guest.
    pub(crate) report: UnixStream,
    /// /dev/lab/exit-code in the guest.
    pub(crate) exit_code: UnixStream,
}

/// The adapter that can be unplugged, as the monitor takes it too.
pub(crate) const USB0: &str = "usb-serial,id=usb0,chardev=usb0,serial=USB0,bus=xhci.0,port=1";
const USB1: &str = "usb-serial,id=usb1,chardev=usb1,serial=USB1,bus=xhci.0,port=2";

/// Starts the machine. Software emulation, so that it runs wherever QEMU does.
pub(crate) fn start(options: &Options) -> io::Result<(Child, Ends)> {
    let mut qemu = Command::new(options.arch.program());
    qemu.args(["-accel", "tcg", "-m", "256", "-nodefaults"])
        .args(["-display", "none", "-no-reboot"])
        .arg("-kernel")
        .arg(&options.kernel)
        .arg("-initrd")
        .arg(&options.initrd)
        .arg("-chardev")
        .arg({
            let mut console = std::ffi::OsString::from("file,id=console,path=");
            console.push(&options.console);
            console
        });
    // Held until QEMU has inherited them.
    let mut theirs = Vec::new();
    let mut port = |qemu: &mut Command, name: &str| -> io::Result<UnixStream> {
        let (ours, their) = UnixStream::pair()?;
        fcntl_setfd(&their, FdFlags::empty())?;
        if name.starts_with("uart") {
            // QEMU's UART stalls when its socket is full. The least there is: a few bytes.
            set_socket_send_buffer_size(&their, 1)?;
        }
        let fd = their.as_raw_fd();
        qemu.args(["-chardev", &format!("socket,id={name},fd={fd}")]);
        theirs.push(their);
        Ok(ours)
    };
    let ends = Ends {
        uarts: [port(&mut qemu, "uart0")?, port(&mut qemu, "uart1")?],
        usb: [port(&mut qemu, "usb0")?, port(&mut qemu, "usb1")?],
        monitor: port(&mut qemu, "monitor")?,
        host: port(&mut qemu, "host")?,
        report: port(&mut qemu, "report")?,
        exit_code: port(&mut qemu, "exit-code")?,
    };
    match options.arch {
        Arch::Amd64 => qemu
            .args(["-M", "q35", "-append", "console=ttyS0 quiet panic=-1"])
            .args(["-device", "isa-serial,chardev=console,index=0"])
            .args(["-device", "isa-serial,chardev=uart0,index=1,irq=10"])
            .args(["-device", "isa-serial,chardev=uart1,index=2,irq=11"])
            .args(["-device", "qemu-xhci,id=xhci"])
            .args(["-device", USB0, "-device", USB1])
            .args(["-device", "virtio-serial-pci"]),
        // The one UART that this machine has is the PL011 to test.
        Arch::Arm64 => qemu
            .args(["-M", "virt", "-cpu", "cortex-a57"])
            .args(["-append", "console=hvc0 quiet panic=-1"])
            .args(["-serial", "chardev:uart0"])
            .args(["-device", "virtio-serial-pci"])
            .args(["-device", "virtconsole,chardev=console"]),
    };
    qemu.args(["-mon", "chardev=monitor,mode=readline"]);
    for name in ["host", "report", "exit-code"] {
        qemu.args([
            "-device",
            &format!("virtserialport,chardev={name},name={name}"),
        ]);
    }
    let machine = qemu.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    Ok((machine, ends))
}
