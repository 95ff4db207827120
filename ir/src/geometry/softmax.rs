//! Softmax over one axis.

/// Sizes: the softmax runs over the middle axis of `[outer][len][inner]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Softmax {
    /// Before the axis.
    pub outer: usize,
    /// The axis.
    pub len: usize,
    /// After it.
    pub inner: usize,
}
