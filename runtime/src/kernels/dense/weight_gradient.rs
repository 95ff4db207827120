//! Weight gradients of dense layers: an outer product per sample. x is transposed first, so that vectors lie along the inputs and are added
//! to rows of the gradient as they stand.
//!
//! A gradient is larger than what it is made of, and reading and writing it takes longer than the sums of sixteen samples. So a
//! micro-batch only keeps what its sums take ([`dense_save`](chwn16::dense_save)), and the gradient of the whole batch is made once, by rows that threads share
//! ([`dense_batch_weight`](chwn16::dense_batch_weight)). Sequences have samples enough in a micro-batch
//! ([`dense_backward_weight`](chwn16::dense_backward_weight)).

use super::one_row;
use crate::kernels::Share;
use crate::kernels::bias_gradient::add_sums;
use crate::kernels::register_blocks::channel_blocks;
use crate::simd::Vector;
use fireclay_ir::geometry::Dense;

/// What is summed at once: some rows of sixteen samples each (or of one).
#[derive(Clone, Copy)]
struct Rows {
    count: usize,
    /// Turned inputs: `[panel][sample][inputs of the panel]`.
    panels: *const f32,
    panels_next: usize,
    /// Inputs as they were, of which those beyond the last whole vector are read.
    x: *const f32,
    x_next: usize,
    dy: *const f32,
    dy_next: usize,
}

/// Adds the outer products of all samples to `B` rows × `N` vectors of the gradient, inputs lying `width` apart from sample to sample.
#[inline(always)]
unsafe fn outer<V: Vector, const B: usize, const N: usize>(inputs: usize, rows: &Rows, width: usize, dweight: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut acc = [[V::splat(0.0); N]; B];
        for b in 0..B {
            for n in 0..N {
                acc[b][n] = V::load(dweight.add(b * inputs + n * V::WIDTH));
            }
        }
        for row in 0..rows.count {
            let mut from = rows.panels.add(row * rows.panels_next);
            let dy = rows.dy.add(row * rows.dy_next);
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
                from = from.wrapping_add(width);
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
const fn panel<V: Vector>() -> usize {
    if V::ACCUMULATORS >= 24 { 4 } else { 1 }
}

/// Inputs that fill whole vectors.
const fn whole<V: Vector>(inputs: usize) -> usize {
    inputs - inputs % V::WIDTH
}

/// Turns the whole vectors of sixteen samples into panels.
#[inline(always)]
unsafe fn transpose<V: Vector>(inputs: usize, x: *const f32, transposed: *mut f32) {
    let (whole, most) = (whole::<V>(inputs), panel::<V>() * V::WIDTH);
    for first in (0..whole).step_by(most) {
        let width = (whole - first).min(most);
        for i in (0..width).step_by(V::WIDTH) {
            // SAFETY: the caller's promise: as many numbers as x has.
            unsafe { V::transpose(x.add((first + i) * V::WIDTH), transposed.add(first * V::WIDTH + i), width) };
        }
    }
}

/// Adds to the gradients of outputs `from..until`.
#[inline(always)]
unsafe fn add_rows<V: Vector>(g: &Dense, rows: &Rows, (from, until): (usize, usize), dweight: *mut f32, dbias: *mut f32) {
    /// Inputs at a time: of these the transposed x stays in the second-level cache.
    const CHUNK: usize = 2048;
    let whole = whole::<V>(g.inputs);
    // A single sample has nothing to transpose: its inputs are a panel as they stand.
    let most = if V::WIDTH == 1 { whole.max(1) } else { panel::<V>() * V::WIDTH };
    let chunk = if V::WIDTH == 1 { most } else { CHUNK };
    // SAFETY: the caller's promise.
    unsafe {
        for chunk_from in (0..whole).step_by(chunk) {
            let chunk_until = (chunk_from + chunk).min(whole);
            // Along rows of the gradient, which come from further away than x.
            channel_blocks!(V, until - from, |block, B| {
                let output = from + block;
                for first in (chunk_from..chunk_until).step_by(most) {
                    let width = (whole - first).min(most);
                    let dweight = dweight.add(output * g.inputs + first);
                    let rows = Rows { panels: rows.panels.add(first * V::WIDTH), dy: rows.dy.add(output * V::WIDTH), ..*rows };
                    let of = |i: usize| Rows { panels: rows.panels.wrapping_add(i), ..rows };
                    let mut i = 0;
                    while const { V::ACCUMULATORS >= 4 * B } && i + 4 * V::WIDTH <= width {
                        outer::<V, B, 4>(g.inputs, &of(i), width, dweight.add(i));
                        i += 4 * V::WIDTH;
                    }
                    while i < width {
                        outer::<V, B, 1>(g.inputs, &of(i), width, dweight.add(i));
                        i += V::WIDTH;
                    }
                }
            });
        }
        for row in 0..rows.count {
            let (x, dy) = (rows.x.add(row * rows.x_next), rows.dy.add(row * rows.dy_next));
            for i in whole..g.inputs {
                let input = V::load(x.add(i * V::WIDTH));
                for output in from..until {
                    *dweight.add(output * g.inputs + i) += V::load(dy.add(output * V::WIDTH)).mul(input).sum();
                }
            }
            if !dbias.is_null() {
                add_sums::<V>(until - from, 1, dy.add(from * V::WIDTH), dbias.add(from));
            }
        }
    }
}

#[inline(always)]
pub(super) unsafe fn dense_backward_weight<V: Vector>(
    g: &Dense,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    dbias: *mut f32,
    scratch: *mut f32,
) {
    if const { one_row::there::<V>() } && g.rows == 1 {
        // SAFETY: the caller's promise.
        return unsafe { one_row::vectors::one_row_backward_weight(g.inputs, g.outputs, x, dy, dweight, dbias) };
    }
    let (x_next, dy_next) = (g.inputs * V::WIDTH, g.outputs * V::WIDTH);
    // SAFETY: the caller's promise; scratch holds inputs × WIDTH floats for each row at once.
    unsafe {
        for start in (0..g.rows).step_by(Dense::ROWS) {
            let count = (g.rows - start).min(Dense::ROWS);
            let (x, dy) = (x.add(start * x_next), dy.add(start * dy_next));
            let mut rows = Rows { count, panels: x, panels_next: x_next, x, x_next, dy, dy_next };
            if V::WIDTH > 1 {
                for row in 0..count {
                    transpose::<V>(g.inputs, x.add(row * x_next), scratch.add(row * x_next));
                }
                rows.panels = scratch;
            }
            add_rows::<V>(g, &rows, (0, g.outputs), dweight, dbias);
        }
    }
}

/// `[panel][sample][inputs of the panel]`, then the other inputs and the gradient as they are.
#[inline(always)]
unsafe fn dense_save<V: Vector>(g: &Dense, x: *const f32, dy: *const f32, saved: *mut f32) {
    let whole = whole::<V>(g.inputs);
    // SAFETY: the caller's promise: `saved` holds `Dense::saved_len` floats.
    unsafe {
        transpose::<V>(g.inputs, x, saved);
        let (x, to) = (x.add(whole * V::WIDTH), saved.add(whole * V::WIDTH));
        to.copy_from_nonoverlapping(x, (g.inputs - whole) * V::WIDTH);
        saved.add(g.inputs * V::WIDTH).copy_from_nonoverlapping(dy, g.outputs * V::WIDTH);
    }
}

#[inline(always)]
unsafe fn dense_batch_weight<V: Vector>(
    g: &Dense,
    saved: *const f32,
    stride: usize,
    samples: usize,
    dweight: *mut f32,
    dbias: *mut f32,
    share: Share,
) {
    let (micros, outputs) = (samples.div_ceil(V::WIDTH), share.of(g.outputs));
    // SAFETY: the caller's promise: so many micro-batches saved theirs, `stride` floats apart.
    unsafe {
        for start in (0..micros).step_by(Dense::ROWS) {
            let count = (micros - start).min(Dense::ROWS);
            let x = saved.add(start * stride);
            let dy = x.add(g.inputs * V::WIDTH);
            let rows = Rows { count, panels: x, panels_next: stride, x, x_next: stride, dy, dy_next: stride };
            add_rows::<V>(g, &rows, outputs, dweight, dbias);
        }
    }
}

fireclay_ir::dense_weight_kernels!(declared);
