//! One end of a pair in memory.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::faults::{FaultPlan, Tasks};
use super::wire::Wire;
use crate::config::SerialConfig;
use crate::lines::{ControlLines, Counters, ModemLines};
use crate::native::lock;

/// One end of a pair: what both ports have to know of it.
#[derive(Debug)]
pub(super) struct End {
    pub(super) path: PathBuf,
    /// What is under way to this end.
    pub(super) wire: Wire,
    pub(super) state: Mutex<State>,
    /// Locked before a `state`, never while one is locked.
    seen: Mutex<Seen>,
    pub(super) faults: FaultPlan,
    pub(super) tasks: Arc<Tasks>,
    pub(super) closed: AtomicBool,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) config: SerialConfig,
    pub(super) control: ControlLines,
    pub(super) counters: Counters,
    pub(super) in_break: bool,
}

/// The lines as an end last saw them: its counters count the changes.
#[derive(Debug, Default)]
struct Seen {
    lines: ModemLines,
    ring_changes: u32,
}

impl End {
    pub(super) fn new(
        path: String,
        capacity: usize,
        config: SerialConfig,
        faults: FaultPlan,
    ) -> Self {
        let tasks = Arc::new(Tasks::default());
        faults.wake_on_change(&tasks);
        End {
            path: PathBuf::from(path),
            wire: Wire::new(capacity),
            state: Mutex::new(State {
                config,
                control: ControlLines {
                    rts: config.rts_on_open.level().unwrap_or(true),
                    dtr: config.dtr_on_open.level().unwrap_or(true),
                },
                counters: Counters::default(),
                in_break: false,
            }),
            seen: Mutex::default(),
            faults,
            tasks,
            closed: AtomicBool::new(false),
        }
    }

    /// Looks at the lines for the first time: what they are now is no change.
    pub(super) fn plug_in(&self, far: &End) {
        self.lines(far);
        lock(&self.state).counters = Counters::default();
    }

    /// Whether the cable is out.
    pub(super) fn is_unplugged(&self) -> bool {
        self.faults.with(|faults| faults.is_gone())
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// The lines at this end, counted if they have changed.
    pub(super) fn lines(&self, far: &End) -> ModemLines {
        // From before the look: who has looked earlier must not count later.
        let mut seen = lock(&self.seen);
        let driven = if far.is_closed() || far.is_unplugged() {
            ControlLines::default()
        } else {
            lock(&far.state).control
        };
        let (ri, ring_changes) = self
            .faults
            .with(|faults| (faults.ring, faults.ring_changes));
        let lines = ModemLines {
            cts: driven.rts,
            dsr: driven.dtr,
            cd: driven.dtr,
            ri,
        };
        let changed = lines ^ seen.lines;
        let rung = ring_changes.wrapping_sub(seen.ring_changes);
        *seen = Seen {
            lines,
            ring_changes,
        };
        let counters = &mut lock(&self.state).counters;
        for (changes, count) in [
            (u32::from(changed.cts), &mut counters.cts),
            (u32::from(changed.dsr), &mut counters.dsr),
            (rung, &mut counters.ri),
            (u32::from(changed.cd), &mut counters.cd),
        ] {
            *count = count.wrapping_add(changes);
        }
        lines
    }
}
