//! Random numbers that a seed repeats (`SplitMix64`), and the number of rounds.

use std::env;
use std::ops::RangeInclusive;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) struct Random(u64);

impl Random {
    /// From `DOORWARD_SEED`, or from the time. Prints the seed.
    pub(crate) fn seeded() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
        let seed = env::var("DOORWARD_SEED").map_or(since as u64, |seed| seed.parse().unwrap());
        println!("DOORWARD_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn of(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub(crate) fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        range.start() + self.next() % (range.end() - range.start() + 1)
    }
}

/// `DOORWARD_ROUNDS`, or as many as a bare `cargo test` has time for.
pub(crate) fn rounds(default: u32) -> u32 {
    env::var("DOORWARD_ROUNDS").map_or(default, |rounds| rounds.parse().unwrap())
}
