//! Where the numbers of a value lie: by channels and positions.

use fireclay_ir::geometry::Conv;

/// Vectors from one channel to the next, and from one position to the next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Map {
    pub channel: usize,
    pub position: usize,
}

impl Map {
    /// `[channels][positions]`, of so many positions.
    pub const fn image(positions: usize) -> Self {
        Self { channel: positions, position: 1 }
    }

    /// `[time][features]`, of so many features.
    pub const fn sequence(features: usize) -> Self {
        Self { channel: 1, position: features }
    }

    /// Of x and y of a convolution; of a transposed one the other way around.
    pub const fn images(g: &Conv, transposed: bool) -> [Self; 2] {
        let (x, y) = (Self::image(g.height * g.width), Self::image(g.out_height * g.out_width));
        if transposed { [y, x] } else { [x, y] }
    }
}
