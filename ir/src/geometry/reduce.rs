//! Reductions over some axes of a value.

/// What becomes of the numbers of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReduceOp {
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
    /// The largest; NaN where one is NaN.
    Max,
    /// The smallest; NaN where one is NaN.
    Min,
}

/// A reduction of a value of up to four axes, those beside each other that are both kept or both not being one. The results stand in the order of
/// the kept axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reduce {
    /// What is computed.
    pub op: ReduceOp,
    /// The sizes of the axes that are kept.
    pub kept: [usize; 2],
    /// Their strides in x, in vectors.
    pub kept_strides: [usize; 2],
    /// The sizes of the others.
    pub reduced: [usize; 2],
    /// Their strides in x, in vectors.
    pub reduced_strides: [usize; 2],
}

impl Reduce {
    /// The numbers of a result.
    #[inline]
    #[must_use]
    pub const fn count(&self) -> usize {
        self.reduced[0] * self.reduced[1]
    }
}
