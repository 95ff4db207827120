//! The gradients of a layer's weights and biases.

use super::layout::RecurrentLayout;
use fireclay_ir::geometry::{Dense, Recurrent};

/// Adds the gradients of weights and biases.
pub(super) unsafe fn recurrent_backward_weight<F: RecurrentLayout>(
    g: &Recurrent,
    x: *const f32,
    h0: *const f32,
    y: *const f32,
    dgates: *const f32,
    dgates_h: *const f32,
    dw_ih: *mut f32,
    dw_hh: *mut f32,
    db_ih: *mut f32,
    db_hh: *mut f32,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        if !dw_ih.is_null() {
            F::dense_backward_weight(&g.inner(), x, dgates, dw_ih, scratch);
        }
        let of_h = of_h(g, dgates, dgates_h);
        bias::<F>(g, g.time, dgates, db_ih);
        bias::<F>(g, g.time, of_h, db_hh);
        recurrent::<F>(g, h0, y, of_h, dw_hh, scratch);
    }
}

/// The gradients of the gates' products with h.
pub(super) const fn of_h(g: &Recurrent, dgates: *const f32, dgates_h: *const f32) -> *const f32 {
    if g.apart() > 0 { dgates_h } else { dgates }
}

/// The gradient of a bias, which may be null, from so many rows of gates.
///
/// # Safety
/// As the kernels that are made of it.
pub(super) unsafe fn bias<F: RecurrentLayout>(g: &Recurrent, rows: usize, dgates: *const f32, db: *mut f32) {
    for row in 0..if db.is_null() { 0 } else { rows } {
        // SAFETY: the caller's promise.
        unsafe { F::add_sums(g.gates(), dgates.add(row * g.gates() * F::WIDTH), db) };
    }
}

/// The gradient of the recurrent weight, which may be null.
///
/// # Safety
/// As the kernels that are made of it.
pub(super) unsafe fn recurrent<F: RecurrentLayout>(
    g: &Recurrent,
    h0: *const f32,
    y: *const f32,
    dgates: *const f32,
    dw_hh: *mut f32,
    scratch: *mut f32,
) {
    let (gates, one) = (g.gates() * F::WIDTH, g.recurrent(g.gates()));
    // SAFETY: the caller's promise.
    unsafe {
        if dw_hh.is_null() {
            return;
        }
        if !h0.is_null() {
            let h0 = h0.add(g.row * g.hidden * F::WIDTH);
            F::dense_backward_weight(&one, h0, dgates.add(g.at(0) * gates), dw_hh, scratch);
        }
        // Steps stand side by side unless the other direction stands between them.
        if g.width == g.hidden && !g.reverse {
            let rest = Dense { rows: g.time - 1, ..one };
            F::dense_backward_weight(&rest, y, dgates.add(gates), dw_hh, scratch);
            return;
        }
        for n in 1..g.time {
            let before = y.add((g.at(n - 1) * g.width + g.offset) * F::WIDTH);
            F::dense_backward_weight(&one, before, dgates.add(g.at(n) * gates), dw_hh, scratch);
        }
    }
}
