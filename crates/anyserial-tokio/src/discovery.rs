//! Ports to list, to find and to watch.

use std::path::Path;

use anyserial::{Ports, Result};

use crate::port::current;

/// The serial ports of this system, by the current tokio runtime: to list them, to find or await
/// one, to watch them come and go, and to open one that is to
/// [reconnect](anyserial::Reconnecting).
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anyserial_tokio::Result<()> {
/// use anyserial_tokio::{PortFilter, Reconnecting, SerialPort, ports};
///
/// for port in ports()?.list().await? {
///     println!("{port}");
/// }
/// let filter = PortFilter::new().usb(0x0403, 0x6001);
/// let (port, events) = Reconnecting::among(ports()?, filter, 115_200).open().await?;
/// let port = SerialPort::from(port);
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// [`Error::NoReactor`](anyserial::Error::NoReactor) outside of a tokio runtime.
pub fn ports() -> Result<Ports> {
    Ok(Ports::new(current(Path::new("/sys/class/tty"))?))
}

#[cfg(test)]
mod tests {
    use anyserial::Error;

    use super::*;

    #[test]
    fn needs_a_runtime() {
        assert!(matches!(ports(), Err(Error::NoReactor { .. })));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listed = ports().unwrap().list().await.unwrap();
            let again = ports().unwrap().list().await.unwrap();
            assert_eq!(listed, again);
        });
    }
}
