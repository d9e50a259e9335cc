//! Waiting for one port.

use std::time::Duration;

use futures_lite::{FutureExt, StreamExt};

use super::PortEvents;
use crate::device::{outcome, run_blocking};
use crate::discovery::Ports;
use crate::error::{Error, Result};
use crate::native;
use crate::port_filter::PortFilter;
use crate::port_info::PortInfo;

/// How long a port may be there without its node or its permissions, which something else than
/// the kernel may still be about to make.
const SETTLING: Duration = Duration::from_secs(2);

/// How often to look meanwhile. There is no event for it.
const LOOK_EVERY: Duration = Duration::from_millis(50);

impl PortFilter {
    /// Waits until the one port that this filter means is there and can be opened, by the default
    /// reactor. See [`Ports::wait`].
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// Changes nothing.
    #[cfg(feature = "async-io")]
    pub async fn wait(&self) -> Result<PortInfo> {
        Ports::default().wait(self).await
    }
}

impl Ports {
    /// Waits until the one port that a filter means is there and this user may open it. Ready at
    /// once if it is there already.
    ///
    /// The port is not opened to find that out, for that would move its lines; whether another
    /// program holds it, opening it tells. Nothing runs while no port comes; for 2 s after one has
    /// come without its permissions, it is looked at every 50 ms.
    ///
    /// # Errors
    ///
    /// [`Error::PermissionDenied`] if it is still denied 2 s after the port was there,
    /// [`Error::AmbiguousPort`] as soon as several match and the [first](PortFilter::first) was
    /// not asked for, and those of [`watch`](Ports::watch).
    ///
    /// # Cancel safety
    ///
    /// Changes nothing.
    pub async fn wait(&self, filter: &PortFilter) -> Result<PortInfo> {
        let ports = self.for_filter(filter);
        let mut events = ports.watch().await?;
        let mut waited = Duration::ZERO;
        loop {
            let error = match ports.openable(filter, &events).await {
                Ok(port) => return Ok(port),
                Err(error) => error,
            };
            let settles = match error {
                Error::NoPortFound { .. } => false,
                Error::NotFound { .. } => waited < SETTLING,
                Error::PermissionDenied { .. } if waited < SETTLING => true,
                error => return Err(error),
            };
            let limit = settles.then_some(LOOK_EVERY);
            waited = if changed_within(&ports, limit, &mut events).await? {
                // Something else is there now, so its time begins.
                Duration::ZERO
            } else {
                waited + LOOK_EVERY
            };
        }
    }

    /// The port among those present that the filter means, if it may be opened.
    async fn openable(&self, filter: &PortFilter, events: &PortEvents) -> Result<PortInfo> {
        let present: Vec<_> = events.present().map(|port| port.info.clone()).collect();
        let filter = filter.clone();
        let chosen = run_blocking(&*self.reactor, move || {
            let port = filter.resolved().choose(&present)?.clone();
            native::may_open(&port.device)?;
            Ok(port)
        });
        outcome(chosen, &self.source.place()).await
    }
}

/// Waits for the next event, for at most this long. Whether there was one.
pub(crate) async fn changed_within(
    ports: &Ports,
    limit: Option<Duration>,
    events: &mut PortEvents,
) -> Result<bool> {
    let event = async {
        match events.next().await {
            Some(event) => event.map(|_| true),
            // It has failed before, and said so.
            None => std::future::pending().await,
        }
    };
    match limit {
        Some(limit) => {
            let sleep = async {
                ports.reactor.sleep(limit).await;
                Ok(false)
            };
            event.or(sleep).await
        }
        None => event.await,
    }
}
