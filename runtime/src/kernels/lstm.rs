//! Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000), one layer and direction, as
//! PyTorch's: gates stand in the order input, forget, cell, output.
//!
//! ```text
//! i, f, o = σ(W x + b + U h + c)   g = tanh(W x + b + U h + c)
//! cell = f · cell before + i · g   h = o · tanh(cell)
//! ```
//!
//! The input's products `W x` of all steps are one product over many rows, hoisted out of the loop over time.

use super::panels::Matrix;
use crate::math;
use crate::simd::{TINY, Vector};
use fireclay_ir::geometry::Dense;
use fireclay_ir::geometry::Dropout;

/// Sizes of one layer and direction: x `[time][inputs]`, y `[time][width]`, of which this direction has `hidden` from `offset` on;
/// states are `[rows][hidden]`, of which `row` is this one's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lstm {
    /// Steps.
    pub time: usize,
    /// Features of x.
    pub inputs: usize,
    /// Features of h.
    pub hidden: usize,
    /// From the last step to the first.
    pub reverse: bool,
    /// Features of y: `hidden` for each direction.
    pub width: usize,
    /// Where in y this direction stands.
    pub offset: usize,
    /// Which row of the states.
    pub row: usize,
}

impl Lstm {
    /// The products with x, of all steps.
    const fn inner(&self) -> Dense {
        Dense { rows: self.time, inputs: self.inputs, outputs: 4 * self.hidden }
    }

    /// The products with h, of one step.
    const fn recurrent(&self) -> Dense {
        Dense { rows: 1, inputs: self.hidden, outputs: 4 * self.hidden }
    }

    /// That product's matrix, and its transpose: the gradients' way back.
    pub(super) const fn matrix(&self, back: bool) -> Matrix {
        let [sources, results] = if back { [4 * self.hidden, self.hidden] } else { [self.hidden, 4 * self.hidden] };
        let [w_source, w_result] = if back { [self.hidden, 1] } else { [1, self.hidden] };
        Matrix { sources, results, w_source, w_result }
    }

    /// Floats of the panels that training takes; as many for both ways, whatever the instruction set.
    #[must_use]
    pub const fn panels(&self) -> usize {
        let [there, back] = [self.matrix(false).panels(), self.matrix(true).panels()];
        if there > back { there } else { back }
    }

    /// The dropout after this layer; each layer of a node drops on its own.
    const fn dropout(&self, probability: f32, node: u32) -> Dropout {
        let layer = (self.row / (self.width / self.hidden)) as u32;
        Dropout { len: self.time * self.width, probability, node: node ^ ((layer + 1) << 16) }
    }

    /// The n-th step's place in time.
    const fn at(&self, n: usize) -> usize {
        if self.reverse { self.time - 1 - n } else { n }
    }
}

/// One step's gates (products when it begins, activations when it ends), cell and output.
#[inline(always)]
unsafe fn lstm_cell<V: Vector>(
    hidden: usize,
    bias: *const f32,
    gates: *mut f32,
    before: *const f32,
    cell: *mut f32,
    y: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for j in 0..hidden {
            let mut sums = [V::splat(0.0); 4];
            for k in 0..4 {
                let sum = V::load(gates.add((k * hidden + j) * V::WIDTH));
                sums[k] = if bias.is_null() { sum } else { sum.add(V::splat(*bias.add(k * hidden + j))) };
            }
            let [i, f, g, o] = math::gates(sums);
            let mut c = i.mul(g);
            if !before.is_null() {
                c = f.mul_add(V::load(before.add(j * V::WIDTH)), c);
            }
            for (k, gate) in [i, f, g, o].into_iter().enumerate() {
                gate.store(gates.add((k * hidden + j) * V::WIDTH));
            }
            // A cell that nothing comes into decays: at some point it is empty.
            c.flush(TINY).store(cell.add(j * V::WIDTH));
            o.mul(math::gate_tanh(c)).store(y.add(j * V::WIDTH));
        }
    }
}

/// One step backward: the gradients of the gates' products, and of the cell before (in the place of the cell's).
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn lstm_cell_backward<V: Vector>(
    hidden: usize,
    gates: *const f32,
    before: *const f32,
    cell: *const f32,
    dy: *const f32,
    dh: *const f32,
    dc: *mut f32,
    dgates: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let one = V::splat(1.0);
        for j in 0..hidden {
            let gate = |k: usize| V::load(gates.add((k * hidden + j) * V::WIDTH));
            let (i, f, g, o) = (gate(0), gate(1), gate(2), gate(3));
            let tanh = math::gate_tanh(V::load(cell.add(j * V::WIDTH)));
            let dh = V::load(dy.add(j * V::WIDTH)).add(V::load(dh.add(j * V::WIDTH)));
            let slope = one.sub(tanh.mul(tanh));
            let d = dh.mul(o).mul_add(slope, V::load(dc.add(j * V::WIDTH)));
            let forgotten = if before.is_null() { V::splat(0.0) } else { d.mul(V::load(before.add(j * V::WIDTH))) };
            let through = |d: V, s: V| d.mul(s).mul(one.sub(s));
            let sums = [through(d.mul(g), i), through(forgotten, f), d.mul(i).mul(one.sub(g.mul(g))), through(dh.mul(tanh), o)];
            for (k, sum) in sums.into_iter().enumerate() {
                sum.flush(TINY).store(dgates.add((k * hidden + j) * V::WIDTH));
            }
            d.mul(f).flush(TINY).store(dc.add(j * V::WIDTH));
        }
    }
}

entries! {
    /// One step.
    pub(in crate::kernels) unsafe fn lstm_cell(hidden: usize, bias: *const f32, gates: *mut f32, before: *const f32, cell: *mut f32, y: *mut f32);
    /// One step backward.
    #[cfg(feature = "train")]
    pub(in crate::kernels) unsafe fn lstm_cell_backward(
        hidden: usize, gates: *const f32, before: *const f32, cell: *const f32, dy: *const f32, dh: *const f32, dc: *mut f32,
        dgates: *mut f32
    );
}

/// The functions of one form; both are the same but for the kernels that they call.
macro_rules! form {
    ($(#[$doc:meta])* $form:ident, $entries:ident, $width:expr) => {
        $(#[$doc])*
        pub mod $entries {
            use super::Lstm;
            use crate::kernels::{dense::$form as dense, dropout::$form as dropout, panels};
            #[cfg(feature = "train")]
            use crate::kernels::{conv_weight::$form::add_sums, dense_weight::$form as dense_weight};
            #[cfg(feature = "train")]
            use fireclay_ir::geometry::Dense;

            const W: usize = $width;

            /// The outputs, and what backward reads: gates `[time][4 · hidden]` and cells `[time][hidden]`. The states before (`h0`, `c0`),
            /// the biases and the states after (`hn`, `cn`) may be null; states after may stand where those before do. `panels`: room for
            /// [`Lstm::panels`] floats, or null: then the recurrent weight is read as it stands (a single sample always does).
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            pub unsafe fn lstm_forward(
                g: &Lstm, x: *const f32, h0: *const f32, c0: *const f32, w_ih: *const f32, w_hh: *const f32, b_ih: *const f32,
                b_hh: *const f32, y: *mut f32, hn: *mut f32, cn: *mut f32, gates: *mut f32, cells: *mut f32, panels: *mut f32,
            ) {
                // SAFETY: the caller's promise.
                unsafe {
                    dense::dense_forward(&g.inner(), x, w_ih, b_ih, gates);
                    recur(g, h0, c0, w_hh, b_hh, y, hn, cn, gates, cells, panels, |_, _| {});
                }
            }

            /// The loop over time. `gates` hold the products with x when a step's turn has come: `with_x(t, gates)` may see to that.
            ///
            /// # Safety
            /// As [`lstm_forward`].
            pub(in crate::kernels) unsafe fn recur(
                g: &Lstm, h0: *const f32, c0: *const f32, w_hh: *const f32, b_hh: *const f32, y: *mut f32, hn: *mut f32,
                cn: *mut f32, gates: *mut f32, cells: *mut f32, panels: *mut f32, with_x: impl Fn(usize, *mut f32),
            ) {
                let (hidden, row) = (g.hidden * W, g.row * g.hidden * W);
                let (packed, matrix) = (W > 1 && !panels.is_null(), g.matrix(false));
                // SAFETY: the caller's promise.
                unsafe {
                    if packed {
                        panels::pack(&matrix, w_hh, panels);
                    }
                    let mut h = if h0.is_null() { h0 } else { h0.add(row) };
                    let mut c = if c0.is_null() { c0 } else { c0.add(row) };
                    for n in 0..g.time {
                        let t = g.at(n);
                        let (gates, cell, y) = (gates.add(4 * t * hidden), cells.add(t * hidden), y.add((t * g.width + g.offset) * W));
                        with_x(t, gates);
                        if packed && !h.is_null() {
                            panels::multiply(&matrix, panels, h, gates, true);
                        } else if !h.is_null() {
                            dense::dense_add(&g.recurrent(), h, w_hh, gates);
                        }
                        super::$form::lstm_cell(g.hidden, b_hh, gates, c, cell, y);
                        (h, c) = (y.cast_const(), cell.cast_const());
                    }
                    for (state, to) in [(h, hn), (c, cn)] {
                        if !to.is_null() {
                            to.add(row).copy_from_nonoverlapping(state, hidden);
                        }
                    }
                }
            }

            /// The gradients of the gates' products, `[time][4 · hidden]`, and of the states before, `[hidden]` each. Gradients of the
            /// states after may be null; `panels` as in the forward pass.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            #[cfg(feature = "train")]
            pub unsafe fn lstm_backward(
                g: &Lstm, c0: *const f32, w_hh: *const f32, gates: *const f32, cells: *const f32, dy: *const f32, dhn: *const f32,
                dcn: *const f32, dgates: *mut f32, dh: *mut f32, dc: *mut f32, panels: *mut f32,
            ) {
                let (hidden, row) = (g.hidden * W, g.row * g.hidden * W);
                let (packed, matrix) = (W > 1 && !panels.is_null(), g.matrix(true));
                // SAFETY: the caller's promise.
                unsafe {
                    if packed {
                        panels::pack(&matrix, w_hh, panels);
                    }
                    for (after, to) in [(dhn, dh), (dcn, dc)] {
                        if after.is_null() { to.write_bytes(0, hidden) } else { to.copy_from_nonoverlapping(after.add(row), hidden) }
                    }
                    for n in (0..g.time).rev() {
                        let t = g.at(n);
                        let before = match (n, c0.is_null()) {
                            (0, true) => c0,
                            (0, false) => c0.add(row),
                            _ => cells.add(g.at(n - 1) * hidden),
                        };
                        let dy = dy.add((t * g.width + g.offset) * W);
                        let (gates, dgates) = (gates.add(4 * t * hidden), dgates.add(4 * t * hidden));
                        super::$form::lstm_cell_backward(g.hidden, gates, before, cells.add(t * hidden), dy, dh, dc, dgates);
                        if packed {
                            panels::multiply(&matrix, panels, dgates, dh, false);
                        } else {
                            dense::dense_backward_input(&g.recurrent(), dgates, w_hh, dh, false);
                        }
                    }
                }
            }

            /// Dropout between layers: y is what the layer after this one reads.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            pub unsafe fn lstm_dropout_forward(
                g: &Lstm, probability: f32, node: u32, key: u64, first_sample: usize, count: usize, x: *const f32, y: *mut f32,
            ) {
                // SAFETY: the caller's promise.
                unsafe { dropout::dropout_forward(&g.dropout(probability, node), key, first_sample, count, x, y) };
            }

            /// The gradient of x.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            #[cfg(feature = "train")]
            pub unsafe fn lstm_dropout_backward(
                g: &Lstm, probability: f32, node: u32, key: u64, first_sample: usize, count: usize, dy: *const f32, dx: *mut f32,
            ) {
                // SAFETY: the caller's promise.
                unsafe { dropout::dropout_backward(&g.dropout(probability, node), key, first_sample, count, dy, dx, false) };
            }

            /// The gradient of all steps where only the last one was an output.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            #[cfg(feature = "train")]
            pub unsafe fn lstm_backward_last(g: &Lstm, last: *const f32, dy: *mut f32) {
                let before = (g.time - 1) * g.width * W;
                // SAFETY: the caller's promise.
                unsafe {
                    dy.write_bytes(0, before);
                    dy.add(before).copy_from_nonoverlapping(last, g.width * W);
                }
            }

            /// The gradient of x, or added to it, from the gates'.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            #[cfg(feature = "train")]
            pub unsafe fn lstm_backward_input(g: &Lstm, dgates: *const f32, w_ih: *const f32, dx: *mut f32, accumulate: bool) {
                // SAFETY: the caller's promise.
                unsafe { dense::dense_backward_input(&g.inner(), dgates, w_ih, dx, accumulate) };
            }

            /// The gradient of a state before, or added to it, from this row's.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            #[cfg(feature = "train")]
            pub unsafe fn lstm_backward_state(g: &Lstm, from: *const f32, to: *mut f32, accumulate: bool) {
                // SAFETY: the caller's promise.
                unsafe {
                    for i in 0..g.hidden * W {
                        let to = to.add(g.row * g.hidden * W + i);
                        *to = *from.add(i) + if accumulate { *to } else { 0.0 };
                    }
                }
            }

            /// Adds the gradients of weights and biases; `h0` and any gradient may be null. `scratch`: as for dense layers, of the larger of
            /// inputs and hidden.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            #[cfg(feature = "train")]
            pub unsafe fn lstm_backward_weight(
                g: &Lstm, x: *const f32, h0: *const f32, y: *const f32, dgates: *const f32, dw_ih: *mut f32, dw_hh: *mut f32,
                db_ih: *mut f32, db_hh: *mut f32, scratch: *mut f32,
            ) {
                // SAFETY: the caller's promise.
                unsafe {
                    if !dw_ih.is_null() {
                        dense_weight::dense_backward_weight(&g.inner(), x, dgates, dw_ih, core::ptr::null_mut(), scratch);
                    }
                    add_biases(g, g.time, dgates, db_ih, db_hh);
                    add_recurrent(g, h0, y, dgates, dw_hh, scratch);
                }
            }

            /// The gradients of the biases, from so many rows of gates.
            ///
            /// # Safety
            /// As [`lstm_backward_weight`].
            #[cfg(feature = "train")]
            pub(in crate::kernels) unsafe fn add_biases(g: &Lstm, rows: usize, dgates: *const f32, db_ih: *mut f32, db_hh: *mut f32) {
                for row in 0..rows {
                    for db in [db_ih, db_hh].into_iter().filter(|db| !db.is_null()) {
                        // SAFETY: the caller's promise.
                        unsafe { add_sums(4 * g.hidden, 1, dgates.add(4 * row * g.hidden * W), db) };
                    }
                }
            }

            /// The gradient of the recurrent weight.
            ///
            /// # Safety
            /// As [`lstm_backward_weight`].
            #[cfg(feature = "train")]
            pub(in crate::kernels) unsafe fn add_recurrent(
                g: &Lstm, h0: *const f32, y: *const f32, dgates: *const f32, dw_hh: *mut f32, scratch: *mut f32,
            ) {
                let null = core::ptr::null_mut();
                let (hidden, one) = (g.hidden * W, g.recurrent());
                // SAFETY: the caller's promise.
                unsafe {
                    if dw_hh.is_null() {
                        return;
                    }
                    if !h0.is_null() {
                        let first = dgates.add(4 * g.at(0) * hidden);
                        dense_weight::dense_backward_weight(&one, h0.add(g.row * hidden), first, dw_hh, null, scratch);
                    }
                    // Steps stand side by side unless the other direction stands between them.
                    if g.width == g.hidden && !g.reverse {
                        let rest = Dense { rows: g.time - 1, ..one };
                        dense_weight::dense_backward_weight(&rest, y, dgates.add(4 * hidden), dw_hh, null, scratch);
                        return;
                    }
                    for n in 1..g.time {
                        let before = y.add((g.at(n - 1) * g.width + g.offset) * W);
                        dense_weight::dense_backward_weight(&one, before, dgates.add(4 * g.at(n) * hidden), dw_hh, null, scratch);
                    }
                }
            }
        }
    };
}

form! {
    /// Sixteen samples side by side.
    lanes, layer_lanes, crate::simd::LANES
}
form! {
    /// A single sample.
    one, layer_one, 1
}
