//! Who takes part.

use std::fs::File;
use std::future::Future;
use std::io::{self, Read, Write};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{Contestant, Port, Workload};

const BAUD_RATE: u32 = 9600;

/// The names of all contestants that are ports, ours last.
pub const NAMES: &[&str] = &[
    "raw blocking",
    "serialport",
    "serial2",
    "tokio-serial",
    "serial2-tokio",
    "by hand on async-io",
    "by hand inside tokio",
    "anyserial blocking",
    "anyserial-tokio",
    "anyserial",
    "anyserial inside tokio",
];

/// Whom each of ours is held against: the others on the same runtime.
pub const OURS: &[(&str, &[&str])] = &[
    ("anyserial blocking", &["serialport", "serial2"]),
    ("anyserial-tokio", &["tokio-serial", "serial2-tokio"]),
    ("anyserial", &["by hand on async-io"]),
    ("anyserial inside tokio", &["by hand inside tokio"]),
];

/// Runs a workload with the contestant of this name.
///
/// # Panics
///
/// If there is none.
pub fn with_contestant<W: Workload>(name: &str, workload: W) -> W::Output {
    match name {
        "raw blocking" => workload.run::<RawBlocking>(),
        "serialport" => workload.run::<Serialport>(),
        "serial2" => workload.run::<Serial2>(),
        "tokio-serial" => workload.run::<TokioSerial>(),
        "serial2-tokio" => workload.run::<Serial2Tokio>(),
        "by hand on async-io" => workload.run::<ByHand>(),
        "by hand inside tokio" => workload.run::<ByHandInsideTokio>(),
        "anyserial blocking" => workload.run::<OursBlocking>(),
        "anyserial-tokio" => workload.run::<OursOnTokio>(),
        "anyserial" => workload.run::<Ours>(),
        "anyserial inside tokio" => workload.run::<OursInsideTokio>(),
        _ => panic!("no contestant {name}"),
    }
}

/// tokio, as `#[tokio::main(flavor = "current_thread")]` has it.
fn on_tokio<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // What opening used is not to be counted among the threads of an open port.
        .thread_keep_alive(Duration::from_millis(500))
        .build()
        .unwrap()
        .block_on(future)
}

macro_rules! runtime {
    (tokio) => {
        fn block_on<T>(future: impl Future<Output = T>) -> T {
            on_tokio(future)
        }
        async fn sleep(duration: Duration) {
            tokio::time::sleep(duration).await;
        }
    };
    (async_io) => {
        fn block_on<T>(future: impl Future<Output = T>) -> T {
            async_io::block_on(future)
        }
        async fn sleep(duration: Duration) {
            async_io::Timer::after(duration).await;
        }
    };
    (tokio with async_io) => {
        fn block_on<T>(future: impl Future<Output = T>) -> T {
            on_tokio(future)
        }
        async fn sleep(duration: Duration) {
            async_io::Timer::after(duration).await;
        }
    };
    (none) => {
        const MANY: bool = false;
        fn block_on<T>(future: impl Future<Output = T>) -> T {
            futures_lite::future::block_on(future)
        }
        async fn sleep(duration: Duration) {
            std::thread::sleep(duration);
        }
    };
}

/// A blocking read and write.
macro_rules! blocking_port {
    ($port:ty) => {
        impl Port for $port {
            async fn send(&mut self, data: &[u8]) -> io::Result<()> {
                self.write_all(data)
            }
            async fn receive(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                self.read(buf)
            }
            async fn flush(&mut self) -> io::Result<()> {
                Write::flush(self)
            }
        }
    };
}

struct RawBlocking;

blocking_port!(File);

impl Contestant for RawBlocking {
    type Port = File;
    runtime!(none);
    async fn open(path: &str) -> io::Result<File> {
        File::options().read(true).write(true).open(path)
    }
}

struct Serialport;

blocking_port!(serialport::TTYPort);

impl Contestant for Serialport {
    type Port = serialport::TTYPort;
    runtime!(none);
    async fn open(path: &str) -> io::Result<Self::Port> {
        let port = serialport::new(path, BAUD_RATE).timeout(Duration::from_secs(60));
        Ok(port.open_native()?)
    }
}

struct Serial2;

impl Port for serial2::SerialPort {
    async fn send(&mut self, data: &[u8]) -> io::Result<()> {
        self.write_all(data)
    }
    async fn receive(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        serial2::SerialPort::read(self, buf)
    }
    async fn flush(&mut self) -> io::Result<()> {
        serial2::SerialPort::flush(self)
    }
}

impl Contestant for Serial2 {
    type Port = serial2::SerialPort;
    runtime!(none);
    async fn open(path: &str) -> io::Result<Self::Port> {
        let mut port = serial2::SerialPort::open(path, BAUD_RATE)?;
        port.set_read_timeout(Duration::from_secs(60))?;
        Ok(port)
    }
}

struct TokioSerial;

impl Port for tokio_serial::SerialStream {
    async fn send(&mut self, data: &[u8]) -> io::Result<()> {
        AsyncWriteExt::write_all(self, data).await
    }
    async fn receive(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        AsyncReadExt::read(self, buf).await
    }
    async fn flush(&mut self) -> io::Result<()> {
        AsyncWriteExt::flush(self).await
    }
}

impl Contestant for TokioSerial {
    type Port = tokio_serial::SerialStream;
    runtime!(tokio);
    async fn open(path: &str) -> io::Result<Self::Port> {
        Ok(tokio_serial::SerialStream::open(&tokio_serial::new(
            path, BAUD_RATE,
        ))?)
    }
}

struct Serial2Tokio;

impl Port for serial2_tokio::SerialPort {
    async fn send(&mut self, data: &[u8]) -> io::Result<()> {
        serial2_tokio::SerialPort::write_all(self, data).await
    }
    async fn receive(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        serial2_tokio::SerialPort::read(self, buf).await
    }
    async fn flush(&mut self) -> io::Result<()> {
        AsyncWriteExt::flush(self).await
    }
}

impl Contestant for Serial2Tokio {
    type Port = serial2_tokio::SerialPort;
    runtime!(tokio);
    async fn open(path: &str) -> io::Result<Self::Port> {
        serial2_tokio::SerialPort::open(path, BAUD_RATE)
    }
}

/// What a smol user writes today.
struct ByHand;

type HandMade = async_io::Async<File>;

impl Port for HandMade {
    async fn send(&mut self, data: &[u8]) -> io::Result<()> {
        futures_lite::AsyncWriteExt::write_all(self, data).await
    }
    async fn receive(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        futures_lite::AsyncReadExt::read(self, buf).await
    }
    async fn flush(&mut self) -> io::Result<()> {
        futures_lite::AsyncWriteExt::flush(self).await
    }
}

impl Contestant for ByHand {
    type Port = HandMade;
    runtime!(async_io);
    async fn open(path: &str) -> io::Result<HandMade> {
        HandMade::new(File::options().read(true).write(true).open(path)?)
    }
}

struct ByHandInsideTokio;

impl Contestant for ByHandInsideTokio {
    type Port = HandMade;
    runtime!(tokio with async_io);
    async fn open(path: &str) -> io::Result<HandMade> {
        ByHand::open(path).await
    }
}

struct OursBlocking;

impl Port for anyserial::blocking::SerialPort {
    async fn send(&mut self, data: &[u8]) -> io::Result<()> {
        Ok(anyserial::blocking::SerialPort::send(self, data)?)
    }
    async fn receive(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(anyserial::blocking::SerialPort::receive(self, buf)?)
    }
    async fn flush(&mut self) -> io::Result<()> {
        Write::flush(self)
    }
}

impl Contestant for OursBlocking {
    type Port = anyserial::blocking::SerialPort;
    runtime!(none);
    async fn open(path: &str) -> io::Result<Self::Port> {
        let mut port = anyserial::blocking::SerialPort::open(path, BAUD_RATE)?;
        port.set_timeout(Duration::from_secs(60));
        Ok(port)
    }
}

struct OursOnTokio;

impl Port for anyserial_tokio::SerialPort {
    async fn send(&mut self, data: &[u8]) -> io::Result<()> {
        self.write_all(data).await
    }
    async fn receive(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        AsyncReadExt::read(self, buf).await
    }
    async fn flush(&mut self) -> io::Result<()> {
        AsyncWriteExt::flush(self).await
    }
    async fn drain(&mut self) -> io::Result<()> {
        Ok(self.control().drain().await?)
    }
    async fn close(self) -> io::Result<()> {
        Ok(anyserial_tokio::SerialPort::close(self).await?)
    }
}

impl Contestant for OursOnTokio {
    type Port = anyserial_tokio::SerialPort;
    runtime!(tokio);
    async fn open(path: &str) -> io::Result<Self::Port> {
        Ok(anyserial_tokio::SerialPort::open(path, BAUD_RATE).await?)
    }
}

struct Ours;

impl Port for anyserial::SerialPort {
    async fn send(&mut self, data: &[u8]) -> io::Result<()> {
        Ok(anyserial::SerialPort::send(self, data).await?)
    }
    async fn receive(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(anyserial::SerialPort::receive(self, buf).await?)
    }
    async fn flush(&mut self) -> io::Result<()> {
        futures_lite::AsyncWriteExt::flush(self).await
    }
    async fn drain(&mut self) -> io::Result<()> {
        Ok(self.control().drain().await?)
    }
    async fn close(self) -> io::Result<()> {
        Ok(anyserial::SerialPort::close(self).await?)
    }
}

impl Contestant for Ours {
    type Port = anyserial::SerialPort;
    runtime!(async_io);
    async fn open(path: &str) -> io::Result<Self::Port> {
        Ok(anyserial::SerialPort::open(path, BAUD_RATE).await?)
    }
}

struct OursInsideTokio;

impl Contestant for OursInsideTokio {
    type Port = anyserial::SerialPort;
    runtime!(tokio with async_io);
    async fn open(path: &str) -> io::Result<Self::Port> {
        Ours::open(path).await
    }
}
