//! Local response normalization.

/// The sizes and numbers of a local response normalization.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lrn {
    /// The channels.
    pub channels: usize,
    /// The positions of a channel.
    pub size: usize,
    /// The channels whose squares are summed: those from `window / 2` before to `(window − 1) / 2` after.
    pub window: usize,
    /// The weight of the mean of squares.
    pub alpha: f32,
    /// The power.
    pub beta: f32,
    /// The summand.
    pub k: f32,
}
