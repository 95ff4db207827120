//! Copies of blocks: what concat and split are made of.

/// `outer` blocks of `len` vectors; the o-th goes from `from + o · from_stride` to `to + o · to_stride`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocks {
    /// How many.
    pub outer: usize,
    /// Vectors of each.
    pub len: usize,
    /// The first source.
    pub from: usize,
    /// From one source to the next.
    pub from_stride: usize,
    /// The first target.
    pub to: usize,
    /// From one target to the next.
    pub to_stride: usize,
}
