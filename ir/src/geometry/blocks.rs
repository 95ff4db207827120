//! Copies of blocks, which concat and split are made of.

/// A copy of `outer` blocks of `len` vectors; the o-th goes from `from + o · from_stride` to `to + o · to_stride`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocks {
    /// The number of blocks.
    pub outer: usize,
    /// The vectors of a block.
    pub len: usize,
    /// The position of the first source block.
    pub from: usize,
    /// The distance from one source block to the next.
    pub from_stride: usize,
    /// The position of the first target block.
    pub to: usize,
    /// The distance from one target block to the next.
    pub to_stride: usize,
}
