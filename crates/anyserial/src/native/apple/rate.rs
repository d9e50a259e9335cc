//! Which baud rates macOS takes together with the other settings. Pure: no system calls.

/// The rates that a driver is told of together with the other settings: the table of
/// `IOSerialBSDClient.cpp`, without those that it rounds (115000 to 115200) and without 0.
const TOGETHER: &[u32] = &[
    50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 7200, 9600, 14_400, 19_200,
    28_800, 38_400, 57_600, 76_800, 115_200, 230_400, 460_800, 921_600, 1_843_200,
];

/// The rate to be set together with the other settings where `rate` itself can only be set after
/// them, `None` where it can be set with them.
pub(super) fn placeholder(rate: u32) -> Option<u32> {
    // What a terminal has when it is opened.
    const FRESH: u32 = 9600;

    // 0 is a hang-up, not a rate: it goes as it is.
    (rate != 0 && !TOGETHER.contains(&rate)).then_some(FRESH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_the_table_need_no_placeholder() {
        for rate in [0, 50, 75, 134, 9600, 115_200, 230_400, 1_843_200] {
            assert_eq!(placeholder(rate), None, "{rate}");
        }
    }

    #[test]
    fn every_other_rate_has_one_of_the_table() {
        // The last is odd: with the other settings it would mean an external clock.
        for rate in [1, 31_250, 115_000, 250_000, 3_000_000, u32::MAX, 12_345] {
            let placeholder = placeholder(rate).unwrap();
            assert!(TOGETHER.contains(&placeholder), "{rate}");
        }
    }
}
