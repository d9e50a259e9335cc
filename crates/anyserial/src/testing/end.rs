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
#[derive(Debug)]
struct Seen {
    lines: ModemLines,
    ring_changes: u32,
}

impl End {
    pub(super) fn new(path: String, capacity: usize, faults: FaultPlan) -> Self {
        let tasks = Arc::new(Tasks::default());
        faults.wake_on_change(&tasks);
        let (ri, ring_changes) = faults.with(|faults| (faults.ring, faults.ring_changes));
        End {
            path: PathBuf::from(path),
            wire: Wire::new(capacity),
            state: Mutex::new(State {
                config: SerialConfig::default(),
                control: ControlLines {
                    rts: true,
                    dtr: true,
                },
                counters: Counters::default(),
                in_break: false,
            }),
            seen: Mutex::new(Seen {
                lines: ModemLines {
                    ri,
                    ..ModemLines::ALL
                },
                ring_changes,
            }),
            faults,
            tasks,
            closed: AtomicBool::new(false),
        }
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
