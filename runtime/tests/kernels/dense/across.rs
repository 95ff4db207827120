//! Across samples as sample by sample, whatever the number of shares.

use crate::kernels::geometry::Dense;
use crate::kernels::{Samples, Share, across, chw};
use crate::{Numbers, assert_close, at_each_level, wide};
use core::ptr::null_mut;
use std::format;

/// y, dx, dx added to x, the gradients of weight and bias.
type Results = [Vec<f32>; 5];

fn check(g: &Dense, count: usize) {
    let mut numbers = Numbers::new(g.inputs * 100 + g.outputs + count);
    let [of_x, of_y] = [g.inputs + 7, g.outputs + 3].map(|step| Samples { count, step });
    let (x, dy) = (numbers.take(count * of_x.step), numbers.take(count * of_y.step));
    let (weight, bias) = (numbers.take(g.inputs * g.outputs), numbers.take(g.outputs));
    let there = numbers.take(weight.len());
    let before = || -> Results { [dy.clone(), x.clone(), x.clone(), there.clone(), bias.clone()] };
    at_each_level(|| {
        let across = |shares: usize| {
            let mut found = before();
            let [y, dx, added, dweight, dbias] = found.each_mut().map(|numbers| numbers.as_mut_ptr());
            let (x, dy, weight, bias) = (x.as_ptr(), dy.as_ptr(), weight.as_ptr(), bias.as_ptr());
            for share in (0..shares).map(|index| Share { index, shares }) {
                // SAFETY: buffers hold as many samples as there are, so far apart.
                unsafe {
                    across::dense_across_forward(g, of_x, x, weight, bias, of_y, y, share);
                    across::dense_across_backward_input(g, of_y, dy, weight, of_x, dx, false, share);
                    across::dense_across_backward_input(g, of_y, dy, weight, of_x, added, true, share);
                    across::dense_across_backward_weight(g, of_x, x, of_y, dy, dweight, dbias, share);
                }
            }
            found
        };
        let mut wanted = before();
        let [y, dx, added, dweight, dbias] = wanted.each_mut().map(|numbers| numbers.as_mut_ptr());
        for sample in 0..count {
            let [at_x, at_y] = [of_x, of_y].map(|samples| sample * samples.step);
            // SAFETY: as above; a single row takes no scratch.
            unsafe {
                let (x, dy) = (x.as_ptr().add(at_x), dy.as_ptr().add(at_y));
                chw::dense_forward(g, x, weight.as_ptr(), bias.as_ptr(), y.add(at_y));
                chw::dense_backward_input(g, dy, weight.as_ptr(), dx.add(at_x), false);
                chw::dense_backward_input(g, dy, weight.as_ptr(), added.add(at_x), true);
                chw::dense_backward_weight(g, x, dy, dweight, dbias, null_mut());
            }
        }
        let found = across(1);
        for (n, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
            let what = format!("{g:?}, {count} samples: {n}");
            assert_close(wide(found), wide(wanted), g.inputs.max(g.outputs) + count, &what);
        }
        for shares in [2, 3, 40] {
            for (n, (shared, found)) in across(shares).iter().zip(&found).enumerate() {
                let same = shared.iter().zip(found).all(|(a, b)| a.to_bits() == b.to_bits());
                assert!(same, "{g:?}, {count} samples, {shares} shares: {n}");
            }
        }
    });
}

#[test]
fn as_sample_by_sample() {
    for inputs in [1, 15, 16, 40, 64, 100, 200] {
        for outputs in [1, 7, 8, 23, 70] {
            for count in [1, 2, 5, 13] {
                if !cfg!(miri) || inputs * outputs < 200 {
                    check(&Dense { rows: 1, inputs, outputs }, count);
                }
            }
        }
    }
}

#[test]
fn nothing_without_outputs() {
    let (x, mut dx) = ([1.0_f32; 20], [1.0_f32; 20]);
    let (g, samples) = (&Dense { rows: 1, inputs: 20, outputs: 0 }, Samples { count: 1, step: 20 });
    let share = Share { index: 0, shares: 1 };
    // SAFETY: no weight and no dy are read.
    unsafe { across::dense_across_backward_input(g, samples, x.as_ptr(), x.as_ptr(), samples, dx.as_mut_ptr(), false, share) };
    assert_eq!(dx, [0.0; 20]);
}
