//! The port to talk to.

use std::path::{Path, PathBuf};

use anyserial::testing::pty_pair;
use anyserial::{Error, LinkEvents, PortFilter, Ports, Reconnecting, Result, SerialPort};
use anyserial_examples::instrument;

use crate::options::Options;

pub(crate) struct Connection {
    pub(crate) port: SerialPort,
    /// What happens to the device, if the port goes on after a replug.
    pub(crate) links: Option<LinkEvents>,
}

impl Connection {
    /// Opens what the options name among these ports.
    pub(crate) async fn open(ports: &Ports, options: &Options) -> Result<Self> {
        let Some(name) = &options.port else {
            let (port, far_end) = pty_pair().await?;
            smol::spawn(instrument(far_end)).detach();
            return Ok(Connection { port, links: None });
        };
        let mut path = PathBuf::from(name);
        // Its name will do.
        if path.components().count() == 1 && Path::new("/dev").join(&path).exists() {
            path = Path::new("/dev").join(&path);
        }
        let is_path = path.components().count() > 1;
        let filter = match path.to_str() {
            Some(text) if !is_path => PortFilter::new().containing(text),
            _ => PortFilter::new().device(&path),
        };
        let reconnecting = Reconnecting::among(ports.clone(), filter, options.config);
        match reconnecting.open().await {
            Ok((port, links)) => Ok(Connection {
                port,
                links: Some(links),
            }),
            // What is not listed can still be there: a pseudo-terminal. It has no replug.
            Err(
                Error::NoPortFound { .. } | Error::UnsupportedFeature { .. } | Error::Io { .. },
            ) if is_path => {
                let port = SerialPort::open(path, options.config).await?;
                Ok(Connection { port, links: None })
            }
            Err(error) => Err(error),
        }
    }
}
