//! Modbus RTU: frames that end by silence, with a CRC. A client, and a server to try it with.
//!
//! `cargo run --example modbus_rtu` reads and writes registers of a simulated server;
//! `cargo run --example modbus_rtu -- /dev/ttyUSB0 17` reads the first four holding registers of
//! unit 17 (1, if you name none), at 19200 8E1; a third argument sets the port: `'9600 8N1'`.

use std::sync::Arc;
use std::time::Duration;

use anyserial::reactor::AsyncIo;
use anyserial::testing::PairBuilder;
use anyserial::{Buffered, Parity, SerialConfig, SerialPort, UnsupportedPolicy};
use anyserial_examples::MainError;
use crc::{CRC_16_MODBUS, Crc};

const CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_MODBUS);

const READ_HOLDING_REGISTERS: u8 = 3;
const WRITE_SINGLE_REGISTER: u8 = 6;
const EXCEPTION: u8 = 0x80;
const ILLEGAL_FUNCTION: u8 = 1;
const ILLEGAL_ADDRESS: u8 = 2;

fn main() -> Result<(), MainError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let unit = arguments.get(1).map_or(Ok(1), |unit| unit.parse())?;
    // What the standard asks for.
    let mut config = SerialConfig::new(19_200).parity(Parity::Even);
    if let Some(settings) = arguments.get(2) {
        config = settings.parse()?;
    }
    // A USB adapter that hands on bytes in batches would tear frames apart.
    config = config
        .low_latency(true)
        .unsupported(UnsupportedPolicy::Ignore);

    smol::block_on(async {
        if let Some(path) = arguments.first() {
            let mut client = Client::new(SerialPort::open(path, config).await?)?;
            println!("registers: {:?}", client.read_registers(unit, 0, 4).await?);
            return Ok(());
        }
        let pair = PairBuilder::new(Arc::new(AsyncIo)).near_config(config)?;
        let (port, far_end) = pair.far_config(config)?.build();
        smol::spawn(serve(far_end, unit)).detach();

        let mut client = Client::new(port)?;
        println!("registers: {:?}", client.read_registers(unit, 0, 4).await?);
        client.write_register(unit, 2, 4711).await?;
        println!("registers: {:?}", client.read_registers(unit, 0, 4).await?);
        for (unit, address) in [(unit, 100), (unit.wrapping_add(1), 0)] {
            if let Err(error) = client.read_registers(unit, address, 1).await {
                println!("as expected: {error}");
            }
        }
        Ok(())
    })
}

#[derive(Debug, thiserror::Error)]
enum ModbusError {
    #[error("unit {unit} refuses: exception {code}")]
    Exception { unit: u8, code: u8 },
    #[error("a damaged or unexpected answer: {0:02x?}")]
    Answer(Vec<u8>),
    #[error(transparent)]
    Port(#[from] anyserial::Error),
}

/// Asks one question at a time.
struct Client {
    port: Buffered<SerialPort>,
    gap: Duration,
}

impl Client {
    const PATIENCE: Duration = Duration::from_millis(500);

    fn new(port: SerialPort) -> anyserial::Result<Self> {
        Ok(Client {
            gap: gap(&port.config()?),
            port: Buffered::new(port),
        })
    }

    async fn read_registers(
        &mut self,
        unit: u8,
        address: u16,
        count: u16,
    ) -> Result<Vec<u16>, ModbusError> {
        let answer = self
            .ask(unit, READ_HOLDING_REGISTERS, address, count)
            .await?;
        match answer.split_first() {
            Some((length, data))
                if usize::from(*length) == data.len() && data.len() == usize::from(count) * 2 =>
            {
                Ok(data.chunks_exact(2).map(word).collect())
            }
            _ => Err(ModbusError::Answer(answer)),
        }
    }

    async fn write_register(
        &mut self,
        unit: u8,
        address: u16,
        value: u16,
    ) -> Result<(), ModbusError> {
        let answer = self
            .ask(unit, WRITE_SINGLE_REGISTER, address, value)
            .await?;
        // It is the question again.
        if answer == two_words(address, value) {
            Ok(())
        } else {
            Err(ModbusError::Answer(answer))
        }
    }

    /// Sends a request of two words, and gives what the answer says.
    async fn ask(
        &mut self,
        unit: u8,
        function: u8,
        first: u16,
        second: u16,
    ) -> Result<Vec<u8>, ModbusError> {
        // An answer that came too late is none to this question.
        self.port.discard_input().await?;
        let control = self.port.control();

        let gap = self.gap;
        let answer = async {
            let request = frame(unit, function, &two_words(first, second));
            self.port.send(&request).await?;
            self.port.receive_until_idle(gap, 256).await
        };
        let answer = control.timeout(Self::PATIENCE, answer).await?;
        match checked(answer) {
            Some([from, with, data @ ..]) if *from == unit && *with == function => {
                Ok(data.to_vec())
            }
            Some([from, with, code]) if *from == unit && *with == function | EXCEPTION => {
                Err(ModbusError::Exception { unit, code: *code })
            }
            _ => Err(ModbusError::Answer(answer.to_vec())),
        }
    }
}

/// Serves four registers, until the port at the other end closes.
async fn serve(port: SerialPort, unit: u8) -> anyserial::Result<()> {
    let gap = gap(&port.config()?);
    let mut port = Buffered::new(port);
    let mut registers = [10_u16, 20, 30, 40];
    loop {
        let request = port.receive_until_idle(gap, 256).await?;
        // What is damaged or for another unit has no answer.
        let Some(&[to, function, a, b, c, d]) = checked(request) else {
            continue;
        };
        if to != unit {
            continue;
        }
        let (address, value) = (usize::from(word(&[a, b])), word(&[c, d]));
        let refuse = |code| frame(unit, function | EXCEPTION, &[code]);
        let answer = match function {
            READ_HOLDING_REGISTERS => {
                match registers.get(address..address.saturating_add(value.into())) {
                    Some(read) => {
                        let data: Vec<u8> = read.iter().flat_map(|it| it.to_be_bytes()).collect();
                        // Four registers are no more than eight bytes.
                        frame(unit, function, &[&[value as u8 * 2], &*data].concat())
                    }
                    None => refuse(ILLEGAL_ADDRESS),
                }
            }
            WRITE_SINGLE_REGISTER => match registers.get_mut(address) {
                Some(register) => {
                    *register = value;
                    frame(unit, function, &[a, b, c, d])
                }
                None => refuse(ILLEGAL_ADDRESS),
            },
            _ => refuse(ILLEGAL_FUNCTION),
        };
        port.send(&answer).await?;
    }
}

/// The silence that ends a frame: 3.5 characters, and 1.75 ms at least. It is doubled, because a
/// busy system is late with bytes that were not.
fn gap(config: &SerialConfig) -> Duration {
    let standard = (config.character_time() * 7 / 2).max(Duration::from_micros(1750));
    standard * 2
}

/// A frame with its CRC.
fn frame(unit: u8, function: u8, data: &[u8]) -> Vec<u8> {
    let mut frame = [&[unit, function], data].concat();
    let crc = CRC.checksum(&frame);
    frame.extend(crc.to_le_bytes());
    frame
}

/// A frame without its CRC, if that is right.
fn checked(frame: &[u8]) -> Option<&[u8]> {
    let (content, crc) = frame.split_last_chunk()?;
    (CRC.checksum(content) == u16::from_le_bytes(*crc)).then_some(content)
}

fn two_words(first: u16, second: u16) -> [u8; 4] {
    let ([a, b], [c, d]) = (first.to_be_bytes(), second.to_be_bytes());
    [a, b, c, d]
}

fn word(bytes: &[u8]) -> u16 {
    bytes
        .iter()
        .fold(0, |word, byte| word << 8 | u16::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_those_of_the_standard() {
        let request = frame(1, READ_HOLDING_REGISTERS, &two_words(0, 10));
        assert_eq!(request, [1, 3, 0, 0, 0, 10, 0xc5, 0xcd]);
        assert_eq!(checked(&request), Some(&[1, 3, 0, 0, 0, 10][..]));
        for at in 0..request.len() {
            let mut damaged = request.clone();
            damaged[at] ^= 0x10;
            assert_eq!(checked(&damaged), None);
        }
        assert_eq!(checked(&[1]), None);
    }

    #[test]
    fn a_damaged_answer_is_an_error_and_the_next_one_is_not() {
        smol::block_on(async {
            let (port, mut far_end) = anyserial::testing::pair();
            let mut client = Client::new(port).unwrap();
            for damage in [0x10, 0] {
                let mut answer = frame(1, READ_HOLDING_REGISTERS, &[2, 0, 42]);
                answer[4] ^= damage;
                let server = async {
                    far_end.receive_available(64).await.unwrap();
                    far_end.send(&answer).await.unwrap();
                };
                let read = futures_lite::future::zip(client.read_registers(1, 0, 1), server);
                match read.await.0 {
                    Ok(registers) => assert_eq!((registers, damage), (vec![42], 0)),
                    Err(ModbusError::Answer(got)) => assert!(got == answer && damage != 0),
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
}
