//! `SerialConfig` to `Termios`, and what of it did not take effect. Pure: no system calls.

use std::fmt::Display;

use rustix::termios::{
    ControlModes, InputModes, LocalModes, OutputModes, SpecialCodeIndex, Termios,
};

use super::system;
use crate::config::{DataBits, FlowControl, Parity, SerialConfig, StopBits};

/// A setting that the driver changed on the way.
#[derive(Debug)]
pub(super) struct Difference {
    pub(super) field: &'static str,
    pub(super) asked: String,
    pub(super) got: String,
}

impl Difference {
    pub(super) fn new(field: &'static str, asked: impl Display, got: impl Display) -> Self {
        Difference {
            field,
            asked: asked.to_string(),
            got: got.to_string(),
        }
    }
}

/// Whether the system can ask for this number of stop bits: POSIX knows 1 and 2 (`CSTOPB`), and
/// a UART turns 2 into 1.5 when a character has 5 bits.
pub(super) fn has_stop_bits(config: &SerialConfig) -> bool {
    config.stop_bits != StopBits::OnePointFive || config.data_bits == DataBits::Five
}

/// The raw mode that `config` describes, made from what is in force (`previous`), so that what
/// it does not speak of stays as it is.
pub(super) fn encode(config: &SerialConfig, previous: &Termios) -> rustix::io::Result<Termios> {
    let mut termios = previous.clone();
    termios.make_raw();
    // The rest of raw mode that cfmakeraw leaves alone.
    termios.input_modes -=
        InputModes::IGNPAR | InputModes::INPCK | InputModes::IXOFF | InputModes::IXANY;
    termios.control_modes |= ControlModes::CREAD | ControlModes::CLOCAL;
    termios.special_codes[SpecialCodeIndex::VMIN] = 1;
    termios.special_codes[SpecialCodeIndex::VTIME] = 0;

    termios.control_modes -= ControlModes::CSIZE;
    termios.control_modes |= size_bits(config.data_bits);
    termios.control_modes -= system::PARITY;
    termios.control_modes |= system::parity_bits(config.parity).unwrap_or(ControlModes::empty());
    termios
        .control_modes
        .set(ControlModes::CSTOPB, config.stop_bits != StopBits::One);
    termios.control_modes -= system::LINE_FLOW;
    termios
        .control_modes
        .set(ControlModes::CRTSCTS, config.flow_control.rts_cts);
    termios
        .control_modes
        .set(ControlModes::HUPCL, config.hangup_on_close);
    termios.input_modes.set(
        InputModes::IXON | InputModes::IXOFF,
        config.flow_control.xon_xoff,
    );
    termios
        .input_modes
        .set(InputModes::PARMRK | InputModes::INPCK, config.mark_errors);
    termios.set_speed(config.baud_rate)?;
    Ok(termios)
}

/// The first setting asked for that is not in force.
pub(super) fn difference(config: &SerialConfig, got: &Termios) -> Option<Difference> {
    let found = decode(config, got);
    for speed in [got.output_speed(), got.input_speed()] {
        if !is_close(config.baud_rate, speed) {
            return Some(Difference::new("baud_rate", config.baud_rate, speed));
        }
    }
    if found.data_bits != config.data_bits {
        return Some(Difference::new(
            "data_bits",
            config.data_bits,
            found.data_bits,
        ));
    }
    if found.parity != config.parity {
        return Some(Difference::new("parity", config.parity, found.parity));
    }
    if found.stop_bits != config.stop_bits {
        return Some(Difference::new(
            "stop_bits",
            config.stop_bits,
            found.stop_bits,
        ));
    }
    if found.flow_control != config.flow_control {
        return Some(Difference::new(
            "flow_control",
            config.flow_control,
            found.flow_control,
        ));
    }
    if found.hangup_on_close != config.hangup_on_close {
        return Some(Difference::new(
            "hangup_on_close",
            config.hangup_on_close,
            found.hangup_on_close,
        ));
    }
    if found.mark_errors != config.mark_errors {
        return Some(Difference::new(
            "mark_errors",
            config.mark_errors,
            found.mark_errors,
        ));
    }
    if !is_raw(got) {
        return Some(Difference::new("raw mode", "on", "off"));
    }
    None
}

/// Whether a baud rate is within the 2.5 % that a receiver tolerates.
fn is_close(asked: u32, got: u32) -> bool {
    u64::from(asked.abs_diff(got)) * 40 <= u64::from(asked)
}

fn size_bits(data_bits: DataBits) -> ControlModes {
    match data_bits {
        DataBits::Five => ControlModes::CS5,
        DataBits::Six => ControlModes::CS6,
        DataBits::Seven => ControlModes::CS7,
        DataBits::Eight => ControlModes::CS8,
    }
}

/// `config` with the fields that a `Termios` shows as `termios` has them.
fn decode(config: &SerialConfig, termios: &Termios) -> SerialConfig {
    let modes = termios.control_modes;
    let data_bits = [DataBits::Five, DataBits::Six, DataBits::Seven]
        .into_iter()
        .find(|bits| modes & ControlModes::CSIZE == size_bits(*bits))
        .unwrap_or(DataBits::Eight);
    // Without PARENB the other parity bits mean nothing.
    let parity = [Parity::Odd, Parity::Even, Parity::Mark, Parity::Space]
        .into_iter()
        .find(|parity| system::parity_bits(*parity) == Some(modes & system::PARITY))
        .unwrap_or(Parity::None);
    let stop_bits = match (modes.contains(ControlModes::CSTOPB), config.stop_bits) {
        (false, _) => StopBits::One,
        (true, StopBits::OnePointFive) => StopBits::OnePointFive,
        (true, _) => StopBits::Two,
    };
    let software = InputModes::IXON | InputModes::IXOFF;
    let marks = InputModes::PARMRK | InputModes::INPCK;
    config
        .data_bits(data_bits)
        .parity(parity)
        .stop_bits(stop_bits)
        .flow_control(FlowControl {
            rts_cts: if config.flow_control.rts_cts {
                modes.contains(ControlModes::CRTSCTS)
            } else {
                modes.intersects(system::LINE_FLOW)
            },
            xon_xoff: if config.flow_control.xon_xoff {
                termios.input_modes.contains(software)
            } else {
                termios.input_modes.intersects(software)
            },
            // Not a matter of termios: `Tty` has dealt with it.
            dtr_dsr: config.flow_control.dtr_dsr,
        })
        .hangup_on_close(modes.contains(ControlModes::HUPCL))
        .mark_errors(if config.mark_errors {
            termios.input_modes.contains(marks)
        } else {
            termios.input_modes.contains(InputModes::PARMRK)
        })
}

fn is_raw(termios: &Termios) -> bool {
    !termios
        .input_modes
        .intersects(InputModes::ISTRIP | InputModes::INLCR | InputModes::IGNCR | InputModes::ICRNL)
        && !termios.output_modes.contains(OutputModes::OPOST)
        && !termios
            .local_modes
            .intersects(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
}
