//! Dense layers: `y = weight · x + bias` for each row of x.

#[cfg(feature = "train")]
use super::conv_weight;
use super::gather::{Start, channel_blocks};
use crate::simd::Vector;

/// Sizes of a dense layer: x `[rows][inputs]`, y `[rows][outputs]`, weight `[outputs][inputs]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dense {
    /// Vectors that the same weight is applied to (steps of a sequence).
    pub rows: usize,
    /// Features of x.
    pub inputs: usize,
    /// Features of y.
    pub outputs: usize,
}

impl Dense {
    /// Rows that the weight gradient takes at once: each reads and writes all of the gradient.
    pub const ROWS: usize = 8;

    /// Floats of scratch per input, and for each row up to [`Dense::ROWS`], that the weight gradient takes in the lanes form.
    pub const SCRATCH: usize = crate::simd::LANES;
}

/// `to[result] = start + Σ source[s] · weight[result · w_result + s · w_source]`, for each row.
struct Product {
    rows: usize,
    sources: usize,
    results: usize,
    w_source: usize,
    w_result: usize,
    /// Sources at a time.
    chunk: usize,
    source: *const f32,
    weight: *const f32,
    to: *mut f32,
    start: Start,
}

/// Sources `from..until` of `B` results × `P` rows.
#[inline(always)]
unsafe fn block<V: Vector, const B: usize, const P: usize>(
    g: &Product,
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
/// In lanes form, and for a single row, the loops below are faster.
#[cfg(feature = "std")]
const MANY_ROWS: usize = 8;

/// The product of a single sample's rows.
#[cfg(feature = "std")]
unsafe fn many_rows(g: &Product) {
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
unsafe fn product<V: Vector>(g: &Product) {
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
    // Chunks of x that stay in the second-level cache while all of the weight goes past.
    let chunk = 4096_usize.checked_div(g.rows).unwrap_or(1).max(512);
    let product_of = Product {
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
    let product_of = Product {
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
    // A large weight is read across its rows: few rows at a time, or each step would meet another page of memory.
    let chunk = if g.inputs * g.outputs > 1 << 18 { 32 } else { g.outputs };
    let product_of = Product {
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

/// Inputs of some samples, side by side: those of the first sample, from one sample to the next.
#[cfg(feature = "train")]
#[derive(Clone, Copy)]
struct Inputs {
    at: *const f32,
    next: usize,
}

/// Adds the outer products of the samples of some rows to `B` rows × `N` vectors of the gradient.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn outer<V: Vector, const B: usize, const N: usize>(g: &Dense, rows: usize, x: Inputs, dy: *const f32, dweight: *mut f32) {
    let inputs = g.inputs;
    // SAFETY: the caller's promise.
    unsafe {
        let mut acc = [[V::splat(0.0); N]; B];
        for b in 0..B {
            for n in 0..N {
                acc[b][n] = V::load(dweight.add(b * inputs + n * V::WIDTH));
            }
        }
        let mut from = x.at;
        for row in 0..rows {
            let dy = dy.add(row * V::WIDTH * g.outputs);
            for lane in 0..V::WIDTH {
                let mut x_of = [V::splat(0.0); N];
                for n in 0..N {
                    x_of[n] = V::load(from.add(n * V::WIDTH));
                }
                for b in 0..B {
                    let d = V::splat(*dy.add(b * V::WIDTH + lane));
                    for n in 0..N {
                        acc[b][n] = d.mul_add(x_of[n], acc[b][n]);
                    }
                }
                from = from.wrapping_add(x.next);
            }
        }
        for b in 0..B {
            for n in 0..N {
                acc[b][n].store(dweight.add(b * inputs + n * V::WIDTH));
            }
        }
    }
}

/// Vectors of a panel: as many as a block takes.
#[cfg(feature = "train")]
const fn panel<V: Vector>() -> usize {
    if V::ACCUMULATORS >= 24 { 4 } else { 1 }
}

/// Turns the whole vectors of some rows into panels, one after another: `[panel][sample][inputs of the panel]`.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn turn<V: Vector>(g: &Dense, rows: usize, whole: usize, x: *const f32, turned: *mut f32) {
    let most = panel::<V>() * V::WIDTH;
    for first in (0..whole).step_by(most) {
        let width = (whole - first).min(most);
        for row in 0..rows {
            for i in (0..width).step_by(V::WIDTH) {
                // SAFETY: the caller's promise: as many numbers as x has.
                unsafe {
                    let to = turned.add((first * rows + row * width) * V::WIDTH + i);
                    V::turn(x.add((row * g.inputs + first + i) * V::WIDTH), to, width);
                }
            }
        }
    }
}

/// Weight gradient: an outer product per sample. x is turned first, so that vectors lie along the inputs and are added to rows of
/// the gradient as they stand.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn dense_backward_weight<V: Vector>(
    g: &Dense,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    dbias: *mut f32,
    scratch: *mut f32,
) {
    /// Inputs at a time: of these the turned x stays in the second-level cache.
    const CHUNK: usize = 2048;
    let whole = g.inputs - g.inputs % V::WIDTH;
    // A single sample has nothing to turn: its inputs are a panel as they stand.
    let most = if V::WIDTH == 1 { whole.max(1) } else { panel::<V>() * V::WIDTH };
    let chunk = if V::WIDTH == 1 { most } else { CHUNK };
    // SAFETY: the caller's promise; scratch holds inputs × WIDTH floats for each row at once.
    unsafe {
        let mut start = 0;
        while start < g.rows {
            let rows = (g.rows - start).min(Dense::ROWS);
            let (x, dy) = (x.add(start * g.inputs * V::WIDTH), dy.add(start * g.outputs * V::WIDTH));
            start += rows;
            if V::WIDTH > 1 {
                turn::<V>(g, rows, whole, x, scratch);
            }
            for from in (0..whole).step_by(chunk) {
                let until = (from + chunk).min(whole);
                // Along rows of the gradient, which come from further away than x.
                channel_blocks!(V, g.outputs, |output, B| {
                    let dy = dy.add(output * V::WIDTH);
                    for first in (from..until).step_by(most) {
                        let width = (whole - first).min(most);
                        let at = if V::WIDTH == 1 { x } else { scratch.add(first * rows * V::WIDTH).cast_const() };
                        let dweight = dweight.add(output * g.inputs + first);
                        let mut i = 0;
                        while const { V::ACCUMULATORS >= 4 * B } && i + 4 * V::WIDTH <= width {
                            outer::<V, B, 4>(g, rows, Inputs { at: at.add(i), next: width }, dy, dweight.add(i));
                            i += 4 * V::WIDTH;
                        }
                        while i < width {
                            outer::<V, B, 1>(g, rows, Inputs { at: at.add(i), next: width }, dy, dweight.add(i));
                            i += V::WIDTH;
                        }
                    }
                });
            }
            for row in 0..rows {
                let (x, dy) = (x.add(row * g.inputs * V::WIDTH), dy.add(row * g.outputs * V::WIDTH));
                for i in whole..g.inputs {
                    let input = V::load(x.add(i * V::WIDTH));
                    for output in 0..g.outputs {
                        *dweight.add(output * g.inputs + i) += V::load(dy.add(output * V::WIDTH)).mul(input).sum();
                    }
                }
                if !dbias.is_null() {
                    conv_weight::add_sums::<V>(g.outputs, 1, dy, dbias);
                }
            }
        }
    }
}

entries! {
    /// `y = weight · x + bias`; `bias` may be null.
    pub unsafe fn dense_forward(g: &Dense, x: *const f32, weight: *const f32, bias: *const f32, y: *mut f32);
    /// `y += weight · x`
    pub unsafe fn dense_add(g: &Dense, x: *const f32, weight: *const f32, y: *mut f32);
    /// The gradient of x, or added to it.
    #[cfg(feature = "train")]
    pub unsafe fn dense_backward_input(g: &Dense, dy: *const f32, weight: *const f32, dx: *mut f32, accumulate: bool);
    /// Adds the gradients of weight and bias; `dbias` may be null. `scratch`: [`Dense::SCRATCH`] floats per input
    /// and row at once ([`Dense::ROWS`]).
    #[cfg(feature = "train")]
    pub unsafe fn dense_backward_weight(
        g: &Dense, x: *const f32, dy: *const f32, dweight: *mut f32, dbias: *mut f32, scratch: *mut f32
    );
}
