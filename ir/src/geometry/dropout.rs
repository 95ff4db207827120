//! Dropout.

/// Sizes of a dropout.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// Positions.
    pub len: usize,
    /// Of being dropped, below 1.
    pub probability: f32,
    /// Which dropout of the network this is.
    pub node: u32,
}
