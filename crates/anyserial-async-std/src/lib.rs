//! [anyserial] for async-std: everything of it under this name.
//!
//! **async-std is deprecated in favour of smol.** A new program does better with smol and
//! `anyserial-smol`; this crate is for those that are not there yet. Both stand on async-io,
//! which is anyserial's default reactor, so the port is the same type, and code that was written
//! for one runs under the other.
//!
//! [`SerialPort`] implements the traits of `async_std::io`, and both [`Control::timeout`] and
//! async-std's own `io::timeout` and `future::timeout` bound what it does.
//!
//! ```
//! use std::time::Duration;
//! use anyserial_async_std::testing;
//! use async_std::io::{ReadExt, WriteExt, timeout};
//!
//! # fn main() -> std::io::Result<()> {
//! async_std::task::block_on(async {
//!     // Or SerialPort::open("/dev/ttyUSB0", 115_200).await?
//!     let (mut port, mut instrument) = testing::pair();
//!     async_std::task::spawn(async move {
//!         let query = instrument.receive_available(64).await?;
//!         instrument.send(if query == b"*IDN?\n" { b"ACME\n" } else { b"ERROR\n" }).await
//!     });
//!
//!     port.write_all(b"*IDN?\n").await?;
//!     let mut reply = [0; 5];
//!     timeout(Duration::from_secs(1), port.read_exact(&mut reply)).await?;
//!     assert_eq!(&reply, b"ACME\n");
//!     Ok(())
//! })
//! # }
//! ```

#[doc(inline)]
pub use anyserial::*;
