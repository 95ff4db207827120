//! Blocks of accumulators in registers, which convolutions, dense layers and recurrent layers share: what a sum starts from, and how
//! many results are summed at once.

use crate::simd::Vector;

/// What the accumulators of a result start from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start {
    /// Zero.
    Zero,
    /// What is there already.
    There,
    /// The bias of its channel.
    Bias(*const f32),
}

impl Start {
    /// By a nullable bias.
    pub fn bias(bias: *const f32) -> Self {
        if bias.is_null() { Self::Zero } else { Self::Bias(bias) }
    }

    /// By whether to add.
    #[cfg(feature = "train")]
    pub fn accumulate(accumulate: bool) -> Self {
        if accumulate { Self::There } else { Self::Zero }
    }

    /// The accumulators of `B` channels × `P` positions that begin at `to`.
    ///
    /// # Safety
    /// Pointers are valid.
    #[inline(always)]
    pub unsafe fn accumulators<V: Vector, const B: usize, const P: usize>(
        self,
        channel: usize,
        to: *const f32,
        to_channel: usize,
        to_next: usize,
    ) -> [[V; P]; B] {
        // SAFETY: the caller's promise.
        unsafe {
            let mut acc = [[V::splat(0.0); P]; B];
            match self {
                Self::Zero => {}
                Self::There => {
                    for b in 0..B {
                        for p in 0..P {
                            acc[b][p] = V::load(to.add(b * to_channel + p * to_next));
                        }
                    }
                }
                Self::Bias(bias) => {
                    for b in 0..B {
                        acc[b] = [V::splat(*bias.add(channel + b)); P];
                    }
                }
            }
            acc
        }
    }
}

/// Calls `$run` with a const block size for each block of `$total` channels, as large as registers allow and the remainder is best
/// served with.
macro_rules! channel_blocks {
    ($V:ty, $total:expr, |$from:ident, $B:ident| $run:block) => {{
        let total: usize = $total;
        let mut $from = 0;
        while $from < total {
            let left = total - $from;
            if const { <$V as $crate::simd::Vector>::ACCUMULATORS >= 6 } && left >= 6 && left != 8 {
                const $B: usize = 6;
                $run
                $from += $B;
            } else if const { <$V as $crate::simd::Vector>::ACCUMULATORS >= 4 } && left >= 4 {
                const $B: usize = 4;
                $run
                $from += $B;
            } else if const { <$V as $crate::simd::Vector>::ACCUMULATORS >= 3 } && left >= 3 {
                const $B: usize = 3;
                $run
                $from += $B;
            } else if left >= 2 {
                const $B: usize = 2;
                $run
                $from += $B;
            } else {
                const $B: usize = 1;
                $run
                $from += $B;
            }
        }
    }};
}

pub(super) use channel_blocks;
