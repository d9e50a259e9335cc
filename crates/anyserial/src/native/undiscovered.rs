//! Systems on which ports are not discovered: asking is an error, and no empty list.

use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};

pub(crate) use super::unwatched::Notices;

use super::Found;
use crate::capability::Feature;
use crate::error::{Error, Result};
use crate::port_info::PortInfo;

/// Where the ports are, for errors that concern them all.
pub(crate) fn place(root: &Path) -> PathBuf {
    root.join("dev")
}

/// Not told.
pub(super) fn info(_: BorrowedFd<'_>) -> Option<PortInfo> {
    None
}

/// An error. Where nodes are static, as on NetBSD and OpenBSD, they tell nothing of the hardware.
pub(crate) fn list(root: &Path) -> Result<Vec<Found>> {
    Err(Error::UnsupportedFeature {
        path: place(root),
        feature: Feature::Discovery,
        source: None,
    })
}

/// Nothing is found; whoever asks has failed to list them before.
pub(crate) fn look(_: &Path, _: &str) -> Option<Found> {
    None
}

pub(crate) fn is_set_up(_: &Path, _: &Found) -> bool {
    true
}
