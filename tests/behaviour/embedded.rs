//! Drivers that were written for microcontrollers.

use std::time::Duration;

use anyserial::testing::FaultPlan;
use anyserial::{Error, SerialPort};
use anyserial_tests::Env;
use atat::asynch::{AtatClient, Client, SimpleClient};
use atat::digest::ParseError;
use atat::{
    AtDigester, AtatCmd, AtatIngress, AtatResp, AtatUrc, Config, Ingress, InternalError, Parser,
    ResponseSlot, UrcChannel,
};
use embedded_io_async::{ErrorKind, Read, ReadReady, Write};
use futures_lite::future::{or, pending, poll_once};

/// A command of an AT modem, and what it answers.
struct Command(&'static str);

struct Answer(String);

impl AtatResp for Answer {}

impl AtatCmd for Command {
    type Response = Answer;

    // No test waits for it; a busy machine may take its time.
    const MAX_TIMEOUT_MS: u32 = 60_000;

    fn write(&self, buf: &mut [u8]) -> usize {
        let command = format!("AT{}\r", self.0);
        buf[..command.len()].copy_from_slice(command.as_bytes());
        command.len()
    }

    fn parse(&self, answer: Result<&[u8], InternalError<'_>>) -> Result<Answer, atat::Error> {
        let answer = answer.map_err(atat::Error::from)?;
        Ok(Answer(String::from_utf8_lossy(answer).into_owned()))
    }
}

/// What a modem says unasked: nothing here.
#[derive(Clone)]
struct Unasked;

impl AtatUrc for Unasked {
    fn parse(_: &[u8]) -> Option<Self> {
        None
    }
}

impl Parser for Unasked {
    fn parse(_: &[u8]) -> Result<(&[u8], usize), ParseError> {
        Err(ParseError::NoMatch)
    }
}

/// A modem, by a second set of traits: it echoes and answers.
async fn modem(mut port: SerialPort) {
    let mut command = Vec::new();
    loop {
        let mut byte = [0];
        if Read::read_exact(&mut port, &mut byte).await.is_err() {
            return;
        }
        command.extend(byte);
        if byte != *b"\r" {
            continue;
        }
        let answer: &[u8] = match command.as_slice() {
            b"AT+CGMI\r" => b"\r\nACME\r\n\r\nOK\r\n",
            b"AT+CGMM\r" => b"\r\nModem 1\r\n\r\nOK\r\n",
            _ => b"\r\nERROR\r\n",
        };
        if Write::write_all(&mut port, &[&command, answer].concat())
            .await
            .is_err()
        {
            return;
        }
        command.clear();
    }
}

async fn ask_the_modem(client: &mut impl AtatClient) {
    for (command, answer) in [("+CGMI", "ACME"), ("+CGMM", "Modem 1")] {
        assert_eq!(client.send(&Command(command)).await.unwrap().0, answer);
    }
    assert!(client.send(&Command("+NONE")).await.is_err());
}

pub(crate) async fn a_drivers_client_on_a_port(env: Env) {
    for (near, far) in [env.pty_pair().await, env.pair()] {
        let modem = env.spawn(modem(far));
        let mut buf = [0; 256];
        let digester = AtDigester::<Unasked>::new();
        let mut client = SimpleClient::new(near, digester, &mut buf, Config::new());
        env.bounded(ask_the_modem(&mut client)).await;
        drop(client);
        env.bounded(modem.join()).await;
    }
}

pub(crate) async fn a_drivers_client_on_halves(env: Env) {
    for (near, far) in [env.pty_pair().await, env.pair()] {
        let modem = env.spawn(modem(far));
        let (read, write) = near.into_split();
        let (mut buf, mut ingress_buf) = ([0; 256], [0; 256]);
        let slot = ResponseSlot::<256>::new();
        let unasked = UrcChannel::<Unasked, 1, 1>::new();
        let digester = AtDigester::<Unasked>::new();
        let mut ingress = Ingress::new(digester, &mut ingress_buf, &slot, &unasked);
        let mut client = Client::new(write, &slot, &mut buf, Config::new());
        let receiving = async { ingress.read_from(read).await };
        env.bounded(or(ask_the_modem(&mut client), receiving)).await;
        drop(client);
        env.bounded(modem.join()).await;
    }
}

pub(crate) async fn traits_of_embedded_io(env: Env) {
    let faults = FaultPlan::new();
    let (mut near, mut far) = env.pair_builder().near_faults(&faults).build();
    assert_eq!(Read::read(&mut near, &mut []).await.unwrap(), 0);
    assert_eq!(Write::write(&mut near, &[]).await.unwrap(), 0);
    assert!(!far.read_ready().unwrap());
    // It is on the wire after a flush, and not before.
    faults.bandwidth(1000);
    Write::write_all(&mut near, &[7; 20]).await.unwrap();
    assert!(near.output_waiting().unwrap() > 0);
    env.bounded(Write::flush(&mut near)).await.unwrap();
    assert_eq!(near.output_waiting().unwrap(), 0);
    assert!(far.read_ready().unwrap());
    let mut received = [0; 20];
    Read::read_exact(&mut far, &mut received).await.unwrap();
    assert_eq!(received, [7; 20]);
    faults.bandwidth(0);

    // Borrowed halves, and what a driver learns of an error.
    let (mut read, mut write) = near.split();
    assert_eq!(Write::write(&mut write, b"half").await.unwrap(), 4);
    assert!(!read.read_ready().unwrap());
    let mut buf = [0; 8];
    assert!(poll_once(Read::read(&mut read, &mut buf)).await.is_none());
    far.close().await.unwrap();
    let error: Error = Read::read(&mut read, &mut buf).await.unwrap_err();
    assert_eq!(
        embedded_io_async::Error::kind(&error),
        ErrorKind::BrokenPipe
    );
    assert!(read.read_ready().is_err());
    let error = Write::flush(&mut write).await.unwrap_err();
    assert!(error.is_disconnected());

    let control = read.control();
    let late = control.timeout(Duration::from_millis(1), pending::<Result<(), Error>>());
    let error = late.await.unwrap_err();
    assert_eq!(embedded_io_async::Error::kind(&error), ErrorKind::TimedOut);
}
