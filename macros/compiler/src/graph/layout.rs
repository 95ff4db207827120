//! How the numbers of a value lie in memory.

use super::ValueType;

/// A layout (`docs/kernels.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layout {
    /// One sample, a map for each channel: `[channels][height][width]`.
    Chw,
    /// One sample, sixteen channels in a vector: `[channels / 16][height][width][16]`; the channels that are missing in the last block are zero.
    Chw16c(ChannelBlocks),
    /// A micro-batch of sixteen samples side by side: `[channels][height][width][16]`.
    Chwn16,
}

/// Channels, and the positions that each has: an image, or a vector of features with one position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChannelBlocks {
    /// Channels.
    pub channels: usize,
    /// Positions of each.
    pub map: usize,
}

impl ChannelBlocks {
    /// A value seen so, where it can be.
    #[must_use]
    pub fn of(ty: &ValueType) -> Option<Self> {
        let dims: Option<Vec<usize>> = ty.dims()?.iter().map(super::Size::num).collect();
        match dims?.as_slice() {
            [channels, height, width] => Some(Self { channels: *channels, map: height.saturating_mul(*width) }),
            [features] => Some(Self { channels: *features, map: 1 }),
            _ => None,
        }
    }

    /// How many vectors of sixteen channels.
    #[must_use]
    pub fn vectors(self) -> usize {
        self.channels.div_ceil(16).saturating_mul(self.map)
    }
}
