//! Code of others for tokio's traits, which knows nothing of this crate. (That for the futures
//! traits is among the behaviour tests.)

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::future::{Ready, ready};
use std::io::ErrorKind;

use anyserial_tokio::{SerialConfig, SerialPort, testing};
use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio_modbus::client::{Reader, Writer, rtu};
use tokio_modbus::server::{Service, rtu::Server};
use tokio_modbus::{ExceptionCode, Request, Response, Slave};
use tokio_serial::SerialStream;
use tokio_util::codec::{Framed, LinesCodec, LinesCodecError};

#[tokio::test]
async fn lines_by_tokio_util() {
    for (near, far) in [testing::pty_pair().await.unwrap(), testing::pair().unwrap()] {
        let mut near = Framed::new(near, LinesCodec::new_with_max_length(100));
        let mut far = Framed::new(far, LinesCodec::new());
        near.send("*IDN?").await.unwrap();
        assert_eq!(far.next().await.unwrap().unwrap(), "*IDN?");
        far.feed("ACME,1").await.unwrap();
        far.feed("ACME,2").await.unwrap();
        SinkExt::<&str>::flush(&mut far).await.unwrap();
        assert_eq!(near.next().await.unwrap().unwrap(), "ACME,1");
        assert_eq!(near.next().await.unwrap().unwrap(), "ACME,2");

        // Closing the sink sends what it holds and waits for it. The port goes on.
        near.feed("goodbye").await.unwrap();
        SinkExt::<&str>::close(&mut near).await.unwrap();
        assert_eq!(far.next().await.unwrap().unwrap(), "goodbye");
        far.send("still there").await.unwrap();
        assert_eq!(near.next().await.unwrap().unwrap(), "still there");

        drop(far);
        let error = near.next().await.unwrap().unwrap_err();
        let LinesCodecError::Io(error) = error else {
            panic!("{error}");
        };
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    }
}

/// Ten holding registers that can be written.
#[derive(Default)]
struct Registers(std::sync::Mutex<[u16; 10]>);

impl Service for Registers {
    type Request = Request<'static>;
    type Response = Response;
    type Exception = ExceptionCode;
    type Future = Ready<Result<Response, ExceptionCode>>;

    fn call(&self, request: Self::Request) -> Self::Future {
        let mut registers = self.0.lock().unwrap();
        ready(match request {
            Request::ReadHoldingRegisters(address, count) => {
                let range = usize::from(address)..usize::from(address) + usize::from(count);
                match registers.get(range) {
                    Some(values) => Ok(Response::ReadHoldingRegisters(values.to_vec())),
                    None => Err(ExceptionCode::IllegalDataAddress),
                }
            }
            Request::WriteSingleRegister(address, value) => {
                registers[usize::from(address)] = value;
                Ok(Response::WriteSingleRegister(address, value))
            }
            _ => Err(ExceptionCode::IllegalFunction),
        })
    }
}

#[tokio::test]
async fn modbus_rtu_by_tokio_modbus() {
    // The server takes no port but that of tokio-serial, so that is at the far end.
    let (far, slave) = SerialStream::pair().unwrap();
    let path = tokio_serial::SerialPort::name(&slave).unwrap();
    let port = SerialPort::open(path, SerialConfig::new(19_200))
        .await
        .unwrap();
    drop(slave);
    let server = tokio::spawn(Server::new(far).serve_forever(Registers::default()));

    let mut client = rtu::attach_slave(port, Slave(0x11));
    client
        .write_single_register(3, 0xbeef)
        .await
        .unwrap()
        .unwrap();
    client.write_single_register(4, 7).await.unwrap().unwrap();
    let values = client.read_holding_registers(2, 4).await.unwrap().unwrap();
    assert_eq!(values, [0, 0xbeef, 7, 0]);
    let refused = client.read_holding_registers(8, 4).await.unwrap();
    assert_eq!(refused, Err(ExceptionCode::IllegalDataAddress));

    server.abort();
    assert!(server.await.unwrap_err().is_cancelled());
    // Its far end is gone with it.
    let error = client.read_holding_registers(0, 1).await.unwrap_err();
    assert!(error.to_string().contains("disconnected"), "{error}");
}

#[tokio::test]
async fn copying_both_ways_between_two_ports() {
    // near <-> a (copied both ways) b <-> far
    let (mut near, mut a) = testing::pty_pair().await.unwrap();
    let (mut b, mut far) = testing::pair().unwrap();
    let copying = tokio::spawn(async move { copy_bidirectional(&mut a, &mut b).await });
    let data: Vec<u8> = (0..30_000u32).map(|n| n.to_le_bytes()[0]).collect();
    let (mut near_read, mut near_write) = near.split();
    let (mut far_read, mut far_write) = far.split();
    let (mut to_far, mut to_near) = (vec![0; data.len()], vec![0; data.len()]);
    let (one, other, there, back) = tokio::join!(
        near_write.write_all(&data),
        far_write.write_all(&data),
        far_read.read_exact(&mut to_far),
        near_read.read_exact(&mut to_near),
    );
    one.unwrap();
    other.unwrap();
    there.unwrap();
    back.unwrap();
    assert!(to_far == data && to_near == data);
    // A serial line has no end but that of the device.
    near.close().await.unwrap();
    let error = copying.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}
