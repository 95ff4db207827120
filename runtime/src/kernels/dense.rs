//! Dense layers: `y = weight · x + bias` for each row of x.

use super::gather::{Start, Strides, Window, block, blocks};
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
    /// Floats of scratch per input that the weight gradient takes in the lanes form.
    pub const SCRATCH: usize = crate::simd::LANES;
}

/// `to[out] = start + Σ source[s] · weight[out · w_out + s · w_source]`, for each row.
#[inline(always)]
unsafe fn product<V: Vector>(
    rows: usize,
    (sources, w_source): (usize, usize),
    (outs, w_out): (usize, usize),
    (source, weight, to): (*const f32, *const f32, *mut f32),
    start: Start,
) {
    let strides = Strides { channels: sources, x_channel: V::WIDTH, w_channel: w_source, w_out };
    // SAFETY: the caller's promise.
    unsafe {
        blocks!(V, outs, |from, B| {
            for row in 0..rows {
                let window = Window {
                    x: source.add(row * sources * V::WIDTH),
                    w: weight.add(from * w_out),
                    rows: 1,
                    cols: 1,
                    x_row: 0,
                    x_col: 0,
                    w_row: 0,
                    w_col: 0,
                    x_next: 0,
                };
                block::<V, B, 1>(start, from, &strides, window, to.add((row * outs + from) * V::WIDTH), V::WIDTH);
            }
        });
    }
}

#[inline(always)]
unsafe fn dense_forward<V: Vector>(g: &Dense, x: *const f32, weight: *const f32, bias: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { product::<V>(g.rows, (g.inputs, 1), (g.outputs, g.inputs), (x, weight, y), Start::bias(bias)) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn dense_backward_input<V: Vector>(g: &Dense, dy: *const f32, weight: *const f32, dx: *mut f32, accumulate: bool) {
    let start = Start::accumulate(accumulate);
    // SAFETY: the caller's promise.
    unsafe { product::<V>(g.rows, (g.outputs, g.inputs), (g.inputs, 1), (dy, weight, dx), start) };
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
    let whole = g.inputs - g.inputs % V::WIDTH;
    // SAFETY: the caller's promise; scratch holds inputs × WIDTH floats.
    unsafe {
        for row in 0..g.rows {
            let (x, dy) = (x.add(row * g.inputs * V::WIDTH), dy.add(row * g.outputs * V::WIDTH));
            for i in 0..g.inputs {
                for lane in 0..V::WIDTH {
                    *scratch.add(lane * g.inputs + i) = *x.add(i * V::WIDTH + lane);
                }
            }
            blocks!(V, g.outputs, |from, B| {
                let (dy, dweight) = (dy.add(from * V::WIDTH), dweight.add(from * g.inputs));
                let mut i = 0;
                while i < whole {
                    let mut acc: [V; B] = core::array::from_fn(|b| V::load(dweight.add(b * g.inputs + i)));
                    for lane in 0..V::WIDTH {
                        let input = V::load(scratch.add(lane * g.inputs + i));
                        for (b, acc) in acc.iter_mut().enumerate() {
                            *acc = V::splat(*dy.add(b * V::WIDTH + lane)).mul_add(input, *acc);
                        }
                    }
                    for (b, acc) in acc.into_iter().enumerate() {
                        acc.store(dweight.add(b * g.inputs + i));
                    }
                    i += V::WIDTH;
                }
                for i in whole..g.inputs {
                    let input = V::load(x.add(i * V::WIDTH));
                    for b in 0..B {
                        *dweight.add(b * g.inputs + i) += V::load(dy.add(b * V::WIDTH)).mul(input).sum();
                    }
                }
            });
            if !dbias.is_null() {
                super::conv_weight::add_sums::<V>(g.outputs, 1, dy, dbias);
            }
        }
    }
}

entries! {
    /// `y = weight · x + bias`; `bias` may be null.
    pub unsafe fn dense_forward(g: &Dense, x: *const f32, weight: *const f32, bias: *const f32, y: *mut f32);
    /// The gradient of x, or added to it.
    #[cfg(feature = "train")]
    pub unsafe fn dense_backward_input(g: &Dense, dy: *const f32, weight: *const f32, dx: *mut f32, accumulate: bool);
    /// Adds the gradients of weight and bias; `dbias` may be null. `scratch`: [`Dense::SCRATCH`] floats per input.
    #[cfg(feature = "train")]
    pub unsafe fn dense_backward_weight(
        g: &Dense, x: *const f32, dy: *const f32, dweight: *mut f32, dbias: *mut f32, scratch: *mut f32
    );
}
