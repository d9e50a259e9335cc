//! What FreeBSD tells of its devices: by sysctl, and by devd when they come and go.

use sysctl::{Ctl, CtlIter, Sysctl};

pub(crate) use super::devd::Notices;

use super::bsd_devices::Devices;

/// What sysctl tells. Without it, as in a jail, ports have their names alone.
pub(super) fn devices() -> Devices {
    let Ok(root) = Ctl::new("dev") else {
        return Devices::default();
    };
    let values = CtlIter::below(root).filter_map(|ctl| {
        let ctl = ctl.ok()?;
        let name = ctl.name().ok().filter(|name| Devices::wants(name))?;
        Some((name, ctl.value_string().ok()?))
    });
    Devices::new(values)
}
