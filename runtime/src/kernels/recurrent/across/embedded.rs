//! Where x are symbols: there are only as many different inputs as symbols that occur in the batch. Products with an embedding's rows are made once
//! for each of these, and looked up; backward the gates' gradients are added up by symbol first.

use super::Of;
use super::input::biases;
use super::weight::{Gates, recurrent, rows};
use crate::kernels::rows::gradient::{Outer, gradient};
use crate::kernels::rows::product::{From, product};
use crate::kernels::rows::{Matrix, Rows, part};
use crate::simd::{LANES, Vector};
use core::ptr::null_mut;
use core::slice::from_raw_parts_mut;
use fireclay_ir::geometry::{Recurrent, Symbols};
use fireclay_ir::{Samples, Share};

/// The symbols of all steps of all samples.
#[derive(Clone, Copy)]
struct Text {
    samples: Samples,
    x: *const u32,
}

impl Text {
    /// That of a step.
    unsafe fn at(&self, sample: usize, t: usize) -> usize {
        // SAFETY: the caller's promise.
        unsafe { *self.x.add(sample * self.samples.step + t) as usize }
    }
}

/// The memory of a share: a row of numbers for each symbol that occurs, which these are, and where each symbol stands among them.
struct Table<'a> {
    numbers: *mut f32,
    /// A row of the embedding's size for each.
    rows: *mut f32,
    used: &'a mut [u32],
    place: &'a mut [u32],
    /// Symbols that occur.
    count: usize,
    /// What the layer takes.
    rest: *mut f32,
}

impl<'a> Table<'a> {
    /// The symbols that occur, in their order.
    unsafe fn new(g: &Recurrent, s: &Symbols, text: Text, scratch: *mut f32) -> Self {
        const NONE: u32 = u32::MAX;
        // SAFETY: the caller's promise: `Symbols::across_front` floats, and symbols below the bound.
        unsafe {
            let rows = scratch.add(s.bound * g.gates());
            let behind = rows.add(s.bound * g.inputs).cast::<u32>();
            behind.write_bytes(0, 2 * s.bound);
            let (used, place): (&'a mut [u32], &'a mut [u32]) =
                (from_raw_parts_mut(behind, s.bound), from_raw_parts_mut(behind.add(s.bound), s.bound));
            place.fill(NONE);
            for sample in 0..text.samples.count {
                for t in 0..g.time {
                    place[text.at(sample, t)] = 0;
                }
            }
            let mut count = 0;
            for (symbol, place) in place.iter_mut().enumerate().filter(|(_, place)| **place != NONE) {
                (used[count], *place) = (symbol as u32, count as u32);
                count += 1;
            }
            Self { numbers: scratch, rows, used, place, count, rest: scratch.add(s.across_front(g)) }
        }
    }

    /// The numbers of the n-th symbol that occurs, so many of each.
    fn row(&self, n: usize, width: usize) -> *mut f32 {
        self.numbers.wrapping_add(n * width)
    }
}

/// Adds up the gates' gradients by symbol, for gates `range`: of the n-th symbol in `table.row(n, range)`. `wanted` says of which places.
#[inline(always)]
unsafe fn add_up<V: Vector>(
    g: &Recurrent,
    text: Text,
    d: Gates,
    table: &Table<'_>,
    (from, until): (usize, usize),
    wanted: impl Fn(usize) -> bool,
) {
    let width = until - from;
    // SAFETY: the caller's promise.
    unsafe {
        for n in (0..table.count).filter(|n| wanted(*n)) {
            table.row(n, width).write_bytes(0, width);
        }
        for sample in 0..text.samples.count {
            for t in 0..g.time {
                let n = table.place[text.at(sample, t)] as usize;
                if !wanted(n) {
                    continue;
                }
                let (d, to) = (d.of_x(g, sample, t).add(from), table.row(n, width));
                let whole = width - width % LANES;
                for i in (0..whole).step_by(LANES) {
                    V::load(to.add(i)).add(V::load(d.add(i))).store(to.add(i));
                }
                for i in whole..width {
                    *to.add(i) += *d.add(i);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn embedded_weights<V: Vector>(
    g: &Recurrent,
    s: &Symbols,
    text: Text,
    embedding: *const f32,
    h0: Of<*const f32>,
    y: Of<*const f32>,
    d: Gates,
    [dw_ih, dw_hh, db_ih, db_hh]: [*mut f32; 4],
    scratch: *mut f32,
    share: Share,
) {
    let (from, until) = rows(g, share);
    // SAFETY: the caller's promise.
    unsafe {
        let table = Table::new(g, s, text, scratch);
        add_up::<V>(g, text, d, &table, (from, until), |_| true);
        let of = Outer {
            inputs: g.inputs,
            samples: 1,
            rows: table.count,
            x: |_, n: usize| embedding.wrapping_add(table.used[n] as usize * g.inputs),
            dy: |_, n| table.row(n, until - from).wrapping_sub(from).cast_const(),
        };
        gradient::<V>(&of, (from, until), dw_ih, [db_ih, null_mut()], table.rest);
        recurrent::<V>(g, h0, y, d, dw_hh, db_hh, table.rest, share);
    }
}

#[inline(always)]
unsafe fn embedded_rows<V: Vector>(
    g: &Recurrent,
    s: &Symbols,
    text: Text,
    w_ih: *const f32,
    d: Gates,
    drows: *mut f32,
    scratch: *mut f32,
    share: Share,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let table = Table::new(g, s, text, scratch);
        // Symbols of this share, which stand side by side.
        let (from, until) = share.evenly(s.bound);
        let mine = |n: usize| (from..until).contains(&(table.used[n] as usize));
        let first = (0..table.count).find(|n| mine(*n)).unwrap_or(0);
        let count = (first..table.count).take_while(|n| mine(*n)).count();
        let (gates, inputs) = (g.gates(), g.inputs);
        add_up::<V>(g, text, d, &table, (0, gates), |n| (first..first + count).contains(&n));
        let d = Rows::<*const f32> { at: table.row(first, gates), samples: Samples::ONE, next: gates };
        let to = Rows::<*mut f32> { at: table.rows, samples: Samples::ONE, next: inputs };
        product(&Matrix::transposed(w_ih, inputs, gates), count, d, to, (0, inputs), From::Zero, table.rest);
        for n in 0..count {
            let symbol = table.used[first + n] as usize;
            // The row of padding is never learned.
            for i in 0..if symbol == s.padding_index { 0 } else { inputs } {
                *drows.add(symbol * inputs + i) += *table.rows.add(n * inputs + i);
            }
        }
    }
}

#[expect(dead_code, reason = "the lanes are inputs here, so that only one of both entries is used")]
mod entry {
    use super::{Gates, Of, Recurrent, Share, Symbols, Text, embedded_rows, embedded_weights};
    entries! {
        /// Adds the gradients of weights and biases.
        pub(in crate::kernels::recurrent::across) unsafe fn embedded_weights(
            g: &Recurrent, s: &Symbols, text: Text, embedding: *const f32, h0: Of<*const f32>, y: Of<*const f32>, d: Gates, to: [*mut f32; 4],
            scratch: *mut f32, share: Share,
        );
        /// Adds the gradient of the embedding.
        pub(in crate::kernels::recurrent::across) unsafe fn embedded_rows(
            g: &Recurrent, s: &Symbols, text: Text, w_ih: *const f32, d: Gates, drows: *mut f32, scratch: *mut f32, share: Share,
        );
    }
}

/// The products of all steps with the rows of symbols, for a share of the gates.
///
/// # Safety
/// Pointers are valid for what the geometry says (`docs/kernels.md`) in each sample, every symbol is below the bound; scratch holds
/// `Symbols::across_scratch` floats.
pub unsafe fn recurrent_across_embedded_input(
    g: &Recurrent,
    s: &Symbols,
    x_samples: Samples,
    x: *const u32,
    rows: *const f32,
    w_ih: *const f32,
    b_ih: *const f32,
    b_hh: *const f32,
    samples: Samples,
    gates: *mut f32,
    scratch: *mut f32,
    share: Share,
) {
    let text = Text { samples: x_samples, x };
    let (from, until) = part(g.gates(), LANES, share);
    let width = until - from;
    // SAFETY: the caller's promise.
    unsafe {
        let table = Table::new(g, s, text, scratch);
        for n in 0..table.count {
            let row = rows.add(table.used[n] as usize * g.inputs);
            table.rows.add(n * g.inputs).copy_from_nonoverlapping(row, g.inputs);
        }
        let of = Rows::<*const f32> { at: table.rows, samples: Samples::ONE, next: g.inputs };
        // Of this share's gates alone.
        let to = Rows::<*mut f32> { at: table.numbers.wrapping_sub(from), samples: Samples::ONE, next: width };
        let m = Matrix::of_rows(w_ih, g.gates(), g.inputs);
        product(&m, table.count, of, to, (from, until), biases(g, b_ih, b_hh), table.rest);
        for sample in 0..samples.count {
            for t in 0..g.time {
                let n = table.place[text.at(sample, t)] as usize;
                let to = gates.add(sample * samples.step + t * g.gates() + from);
                to.copy_from_nonoverlapping(table.row(n, width), width);
            }
        }
    }
}

/// Adds the gradients of a share of weights and biases, which may be null.
///
/// # Safety
/// As [`recurrent_across_embedded_input`].
pub unsafe fn recurrent_across_embedded_backward_weight(
    g: &Recurrent,
    s: &Symbols,
    x_samples: Samples,
    x: *const u32,
    rows: *const f32,
    h_samples: Samples,
    h0: *const f32,
    y_samples: Samples,
    y: *const f32,
    samples: Samples,
    dgates: *const f32,
    dgates_h: *const f32,
    dw_ih: *mut f32,
    dw_hh: *mut f32,
    db_ih: *mut f32,
    db_hh: *mut f32,
    scratch: *mut f32,
    share: Share,
) {
    let text = Text { samples: x_samples, x };
    let [h0, y] = [(h_samples, h0), (y_samples, y)].map(|(samples, at)| Of { samples, at });
    let (d, to) = (Gates { samples, dgates, dgates_h }, [dw_ih, dw_hh, db_ih, db_hh]);
    // SAFETY: the caller's promise.
    unsafe { entry::chwn16::embedded_weights(g, s, text, rows, h0, y, d, to, scratch, share) };
}

/// Adds the gradient of the rows of a share of the symbols; `drows` may be null.
///
/// # Safety
/// As [`recurrent_across_embedded_input`].
pub unsafe fn recurrent_across_embedded_backward_rows(
    g: &Recurrent,
    s: &Symbols,
    x_samples: Samples,
    x: *const u32,
    w_ih: *const f32,
    samples: Samples,
    dgates: *const f32,
    drows: *mut f32,
    scratch: *mut f32,
    share: Share,
) {
    if drows.is_null() {
        return;
    }
    let (text, d) = (Text { samples: x_samples, x }, Gates { samples, dgates, dgates_h: core::ptr::null() });
    // SAFETY: the caller's promise.
    unsafe { entry::chwn16::embedded_rows(g, s, text, w_ih, d, drows, scratch, share) };
}
