//! Group norms.

/// The sizes of a group norm: each group is `channels / groups` channels, one behind the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupNorm {
    /// The groups, each with its statistics.
    pub groups: usize,
    /// The channels; a multiple of the groups.
    pub channels: usize,
    /// The positions of a channel in a sample.
    pub size: usize,
    /// The summand of the variance.
    pub eps: f32,
}
