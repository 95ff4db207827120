//! Batch norms, and how one is folded into the weight before it.

/// Sizes of a batch norm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchNorm {
    /// Each has statistics of its own.
    pub channels: usize,
    /// Positions of one channel in one sample.
    pub size: usize,
    /// Added to the variance.
    pub eps: f32,
    /// How far running statistics move towards the batch's.
    pub momentum: f32,
}

/// How a batch norm is folded: a weight seen as `[outer][channels][inner]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fold {
    /// Before the output channels.
    pub outer: usize,
    /// Output channels.
    pub channels: usize,
    /// After them.
    pub inner: usize,
    /// Of the batch norm.
    pub eps: f32,
}
