//! How the work of [`few`](super::few) is cut, and where in its scratch positions and taps read.

use crate::kernels::axis::div;
use crate::kernels::conv::Conv;
use crate::simd::LANES;

/// How the work is cut: rows of the result at once whose inputs stay in the first cache, if they can.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// Of the result.
    pub size: [usize; 2],
    /// Of x, from one result to the next.
    pub step: [usize; 2],
    /// Of the taps.
    pub reach: [usize; 2],
    /// Rows of the result at once.
    pub band: usize,
    /// Floats of a copy's rows that lie a step apart; none where rows are whole vectors, which read x with its padding as it is.
    pub plane: usize,
    /// Rows of x for a band, and the floats of a phase of such a row.
    pub rows: usize,
    pub len: usize,
}

impl Sizes {
    pub const fn new(g: &Conv, pooled: bool) -> Self {
        /// Floats.
        const CACHE: usize = 1 << 14;
        let by = if pooled { 2 } else { 1 };
        let size = [g.out_height / by, g.out_width / by];
        let step = [g.stride[0] * by, g.stride[1] * by];
        let reach = [
            (g.kernel[0] - 1) * g.dilation[0] + (by - 1) * g.stride[0],
            (g.kernel[1] - 1) * g.dilation[1] + (by - 1) * g.stride[1],
        ];
        let room = div(CACHE, g.channels * (reach[1] + 1) * step[0] * size[1]);
        let room = if room > 4 { room } else { 4 };
        let band = if size[0] < room { size[0] } else { room };
        let plane = if size[1].is_multiple_of(LANES) { 0 } else { (band + div(reach[0], step[0])) * size[1] + LANES };
        let rows = band.saturating_sub(1) * step[0] + reach[0] + 1;
        let len = size[1].next_multiple_of(LANES) + div(reach[1], step[1]);
        Self { size, step, reach, band, plane, rows, len }
    }

    /// Floats of all copies of a channel.
    pub const fn copies(&self) -> usize {
        (self.reach[1] + 1) * self.step[0] * self.plane
    }

    /// Floats of a row of x with its padding.
    pub const fn row(&self) -> usize {
        self.step[1] * self.len
    }

    /// What is read: floats of a channel, and where it starts among all copies and rows.
    pub const fn read(&self, channels: usize) -> [usize; 2] {
        if self.plane == 0 { [self.rows * self.row(), channels * self.copies()] } else { [self.copies(), 0] }
    }

    /// Where a row of x starts that a tap so far down reads.
    #[inline(always)]
    pub const fn down(&self, at: usize) -> usize {
        if self.plane == 0 {
            return at * self.row();
        }
        let down = steps(at, self.step[0]);
        (at - down * self.step[0]) * self.plane + down * self.size[1]
    }

    /// The same across.
    #[inline(always)]
    pub const fn across(&self, at: usize) -> usize {
        if self.plane == 0 {
            let across = steps(at, self.step[1]);
            return (at - across * self.step[1]) * self.len + across;
        }
        at * self.step[0] * self.plane
    }

    /// Where a position starts.
    #[inline(always)]
    pub const fn position(&self, at: usize) -> usize {
        if self.plane == 0 {
            let row = div(at, self.size[1]);
            return row * self.step[0] * self.row() + (at - row * self.size[1]);
        }
        at
    }
}

/// `a / step` without a division for the steps that there are.
#[inline(always)]
pub(super) const fn steps(a: usize, step: usize) -> usize {
    match step {
        1 => a,
        2 => a / 2,
        4 => a / 4,
        _ => div(a, step),
    }
}

/// Floats that [`conv_few`](super::few::one::conv_few) works in, or [`conv_few_pooled`](super::few::one::conv_few_pooled).
#[must_use]
pub const fn conv_few_scratch(g: &Conv, pooled: bool) -> usize {
    let sizes = Sizes::new(g, pooled);
    g.channels * (sizes.copies() + sizes.rows * sizes.row())
}
