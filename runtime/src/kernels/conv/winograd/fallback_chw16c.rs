//! Direct sums in `chw16c` for tiles whose transforms are not finite ([`fallback_chwn16`](super::fallback_chwn16) says why).

#[cfg(feature = "train")]
use super::place::Place;
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
    /// The weight is that of the convolution back: its filters are these channels, and its taps are met in reverse.
    pub turned: bool,
    /// As it is packed: whole vectors.
    pub bias: *const f32,
    /// Null, or what is added to sums.
    pub add: *const f32,
    pub low: f32,
    pub y: *mut f32,
}

impl DirectSums<'_> {
    /// Those of another sample, whose values lie so many floats further on.
    #[cfg(feature = "train")]
    #[inline(always)]
    pub fn further(&self, floats: usize) -> Self {
        let add = if self.add.is_null() { self.add } else { self.add.wrapping_add(floats) };
        Self { x: self.x.wrapping_add(floats), add, y: self.y.wrapping_add(floats), ..*self }
    }

    /// Where a weight stands.
    fn place(&self, filter: usize, channel: usize, tap: usize) -> usize {
        let (g, area) = (self.g, self.g.area());
        if self.turned {
            (channel * g.filters + filter) * area + area - 1 - tap
        } else {
            (filter * g.channels + channel) * area + tap
        }
    }

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
                        *sum += *self.weight.add(self.place(block * LANES + n, channel, tap)) * x;
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

/// The weight gradient of one channel and up to sixteen filters, of this block, over `count` tiles from `begin` on: `[tap][16]`. Samples are `step`
/// floats apart.
///
/// # Safety
/// As for the convolution; `to` holds sixteen floats for each tap.
#[cfg(feature = "train")]
#[cold]
#[inline(never)]
pub(super) unsafe fn direct_taps(
    g: &Conv,
    (x, dy, step): (*const f32, *const f32, usize),
    channel: usize,
    block: usize,
    (begin, count): (Place, usize),
    to: *mut f32,
) {
    use fireclay_ir::sizes::WINOGRAD_OUT as OUT;
    let (x_map, y_map) = (g.height * g.width, g.out_height * g.out_width);
    for tap in 0..g.area() {
        let mut sums = [0.0_f64; LANES];
        let mut at = begin;
        for _ in 0..count {
            let ([row, col], sample) = (at.tile, at.sample * step);
            for place in 0..OUT * OUT {
                let [y, beneath] = [row + place / OUT, col + place % OUT];
                let above = (y + tap / g.kernel[1]).wrapping_sub(g.pad[0]);
                let beside = (beneath + tap % g.kernel[1]).wrapping_sub(g.pad[1]);
                if y >= g.out_height || beneath >= g.out_width || above >= g.height || beside >= g.width {
                    continue;
                }
                // SAFETY: the caller's promise, and both positions are inside.
                unsafe {
                    let x = *x.add(sample + (channel / LANES * x_map + above * g.width + beside) * LANES + channel % LANES);
                    let dy = dy.add(sample + (block * y_map + y * g.out_width + beneath) * LANES).cast::<Vector>().read();
                    for (sum, dy) in sums.iter_mut().zip(dy) {
                        *sum += f64::from(x * dy);
                    }
                }
            }
            at = at.next(g);
        }
        for (n, sum) in sums.iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe { *to.add(tap * LANES + n) = *sum as f32 };
        }
    }
}
