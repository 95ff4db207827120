//! How the samples of a batch lie in memory.

use crate::LANES;
#[cfg(feature = "std")]
use fireclay_runtime::kernels::{lanes_to_samples, samples_to_lanes};

/// How the samples of a batch lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// One after another: `[samples][S…]`.
    Chw,
    /// Sixteen side by side: `[samples / 16][S…][16]`.
    #[default]
    Chwn16,
}

impl Layout {
    /// How many samples lie side by side: those of a micro-batch.
    #[must_use]
    pub const fn lanes(self) -> usize {
        match self {
            Self::Chw => 1,
            Self::Chwn16 => LANES,
        }
    }

    /// How many micro-batches hold so many samples.
    #[cfg(feature = "std")]
    pub(crate) const fn micros(self, samples: usize) -> usize {
        samples.div_ceil(self.lanes())
    }

    /// Where the j-th number of the i-th sample stands, where a sample has `len` numbers.
    #[cfg(feature = "std")]
    pub(crate) const fn position(self, len: usize, i: usize, j: usize) -> usize {
        match self {
            Self::Chw => i * len + j,
            Self::Chwn16 => (i / LANES * len + j) * LANES + i % LANES,
        }
    }

    /// How far from one number of a sample to the next, and from one sample of a micro-batch to the next, where a sample has `len` numbers.
    #[cfg(all(feature = "std", feature = "train"))]
    pub(crate) const fn strides(self, len: usize) -> [usize; 2] {
        match self {
            Self::Chw => [1, len],
            Self::Chwn16 => [LANES, 1],
        }
    }
}

/// As [`copy`], quickly. Padding lanes of the last micro-batch become zero.
#[cfg(feature = "std")]
pub(crate) fn copy_numbers(len: usize, samples: usize, from: (Layout, &[f32]), to: (Layout, &mut [f32])) {
    match (from.0, to.0) {
        (Layout::Chw, Layout::Chw) => to.1[..samples * len].copy_from_slice(&from.1[..samples * len]),
        (Layout::Chwn16, Layout::Chwn16) => {
            let numbers = Layout::Chwn16.micros(samples) * len * LANES;
            to.1[..numbers].copy_from_slice(&from.1[..numbers]);
        }
        (Layout::Chwn16, Layout::Chw) => {
            for (lanes, samples) in from.1.chunks(len * LANES).zip(to.1[..samples * len].chunks_mut(len * LANES)) {
                lanes_to_samples(lanes, len, samples);
            }
        }
        (Layout::Chw, Layout::Chwn16) => {
            for (samples, lanes) in from.1[..samples * len].chunks(len * LANES).zip(to.1.chunks_mut(len * LANES)) {
                samples_to_lanes(samples, len, lanes);
            }
        }
    }
}

/// Copies so many samples of `len` numbers from one layout to another.
#[cfg(feature = "std")]
pub(crate) fn copy<T: Copy>(len: usize, samples: usize, from: (Layout, &[T]), to: (Layout, &mut [T])) {
    for i in 0..samples {
        for j in 0..len {
            to.1[to.0.position(len, i, j)] = from.1[from.0.position(len, i, j)];
        }
    }
}
