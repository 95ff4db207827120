//! Norms along an axis: `LayerNorm`, `RmsNorm`, `L2Norm`.

/// The sizes of a norm along the middle axis of `[outer][len][inner]`: each row of `len` numbers, `inner` apart, is normalized by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AxisNorm {
    /// What is taken off a row, and what it is divided by.
    pub kind: AxisNormKind,
    /// The product of the sizes before the axis.
    pub outer: usize,
    /// The size of the axis.
    pub len: usize,
    /// The product of the sizes after it.
    pub inner: usize,
    /// The summand of the variance or of the mean square; the least length.
    pub eps: f32,
}

/// What a norm along an axis takes off a row, and what it divides it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AxisNormKind {
    /// `(x − μ) / √(σ² + ε)`
    Layer,
    /// `x / √(mean(x²) + ε)`
    Rms,
    /// `x / max(|x|, ε)`, where |x| is the length of the row: the root of the sum of squares.
    L2,
}
