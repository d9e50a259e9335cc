//! [anyserial] for smol: everything of it under this name, and [`timeout`], which smol lacks.
//!
//! anyserial's default reactor is [async-io](async_io), which is smol's own. So its
//! [`SerialPort`] is at home here as it is: it implements the traits of `smol::io`, and waits
//! where `smol::block_on` and smol's executor wait.
//!
//! ```
//! use std::time::Duration;
//! use anyserial_smol::{testing, timeout};
//! use smol::io::{AsyncReadExt, AsyncWriteExt};
//!
//! # fn main() -> std::io::Result<()> {
//! smol::block_on(async {
//!     // Or SerialPort::open("/dev/ttyUSB0", 115_200).await?
//!     let (mut port, mut instrument) = testing::pair();
//!     smol::spawn(async move {
//!         let query = instrument.receive_available(64).await?;
//!         instrument.send(if query == b"*IDN?\n" { b"ACME\n" } else { b"ERROR\n" }).await
//!     })
//!     .detach();
//!
//!     port.write_all(b"*IDN?\n").await?;
//!     let mut reply = [0; 5];
//!     timeout(Duration::from_secs(1), port.read_exact(&mut reply)).await??;
//!     assert_eq!(&reply, b"ACME\n");
//!     Ok(())
//! })
//! # }
//! ```

mod timeout;

#[doc(inline)]
pub use anyserial::*;

pub use timeout::{Elapsed, timeout};
