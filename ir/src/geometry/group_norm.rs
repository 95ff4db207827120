//! Group norms.

/// The sizes of a group norm of `[outer][channels][size]`: each group is `channels / groups` channels side by side, over all of `outer` and
/// `size`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupNorm {
    /// The groups, each with its statistics.
    pub groups: usize,
    /// The product of the sizes before the channels: the steps of a sequence, else 1.
    pub outer: usize,
    /// The channels; a multiple of the groups.
    pub channels: usize,
    /// The product of the sizes after the channels: the positions of an image, else 1.
    pub size: usize,
    /// The summand of the variance.
    pub eps: f32,
}
