//! Upsampling.

/// The sizes of an upsampling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upsample {
    /// The channels of x and y.
    pub channels: usize,
    /// The height of x.
    pub height: usize,
    /// The width of x.
    pub width: usize,
    /// The height of y.
    pub out_height: usize,
    /// The width of y.
    pub out_width: usize,
    /// Whether the middles of the positions at the corners meet, or the corners themselves; only linear interpolation asks.
    pub align_corners: bool,
}
