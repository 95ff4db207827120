//! The gradient of a weight: the sum of the outer products of all rows. Rows of x are packed in panels of inputs, the gradients of sixteen outputs
//! side by side; a block of the weight's gradient is in registers while all of them go past.

use super::Cursor;
use super::block::{load_part, load_row, store_part, store_row};
use crate::simd::{LANES, Vector};
use fireclay_ir::sizes::{GRADIENT_ROWS, ROW_RESULTS};

/// What the gradient is made of: `rows` rows of each of so many samples. `x` and `dy` are where a row of a sample lies.
#[derive(Clone, Copy)]
pub struct Outer<X, D> {
    pub inputs: usize,
    pub samples: usize,
    pub rows: usize,
    pub x: X,
    pub dy: D,
}

/// Adds to `B` outputs × `N` vectors of the gradient, of which `live` inputs are there.
#[inline(always)]
unsafe fn block<V: Vector, const B: usize, const N: usize>(
    rows: usize,
    x: *const f32,
    dy: *const f32,
    (dweight, inputs): (*mut f32, usize),
    live: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut acc = [[V::splat(0.0); N]; B];
        for b in 0..B {
            acc[b] = load_row::<V, N>(dweight.add(b * inputs), live);
        }
        let (mut x, mut dy) = (x, dy);
        for _ in 0..rows {
            let mut numbers = [V::splat(0.0); N];
            for n in 0..N {
                numbers[n] = V::load(x.add(n * LANES));
            }
            for b in 0..B {
                let d = V::splat(*dy.add(b));
                for n in 0..N {
                    acc[b][n] = d.mul_add(numbers[n], acc[b][n]);
                }
            }
            (x, dy) = (x.wrapping_add(ROW_RESULTS), dy.wrapping_add(LANES));
        }
        for b in 0..B {
            store_row(acc[b], dweight.add(b * inputs), live);
        }
    }
}

/// All of sixteen outputs or fewer × the inputs of a panel.
#[inline(always)]
unsafe fn panel<V: Vector>(
    rows: usize,
    x: *const f32,
    dy: *const f32,
    outputs: usize,
    (dweight, inputs): (*mut f32, usize),
    live: usize,
) {
    let mut output = 0;
    macro_rules! blocks {
        ($B:literal, $N:literal) => {
            while outputs - output >= $B {
                let mut n = 0;
                while n < live {
                    let to = (dweight.add(output * inputs + n), inputs);
                    block::<V, $B, $N>(rows, x.add(n), dy.add(output), to, live - n);
                    n += $N * LANES;
                }
                output += $B;
            }
        };
    }
    // SAFETY: the caller's promise.
    unsafe {
        if const { V::ACCUMULATORS >= 24 } {
            blocks!(6, 4);
            blocks!(4, 4);
            blocks!(1, 4);
        } else if const { V::ACCUMULATORS >= 6 } {
            blocks!(6, 1);
            blocks!(4, 1);
            blocks!(1, 1);
        } else {
            blocks!(2, 1);
            blocks!(1, 1);
        }
    }
}

/// Adds the gradients of the weight (or null) and of the bias (or null) of outputs `range`.
#[inline(always)]
pub unsafe fn gradient<V: Vector>(
    of: &Outer<impl Fn(usize, usize) -> *const f32, impl Fn(usize, usize) -> *const f32>,
    (from, until): (usize, usize),
    dweight: *mut f32,
    dbiases: [*mut f32; 2],
    scratch: *mut f32,
) {
    let inputs = if dweight.is_null() { 0 } else { of.inputs };
    let panels = inputs.div_ceil(ROW_RESULTS);
    let of_dy = scratch.wrapping_add(GRADIENT_ROWS * panels * ROW_RESULTS);
    let (all, mut of_x, mut of_d) = (of.rows * of.samples, Cursor::new(of.rows), Cursor::new(of.rows));
    let mut at = [core::ptr::null::<f32>(); GRADIENT_ROWS];
    for first in (0..all).step_by(GRADIENT_ROWS) {
        let rows = (all - first).min(GRADIENT_ROWS);
        // SAFETY: the caller's promise; scratch holds what `rows_gradient_scratch` says.
        unsafe {
            for row in 0..rows {
                let (sample, of_sample) = of_x.next();
                let x = if inputs > 0 { (of.x)(sample, of_sample) } else { core::ptr::null() };
                for panel in 0..panels {
                    let to = scratch.add((panel * GRADIENT_ROWS + row) * ROW_RESULTS);
                    let live = inputs - panel * ROW_RESULTS;
                    // Zeros behind the last input: their sums are never stored.
                    let numbers = load_row::<V, { ROW_RESULTS / LANES }>(x.add(panel * ROW_RESULTS), live);
                    store_row(numbers, to, ROW_RESULTS);
                }
            }
            for row in 0..rows {
                let (sample, of_sample) = of_d.next();
                at[row] = (of.dy)(sample, of_sample);
            }
            for output in (from..until).step_by(LANES) {
                let live = (until - output).min(LANES);
                let mut sums = [V::splat(0.0); 2];
                for (n, to) in dbiases.into_iter().enumerate().filter(|(_, to)| !to.is_null()) {
                    sums[n] = load_part::<V>(to.add(output), live);
                }
                for row in 0..rows {
                    let d = load_part::<V>(at[row].wrapping_add(output), live);
                    d.store(of_dy.add(row * LANES));
                    sums = [sums[0].add(d), sums[1].add(d)];
                }
                for (sum, to) in sums.into_iter().zip(dbiases).filter(|(_, to)| !to.is_null()) {
                    store_part(sum, to.add(output), live);
                }
                for n in 0..panels {
                    let x = scratch.add(n * GRADIENT_ROWS * ROW_RESULTS);
                    let to = (dweight.add(output * inputs + n * ROW_RESULTS), inputs);
                    panel::<V>(rows, x, of_dy, live, to, (inputs - n * ROW_RESULTS).min(ROW_RESULTS));
                }
            }
        }
    }
}
