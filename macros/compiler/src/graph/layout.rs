//! Layouts: how the numbers of a value lie in memory (`docs/kernels.md`).

use super::{Count, ValueType};
use fireclay_ir::kernels::{Entries, Kernel};
use fireclay_ir::{ALIGN, Dtype, LANES};
use std::fmt;

/// How the numbers of a value lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layout {
    /// One sample, as its shape says: `[channels][height][width]`.
    Chw,
    /// One sample, its channels in blocks of sixteen: `[channels / 16][height · width][16]`.
    Chw16c(ChannelBlocks),
    /// Sixteen samples side by side: `[channels][height][width][16]`.
    Chwn16,
}

impl Layout {
    /// Samples that lie side by side.
    #[must_use]
    pub fn samples(self) -> usize {
        match self {
            Self::Chw | Self::Chw16c(_) => 1,
            Self::Chwn16 => LANES,
        }
    }

    /// Numbers of each of these samples that a value of this type takes, those of padding channels among them.
    #[must_use]
    pub fn numbers(self, ty: &ValueType) -> Count {
        match self {
            Self::Chw | Self::Chwn16 => ty.len(),
            Self::Chw16c(blocks) => blocks.vectors().saturating_mul(LANES).into(),
        }
    }

    /// The alignment of the numbers of a value: of those that lie side by side.
    #[must_use]
    pub fn align(self, dtype: Dtype) -> usize {
        match self {
            Self::Chw => dtype.align(),
            Self::Chw16c(_) | Self::Chwn16 => dtype.align() * LANES,
        }
    }

    /// The module of the runtime with the entry of a kernel that reads and writes values so. What is done channel by channel does over blocks of
    /// sixteen channels as over sixteen samples.
    ///
    /// # Panics
    /// If the kernel has no entry for the layout: a mistake of the compiler's own, by which code would reach beyond its memory.
    #[must_use]
    pub fn module(self, kernel: &Kernel) -> &'static str {
        match (kernel.entries, self) {
            (Entries::Chw | Entries::Both, Self::Chw) | (Entries::Chw, Self::Chw16c(_)) => "chw",
            (Entries::Chwn16 | Entries::Both, Self::Chw16c(_) | Self::Chwn16) => "chwn16",
            (Entries::Chwn16, Self::Chw) | (Entries::Chw, Self::Chwn16) => {
                panic!("{} does not read and write {self}", kernel.name)
            }
            (Entries::Barrier, _) => "barrier",
            (Entries::Batch, _) => "batch",
            (Entries::Across, Self::Chw | Self::Chw16c(_)) => "across",
            (Entries::Across, Self::Chwn16) => panic!("{} does not read and write {self}", kernel.name),
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chw => "chw",
            Self::Chw16c(_) => "chw16c",
            Self::Chwn16 => "chwn16",
        })
    }
}

/// A value in `chw16c`, `[channels / 16][map][16]`: an image, or features with one position each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChannelBlocks {
    /// The channels.
    pub channels: usize,
    /// The positions of a channel: height times width.
    pub map: usize,
}

impl ChannelBlocks {
    /// The sizes of a value in `chw16c`; `None` where it cannot lie so.
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

    /// The number of vectors of sixteen channels.
    #[must_use]
    pub fn vectors(self) -> usize {
        self.channels.div_ceil(16).saturating_mul(self.map)
    }

    /// Where values that are joined along their channels begin in the result, in bytes. `None`: one that does not begin with a vector there, or ends within one and
    /// is not the last, so that what it writes behind its channels would lie among those of the next.
    #[must_use]
    pub fn stretches(parts: &[Self]) -> Vec<Option<usize>> {
        let mut channels = 0_usize;
        let firsts = parts.iter().enumerate().map(|(i, part)| {
            let first = channels;
            channels = channels.saturating_add(part.channels);
            let vectors = first.is_multiple_of(LANES) && (part.channels.is_multiple_of(LANES) || i + 1 == parts.len());
            vectors.then(|| (first / LANES).saturating_mul(part.map).saturating_mul(ALIGN))
        });
        firsts.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::ChannelBlocks;

    #[test]
    fn stretches_of_what_is_joined() {
        let of = |channels: &[usize]| {
            let parts: Vec<_> = channels.iter().map(|channels| ChannelBlocks { channels: *channels, map: 6 }).collect();
            ChannelBlocks::stretches(&parts)
        };
        assert_eq!(of(&[16, 32, 5]), [Some(0), Some(6 * 64), Some(3 * 6 * 64)]);
        assert_eq!(of(&[8, 8, 16]), [None, None, Some(6 * 64)]);
        assert_eq!(of(&[24, 8, 16]), [None, None, Some(2 * 6 * 64)]);
        assert_eq!(of(&[16, 24, 16]), [Some(0), None, None]);
    }
}
