//! Pools over regions of interest.

/// The sizes of a pool over regions of a map: each region becomes `out_height`×`out_width` bins of every channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Roi {
    /// The regions of a sample.
    pub regions: usize,
    /// The channels of x and y.
    pub channels: usize,
    /// The height of x.
    pub height: usize,
    /// The width of x.
    pub width: usize,
    /// The bins down.
    pub out_height: usize,
    /// The bins across.
    pub out_width: usize,
    /// What a coordinate of a region is multiplied by to be one of x.
    pub scale: f32,
    /// The points along each side of a bin whose mean it is; 0: as many as it has positions. Only `RoiAlign` asks.
    pub sampling: usize,
    /// Whether the middle of the first position is at ½, as that of a pixel, or at 0. Only `RoiAlign` asks.
    pub aligned: bool,
}
