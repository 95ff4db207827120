//! Convolutions across samples where all samples together have few positions: weights in the order in which they are stored, read once.
//!
//! A product with so few columns is bound by the memory that its weights come from: to lay them out or to transform them first takes longer than the product. So the
//! taps of each position are gathered (im2col: Chellapilla et al. 2006, "High performance convolutional neural networks for document processing"), a column of
//! `[channels][taps]` as a filter has it, and vectors lie along it.

use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::{Axis, Conv};
use fireclay_ir::sizes::{FEW_POSITIONS, few_positions};
use fireclay_ir::{Samples, Share};

/// Whether these kernels compute the convolution of so many samples.
pub(super) fn apply(g: &Conv, samples: Samples) -> bool {
    few_positions(g, samples.count)
}

/// The operands of all three products.
#[derive(Clone, Copy)]
struct Product<'a> {
    g: &'a Conv,
    /// Positions of all samples.
    positions: usize,
    /// Taps of a position: a filter's weights.
    taps: usize,
    /// `[positions][taps]`
    columns: *mut f32,
    /// `[positions][filters]`
    rows: *mut f32,
}

impl<'a> Product<'a> {
    /// With its columns and rows in scratch.
    unsafe fn new(g: &'a Conv, samples: Samples, scratch: *mut f32) -> Self {
        let (positions, taps) = (samples.count * g.out_map(), g.channels * g.area());
        // SAFETY: the caller's promise.
        Self { g, positions, taps, columns: scratch, rows: unsafe { scratch.add(FEW_POSITIONS * taps) } }
    }

    /// For each position and tap that meets an input: the index in a column but for the channel, the position in the map, the sample.
    #[inline(always)]
    fn each_tap(&self, mut visit: impl FnMut(usize, Option<[usize; 2]>, usize)) {
        let (rows, cols): (Axis, Axis) = (self.g.rows(false), self.g.cols(false));
        let at = |axis: &Axis, position: usize, tap: usize| {
            let at = (position * axis.stride + tap * axis.dilation).checked_sub(axis.pad)?;
            (at < axis.input).then_some(at)
        };
        let map = self.g.out_map();
        for position in 0..self.positions {
            let (sample, place) = (position / map, position % map);
            for tap in 0..self.g.area() {
                let row = at(&rows, place / self.g.out_width, tap / self.g.kernel[1]);
                let col = at(&cols, place % self.g.out_width, tap % self.g.kernel[1]);
                let meets = row.zip(col).map(|(row, col)| [sample, row * self.g.width + col]);
                visit(position, meets, tap);
            }
        }
    }

    /// The columns of x, zeros where a tap lies beside the map.
    unsafe fn gather(&self, samples: Samples, x: *const f32) {
        let (g, area) = (self.g, self.g.area());
        self.each_tap(|position, meets, tap| {
            // SAFETY: the caller's promise: x holds the samples, scratch the columns.
            unsafe {
                let to = self.columns.add(position * self.taps + tap);
                for channel in 0..g.channels {
                    *to.add(channel * area) = meets.map_or(0.0, |[sample, at]| {
                        *x.add(sample * samples.step + ((channel / LANES) * g.height * g.width + at) * LANES + channel % LANES)
                    });
                }
            }
        });
    }

    /// The rows of dy.
    unsafe fn gather_rows(&self, samples: Samples, dy: *const f32) {
        let map = self.g.out_map();
        for position in 0..self.positions {
            for panel in 0..self.g.filters / LANES {
                // SAFETY: the caller's promise: dy holds the samples, scratch the rows.
                unsafe {
                    let from = dy.add(position / map * samples.step + (panel * map + position % map) * LANES);
                    self.rows.add(position * self.g.filters + panel * LANES).copy_from_nonoverlapping(from, LANES);
                }
            }
        }
    }

    /// Adds the columns of some channels to dx.
    unsafe fn scatter(&self, (from, until): (usize, usize), samples: Samples, dx: *mut f32) {
        let (g, area) = (self.g, self.g.area());
        self.each_tap(|position, meets, tap| {
            let Some([sample, at]) = meets else { return };
            // SAFETY: the caller's promise: dx holds the samples, scratch the columns.
            unsafe {
                let column = self.columns.add(position * self.taps + tap);
                for channel in from..until {
                    let to =
                        dx.add(sample * samples.step + ((channel / LANES) * g.height * g.width + at) * LANES + channel % LANES);
                    *to += *column.add(channel * area);
                }
            }
        });
    }
}

/// The sums of `R` filters at `P` positions.
#[inline(always)]
unsafe fn sums<V: Vector, const R: usize, const P: usize>(taps: usize, weight: *const f32, columns: *const f32) -> [[f32; P]; R] {
    // SAFETY: the caller's promise.
    unsafe {
        let mut acc = [[V::splat(0.0); P]; R];
        for i in (0..taps).step_by(LANES) {
            let mut x = [V::splat(0.0); P];
            for p in 0..P {
                x[p] = V::load(columns.add(p * taps + i));
            }
            for r in 0..R {
                let w = V::load(weight.add(r * taps + i));
                for p in 0..P {
                    acc[r][p] = w.mul_add(x[p], acc[r][p]);
                }
            }
        }
        acc.map(|row| row.map(|sum| sum.sum()))
    }
}

/// The results of a share of the filters, `R` at `P` positions at a time.
#[inline(always)]
unsafe fn results<V: Vector, const R: usize, const P: usize>(
    of: &Product<'_>,
    (from, until): (usize, usize),
    weight: *const f32,
    bias: *const f32,
    samples: Samples,
    (y, accumulate): (*mut f32, bool),
) {
    let map = of.g.out_map();
    // SAFETY: the caller's promise.
    unsafe {
        for filter in (from..until).step_by(R) {
            let weight = weight.add(filter * of.taps);
            let write = |position: usize, r: usize, sum: f32| {
                let filter = filter + r;
                let to =
                    y.add(position / map * samples.step + ((filter / LANES) * map + position % map) * LANES + filter % LANES);
                let start = if accumulate { *to } else { 0.0 } + if bias.is_null() { 0.0 } else { *bias.add(filter) };
                *to = start + sum;
            };
            let mut position = 0;
            while position + P <= of.positions {
                let found = sums::<V, R, P>(of.taps, weight, of.columns.add(position * of.taps));
                for r in 0..R {
                    for p in 0..P {
                        write(position + p, r, found[r][p]);
                    }
                }
                position += P;
            }
            while position < of.positions {
                let found = sums::<V, R, 1>(of.taps, weight, of.columns.add(position * of.taps));
                for r in 0..R {
                    write(position, r, found[r][0]);
                }
                position += 1;
            }
        }
    }
}

#[inline(always)]
unsafe fn few_forward<V: Vector>(
    g: &Conv,
    samples: Samples,
    x: *const f32,
    weight: *const f32,
    bias: *const f32,
    y: (*mut f32, bool),
    scratch: *mut f32,
    share: Share,
) {
    let (from, until) = share.evenly(g.filters / LANES);
    if from == until {
        return;
    }
    let range = (from * LANES, until * LANES);
    // SAFETY: the caller's promise.
    unsafe {
        let of = Product::new(g, samples, scratch);
        of.gather(samples, x);
        if const { V::ACCUMULATORS >= 16 } {
            results::<V, 4, 4>(&of, range, weight, bias, samples, y);
        } else if const { V::ACCUMULATORS >= 4 } {
            results::<V, 2, 2>(&of, range, weight, bias, samples, y);
        } else {
            results::<V, 2, 1>(&of, range, weight, bias, samples, y);
        }
    }
}

/// Columns of the gradient of x: those of a share of the channels, `R` filters at a time.
#[inline(always)]
unsafe fn gradient_columns<V: Vector, const R: usize>(of: &Product<'_>, (from, until): (usize, usize), weight: *const f32) {
    let filters = of.g.filters;
    // SAFETY: the caller's promise.
    unsafe {
        for filter in (0..filters).step_by(R) {
            let (weight, dy) = (weight.add(filter * of.taps), of.rows.add(filter));
            for i in (from..until).step_by(LANES) {
                let mut w = [V::splat(0.0); R];
                for r in 0..R {
                    w[r] = V::load(weight.add(r * of.taps + i));
                }
                for position in 0..of.positions {
                    let to = of.columns.add(position * of.taps + i);
                    let mut sum = if filter == 0 { V::splat(0.0) } else { V::load(to) };
                    for r in 0..R {
                        sum = w[r].mul_add(V::splat(*dy.add(position * filters + r)), sum);
                    }
                    sum.store(to);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn few_backward_input<V: Vector>(
    g: &Conv,
    samples: Samples,
    dy: *const f32,
    weight: *const f32,
    bias: *const f32,
    (dx, accumulate): (*mut f32, bool),
    scratch: *mut f32,
    share: Share,
) {
    let (from, until) = share.evenly(g.channels / LANES);
    if from == until {
        return;
    }
    let (map, area) = (g.height * g.width, g.area());
    // SAFETY: the caller's promise.
    unsafe {
        let of = Product::new(g, samples, scratch);
        of.gather_rows(samples, dy);
        let taps = (from * LANES * area, until * LANES * area);
        if const { V::ACCUMULATORS >= 12 } {
            gradient_columns::<V, 8>(&of, taps, weight);
        } else {
            gradient_columns::<V, 4>(&of, taps, weight);
        }
        for sample in 0..samples.count {
            for panel in from..until {
                let (to, start) = (dx.add(sample * samples.step + panel * map * LANES), bias.wrapping_add(panel * LANES));
                for at in 0..map {
                    let to = to.add(at * LANES);
                    match (accumulate, bias.is_null()) {
                        (false, true) => to.write_bytes(0, LANES),
                        (false, false) => to.copy_from_nonoverlapping(start, LANES),
                        (true, _) => {}
                    }
                }
            }
        }
        of.scatter((from * LANES, until * LANES), samples, dx);
    }
}

/// Adds the gradient of the weights of a share of the filters, `R` at a time.
#[inline(always)]
unsafe fn weights<V: Vector, const R: usize>(of: &Product<'_>, (from, until): (usize, usize), dweight: *mut f32) {
    let filters = of.g.filters;
    // SAFETY: the caller's promise.
    unsafe {
        for filter in (from..until).step_by(R) {
            let (to, dy) = (dweight.add(filter * of.taps), of.rows.add(filter));
            for i in (0..of.taps).step_by(LANES) {
                let mut sums = [V::splat(0.0); R];
                for r in 0..R {
                    sums[r] = V::load(to.add(r * of.taps + i));
                }
                for position in 0..of.positions {
                    let x = V::load(of.columns.add(position * of.taps + i));
                    for r in 0..R {
                        sums[r] = x.mul_add(V::splat(*dy.add(position * filters + r)), sums[r]);
                    }
                }
                for r in 0..R {
                    sums[r].store(to.add(r * of.taps + i));
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn few_backward_weight<V: Vector>(
    g: &Conv,
    samples: Samples,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    scratch: *mut f32,
    share: Share,
) {
    let (from, until) = share.evenly(g.filters / LANES);
    if from == until {
        return;
    }
    // SAFETY: the caller's promise.
    unsafe {
        let of = Product::new(g, samples, scratch);
        of.gather(samples, x);
        of.gather_rows(samples, dy);
        let range = (from * LANES, until * LANES);
        if const { V::ACCUMULATORS >= 6 } {
            weights::<V, 4>(&of, range, dweight);
        } else {
            weights::<V, 2>(&of, range, dweight);
        }
    }
}

entries! {
    /// The sums and the bias, which may be null, of a share of the filters; or added to what is there.
    #[allow(dead_code, reason = "the lanes are taps here")]
    pub(in crate::kernels::conv) unsafe fn few_forward(
        g: &Conv, samples: Samples, x: *const f32, weight: *const f32, bias: *const f32, y: (*mut f32, bool), scratch: *mut f32, share: Share,
    );
    /// The gradient of x of a share of the channels, with a bias, which may be null; or added to what is there.
    #[allow(dead_code, reason = "the lanes are taps here")]
    pub(in crate::kernels::conv) unsafe fn few_backward_input(
        g: &Conv, samples: Samples, dy: *const f32, weight: *const f32, bias: *const f32, dx: (*mut f32, bool), scratch: *mut f32, share: Share,
    );
    /// Adds the weight gradient of a share of the filters.
    #[allow(dead_code, reason = "the lanes are taps here")]
    pub(in crate::kernels::conv) unsafe fn few_backward_weight(
        g: &Conv, samples: Samples, x: *const f32, dy: *const f32, dweight: *mut f32, scratch: *mut f32, share: Share,
    );
}
