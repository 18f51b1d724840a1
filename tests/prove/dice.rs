//! Chance, from a seed: the same seed throws the same numbers, though processes and networks answer as they like.

use std::time::Duration;

/// A source of numbers (SplitMix64).
#[derive(Clone, Debug)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// Dice that begin with this seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Other dice, for somebody else: what he throws does not change what we throw.
    pub fn another(&mut self) -> Self {
        Self::new(self.throw())
    }

    /// Any number.
    pub fn throw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `least` up to, and without, `end`.
    pub fn between(&mut self, least: u64, end: u64) -> u64 {
        least + self.throw() % (end - least)
    }

    /// A number from `least` up to, and without, `end`.
    pub fn size(&mut self, least: usize, end: usize) -> usize {
        let (least, end) = (u64::try_from(least).unwrap(), u64::try_from(end).unwrap());
        usize::try_from(self.between(least, end)).unwrap()
    }

    /// A time between two numbers of milliseconds.
    pub fn milliseconds(&mut self, least: u64, end: u64) -> Duration {
        Duration::from_millis(self.between(least, end))
    }

    /// Yes, this often in a thousand times.
    pub fn permille(&mut self, often: u64) -> bool {
        self.throw() % 1000 < often
    }
}
