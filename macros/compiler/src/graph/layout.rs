//! A value as `chw16c` sees it (`docs/kernels.md`).

use super::ValueType;

/// Channels, and the positions that each has: an image, or a vector of features with one position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChannelBlocks {
    /// Channels.
    pub channels: usize,
    /// Positions of each.
    pub map: usize,
}

impl ChannelBlocks {
    /// A value seen so, where it can be: one of `f32`.
    #[must_use]
    pub fn of(ty: &ValueType) -> Option<Self> {
        let ValueType::Tensor(dims) = ty else { return None };
        let dims: Option<Vec<usize>> = dims.iter().map(super::Size::num).collect();
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
