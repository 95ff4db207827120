//! Where tiles of `chw16c` lie, one after the other: along a row, down the map, from sample to sample.

use fireclay_ir::div_ceil;
use fireclay_ir::geometry::Conv;
use fireclay_ir::sizes::WINOGRAD_OUT as OUT;

/// The place of a tile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub sample: usize,
    /// The row and the column of its first output.
    pub tile: [usize; 2],
}

impl Place {
    /// That of the first tile.
    #[cfg(feature = "train")]
    pub const FIRST: Self = Self { sample: 0, tile: [0; 2] };

    /// That of a tile of the first sample.
    #[inline(always)]
    pub const fn of(g: &Conv, tile: usize) -> Self {
        let across = div_ceil(g.out_width, OUT);
        Self { sample: 0, tile: [tile / across * OUT, tile % across * OUT] }
    }

    /// That of the next tile.
    #[inline(always)]
    pub const fn next(self, g: &Conv) -> Self {
        let Self { sample, tile: [row, col] } = self;
        if col + OUT < g.out_width {
            Self { sample, tile: [row, col + OUT] }
        } else if row + OUT < g.out_height {
            Self { sample, tile: [row + OUT, 0] }
        } else {
            Self { sample: sample + 1, tile: [0; 2] }
        }
    }
}
