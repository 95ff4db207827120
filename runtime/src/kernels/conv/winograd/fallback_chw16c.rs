//! Direct sums in `chw16c` for tiles whose transforms are not finite ([`fallback_chwn16`](super::fallback_chwn16) says why).

use crate::kernels::pool::larger;
use crate::simd::LANES;
use fireclay_ir::geometry::Conv;

type Vector = [f32; LANES];

/// A convolution of stride 1, dilation 1 and one group with what becomes of its sums.
#[derive(Debug, Clone, Copy)]
pub(super) struct DirectSums<'a> {
    pub g: &'a Conv,
    pub x: *const f32,
    /// x lies in `chw`, not in `chw16c`.
    pub from_chw: bool,
    /// As it stands, not transformed.
    pub weight: *const f32,
    /// As it is packed: whole vectors.
    pub bias: *const f32,
    /// Null, or what is added to sums.
    pub add: *const f32,
    pub low: f32,
    pub y: *mut f32,
}

impl DirectSums<'_> {
    /// The sums of sixteen filters at a position.
    unsafe fn sums(&self, block: usize, [row, col]: [usize; 2]) -> Vector {
        let (g, map) = (self.g, self.g.height * self.g.width);
        let filters = (g.filters - block * LANES).min(LANES);
        let mut sums = [0.0; LANES];
        for channel in 0..g.channels {
            for tap in 0..g.area() {
                let above = (row + tap / g.kernel[1]).wrapping_sub(g.pad[0]);
                let beside = (col + tap % g.kernel[1]).wrapping_sub(g.pad[1]);
                if above >= g.height || beside >= g.width {
                    continue;
                }
                let place = above * g.width + beside;
                let at =
                    if self.from_chw { channel * map + place } else { (channel / LANES * map + place) * LANES + channel % LANES };
                // SAFETY: the caller's promise.
                unsafe {
                    let x = *self.x.add(at);
                    for (n, sum) in sums.iter_mut().enumerate().take(filters) {
                        *sum += *self.weight.add(((block * LANES + n) * g.channels + channel) * g.area() + tap) * x;
                    }
                }
            }
        }
        sums
    }

    /// `max(low, sums + bias + add)`; NaN stays.
    unsafe fn store(&self, block: usize, sums: &Vector, place: usize) {
        for (n, sum) in sums.iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe {
                let mut sum = *sum + *self.bias.add(block * LANES + n);
                if !self.add.is_null() {
                    sum += *self.add.add(place * LANES + n);
                }
                *self.y.add(place * LANES + n) = if sum < self.low { self.low } else { sum };
            }
        }
    }

    /// The results of sixteen filters at these rows and columns, `[first, how many]`.
    ///
    /// # Safety
    /// All are as large as the geometry says.
    #[cold]
    #[inline(never)]
    pub unsafe fn tile(&self, block: usize, rows: [usize; 2], cols: [usize; 2]) {
        for row in rows[0]..rows[0] + rows[1] {
            for col in cols[0]..cols[0] + cols[1] {
                // SAFETY: the caller's promise.
                unsafe {
                    let sums = self.sums(block, [row, col]);
                    self.store(block, &sums, (block * self.g.out_height + row) * self.g.out_width + col);
                }
            }
        }
    }

    /// The largest of each 2×2 of them in one row.
    ///
    /// # Safety
    /// As above.
    #[cold]
    #[inline(never)]
    pub unsafe fn pooled_row(&self, block: usize, row: usize) {
        let [high, wide] = [self.g.out_height / 2, self.g.out_width / 2];
        for col in 0..wide {
            // SAFETY: the caller's promise.
            unsafe {
                let mut largest = self.sums(block, [2 * row, 2 * col]);
                for i in 1..4 {
                    let other = self.sums(block, [2 * row + i / 2, 2 * col + i % 2]);
                    for lane in 0..LANES {
                        largest[lane] = larger(largest[lane], other[lane]);
                    }
                }
                self.store(block, &largest, (block * high + row) * wide + col);
            }
        }
    }
}
