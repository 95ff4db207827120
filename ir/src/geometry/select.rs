//! A choice between two values, number by number.

/// The sizes of the result, and the strides of the mask and of both values in vectors: 0 along an axis that is stretched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Select {
    /// The sizes of the result.
    pub dims: [usize; 4],
    /// The strides of the mask.
    pub mask: [usize; 4],
    /// The strides of the value that is taken where the mask is not zero.
    pub a: [usize; 4],
    /// The strides of the other.
    pub b: [usize; 4],
}
