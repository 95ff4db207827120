//! Maxout.

/// The sizes of a maxout: of `[outer][len][pieces][inner]` the largest of each `pieces`, `[outer][len][inner]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Maxout {
    /// The product of the sizes before the axis.
    pub outer: usize,
    /// The size of the axis that is left.
    pub len: usize,
    /// The numbers of which the largest is taken.
    pub pieces: usize,
    /// The product of the sizes after the axis.
    pub inner: usize,
}
