//! Small-channel convolutions: positions lie in the lanes where filters are too few to fill a vector.

use crate::LANES;
use crate::arithmetic::{div, max, min, product, sum};
use crate::geometry::Conv;

/// The most filters.
pub const SMALL_CHANNEL_FILTERS: usize = 8;

/// The tiling: rows of the result at once whose inputs stay in the first-level cache, if they can; and where in the scratch
/// positions and taps read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmallChannel {
    /// Height and width of the result.
    pub size: [usize; 2],
    /// The distance in x from one result to the next.
    pub step: [usize; 2],
    /// The distance from the first tap to the last.
    pub reach: [usize; 2],
    /// Rows of the result at once.
    pub band: usize,
    /// Floats of a copy's rows that lie a step apart; none where rows are whole vectors, which read x with its padding as it is.
    pub plane: usize,
    /// Rows of x for a band.
    pub rows: usize,
    /// Floats of a phase of such a row.
    pub len: usize,
}

impl SmallChannel {
    /// The tiling of this convolution; `pooled` where the largest of each 2×2 is taken.
    #[inline]
    #[must_use]
    pub const fn new(g: &Conv, pooled: bool) -> Self {
        /// Floats.
        const CACHE: usize = 1 << 14;
        let by = if pooled { 2 } else { 1 };
        let size = [g.out_height / by, g.out_width / by];
        let step = [product([g.stride[0], by]), product([g.stride[1], by])];
        let reach = [reach(g, 0, by), reach(g, 1, by)];
        let room = max(div(CACHE, product([g.channels, sum([reach[1], 1]), step[0], size[1]])), 4);
        let band = min(size[0], room);
        let plane = sum([product([sum([band, div(reach[0], step[0])]), size[1]]), LANES]);
        let plane = if size[1].is_multiple_of(LANES) { 0 } else { plane };
        let rows = sum([product([band.saturating_sub(1), step[0]]), reach[0], 1]);
        let len = sum([product([size[1].div_ceil(LANES), LANES]), div(reach[1], step[1])]);
        Self { size, step, reach, band, plane, rows, len }
    }

    /// Floats of all copies of a channel.
    #[inline]
    #[must_use]
    pub const fn copies(&self) -> usize {
        product([sum([self.reach[1], 1]), self.step[0], self.plane])
    }

    /// Floats of a row of x with its padding.
    #[inline]
    #[must_use]
    pub const fn row(&self) -> usize {
        product([self.step[1], self.len])
    }

    /// The floats of a channel, and where it starts among all copies and rows.
    #[inline]
    #[must_use]
    pub const fn read(&self, channels: usize) -> [usize; 2] {
        if self.plane == 0 { [self.rows * self.row(), channels * self.copies()] } else { [self.copies(), 0] }
    }

    /// The start of the row of x that a tap so far down reads.
    #[inline(always)]
    #[must_use]
    pub const fn down(&self, at: usize) -> usize {
        if self.plane == 0 {
            return at * self.row();
        }
        let down = steps(at, self.step[0]);
        (at - down * self.step[0]) * self.plane + down * self.size[1]
    }

    /// The start of what a tap so far across reads.
    #[inline(always)]
    #[must_use]
    pub const fn across(&self, at: usize) -> usize {
        if self.plane == 0 {
            let across = steps(at, self.step[1]);
            return (at - across * self.step[1]) * self.len + across;
        }
        at * self.step[0] * self.plane
    }

    /// The start of a position.
    #[inline(always)]
    #[must_use]
    pub const fn position(&self, at: usize) -> usize {
        if self.plane == 0 {
            let row = div(at, self.size[1]);
            return row * self.step[0] * self.row() + (at - row * self.size[1]);
        }
        at
    }
}

#[inline]
const fn reach(g: &Conv, axis: usize, by: usize) -> usize {
    sum([product([g.kernel[axis].saturating_sub(1), g.dilation[axis]]), product([by - 1, g.stride[axis]])])
}

/// `a / step` without a division for the steps that there are.
#[inline(always)]
#[must_use]
pub const fn steps(a: usize, step: usize) -> usize {
    match step {
        1 => a,
        2 => a / 2,
        4 => a / 4,
        _ => div(a, step),
    }
}

/// Floats of a packed convolution: each filter's weights and its bias.
#[inline]
#[must_use]
pub const fn conv_small_channel_len(g: &Conv) -> usize {
    product([g.filters, sum([product([g.channels, g.area()]), 1])])
}

/// Floats of scratch of the kernel `conv_small_channel`, or of `conv_small_channel_pooled`.
#[inline]
#[must_use]
pub const fn conv_small_channel_scratch(g: &Conv, pooled: bool) -> usize {
    let sizes = SmallChannel::new(g, pooled);
    product([g.channels, sum([sizes.copies(), product([sizes.rows, sizes.row()])])])
}
