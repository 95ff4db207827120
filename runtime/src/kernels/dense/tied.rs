//! Dense layers with the weight of another one, transposed (the decoder of an autoencoder): `y = weightᵀ · x + bias`, with `weight` of
//! `[inputs][outputs]`. Its products are those of the other one with forward and backward exchanged.

use super::forward::{DenseProduct, product};
use super::one_row;
use crate::kernels::register_blocks::Start;
use crate::simd::Vector;
#[cfg(feature = "train")]
use {super::weight_gradient::dense_backward_weight, crate::kernels::bias_gradient::add_sums};

use fireclay_ir::geometry::Dense;

#[inline(always)]
unsafe fn dense_tied_forward<V: Vector>(g: &Dense, x: *const f32, weight: *const f32, bias: *const f32, y: *mut f32) {
    if const { one_row::there::<V>() } && g.rows == 1 {
        // SAFETY: the caller's promise; a bias has as many numbers as y.
        return unsafe {
            if !bias.is_null() {
                y.copy_from_nonoverlapping(bias, g.outputs);
            }
            one_row::vectors::one_row_backward_input(g.outputs, g.inputs, x, weight, y, !bias.is_null());
        };
    }
    // A large weight is read across its rows: few at a time, or each step would meet another page of memory.
    let chunk = if g.inputs * g.outputs > 1 << 18 { 32 } else { g.inputs };
    let product_of = DenseProduct {
        rows: g.rows,
        sources: g.inputs,
        results: g.outputs,
        w_source: g.outputs,
        w_result: 1,
        chunk,
        source: x,
        weight,
        to: y,
        start: Start::bias(bias),
    };
    // SAFETY: the caller's promise.
    unsafe { product::<V>(&product_of) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn dense_tied_backward_input<V: Vector>(g: &Dense, dy: *const f32, weight: *const f32, dx: *mut f32, accumulate: bool) {
    let product_of = DenseProduct {
        rows: g.rows,
        sources: g.outputs,
        results: g.inputs,
        w_source: 1,
        w_result: g.outputs,
        chunk: g.outputs.max(1),
        source: dy,
        weight,
        to: dx,
        start: Start::accumulate(accumulate),
    };
    // SAFETY: the caller's promise.
    unsafe { product::<V>(&product_of) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn dense_tied_backward_weight<V: Vector>(
    g: &Dense,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    dbias: *mut f32,
    scratch: *mut f32,
) {
    // Each number is a product of x and dy: it is the same from the other side.
    let other = Dense { rows: g.rows, inputs: g.outputs, outputs: g.inputs };
    // SAFETY: the caller's promise, with the roles of x and dy exchanged; the scratch is for as many numbers as dy has.
    unsafe {
        if !dweight.is_null() {
            dense_backward_weight::<V>(&other, dy, x, dweight, core::ptr::null_mut(), scratch);
        }
        for row in 0..g.rows {
            add_sums::<V>(g.outputs, 1, dy.add(row * g.outputs * V::WIDTH), dbias);
        }
    }
}

fireclay_ir::dense_tied_kernels!(declared);
