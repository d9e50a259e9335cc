//! The behaviour of ports, each test under every runtime.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod buffered;
mod bytes;
mod cancel;
mod closing;
mod configure;
mod control;
mod costly;
mod disconnect;
mod discovery;
mod drain;
mod embedded;
mod errors;
mod exclusive;
mod faults;
mod halves;
mod hotplug;
mod lines;
mod marks;
mod reconnect;
mod stress;
mod third_parties;

use std::process::ExitCode;

use anyserial_tests::{child, tests};

fn main() -> ExitCode {
    if let Some(role) = child::role() {
        return exclusive::as_child(&role);
    }
    anyserial_tests::run(tests![
        buffered::delimited_frames,
        buffered::a_late_answer_is_thrown_away,
        buffered::frames_do_not_depend_on_how_they_arrive,
        buffered::a_limit_met_exactly_and_passed,
        buffered::bad_arguments_of_frames,
        buffered::frames_of_a_known_length,
        buffered::lines_of_text,
        buffered::frames_that_end_in_silence,
        buffered::over_any_stream,
        buffered::a_ports_errors_are_its_own,
        buffered::cancelling_loses_no_frame,
        buffered::over_halves_and_what_lends_itself,
        buffered::still_a_stream,
        bytes::all_values_both_ways,
        bytes::a_mebibyte_each_way_at_once,
        bytes::a_mebibyte_through_a_narrow_pair,
        bytes::who_never_has_to_wait_leaves_others_their_turn,
        bytes::vectored,
        bytes::futures_traits,
        bytes::receive_available_stops_at_its_limits,
        bytes::a_user_supplied_device,
        cancel::receive_loses_nothing,
        cancel::send_some_sends_what_it_says,
        cancel::a_break_is_lifted,
        cancel::an_open_leaves_nothing_open,
        closing::drop_and_close_do_not_stall,
        closing::close_waits_for_the_close,
        closing::open_right_after_drop,
        closing::a_panic_gives_up_the_locks,
        closing::poll_close_drains_and_leaves_the_port_open,
        configure::takes_effect_in_the_kernel,
        configure::while_a_receive_waits,
        configure::a_refused_frame_changes_nothing,
        configure::unsupported_features_follow_the_policy,
        configure::a_failed_open_changes_nothing,
        configure::what_termios_cannot_show,
        control::outlives_the_port_and_says_so,
        control::queues,
        control::discards,
        control::timeouts,
        control::capabilities_of_a_pty,
        control::lends_the_descriptor,
        disconnect::all_bytes_arrive_then_the_error,
        disconnect::every_operation_says_so_every_time,
        disconnect::wakes_who_waits,
        disconnect::ends_a_break,
        disconnect::a_reading_loop_does_not_spin,
        discovery::recorded_trees,
        discovery::finding,
        discovery::finding_none_or_several,
        discovery::no_sysfs_is_an_error,
        discovery::four_thousand_entries,
        discovery::a_device_that_goes_meanwhile,
        discovery::of_an_open_port,
        discovery::this_system,
        drain::waits_for_the_wire,
        drain::does_not_report_success_after_a_disconnect,
        drain::waits_for_no_reader_of_a_pty,
        embedded::a_drivers_client_on_a_port,
        embedded::a_drivers_client_on_halves,
        embedded::traits_of_embedded_io,
        errors::opening,
        errors::bad_arguments,
        errors::missing_features,
        errors::convert_into_io_errors,
        exclusive::a_second_open_is_busy_and_harmless,
        exclusive::another_user_is_refused,
        exclusive::who_may_not_open_it_is_told_who_may,
        exclusive::root_sees_a_lock_of_any_kind,
        exclusive::can_be_shared_and_unshared,
        faults::again_and_interrupted_calls_go_on,
        faults::short_calls_add_up,
        faults::one_failure_is_one_failure,
        faults::disconnect_wakes_both_sides,
        faults::latency_and_bandwidth_take_their_time,
        faults::mismatched_ends_are_refused_if_asked,
        halves::full_duplex_in_one_task,
        halves::full_duplex_in_two_tasks,
        halves::reunite,
        hotplug::come_and_go,
        hotplug::a_name_that_is_reused,
        hotplug::lost_events_are_made_up_for,
        hotplug::a_hundred_at_once,
        hotplug::dropped_waits_lose_nothing,
        hotplug::waiting_for_one,
        hotplug::waiting_for_a_node,
        hotplug::news_of_the_kernel,
        hotplug::udev_has_the_last_word,
        lines::cross_over,
        lines::changes_are_seen_even_if_short,
        lines::a_stream_misses_no_change,
        lines::a_stream_ends_with_its_port,
        lines::costly_lines_are_asked_when_the_counters_move,
        lines::opening_sets_them,
        lines::flow_control_stops_the_sender,
        lines::breaks_and_parity_errors_are_counted,
        marks::bytes_are_exact_in_buffers_of_any_size,
        marks::giving_up_loses_nothing,
        marks::a_discard_takes_half_a_mark_along,
        marks::events_come_in_their_order,
        marks::who_does_not_ask_gets_plain_bytes,
        marks::marks_are_chosen_at_open,
        stress::random_chunks_and_pauses,
        third_parties::lines,
        third_parties::frames_larger_than_the_queues,
        third_parties::copying_between_two_ports,
        reconnect::goes_on_under_another_name,
        reconnect::again_and_again,
        reconnect::fails_while_away_if_asked,
        reconnect::operations_do_not_wait,
        reconnect::in_the_middle_of_a_transfer,
        reconnect::by_its_socket_without_a_serial_number,
        reconnect::tries_until_it_can_be_opened,
        reconnect::a_drain_tells_of_lost_output,
        reconnect::closing_ends_it,
        reconnect::what_is_not_there_is_an_error,
    ])
}
