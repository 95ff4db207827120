//! What memory gives at most: a plain copy of as many bytes as a layer moves, since caches decide.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// GB/s of a copy that moves so many bytes, half of them read and half written. The best of some rounds: whatever else runs only takes away.
pub fn copying(bytes: usize) -> f64 {
    let half = (bytes / 2).max(64);
    let (from, mut to) = (vec![1_u8; half], vec![0_u8; half]);
    // A copy that is too short for the clock is done several times.
    let turns = (64 * 1024 / half).max(1);
    let (begin, mut least) = (Instant::now(), f64::INFINITY);
    let mut rounds = 0;
    while rounds < 10 || begin.elapsed() < Duration::from_millis(10) {
        let start = Instant::now();
        for _ in 0..turns {
            black_box(&mut to).copy_from_slice(black_box(&from));
        }
        least = least.min(start.elapsed().as_secs_f64() / turns as f64);
        rounds += 1;
    }
    2.0 * half as f64 / least / 1e9
}
