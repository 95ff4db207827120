//! Sums, differences and products of two values.

/// An operator between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// `a + b`
    Add,
    /// `a − b`
    Sub,
    /// `a · b`
    Mul,
}

/// The sizes of the result, and the strides of both sides in vectors: 0 along an axis that is stretched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binary {
    /// The operator.
    pub op: BinaryOp,
    /// The sizes of the result.
    pub dims: [usize; 3],
    /// The strides of a.
    pub a: [usize; 3],
    /// The strides of b.
    pub b: [usize; 3],
}
