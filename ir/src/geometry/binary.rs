//! Sums, differences and products of two values.

/// What two values are combined with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// `a + b`
    Add,
    /// `a − b`
    Sub,
    /// `a · b`
    Mul,
}

/// Sizes of a combination: the result's extents, and for each side its strides in vectors, 0 along an axis that is stretched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binary {
    /// How they are combined.
    pub op: BinaryOp,
    /// Of the result.
    pub dims: [usize; 3],
    /// Of a.
    pub a: [usize; 3],
    /// Of b.
    pub b: [usize; 3],
}
