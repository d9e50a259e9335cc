//! The user guide. Every snippet in it is compiled, and run where that needs no hardware.
//!
//! | page | for |
//! |---|---|
//! | [`quickstart`] | the situations of an everyday serial program, one after the other |
//! | [`configuration`] | every setting: default, range, platform |
//! | [`capabilities`] | what a device can do, and what to do where it cannot |
//! | [`cancellation`] | what dropping a future does |
//! | [`runtimes`] | smol, tokio, async-std, a bare `block_on`, libraries |
//! | [`discovery`] | finding ports, noticing when they come and go |
//! | [`testing`] | tests without hardware |
//! | [`rs485`] | RS-485 and Modbus RTU |
//! | [`linux`] | latency, permissions, names, boards that reset |
//! | [`platforms`] | what each system can and cannot do, and how that was checked |
//! | [`performance`] | what costs what |
//! | [`troubleshooting`] | each error: cause and cure |
//! | [`migrating`] | from serialport-rs, tokio-serial, serial2 and pyserial |

#[doc = include_str!("guide/quickstart.md")]
pub mod quickstart {}

#[doc = include_str!("guide/configuration.md")]
pub mod configuration {}

#[doc = include_str!("guide/capabilities.md")]
pub mod capabilities {}

#[doc = include_str!("guide/cancellation.md")]
pub mod cancellation {}

#[doc = include_str!("guide/runtimes.md")]
pub mod runtimes {}

#[doc = include_str!("guide/discovery.md")]
pub mod discovery {}

#[doc = include_str!("guide/testing.md")]
pub mod testing {}

#[doc = include_str!("guide/rs485.md")]
pub mod rs485 {}

#[doc = include_str!("guide/linux.md")]
pub mod linux {}

#[doc = include_str!("guide/performance.md")]
pub mod performance {}

#[doc = include_str!("guide/troubleshooting.md")]
pub mod troubleshooting {}

#[doc = include_str!("guide/migrating.md")]
pub mod migrating {}

pub mod platforms;
