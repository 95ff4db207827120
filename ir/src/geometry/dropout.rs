//! Dropout.

/// The sizes of a dropout of `[outer][len][inner]`: all numbers of a sample at one place of the middle axis are dropped together, or kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// The product of the sizes before the axis.
    pub outer: usize,
    /// What is dropped or kept by itself: numbers, channels, or all of a sample.
    pub len: usize,
    /// The product of the sizes after the axis.
    pub inner: usize,
    /// The probability that one of them is dropped, below 1.
    pub probability: f32,
    /// The factor of what is kept.
    pub scale: f32,
    /// The number of the node in the network.
    pub node: u32,
}

impl Dropout {
    /// Numbers that are dropped each by itself, the rest scaled up.
    #[must_use]
    pub const fn inverted(len: usize, probability: f32, node: u32) -> Self {
        Self { outer: 1, len, inner: 1, probability, scale: 1.0 / (1.0 - probability), node }
    }
}
