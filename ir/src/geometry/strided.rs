//! Copies in another order, or of some numbers alone: slices, crops, permutations, axes turned around, blocks of an image as channels.

/// A copy of the positions of five axes: one at `i` goes from `from + Σ i · x` to `Σ i · y`, in vectors. All of y is written, and every number of x
/// is read at most once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strided {
    /// The sizes of the axes.
    pub sizes: [usize; 5],
    /// The strides of x; negative along an axis that is turned around.
    pub x: [isize; 5],
    /// The strides of y.
    pub y: [usize; 5],
    /// The position in x of the first number of y.
    pub from: usize,
    /// The vectors of x.
    pub x_len: usize,
}
