//! Dense layers of one sample with one row and plain weights: vectors lie along the inputs, and the weight goes past once, some rows side by side.
//!
//! Inputs that fill no vector are the last lanes of one that overlaps the vector before; lanes that were there before keep what they have.

use crate::kernels::register_blocks::channel_blocks;
use crate::simd::{LANES, Register, Vector, lane_numbers};

/// Whether a single row of a sample is computed here: where the machine has vectors. (Without any, plain numbers need less code.)
pub(super) const fn there<V: Vector>() -> bool {
    V::WIDTH == 1
        && cfg!(any(
            target_arch = "x86_64",
            all(target_arch = "aarch64", target_feature = "neon"),
            all(target_arch = "wasm32", target_feature = "simd128")
        ))
}

/// The inputs that fill vectors, and the last lanes of the vector that ends with the last input, above which those beside them lie.
#[inline(always)]
unsafe fn whole<V: Vector>(inputs: usize) -> (usize, V) {
    let rest = inputs % LANES;
    // SAFETY: the caller's promise.
    unsafe { (inputs - rest, V::splat((LANES - rest) as f32 - 0.5)) }
}

/// The sums of the lanes of `B` vectors, each in `C` parts.
#[inline(always)]
unsafe fn sums<V: Vector, const B: usize, const C: usize>(parts: [[V; C]; B]) -> [f32; B] {
    let mut sums = [0.0; B];
    // SAFETY: the caller's promise.
    unsafe {
        let mut vectors = [V::splat(0.0); B];
        for b in 0..B {
            vectors[b] = parts[b][0];
            for c in 1..C {
                vectors[b] = vectors[b].add(parts[b][c]);
            }
        }
        for first in (0..B).step_by(4) {
            if const { B < 3 } {
                for b in 0..B {
                    sums[b] = vectors[b].sum();
                }
                continue;
            }
            let mut four = [V::Register::zero(); 4];
            for b in first..B.min(first + 4) {
                let mut numbers = [0.0_f32; LANES];
                vectors[b].store(numbers.as_mut_ptr());
                for part in (0..LANES).step_by(<V::Register as Register>::WIDTH) {
                    four[b - first] = four[b - first].add(V::Register::load(numbers.as_ptr().add(part)));
                }
            }
            for (sum, found) in sums.iter_mut().skip(first).zip(V::Register::sum_four(four)) {
                *sum = found;
            }
        }
    }
    sums
}

/// The products of `B` rows of the weight with x, in `C` chains each.
#[inline(always)]
unsafe fn dot<V: Vector, const B: usize, const C: usize>(inputs: usize, x: *const f32, weight: *const f32) -> [f32; B] {
    // SAFETY: the caller's promise.
    unsafe {
        let (whole, seen) = whole::<V>(inputs);
        let mut acc = [[V::splat(0.0); C]; B];
        let mut i = 0;
        while i + C * LANES <= whole {
            for c in 0..C {
                let input = V::load(x.add(i + c * LANES));
                for b in 0..B {
                    acc[b][c] = input.mul_add(V::load(weight.add(b * inputs + i + c * LANES)), acc[b][c]);
                }
            }
            i += C * LANES;
        }
        while i < whole {
            let input = V::load(x.add(i));
            for b in 0..B {
                acc[b][0] = input.mul_add(V::load(weight.add(b * inputs + i)), acc[b][0]);
            }
            i += LANES;
        }
        if whole < inputs && whole > 0 {
            let (last, lanes) = (inputs - LANES, lane_numbers::<V>());
            let input = V::load(x.add(last));
            for b in 0..B {
                let sum = input.mul_add(V::load(weight.add(b * inputs + last)), acc[b][0]);
                acc[b][0] = lanes.select_gt(seen, sum, acc[b][0]);
            }
        }
        let mut sums = sums(acc);
        if whole == 0 {
            for i in 0..inputs {
                for b in 0..B {
                    sums[b] += *x.add(i) * *weight.add(b * inputs + i);
                }
            }
        }
        sums
    }
}

#[inline(always)]
pub(super) unsafe fn one_row_forward<V: Vector>(
    inputs: usize,
    outputs: usize,
    x: *const f32,
    weight: *const f32,
    start: *const f32,
    y: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        channel_blocks!(V, outputs, |output, B| {
            let weight = weight.add(output * inputs);
            // Chains enough that sums need not wait for each other.
            let sums = if const { V::ACCUMULATORS >= 4 * B } {
                dot::<V, B, 4>(inputs, x, weight)
            } else if const { V::ACCUMULATORS >= 2 * B } {
                dot::<V, B, 2>(inputs, x, weight)
            } else {
                dot::<V, B, 1>(inputs, x, weight)
            };
            for b in 0..B {
                let start = if start.is_null() { 0.0 } else { *start.add(output + b) };
                *y.add(output + b) = start + sums[b];
            }
        });
    }
}

/// Sixteen numbers of `B` rows, `step` apart, each times its own, added to those that are there, or not.
#[inline(always)]
unsafe fn row_sum<V: Vector, const B: usize>(step: usize, d: &[V; B], rows: *const f32, there: *const f32, add: bool) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sum = if add { V::load(there) } else { V::splat(0.0) };
        for b in 0..B {
            sum = V::load(rows.add(b * step)).mul_add(d[b], sum);
        }
        sum
    }
}

/// Adds `B` rows of so many numbers, `step` apart, each times its factor, or writes their sum.
#[inline(always)]
pub(super) unsafe fn add_rows<V: Vector, const B: usize>(
    numbers: usize,
    factors: [f32; B],
    (rows, step): (*const f32, usize),
    to: *mut f32,
    add: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let (whole, seen) = whole::<V>(numbers);
        let mut d = [V::splat(0.0); B];
        for b in 0..B {
            d[b] = V::splat(factors[b]);
        }
        for i in (0..whole).step_by(LANES) {
            row_sum(step, &d, rows.add(i), to.add(i), add).store(to.add(i));
        }
        if whole < numbers && whole > 0 {
            let last = numbers - LANES;
            let sum = row_sum(step, &d, rows.add(last), to.add(last), add);
            let sum = if add { lane_numbers::<V>().select_gt(seen, sum, V::load(to.add(last))) } else { sum };
            sum.store(to.add(last));
        }
        if whole == 0 {
            for i in 0..numbers {
                let mut sum = if add { *to.add(i) } else { 0.0 };
                for b in 0..B {
                    sum += *rows.add(b * step + i) * factors[b];
                }
                *to.add(i) = sum;
            }
        }
    }
}

#[inline(always)]
unsafe fn one_row_backward_input<V: Vector>(
    inputs: usize,
    outputs: usize,
    dy: *const f32,
    weight: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    let (mut output, mut add) = (0, accumulate);
    // SAFETY: the caller's promise.
    unsafe {
        if outputs == 0 && !accumulate {
            dx.write_bytes(0, inputs);
        }
        macro_rules! rows {
            ($B:literal) => {
                while outputs - output >= $B {
                    let factors = core::array::from_fn(|b| *dy.add(output + b));
                    add_rows::<V, $B>(inputs, factors, (weight.add(output * inputs), inputs), dx, add);
                    (output, add) = (output + $B, true);
                }
            };
        }
        // Eight rows at once: dx is read and written an eighth as often as the weight.
        rows!(8);
        rows!(4);
        rows!(1);
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn one_row_backward_weight<V: Vector>(
    inputs: usize,
    outputs: usize,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    dbias: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let (whole, seen) = whole::<V>(inputs);
        for output in 0..outputs {
            let (row, number) = (dweight.add(output * inputs), *dy.add(output));
            let d = V::splat(number);
            for i in (0..whole).step_by(LANES) {
                V::load(x.add(i)).mul_add(d, V::load(row.add(i))).store(row.add(i));
            }
            if whole < inputs && whole > 0 {
                let last = inputs - LANES;
                let there = V::load(row.add(last));
                let sum = V::load(x.add(last)).mul_add(d, there);
                lane_numbers::<V>().select_gt(seen, sum, there).store(row.add(last));
            }
            if whole == 0 {
                for i in 0..inputs {
                    *row.add(i) += *x.add(i) * number;
                }
            }
        }
        if !dbias.is_null() {
            for output in 0..outputs {
                *dbias.add(output) += *dy.add(output);
            }
        }
    }
}

#[expect(dead_code, reason = "the lanes are inputs here, so that only one of both entries is used")]
mod entry {
    #[cfg(feature = "train")]
    use super::one_row_backward_weight;
    use super::{one_row_backward_input, one_row_forward};
    entries! {
        /// `y = weight · x + start`; `start` may be null, or y.
        pub unsafe fn one_row_forward(inputs: usize, outputs: usize, x: *const f32, weight: *const f32, start: *const f32, y: *mut f32);
        /// The gradient of x, or added to it; tied layers infer by it.
        pub unsafe fn one_row_backward_input(inputs: usize, outputs: usize, dy: *const f32, weight: *const f32, dx: *mut f32, accumulate: bool);
        /// Adds the gradients of weight and bias; `dbias` may be null.
        #[cfg(feature = "train")]
        pub unsafe fn one_row_backward_weight(inputs: usize, outputs: usize, x: *const f32, dy: *const f32, dweight: *mut f32, dbias: *mut f32);
    }
}

pub(super) use entry::chwn16 as vectors;
