//! Training of a recurrent layer whose inputs are rows of an embedding: there are only as many different inputs as there are symbols.
//!
//! So the input's products are made once per symbol instead of once per step and sample, and looked up: `W e(s) + b` is a table with a row of
//! gates a symbol, to which the embedding itself is a batch of as many samples. Backward, the gates' gradients are added up by symbol first;
//! what follows are products of that table's size. (A row that is not a number makes the weight's gradient so even where no sample reads it.)

use super::forward::recur;
use super::layout::{Chwn16, Steps};
use super::weight;

use crate::kernels::chwn16 as kernels;

use crate::kernels::{chw_to_chwn16, chwn16_to_chw};
use crate::simd::LANES;
use core::ptr::null_mut;
use fireclay_ir::geometry::{Dense, Embedding, Recurrent, Symbols};

/// The products of all symbols, as those of a sequence of groups.
const fn products_of(s: &Symbols, g: &Recurrent) -> Dense {
    Dense { rows: s.groups(), ..g.inner() }
}

/// All symbols' rows of a table to groups of sixteen side by side; beyond the last symbol there are zeros.
unsafe fn side_by_side(s: &Symbols, numbers: usize, table: *const f32, lanes: *mut f32) {
    for group in 0..s.groups() {
        let count = (s.bound - group * LANES).min(LANES);
        // SAFETY: the caller's promise.
        unsafe { chw_to_chwn16(table.add(group * LANES * numbers), numbers, count, lanes.add(group * LANES * numbers)) };
    }
}

/// The products with x of all symbols, `[symbol][gates]` behind the front of the scratch memory.
unsafe fn table(
    g: &Recurrent,
    s: &Symbols,
    rows: *const f32,
    w_ih: *const f32,
    b_ih: *const f32,
    scratch: *mut f32,
) -> *const f32 {
    let products = g.gates();
    // SAFETY: the caller's promise.
    unsafe {
        let table = scratch.add(s.front(g));
        let lanes = table.add(s.table(products));
        let row_lanes = lanes.add(s.table(products));
        side_by_side(s, g.inputs, rows, row_lanes);
        kernels::dense_forward(&products_of(s, g), row_lanes, w_ih, b_ih, lanes);
        for group in 0..s.groups() {
            let at = group * LANES * products;
            chwn16_to_chw(lanes.add(at), products, LANES, table.add(at));
        }
        table
    }
}

/// As the forward pass of the layer, where x are symbols.
///
/// # Safety
/// As the kernels that are made of it.
pub(super) unsafe fn forward<C: Steps<Chwn16>>(
    g: &Recurrent,
    s: &Symbols,
    x: *const u32,
    rows: *const f32,
    h0: *const f32,
    c0: *const f32,
    w_ih: *const f32,
    w_hh: *const f32,
    b_ih: *const f32,
    b_hh: *const f32,
    y: *mut f32,
    hn: *mut f32,
    cn: *mut f32,
    gates: *mut f32,
    saved: *mut f32,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let table = table(g, s, rows, w_ih, b_ih, scratch);
        let lookup = Embedding { len: 1, features: g.gates(), padding_index: usize::MAX };
        recur::<C, Chwn16>(g, [h0, c0], core::ptr::null(), w_hh, b_hh, y, [hn, cn], gates, saved, scratch, |t, gates| {
            kernels::embedding_forward(&lookup, x.add(t * LANES), table, gates);
        });
    }
}

/// As [`recurrent_backward_weight`](super::chwn16::recurrent_backward_weight), where x are symbols; adds the gradient of the
/// embedding too. All gradients may be null.
///
/// # Safety
/// Pointers are valid for what the geometry says (`docs/kernels.md`), every symbol is below the bound; scratch holds [`Symbols::scratch`] floats.
pub unsafe fn recurrent_embedded_backward_weight(
    g: &Recurrent,
    s: &Symbols,
    x: *const u32,
    rows: *const f32,
    w_ih: *const f32,
    h0: *const f32,
    y: *const f32,
    dgates: *const f32,
    dgates_h: *const f32,
    dw_ih: *mut f32,
    dw_hh: *mut f32,
    db_ih: *mut f32,
    db_hh: *mut f32,
    drows: *mut f32,
    scratch: *mut f32,
) {
    let (products, dense_of) = (g.gates(), products_of(s, g));
    // SAFETY: the caller's promise.
    unsafe {
        weight::recurrent::<Chwn16>(g, h0, y, weight::of_h(g, dgates, dgates_h), dw_hh, scratch);
        let sums = scratch.add(s.front(g));
        let lanes = sums.add(s.table(products));
        let row_lanes = lanes.add(s.table(products));
        sums.write_bytes(0, s.table(products));
        let lookup = Embedding { len: g.time, features: products, padding_index: usize::MAX };
        kernels::embedding_backward(&lookup, x, dgates, sums);
        side_by_side(s, products, sums, lanes);
        weight::bias::<Chwn16>(g, s.groups(), lanes, db_ih);
        if g.apart() > 0 {
            weight::bias::<Chwn16>(g, g.time, dgates_h, db_hh);
        } else {
            weight::bias::<Chwn16>(g, s.groups(), lanes, db_hh);
        }
        if !dw_ih.is_null() {
            side_by_side(s, g.inputs, rows, row_lanes);
            kernels::dense_backward_weight(&dense_of, row_lanes, lanes, dw_ih, null_mut(), scratch);
        }
        if !drows.is_null() {
            let (d_lanes, d) = (row_lanes.add(s.table(g.inputs)), row_lanes.add(2 * s.table(g.inputs)));
            kernels::dense_backward_input(&dense_of, lanes, w_ih, d_lanes, false);
            for group in 0..s.groups() {
                let at = group * LANES * g.inputs;
                chwn16_to_chw(d_lanes.add(at), g.inputs, LANES, d.add(at));
            }
            for symbol in (0..s.bound).filter(|symbol| *symbol != s.padding_index) {
                for i in symbol * g.inputs..(symbol + 1) * g.inputs {
                    *drows.add(i) += *d.add(i);
                }
            }
        }
    }
}
