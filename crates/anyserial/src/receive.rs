//! Receiving: the same for the port and its read halves.

use std::future::poll_fn;
use std::io::{self, IoSliceMut};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::AsyncRead;

#[cfg(doc)]
use crate::config::SerialConfig;
#[cfg(doc)]
use crate::control::Control;
use crate::control::invalid;
use crate::device::ReadBuf;
use crate::error::{Error, Result};
use crate::port::SerialPort;
use crate::received::Received;
use crate::split::{OwnedReadHalf, ReadHalf};

/// For types with a method `port`.
macro_rules! impl_read {
    ($type:ident $(<$lifetime:lifetime>)?) => {
        impl $(<$lifetime>)? $type $(<$lifetime>)? {
            /// Receives what is there, at least one byte: waits if there is none yet, then reads
            /// once. Gives the number of bytes, which is never 0.
            ///
            /// # Errors
            ///
            /// [`Error::Disconnected`](crate::Error::Disconnected) once the device is gone and
            /// what it had sent is read, and from then on every time;
            /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for an empty buffer.
            ///
            /// # Cancel safety
            ///
            /// Dropping the future loses no byte.
            pub async fn receive(&mut self, buf: &mut [u8]) -> Result<usize> {
                if buf.is_empty() {
                    return Err(invalid("buffer", "it is empty"));
                }
                let device = &*self.port().device;
                poll_fn(|cx| {
                    let mut buf = ReadBuf::from(&mut *buf);
                    ready!(device.poll_read(cx, &mut buf))?;
                    Poll::Ready(Ok(buf.filled()))
                })
                .await
            }

            /// Receives what is there, at least one byte, and at most `limit` bytes or one
            /// [`read_chunk_size`](SerialConfig::read_chunk_size): one wait, one read. The
            /// vector is never empty.
            ///
            /// # Errors
            ///
            /// As [`receive`](Self::receive);
            /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for a limit of 0.
            ///
            /// # Cancel safety
            ///
            /// Dropping the future loses no byte.
            pub async fn receive_available(&mut self, limit: usize) -> Result<Vec<u8>> {
                if limit == 0 {
                    return Err(invalid("limit", "it is 0"));
                }
                let device = &*self.port().device;
                let size = limit.min(device.config().read_chunk_size);
                let mut bytes = Vec::with_capacity(size);
                poll_fn(|cx| device.poll_read(cx, &mut ReadBuf::from(&mut bytes))).await?;
                Ok(bytes)
            }

            /// Receives into several buffers, in their order: one wait, one system call.
            ///
            /// # Errors
            ///
            /// As [`receive`](Self::receive).
            ///
            /// # Cancel safety
            ///
            /// Dropping the future loses no byte.
            pub async fn receive_vectored(
                &mut self,
                bufs: &mut [IoSliceMut<'_>],
            ) -> Result<usize> {
                if bufs.iter().all(|buf| buf.is_empty()) {
                    return Err(invalid("buffer", "it is empty"));
                }
                let device = &*self.port().device;
                poll_fn(|cx| device.poll_read_vectored(cx, bufs)).await
            }

            /// Receives what is there, as [`receive`](Self::receive) does, and tells breaks and
            /// damaged characters from data. The port must have been opened with
            /// [`mark_errors`](SerialConfig::mark_errors).
            ///
            /// Data and events come in the order of the wire. Characters that were lost because
            /// nobody fetched them in time are no event; [`counters`](Control::counters) has
            /// them.
            ///
            /// # Errors
            ///
            /// As [`receive`](Self::receive);
            /// [`Error::InvalidConfiguration`](crate::Error::InvalidConfiguration) without
            /// `mark_errors`.
            ///
            /// # Cancel safety
            ///
            /// Dropping the future loses no byte and no event.
            ///
            /// # Platform notes
            ///
            /// POSIX has one mark (`PARMRK`) for a break and for a damaged zero, and one for
            /// wrong parity and for a missing stop bit.
            #[doc(alias = "PARMRK")]
            pub async fn receive_events<'b>(&mut self, buf: &'b mut [u8]) -> Result<Received<'b>> {
                if buf.is_empty() {
                    return Err(invalid("buffer", "it is empty"));
                }
                let device = &*self.port().device;
                if !device.config().mark_errors {
                    return Err(Error::InvalidConfiguration {
                        field: "mark_errors",
                        value: "false".to_owned(),
                        expected: "true, for events to be received",
                    });
                }
                let mut marks = Vec::new();
                let filled = poll_fn(|cx| {
                    let mut buf = ReadBuf::from(&mut *buf);
                    ready!(device.poll_read_marked(cx, &mut buf, &mut marks))?;
                    Poll::Ready(Ok::<_, Error>(buf.filled()))
                })
                .await?;
                Ok(Received::new(buf.get(..filled).unwrap_or_default(), marks))
            }

            /// The poll form of [`receive`](Self::receive), for adapters to other traits: it can
            /// read into space that is not initialized. With no room in `buf` it is ready at once.
            ///
            /// # Errors
            ///
            /// As [`receive`](Self::receive).
            pub fn poll_receive(
                &mut self,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<Result<()>> {
                if buf.remaining() == 0 {
                    return Poll::Ready(Ok(()));
                }
                self.port().device.poll_read(cx, buf)
            }
        }

        impl $(<$lifetime>)? AsyncRead for $type $(<$lifetime>)? {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                let mut buf = ReadBuf::from(buf);
                ready!(self.get_mut().poll_receive(cx, &mut buf))?;
                Poll::Ready(Ok(buf.filled()))
            }

            fn poll_read_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                if bufs.iter().all(|buf| buf.is_empty()) {
                    return Poll::Ready(Ok(0));
                }
                let received = ready!(self.port().device.poll_read_vectored(cx, bufs))?;
                Poll::Ready(Ok(received))
            }
        }
    };
}

impl_read!(SerialPort);
impl_read!(ReadHalf<'a>);
impl_read!(OwnedReadHalf);
