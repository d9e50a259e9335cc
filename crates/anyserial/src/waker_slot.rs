//! Where a task that waits leaves its waker.

use std::sync::Mutex;
use std::task::Waker;

use crate::native::lock;

/// The place for the waker of the one task that waits in a direction.
///
/// Whoever waits registers here first and looks for what it waits for afterwards, and whoever
/// brings it does so first and wakes afterwards: so no wake-up is lost.
#[derive(Debug, Default)]
pub(crate) struct WakerSlot(Mutex<Option<Waker>>);

impl WakerSlot {
    pub(crate) fn register(&self, waker: &Waker) {
        let mut slot = lock(&self.0);
        match &mut *slot {
            Some(registered) => registered.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }

    pub(crate) fn wake(&self) {
        let waker = lock(&self.0).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
