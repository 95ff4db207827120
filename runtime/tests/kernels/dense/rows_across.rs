//! Several rows of each sample: across samples as plain sums, whatever the number of shares.

use crate::kernels::geometry::{Dense, rows_scratch};
use crate::kernels::{Samples, Share, across};
use crate::{EMULATED, Numbers, assert_close, at_each_level, thinned, wide};
use std::{format, vec};

/// y, dx, dx added to x, the gradients of weight and bias.
type Results = [Vec<f32>; 5];

/// Plain sums in f64.
fn plain(g: &Dense, of: [Samples; 2], x: &[f32], dy: &[f32], weight: &[f32], before: &Results) -> [Vec<f64>; 5] {
    let [mut y, mut dx, mut added, mut dweight, mut dbias] = before.each_ref().map(|numbers| wide(numbers));
    let bias = dbias.clone();
    for sample in 0..of[0].count {
        for row in 0..g.rows {
            let (at_x, at_y) = (sample * of[0].step + row * g.inputs, sample * of[1].step + row * g.outputs);
            for i in 0..g.inputs {
                dx[at_x + i] = 0.0;
            }
            for o in 0..g.outputs {
                y[at_y + o] = bias[o];
                dbias[o] += f64::from(dy[at_y + o]);
                for i in 0..g.inputs {
                    let (x, w, d) = (f64::from(x[at_x + i]), f64::from(weight[o * g.inputs + i]), f64::from(dy[at_y + o]));
                    y[at_y + o] += x * w;
                    dx[at_x + i] += d * w;
                    added[at_x + i] += d * w;
                    dweight[o * g.inputs + i] += d * x;
                }
            }
        }
    }
    [y, dx, added, dweight, dbias]
}

fn check(g: &Dense, count: usize) {
    let mut numbers = Numbers::new(g.inputs * 100 + g.outputs + count);
    let [of_x, of_y] = [g.rows * g.inputs + 7, g.rows * g.outputs + 3].map(|step| Samples { count, step });
    let (x, dy) = (numbers.take(count * of_x.step), numbers.take(count * of_y.step));
    let (weight, bias) = (numbers.take(g.inputs * g.outputs), numbers.take(g.outputs));
    let before = [dy.clone(), x.clone(), x.clone(), numbers.take(weight.len()), bias.clone()];
    let wanted = plain(g, [of_x, of_y], &x, &dy, &weight, &before);
    at_each_level(|| {
        let across = |shares: usize| {
            let mut found = before.clone();
            let mut scratch = vec![f32::NAN; rows_scratch(g.inputs)];
            let at = scratch.as_mut_ptr();
            let [y, dx, added, dweight, dbias] = found.each_mut().map(|numbers| numbers.as_mut_ptr());
            let (x, dy, weight, bias) = (x.as_ptr(), dy.as_ptr(), weight.as_ptr(), bias.as_ptr());
            for share in (0..shares).map(|index| Share { index, shares }) {
                // SAFETY: buffers hold as many samples as there are, so far apart.
                unsafe {
                    across::dense_rows_across_forward(g, of_x, x, weight, bias, of_y, y, at, share);
                    across::dense_rows_across_backward_input(g, of_y, dy, weight, of_x, dx, false, at, share);
                    across::dense_rows_across_backward_input(g, of_y, dy, weight, of_x, added, true, at, share);
                    across::dense_rows_across_backward_weight(g, of_x, x, of_y, dy, dweight, dbias, at, share);
                }
            }
            found
        };
        let found = across(1);
        for (n, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
            let what = format!("{g:?}, {count} samples: {n}");
            assert_close(wide(found), wanted.clone(), g.inputs.max(g.outputs) + count * g.rows, &what);
        }
        for shares in [2, 3, 16] {
            for (n, (shared, found)) in across(shares).iter().zip(&found).enumerate() {
                let same = shared.iter().zip(found).all(|(a, b)| a.to_bits() == b.to_bits());
                assert!(same, "{g:?}, {count} samples, {shares} shares: {n}");
            }
        }
    });
}

#[test]
fn as_plain_sums() {
    let mut sizes = Vec::new();
    for (inputs, outputs) in [(1, 1), (15, 7), (64, 96), (130, 33), (200, 17), (16, 150)] {
        for (rows, count) in [(2, 1), (3, 5), (7, 3), (150, 2)] {
            if rows < 100 || inputs < 100 {
                sizes.push((Dense { rows, inputs, outputs }, count));
            }
        }
    }
    for (g, count) in thinned(sizes, 2).into_iter().step_by(if EMULATED { 3 } else { 1 }) {
        check(&g, count);
    }
}

#[test]
fn nothing_without_outputs() {
    let (x, mut dx) = ([1.0_f32; 40], [1.0_f32; 40]);
    let (g, samples) = (&Dense { rows: 2, inputs: 20, outputs: 0 }, Samples { count: 1, step: 40 });
    let (share, mut scratch) = (Share { index: 0, shares: 1 }, vec![0.0; rows_scratch(20)]);
    let (x, to, scratch) = (x.as_ptr(), dx.as_mut_ptr(), scratch.as_mut_ptr());
    // SAFETY: no weight and no dy are read.
    unsafe { across::dense_rows_across_backward_input(g, samples, x, x, samples, to, false, scratch, share) };
    assert_eq!(dx, [0.0; 40]);
}
