//! Seeds of samples.

/// The seed of a sample in an epoch (counted from 0) of a training with this seed: what the [`Trainer`](crate::Trainer) gives to
/// [`Dataset::fill`](super::Dataset::fill). It does not depend on threads, batches or the order of samples. Outside of training
/// (validation, `evaluate`, `predict_all`) the seed is that of training 0 in epoch 0: always the same.
///
/// ```
/// use fireclay::data::sample_seed;
/// assert_eq!(sample_seed(42, 0, 7), sample_seed(42, 0, 7));
/// assert_ne!(sample_seed(42, 0, 7), sample_seed(42, 1, 7));
/// assert_ne!(sample_seed(42, 0, 7), sample_seed(42, 0, 8));
/// ```
#[must_use]
pub const fn sample_seed(seed: u64, epoch: usize, i: usize) -> u64 {
    mix(mix(mix(seed) ^ epoch as u64) ^ i as u64)
}

/// A step of SplitMix64 (Steele, Lea and Flood 2014).
const fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_sample_of_every_epoch_has_a_seed_of_its_own() {
        let seeds: HashSet<u64> =
            (0..10).flat_map(|seed| (0..10).flat_map(move |epoch| (0..100).map(move |i| sample_seed(seed, epoch, i)))).collect();
        assert_eq!(seeds.len(), 10_000);
    }
}
