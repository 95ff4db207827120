//! Dense layers in `chwn16` and `chw`, forward and input gradient: `y = weight · x + bias` for each row of x.

use super::one_row;
use crate::kernels::register_blocks::{Start, channel_blocks};
use crate::simd::Vector;
use fireclay_ir::geometry::Dense;

/// `to[result] = start + Σ source[s] · weight[result · w_result + s · w_source]`, for each row.
pub(super) struct DenseProduct {
    pub(super) rows: usize,
    pub(super) sources: usize,
    pub(super) results: usize,
    pub(super) w_source: usize,
    pub(super) w_result: usize,
    /// Sources at a time.
    pub(super) chunk: usize,
    pub(super) source: *const f32,
    pub(super) weight: *const f32,
    pub(super) to: *mut f32,
    pub(super) start: Start,
}

/// Sources `from..until` of `B` results × `P` rows.
#[inline(always)]
unsafe fn block<V: Vector, const B: usize, const P: usize>(
    g: &DenseProduct,
    start: Start,
    (from, until): (usize, usize),
    result: usize,
    row: usize,
) {
    let next = g.sources * V::WIDTH;
    // SAFETY: the caller's promise.
    unsafe {
        let to = g.to.add((row * g.results + result) * V::WIDTH);
        let mut acc = start.accumulators::<V, B, P>(result, to, V::WIDTH, g.results * V::WIDTH);
        let mut x = g.source.add((row * g.sources + from) * V::WIDTH);
        let mut w = g.weight.wrapping_add(result * g.w_result + from * g.w_source);
        for _ in from..until {
            let mut inputs = [V::splat(0.0); P];
            for p in 0..P {
                inputs[p] = V::load(x.add(p * next));
            }
            for b in 0..B {
                let weight = V::splat(*w.add(b * g.w_result));
                for p in 0..P {
                    acc[b][p] = weight.mul_add(inputs[p], acc[b][p]);
                }
            }
            (x, w) = (x.wrapping_add(V::WIDTH), w.wrapping_add(g.w_source));
        }
        for b in 0..B {
            for p in 0..P {
                acc[b][p].store(to.add((b + p * g.results) * V::WIDTH));
            }
        }
    }
}

/// From so many rows on, one sample's product is left to matrixmultiply: a sixth of the time at 32 rows (`examples/kernel_speed`).
/// In `chwn16`, and for a single row, the loops below are faster.
#[cfg(feature = "std")]
const MANY_ROWS: usize = 8;

/// The product of a single sample's rows.
#[cfg(feature = "std")]
unsafe fn many_rows(g: &DenseProduct) {
    // SAFETY: the caller's promise.
    unsafe {
        if let Start::Bias(bias) = g.start {
            for row in 0..g.rows {
                g.to.add(row * g.results).copy_from_nonoverlapping(bias, g.results);
            }
        }
        let beta = if matches!(g.start, Start::Zero) { 0.0 } else { 1.0 };
        let [rows, sources, results] = [g.rows, g.sources, g.results];
        let [to_row, source_row, w_source, w_result] = [results, sources, g.w_source, g.w_result].map(usize::cast_signed);
        matrixmultiply::sgemm(
            rows, sources, results, 1.0, g.source, source_row, 1, g.weight, w_source, w_result, beta, g.to, to_row, 1,
        );
    }
}

#[inline(always)]
pub(super) unsafe fn product<V: Vector>(g: &DenseProduct) {
    #[cfg(feature = "std")]
    if const { V::WIDTH == 1 } && g.rows >= MANY_ROWS && crate::simd::Level::current() != crate::simd::Level::Scalar {
        // SAFETY: the caller's promise.
        return unsafe { many_rows(g) };
    }
    // SAFETY: the caller's promise.
    unsafe {
        let (mut from, mut start) = (0, g.start);
        while from < g.sources {
            let range = (from, (from + g.chunk).min(g.sources));
            macro_rules! rows {
                ($B:expr, $result:expr) => {{
                    let mut row = 0;
                    while const { V::ACCUMULATORS >= 4 * $B } && row + 4 <= g.rows {
                        block::<V, { $B }, 4>(g, start, range, $result, row);
                        row += 4;
                    }
                    while row < g.rows {
                        block::<V, { $B }, 1>(g, start, range, $result, row);
                        row += 1;
                    }
                }};
            }
            let mut first = 0;
            // A single row has only channels to block over.
            while const { V::ACCUMULATORS >= 12 } && g.rows < 4 && first + 12 <= g.results {
                rows!(12, first);
                first += 12;
            }
            channel_blocks!(V, g.results - first, |result, B| {
                rows!(B, first + result);
            });
            (from, start) = (range.1, Start::There);
        }
    }
}

#[inline(always)]
unsafe fn dense_forward<V: Vector>(g: &Dense, x: *const f32, weight: *const f32, bias: *const f32, y: *mut f32) {
    if const { one_row::there::<V>() } && g.rows == 1 {
        // SAFETY: the caller's promise.
        return unsafe { one_row::vectors::one_row_forward(g.inputs, g.outputs, x, weight, bias, y) };
    }
    // Chunks of x that stay in the second-level cache while all of the weight goes past.
    let chunk = 4096_usize.checked_div(g.rows).unwrap_or(1).max(512);
    let product_of = DenseProduct {
        rows: g.rows,
        sources: g.inputs,
        results: g.outputs,
        w_source: 1,
        w_result: g.inputs,
        chunk,
        source: x,
        weight,
        to: y,
        start: Start::bias(bias),
    };
    // SAFETY: the caller's promise.
    unsafe { product::<V>(&product_of) };
}

/// `y += weight · x`
#[inline(always)]
unsafe fn dense_add<V: Vector>(g: &Dense, x: *const f32, weight: *const f32, y: *mut f32) {
    if const { one_row::there::<V>() } && g.rows == 1 {
        // SAFETY: the caller's promise.
        return unsafe { one_row::vectors::one_row_forward(g.inputs, g.outputs, x, weight, y, y) };
    }
    let product_of = DenseProduct {
        rows: g.rows,
        sources: g.inputs,
        results: g.outputs,
        w_source: 1,
        w_result: g.inputs,
        chunk: g.inputs,
        source: x,
        weight,
        to: y,
        start: Start::There,
    };
    // SAFETY: the caller's promise.
    unsafe { product::<V>(&product_of) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn dense_backward_input<V: Vector>(g: &Dense, dy: *const f32, weight: *const f32, dx: *mut f32, accumulate: bool) {
    if const { one_row::there::<V>() } && g.rows == 1 {
        // SAFETY: the caller's promise.
        return unsafe { one_row::vectors::one_row_backward_input(g.inputs, g.outputs, dy, weight, dx, accumulate) };
    }
    // A large weight is read across its rows: few rows at a time, or each step would meet another page of memory.
    let chunk = if g.inputs * g.outputs > 1 << 18 { 32 } else { g.outputs };
    let product_of = DenseProduct {
        rows: g.rows,
        sources: g.outputs,
        results: g.inputs,
        w_source: g.inputs,
        w_result: 1,
        chunk,
        source: dy,
        weight,
        to: dx,
        start: Start::accumulate(accumulate),
    };
    // SAFETY: the caller's promise.
    unsafe { product::<V>(&product_of) };
}

fireclay_ir::dense_kernels!(declared);
