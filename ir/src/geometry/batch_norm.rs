//! Batch norms, also folded into the weight before.

/// The sizes of a batch norm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchNorm {
    /// The channels, each with its statistics.
    pub channels: usize,
    /// The steps of a sequence, in each of which the channels lie side by side; 1 of anything else.
    pub steps: usize,
    /// The positions of a channel that lie side by side: 1 of a sequence.
    pub size: usize,
    /// The summand of the variance.
    pub eps: f32,
    /// The share of the new batch in running statistics.
    pub momentum: f32,
}

/// The sizes of a weight that a batch norm is folded into: `[outer][channels][inner]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fold {
    /// The product of the sizes before the output channels.
    pub outer: usize,
    /// The output channels.
    pub channels: usize,
    /// The product of the sizes after them.
    pub inner: usize,
    /// The summand of the variance.
    pub eps: f32,
}
