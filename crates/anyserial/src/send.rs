//! Sending: the same for the port and its write halves.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::AsyncWrite;

#[cfg(doc)]
use crate::control::Control;
use crate::control::invalid;
use crate::error::Result;
use crate::port::SerialPort;
use crate::split::{OwnedWriteHalf, WriteHalf};

/// For types with a method `port` and a field `closing`.
macro_rules! impl_write {
    ($type:ident $(<$lifetime:lifetime>)?) => {
        impl $(<$lifetime>)? $type $(<$lifetime>)? {
            /// Sends all of `data`: it is in the kernel's queue then, not yet on the wire, for
            /// which there is [`drain`](Control::drain). Waits while the queue is full.
            ///
            /// # Errors
            ///
            /// [`Error::Disconnected`](crate::Error::Disconnected) once the device is gone. How
            /// much was sent before is not known then.
            ///
            /// # Cancel safety
            ///
            /// Dropping the future may leave the beginning of `data` sent. To know how much, use
            /// [`send_some`](Self::send_some).
            pub async fn send(&mut self, mut data: &[u8]) -> Result<()> {
                while !data.is_empty() {
                    let sent = self.send_some(data).await?;
                    data = data.get(sent..).unwrap_or_default();
                }
                Ok(())
            }

            /// Sends as much of `data` as there is room for in the queue, at least one byte:
            /// waits if there is none, then writes once. Gives the number of bytes.
            ///
            /// # Errors
            ///
            /// [`Error::Disconnected`](crate::Error::Disconnected) once the device is gone,
            /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for empty `data`.
            ///
            /// # Cancel safety
            ///
            /// If the future is dropped before it is ready, nothing was sent.
            pub async fn send_some(&mut self, data: &[u8]) -> Result<usize> {
                if data.is_empty() {
                    return Err(invalid("data", "it is empty"));
                }
                let device = &*self.port().device;
                poll_fn(|cx| device.poll_write(cx, data)).await
            }

            /// Sends as much of several buffers, in their order, as there is room for: one
            /// system call. Gives the number of bytes.
            ///
            /// # Errors
            ///
            /// As [`send_some`](Self::send_some).
            ///
            /// # Cancel safety
            ///
            /// If the future is dropped before it is ready, nothing was sent.
            pub async fn send_vectored(&mut self, data: &[IoSlice<'_>]) -> Result<usize> {
                if data.iter().all(|data| data.is_empty()) {
                    return Err(invalid("data", "it is empty"));
                }
                let device = &*self.port().device;
                poll_fn(|cx| device.poll_write_vectored(cx, data)).await
            }
        }

        impl $(<$lifetime>)? AsyncWrite for $type $(<$lifetime>)? {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                data: &[u8],
            ) -> Poll<io::Result<usize>> {
                if data.is_empty() {
                    return Poll::Ready(Ok(0));
                }
                let sent = ready!(self.port().device.poll_write(cx, data))?;
                Poll::Ready(Ok(sent))
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                data: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                if data.iter().all(|data| data.is_empty()) {
                    return Poll::Ready(Ok(0));
                }
                let sent = ready!(self.port().device.poll_write_vectored(cx, data))?;
                Poll::Ready(Ok(sent))
            }

            /// Ready at once: nothing is held back here. To wait until the bytes are on the
            /// wire, [`drain`](Control::drain).
            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            /// Waits as [`drain`](Control::drain) does. The port stays open and usable; it
            /// closes when it is dropped.
            fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                let this = self.get_mut();
                let control = this.port().control();
                ready!(this.closing.poll(&control, cx))?;
                Poll::Ready(Ok(()))
            }
        }
    };
}

impl_write!(SerialPort);
impl_write!(WriteHalf<'a>);
impl_write!(OwnedWriteHalf);
