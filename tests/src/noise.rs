//! Data for tests.

/// Bytes that do not repeat in step with any queue.
#[derive(Debug, Clone)]
pub struct Noise(u64);

impl Noise {
    /// Each seed has its own.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Noise(0x2545_f491_4f6c_dd1d ^ seed)
    }
}

impl Iterator for Noise {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Some(self.0.to_be_bytes()[0])
    }
}

/// So many of them.
#[must_use]
pub fn noise(length: usize) -> Vec<u8> {
    Noise::new(0).take(length).collect()
}
