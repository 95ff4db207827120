//! Softmax over one axis.

/// The sizes of a softmax over the middle axis of `[outer][len][inner]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Softmax {
    /// The product of the sizes before the axis.
    pub outer: usize,
    /// The size of the axis.
    pub len: usize,
    /// The product of the sizes after it.
    pub inner: usize,
    /// It is that of −x (softmin).
    pub negative: bool,
}
