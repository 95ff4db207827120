//! The mean of several values.

/// One value of a mean of several.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// The numbers of a sample.
    pub len: usize,
    /// The number of values, at most 64.
    pub values: usize,
    /// The place of this one among them.
    pub place: usize,
    /// The probability that a value is dropped, below 1.
    pub probability: f32,
}
