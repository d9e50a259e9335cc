//! What the library promises, proved on real kernel drivers: `tests/lab/run`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod bench;
mod closing;
mod discovery;
mod drain;
mod exchange;
mod exclusive;
mod hardware;
mod latency;
mod lines;
mod refused;
mod rs485;
mod unplug;

use std::process::ExitCode;

use anyserial_lab::Arch;
use anyserial_tests::{child, tests};

fn main() -> ExitCode {
    if let Some(role) = child::role() {
        return exclusive::as_child(&role);
    }
    let amd64 = tests![
        exchange::uart,
        exchange::usb,
        exchange::ftdi,
        exchange::acm,
        refused::uart_baud_rate,
        refused::ftdi_baud_rate,
        refused::ftdi_data_bits,
        refused::phantom,
        exclusive::against_this_program_and_other_users,
        lines::cross_over,
        lines::a_change_wakes_who_waits,
        lines::flow_control_stops_the_sender,
        lines::breaks_are_counted,
        lines::errors_are_counted,
        hardware::uart_low_latency,
        hardware::ftdi_low_latency,
        hardware::low_latency_needs_no_root,
        hardware::acm_has_no_low_latency,
        hardware::no_rs485_is_no_rs485,
        hardware::a_busy_port_keeps_its_lines,
        hardware::lines_on_open,
        hardware::without_hangup_the_lines_stay_up,
        hardware::ftdi_modem_changes,
        hardware::uart_modem_changes,
        hardware::uart_marks,
        hardware::ftdi_marks,
        hardware::ftdi_pulled_while_watching,
        hardware::capabilities_of_each_driver,
        latency::question_and_answer,
        latency::is_put_back,
        drain::uart_takes_as_long_as_the_line,
        drain::ftdi_takes_as_long_as_the_line,
        drain::fails_when_unplugged,
        closing::uart_with_unsent_output,
        closing::ftdi_with_unsent_output,
        closing::loses_nothing,
        unplug::usb_in_the_middle_of_everything,
        unplug::ftdi_in_the_middle_of_everything,
        unplug::acm_in_the_middle_of_everything,
        unplug::replug_gives_a_new_port,
        discovery::lists_hardware_and_nothing_else,
        discovery::usb_comes_and_goes,
        discovery::acm_comes_and_goes,
        discovery::a_port_held_open_keeps_its_name,
        discovery::usb_reconnects_in_the_middle_of_a_transfer,
        discovery::acm_reconnects_in_the_middle_of_a_transfer,
        discovery::udev_is_waited_for,
    ];
    let arm64 = tests![
        hardware::pl011_rs485,
        rs485::exchange,
        rs485::is_put_back,
        rs485::a_clamped_delay_is_refused,
    ];
    anyserial_lab::run(&[(Arch::Amd64, amd64), (Arch::Arm64, arm64)])
}
