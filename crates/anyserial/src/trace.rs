//! What this crate says through `tracing`, if that feature is on; nothing otherwise.
//!
//! All of it stands here, so that it can be seen at a glance that no payload is in it.

use std::path::Path;

use crate::config::SerialConfig;
use crate::error::{Error, Result};

/// Events are told apart by what they say, not by where they stand.
#[cfg(feature = "tracing")]
const TARGET: &str = "anyserial";

/// Functions that do nothing without the feature.
macro_rules! events {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),*) $body:block)*) => {$(
        $(#[$doc])*
        #[cfg_attr(
            not(feature = "tracing"),
            expect(unused_variables, reason = "there is nobody to tell")
        )]
        pub(crate) fn $name($($argument: $type),*) {
            #[cfg(feature = "tracing")]
            $body
        }
    )*};
}

events! {
    /// A port is there.
    fn opened(path: &Path, config: &SerialConfig) {
        tracing::debug!(target: TARGET, path = %path.display(), %config, "opened");
    }

    /// Opening was refused.
    fn not_opened(path: &Path, config: &SerialConfig, error: &Error) {
        tracing::debug!(target: TARGET, path = %path.display(), %config, %error, "could not open");
    }

    /// The port goes.
    fn closing(path: &Path) {
        tracing::debug!(target: TARGET, path = %path.display(), "closing");
    }

    /// How a change of the configuration went.
    fn configured(path: &Path, config: &SerialConfig, outcome: &Result<()>) {
        let path = path.display();
        match outcome {
            Ok(()) => tracing::debug!(target: TARGET, %path, %config, "configured"),
            Err(error) => tracing::debug!(target: TARGET, %path, %config, %error, "could not configure"),
        }
    }

    /// The configuration said to go on without what is missing.
    fn going_on_without(missing: &Error) {
        tracing::warn!(target: TARGET, error = %missing, "going on without an unsupported feature");
    }

    /// The device is gone.
    fn disconnected(path: &Path) {
        tracing::warn!(target: TARGET, path = %path.display(), "disconnected");
    }
}
