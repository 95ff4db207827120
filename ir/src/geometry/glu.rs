//! Gated linear units.

/// The sizes of a gated linear unit: `[outer][2][half]`, values and their gates, becomes `[outer][half]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glu {
    /// The product of the sizes before the axis.
    pub outer: usize,
    /// Half of the axis, times the product of the sizes after it.
    pub half: usize,
}
