//! Over the channels of one sample in `chw16c`: a row is a position, whose numbers are the lanes of a vector for each sixteen channels. Of sixteen rows at once what is
//! left of each, a vector, is turned, so that a row is a lane.

#[cfg(feature = "train")]
use crate::kernels::gradient::put_gradient;
use crate::math;
#[cfg(feature = "train")]
use crate::simd::TINY;
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Softmax;

/// A vector for each of sixteen rows.
type Square = [f32; LANES * LANES];

/// Of each row the largest lane, or the sum of the lanes.
#[inline(always)]
unsafe fn over_lanes<V: Vector, const LARGEST: bool>(rows: &Square) -> V {
    let mut lanes = [0.0; LANES * LANES];
    // SAFETY: both are squares of lanes.
    unsafe {
        V::transpose(rows.as_ptr(), lanes.as_mut_ptr(), LANES);
        let mut all = V::load(lanes.as_ptr());
        for lane in 1..LANES {
            let next = V::load(lanes.as_ptr().add(lane * LANES));
            all = if LARGEST { all.max(next) } else { all.add(next) };
        }
        all
    }
}

/// Where the numbers of sixteen rows, or of the last ones, lie.
struct Rows {
    first: usize,
    count: usize,
    /// From a vector of a row to its next.
    stride: usize,
    vectors: usize,
    /// The channels of the last vector.
    live: usize,
}

impl Rows {
    #[inline(always)]
    fn at(&self, row: usize, vector: usize) -> usize {
        vector * self.stride + (self.first + row) * LANES
    }

    #[inline(always)]
    fn is_last(&self, vector: usize) -> bool {
        vector + 1 == self.vectors
    }
}

/// All rows of the geometry, sixteen by sixteen.
#[inline(always)]
fn sixteens(g: &Softmax) -> impl Iterator<Item = Rows> {
    let (positions, vectors) = (g.inner, g.len.div_ceil(LANES));
    let (stride, live) = (positions * LANES, g.len - (vectors - 1) * LANES);
    (0..positions).step_by(LANES).map(move |first| Rows { first, count: LANES.min(positions - first), stride, vectors, live })
}

#[inline(always)]
unsafe fn forward<V: Vector, const LOG: bool>(g: &Softmax, x: *const f32, y: *mut f32) {
    let (mut square, mut most, mut of) = ([0.0; LANES * LANES], [0.0_f32; LANES], [0.0_f32; LANES]);
    let mut dead = [f32::NEG_INFINITY; LANES];
    dead[..g.len - (g.len.div_ceil(LANES) - 1) * LANES].fill(0.0);
    // SAFETY: the caller's promise.
    unsafe {
        let (sign, dead) = (V::splat(super::sign(g)), V::load(dead.as_ptr()));
        for rows in sixteens(g) {
            // Lanes that are no channels, which hold anything, count as −∞.
            macro_rules! number {
                ($row:expr, $vector:expr) => {{
                    let number = V::load(x.add(rows.at($row, $vector))).mul(sign);
                    if rows.is_last($vector) { number.first(rows.live).add(dead) } else { number }
                }};
            }
            for row in 0..rows.count {
                let mut largest = V::splat(f32::NEG_INFINITY);
                for vector in 0..rows.vectors {
                    largest = largest.max(number!(row, vector));
                }
                largest.store(square.as_mut_ptr().add(row * LANES));
            }
            over_lanes::<V, true>(&square).store(most.as_mut_ptr());
            for row in 0..rows.count {
                let (most, mut sum) = (V::splat(most[row]), V::splat(0.0));
                for vector in 0..rows.vectors {
                    let e = math::exp_or_zero(number!(row, vector).sub(most));
                    sum = sum.add(e);
                    if !LOG {
                        e.store(y.add(rows.at(row, vector)));
                    }
                }
                sum.store(square.as_mut_ptr().add(row * LANES));
            }
            let sums = over_lanes::<V, false>(&square);
            let sums = if LOG { math::ln(sums) } else { V::splat(1.0).div(sums) };
            sums.store(of.as_mut_ptr());
            for row in 0..rows.count {
                let (most, of) = (V::splat(most[row]), V::splat(of[row]));
                for vector in 0..rows.vectors {
                    let to = y.add(rows.at(row, vector));
                    let number =
                        if LOG { number!(row, vector).sub(most).sub(of) } else { V::load(to).mul(of).flush(f32::MIN_POSITIVE) };
                    number.store(to);
                }
            }
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn backward<V: Vector, const LOG: bool>(g: &Softmax, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    let (mut square, mut kept) = ([0.0; LANES * LANES], [0.0_f32; LANES]);
    // SAFETY: the caller's promise.
    unsafe {
        let sign = V::splat(super::sign(g));
        for rows in sixteens(g) {
            for row in 0..rows.count {
                let mut sum = V::splat(0.0);
                for vector in 0..rows.vectors {
                    let at = rows.at(row, vector);
                    let d = V::load(dy.add(at));
                    let of = if LOG { d } else { V::load(y.add(at)).mul(d) };
                    sum = sum.add(if rows.is_last(vector) { of.first(rows.live) } else { of });
                }
                sum.store(square.as_mut_ptr().add(row * LANES));
            }
            let sums = over_lanes::<V, false>(&square);
            if LOG { sums.flush(TINY) } else { sums }.store(kept.as_mut_ptr());
            for (row, kept) in kept.iter().enumerate().take(rows.count) {
                for vector in 0..rows.vectors {
                    let at = rows.at(row, vector);
                    let d = super::gradient::<V, LOG>(sign, V::splat(*kept), V::load(y.add(at)), V::load(dy.add(at)));
                    put_gradient(d, dx.add(at), accumulate);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn softmax_chw16c_forward<V: Vector>(g: &Softmax, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { forward::<V, false>(g, x, y) };
}

#[inline(always)]
unsafe fn log_softmax_chw16c_forward<V: Vector>(g: &Softmax, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { forward::<V, true>(g, x, y) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn softmax_chw16c_backward<V: Vector>(g: &Softmax, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe { backward::<V, false>(g, y, dy, dx, accumulate) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn log_softmax_chw16c_backward<V: Vector>(g: &Softmax, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe { backward::<V, true>(g, y, dy, dx, accumulate) };
}

#[expect(dead_code, reason = "the lanes are channels here, so that only one of both entries is used")]
mod entry {
    #[cfg(feature = "train")]
    use super::{log_softmax_chw16c_backward, softmax_chw16c_backward};
    use super::{log_softmax_chw16c_forward, softmax_chw16c_forward};
    fireclay_ir::softmax_chw16c_kernels!(declared);
}

/// What runs on a single sample.
pub mod chw {
    pub use super::entry::chwn16::*;
}
