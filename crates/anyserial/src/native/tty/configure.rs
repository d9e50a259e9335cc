//! Changing the settings: all of them or none, and verified.

use rustix::io::Errno;
use rustix::termios::{Termios, tcgetattr};

use super::super::termios::{self, Difference};
use super::super::{lock, system};
use super::{Changes, Tty};
use crate::capability::Feature;
use crate::config::{LineOnOpen, Parity, SerialConfig, UnsupportedPolicy};
use crate::error::{Error, Result};
use crate::lines::ControlLines;
use crate::rs485::Rs485Config;
use crate::trace;

impl Tty {
    /// Puts `config` in force and verifies it. If any of it fails, what was in force before is
    /// in force again.
    pub(crate) fn configure(&self, config: &SerialConfig) -> Result<()> {
        config.validate_change(&self.config())?;
        self.change(config, Self::apply)
    }

    /// The same for a terminal that was just opened, whose lines have their say too.
    pub(super) fn configure_opened(&self, config: &SerialConfig) -> Result<()> {
        self.change(config, |tty, changes, config| {
            // Before anything else: opening has raised the lines.
            let (config, before) = tty.drive_lines(config)?;
            let applied = tty.apply(changes, &config);
            if applied.is_err()
                && let Some(before) = before
            {
                // The error of the settings is the one to report.
                let _ = tty.set_control_lines(Some(before.rts), Some(before.dtr));
            }
            applied
        })
    }

    /// Locks, or unlocks, around `apply`.
    fn change(
        &self,
        config: &SerialConfig,
        apply: impl FnOnce(&Self, &mut Changes, &SerialConfig) -> Result<SerialConfig>,
    ) -> Result<()> {
        config.validate()?;
        let mut changes = lock(&self.changes);
        if changes.released {
            return Err(Error::Closed {
                path: self.path.to_path_buf(),
            });
        }
        let was_exclusive = changes.exclusive;
        if config.exclusive {
            self.lock(&mut changes)?;
        }
        match apply(self, &mut changes, config) {
            Ok(in_force) => {
                if !config.exclusive {
                    self.unlock(&mut changes);
                }
                *lock(&self.config) = in_force;
                Ok(())
            }
            Err(error) => {
                if !was_exclusive {
                    self.unlock(&mut changes);
                }
                Err(error)
            }
        }
    }

    /// Drives the lines as opening is to leave them. Gives the configuration without what was
    /// tolerated, and the lines as they were before, if they were touched.
    fn drive_lines(&self, config: &SerialConfig) -> Result<(SerialConfig, Option<ControlLines>)> {
        let (rts, dtr) = (config.rts_on_open.level(), config.dtr_on_open.level());
        if rts.is_none() && dtr.is_none() {
            return Ok((*config, None));
        }
        let before = self.control_lines();
        match before.and_then(|before| self.set_control_lines(rts, dtr).map(|()| before)) {
            Ok(before) => Ok((*config, Some(before))),
            Err(missing @ Error::UnsupportedFeature { .. }) => {
                tolerate(config, missing)?;
                let kept = config
                    .rts_on_open(LineOnOpen::Keep)
                    .dtr_on_open(LineOnOpen::Keep);
                Ok((kept, None))
            }
            Err(error) => Err(error),
        }
    }

    /// Gives what is in force then, which differs from `config` where the policy for unsupported
    /// features allows.
    fn apply(&self, changes: &mut Changes, config: &SerialConfig) -> Result<SerialConfig> {
        let previous = self.termios()?;
        let steered = self.config().rs485.filter(|_| config.rs485.is_none());
        if steered.is_some() {
            // As long as a driver steers by RTS it takes no RTS/CTS.
            self.restore_rs485(changes);
        }
        let applied = self.apply_all(changes, config, &previous);
        if applied.is_err()
            && let Some(steered) = steered
            && let Ok((saved, _)) = system::set_rs485(self.fd(), &steered)
        {
            changes.rs485 = Some(saved);
        }
        applied
    }

    /// The terminal's own settings and low latency, then RS-485.
    fn apply_all(
        &self,
        changes: &mut Changes,
        config: &SerialConfig,
        previous: &Termios,
    ) -> Result<SerialConfig> {
        let (in_force, latency) = self.apply_settings(changes, config, previous)?;
        let rs485 = self.apply_rs485(changes, &in_force);
        if rs485.is_err() {
            self.put_back(previous);
            match latency {
                Step::Unchanged => {}
                Step::TurnedOn => self.restore_latency(changes),
                Step::TurnedOff => drop(self.turn_latency_on(changes)),
            }
        }
        Ok(in_force.rs485(rs485?))
    }

    /// The terminal's own settings, then low latency.
    fn apply_settings(
        &self,
        changes: &mut Changes,
        config: &SerialConfig,
        previous: &Termios,
    ) -> Result<(SerialConfig, Step)> {
        let mut in_force = *config;
        if !termios::has_stop_bits(config) {
            return Err(self.unsupported(Feature::OnePointFiveStopBits, None));
        }
        if config.flow_control.dtr_dsr {
            let missing = self.unsupported(Feature::DtrDsr, None);
            tolerate(config, missing)?;
            in_force.flow_control.dtr_dsr = false;
        }
        if system::parity_bits(config.parity).is_none() {
            let missing = self.unsupported(Feature::MarkSpaceParity, None);
            tolerate(config, missing)?;
            in_force.parity = Parity::None;
        }
        match self.apply_termios(&in_force, previous) {
            Err(refused) if is_refused_parity(&refused, &in_force) => {
                tolerate(config, refused)?;
                in_force.parity = Parity::None;
                self.apply_termios(&in_force, previous)?;
            }
            applied => applied?,
        }
        match self.apply_latency(changes, &in_force) {
            Ok((low_latency, step)) => {
                in_force.low_latency = low_latency;
                Ok((in_force, step))
            }
            Err(error) => {
                self.put_back(previous);
                Err(error)
            }
        }
    }

    fn apply_termios(&self, config: &SerialConfig, previous: &Termios) -> Result<()> {
        let wanted = termios::encode(config, previous);
        let wanted = self.checked("encode the settings", wanted)?;
        let applied = system::set_termios(self.fd(), &wanted)
            .and_then(|()| tcgetattr(self.fd()))
            .map(|got| termios::difference(config, &got));
        match applied {
            Ok(None) => Ok(()),
            Ok(Some(difference)) => {
                self.put_back(previous);
                Err(self.refused(difference))
            }
            // The driver refuses all of it and does not say which part; a baud rate that it
            // cannot make is the usual one.
            Err(error @ (Errno::INVAL | Errno::RANGE)) => {
                self.put_back(previous);
                let got = io_text(error);
                Err(self.refused(Difference::new("settings", config, got)))
            }
            Err(error) => {
                self.put_back(previous);
                Err(self.control_error("change the settings", error))
            }
        }
    }

    fn put_back(&self, previous: &Termios) {
        // Whatever error led here is the one to report.
        let _ = system::set_termios(self.fd(), previous);
    }

    /// Gives whether low latency is in force.
    fn apply_latency(&self, changes: &mut Changes, config: &SerialConfig) -> Result<(bool, Step)> {
        if !config.low_latency {
            let step = match changes.latency {
                Some(_) => Step::TurnedOff,
                None => Step::Unchanged,
            };
            self.restore_latency(changes);
            return Ok((false, step));
        }
        if changes.latency.is_some() {
            return Ok((true, Step::Unchanged));
        }
        match self.turn_latency_on(changes) {
            Ok(()) if changes.latency.is_some() => Ok((true, Step::TurnedOn)),
            Ok(()) => Ok((true, Step::Unchanged)),
            Err(missing @ Error::UnsupportedFeature { .. }) => {
                tolerate(config, missing)?;
                Ok((false, Step::Unchanged))
            }
            Err(error) => Err(error),
        }
    }

    fn turn_latency_on(&self, changes: &mut Changes) -> Result<()> {
        let saved = system::set_low_latency(self.fd());
        changes.latency = self.feature(Feature::LowLatency, saved)?;
        Ok(())
    }

    pub(super) fn restore_latency(&self, changes: &mut Changes) {
        if let Some(saved) = changes.latency.take() {
            system::restore_latency(self.fd(), &saved);
        }
    }

    /// Gives the RS-485 configuration that is in force.
    fn apply_rs485(
        &self,
        changes: &mut Changes,
        config: &SerialConfig,
    ) -> Result<Option<Rs485Config>> {
        let Some(wanted) = &config.rs485 else {
            self.restore_rs485(changes);
            return Ok(None);
        };
        let refused = match system::set_rs485(self.fd(), wanted) {
            Ok((saved, None)) => {
                // What this port set earlier is not what was there before this port.
                changes.rs485.get_or_insert(saved);
                return Ok(Some(*wanted));
            }
            Ok((saved, Some(difference))) => {
                system::restore_rs485(self.fd(), &saved);
                self.refused(difference)
            }
            Err(error) => match self.feature(Feature::Rs485, Err::<(), _>(error)) {
                Err(missing @ Error::UnsupportedFeature { .. }) => missing,
                Err(error) => return Err(error),
                Ok(()) => return Ok(None),
            },
        };
        tolerate(config, refused)?;
        self.restore_rs485(changes);
        Ok(None)
    }

    pub(super) fn restore_rs485(&self, changes: &mut Changes) {
        if let Some(saved) = changes.rs485.take() {
            system::restore_rs485(self.fd(), &saved);
        }
    }

    fn refused(&self, difference: Difference) -> Error {
        Error::UnsupportedConfiguration {
            path: self.path.to_path_buf(),
            field: difference.field,
            asked: difference.asked,
            got: difference.got,
        }
    }
}

/// What one `configure` did to a feature, so that it can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Unchanged,
    TurnedOn,
    TurnedOff,
}

fn is_refused_parity(error: &Error, config: &SerialConfig) -> bool {
    matches!(error, Error::UnsupportedConfiguration { field, .. } if *field == "parity")
        && matches!(config.parity, Parity::Mark | Parity::Space)
}

/// Deals with a missing optional feature by the policy of the configuration.
fn tolerate(config: &SerialConfig, missing: Error) -> Result<()> {
    match config.unsupported {
        UnsupportedPolicy::Error => Err(missing),
        UnsupportedPolicy::Warn => {
            trace::going_on_without(&missing);
            Ok(())
        }
        UnsupportedPolicy::Ignore => Ok(()),
    }
}

fn io_text(error: Errno) -> String {
    format!("an error ({})", std::io::Error::from(error))
}
