//! Dropout.

/// The sizes of a dropout.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// The numbers of a sample.
    pub len: usize,
    /// The probability that a number is dropped, below 1.
    pub probability: f32,
    /// The number of the node in the network.
    pub node: u32,
}
