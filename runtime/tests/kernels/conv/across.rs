//! Training across samples: as sample by sample, whatever the number of shares, and nothing is read or written between samples.

use super::direct::{geometries, plain};
use crate::kernels::geometry::{Conv, conv_across_scratch, conv_chw16c_fits, conv_chw16c_train_scratch};
use crate::kernels::{Samples, Share, across, chw};
use crate::simd::LANES;
use crate::{EMULATED, Numbers, PANELS, assert_close, at_each_level, chw16c_nan, wide};
use core::ptr::null;
use std::format;
use std::vec;

/// What lies between samples.
const BETWEEN: f32 = f32::INFINITY;

/// Values of each sample in `chw16c`, as far apart as arenas.
fn apart(values: &[Vec<f32>], channels: usize, step: usize) -> Vec<f32> {
    let mut all = vec![BETWEEN; values.len() * step];
    for (at, value) in values.iter().enumerate() {
        let value = chw16c_nan(value, channels);
        all[at * step..][..value.len()].copy_from_slice(&value);
    }
    all
}

/// The channels that there are; what lies beside the last is left out.
fn live(values: &[f32], channels: usize, map: usize) -> Vec<f64> {
    let there = |i: &usize| i / LANES / map * LANES + i % LANES < channels;
    (0..values.len()).filter(there).map(|i| f64::from(values[i])).collect()
}

/// The results of all kernels: y, dx, dx added to what was there, gradients of weight and bias.
type Results = [Vec<f32>; 5];

struct Case<'a> {
    g: &'a Conv,
    transposed: bool,
    samples: Samples,
    x: Vec<f32>,
    dy: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    /// What gradients are added to.
    there: Vec<f32>,
}

impl Case<'_> {
    fn across(&self, shares: usize) -> Results {
        let Self { g, samples, .. } = *self;
        let mut found: Results = [(); 5].map(|()| vec![BETWEEN; self.x.len()]);
        found[2].clone_from(&self.x);
        (found[3], found[4]) = (self.there.clone(), self.bias.clone());
        let [y, dx, added, dweight, dbias] = found.each_mut().map(|numbers| numbers.as_mut_ptr());
        let (x, dy, weight, bias) = (self.x.as_ptr(), self.dy.as_ptr(), self.weight.as_ptr(), self.bias.as_ptr());
        let mut scratch = vec![f32::NAN; conv_across_scratch(g)];
        let scratch = scratch.as_mut_ptr();
        for share in (0..shares).map(|index| Share { index, shares }) {
            // SAFETY: buffers hold as many samples as there are, so far apart.
            unsafe {
                if self.transposed {
                    across::conv_transpose_across_forward(g, samples, x, weight, bias, y, scratch, share);
                    across::conv_transpose_across_backward_input(g, samples, dy, weight, dx, false, scratch, share);
                    across::conv_transpose_across_backward_input(g, samples, dy, weight, added, true, scratch, share);
                    across::conv_transpose_across_backward_weight(g, samples, x, dy, dweight, dbias, scratch, share);
                } else {
                    across::conv_across_forward(g, samples, x, weight, bias, y, scratch, share);
                    across::conv_across_backward_input(g, samples, dy, weight, dx, false, scratch, share);
                    across::conv_across_backward_input(g, samples, dy, weight, added, true, scratch, share);
                    across::conv_across_backward_weight(g, samples, x, dy, dweight, dbias, scratch, share);
                }
            }
        }
        found
    }

    /// Sample by sample.
    fn alone(&self) -> Results {
        let Self { g, samples, .. } = *self;
        let mut found: Results = [(); 5].map(|()| vec![BETWEEN; self.x.len()]);
        found[2].clone_from(&self.x);
        (found[3], found[4]) = (self.there.clone(), self.bias.clone());
        let [y, dx, added, dweight, dbias] = found.each_mut().map(|numbers| numbers.as_mut_ptr());
        let (weight, bias) = (self.weight.as_ptr(), self.bias.as_ptr());
        let mut scratch = vec![f32::NAN; conv_chw16c_train_scratch(g)];
        let scratch = scratch.as_mut_ptr();
        for at in (0..samples.count).map(|sample| sample * samples.step) {
            // SAFETY: as above.
            unsafe {
                let (x, dy) = (self.x.as_ptr().add(at), self.dy.as_ptr().add(at));
                let (y, dx, added) = (y.add(at), dx.add(at), added.add(at));
                if self.transposed {
                    chw::conv_transpose_chw16c_forward(g, x, weight, bias, y, scratch);
                    chw::conv_transpose_chw16c_backward_input(g, dy, weight, dx, false, scratch);
                    chw::conv_transpose_chw16c_backward_input(g, dy, weight, added, true, scratch);
                    chw::conv_transpose_chw16c_backward_weight(g, x, dy, dweight, dbias, scratch);
                } else {
                    chw::conv_chw16c_forward(g, x, weight, bias, y, scratch);
                    chw::conv_chw16c_backward_input(g, dy, weight, dx, false, scratch);
                    chw::conv_chw16c_backward_input(g, dy, weight, added, true, scratch);
                    chw::conv_chw16c_backward_weight(g, x, dy, dweight, dbias, scratch);
                }
            }
        }
        found
    }
}

/// In both directions, with so many samples.
pub(super) fn check(g: &Conv, count: usize) {
    let mut numbers = Numbers::new(g.channels * 100 + g.filters + g.width + count);
    let [from, to] = [(g.channels, g.height * g.width), (g.filters, g.out_map())];
    let step = 32 + (from.0.next_multiple_of(LANES) * from.1).max(to.0.next_multiple_of(LANES) * to.1);
    let weight = numbers.take(g.filters * g.channels / g.groups * g.area());
    let there = numbers.take(weight.len());
    for transposed in [false, true] {
        let [x_of, y_of] = if transposed { [to, from] } else { [from, to] };
        let mut values = |of: (usize, usize)| {
            let values: Vec<Vec<f32>> = (0..count).map(|_| numbers.take(of.0 * of.1)).collect();
            apart(&values, of.0, step)
        };
        let (x, dy) = (values(x_of), values(y_of));
        let (weight, there, bias) = (weight.clone(), there.clone(), numbers.take(y_of.0));
        let case = Case { g, transposed, samples: Samples { count, step }, x, dy, weight, bias, there };
        let terms = g.channels.max(g.filters) / g.groups * g.area() + count * g.out_map();
        at_each_level(|| {
            let (wanted, found) = (case.alone(), case.across(1));
            for (n, of) in [y_of, x_of, x_of].into_iter().enumerate() {
                let len = of.0.next_multiple_of(LANES) * of.1;
                for (wanted, found) in wanted[n].chunks(step).zip(found[n].chunks(step)) {
                    let what = format!("{g:?}, transposed {transposed}, {count} samples: {n}");
                    assert_close(live(&found[..len], of.0, of.1), live(&wanted[..len], of.0, of.1), terms, &what);
                    let between = if n == 2 { &case.x[len..step] } else { &[BETWEEN; 32] };
                    assert!(found[len..].iter().zip(between).all(|(a, b)| a.to_bits() == b.to_bits()), "{what}");
                }
            }
            for n in [3, 4] {
                let what = format!("{g:?}, transposed {transposed}, {count} samples: gradient {n}");
                assert_close(wide(&found[n]), wide(&wanted[n]), terms, &what);
            }
            for shares in [2, 3, 40] {
                let shared = case.across(shares);
                for (n, of) in [y_of, x_of, x_of, (0, 1), (0, 1)].into_iter().enumerate() {
                    let numbers = |all: &[f32]| match n {
                        3 | 4 => wide(all),
                        _ => all.chunks(step).flat_map(|one| live(one, of.0, of.1)).collect(),
                    };
                    let same = numbers(&shared[n]).iter().zip(&numbers(&found[n])).all(|(a, b)| a.to_bits() == b.to_bits());
                    assert!(same, "{g:?}, transposed {transposed}, {shares} shares: {n}");
                }
            }
        });
    }
}

#[test]
fn direct() {
    let some = [
        plain([6, 14, 14], 16, [5, 5], [1, 1], [0, 0]),
        plain([4, 7, 7], 21, [7, 7], [1, 1], [0, 0]), // kernel = input
        plain([2, 1, 40], 3, [1, 11], [1, 2], [0, 5]),
    ];
    let mut all: Vec<Conv> = geometries().into_iter().filter(conv_chw16c_fits).collect();
    if cfg!(miri) {
        all.truncate(4);
    } else {
        let [channels, filters] = PANELS;
        all.extend(some.map(|g| Conv { channels, filters, ..g }));
        all.extend(some.map(|g| Conv { channels: 32, filters: 64, groups: 2, ..g }));
        // So few positions and so many weights that these are read as they are stored.
        let few = [
            plain([64, 2, 2], 128, [3, 3], [1, 1], [1, 1]),
            plain([64, 4, 4], 128, [3, 3], [2, 2], [1, 1]),
            plain([64, 3, 4], 256, [2, 2], [1, 2], [0, 0]),
            Conv { dilation: [2, 1], ..plain([128, 5, 1], 256, [1, 2], [1, 1], [0, 1]) },
        ];
        few.iter().for_each(|g| check(g, 3));
        all.extend(few);
        let point = |size: usize| Conv { height: size, width: 5, out_height: size, out_width: 5, kernel: [1; 2], ..some[0] };
        all.extend([2, 7, if EMULATED { 31 } else { 131 }].map(|size| Conv {
            channels: 50,
            filters: 70,
            pad: [0; 2],
            stride: [1; 2],
            ..point(size)
        }));
    }
    for g in &all {
        for count in if cfg!(miri) { vec![1, 3] } else { vec![1, 5] } {
            check(g, count);
        }
    }
}

#[test]
fn a_bias_may_be_null() {
    let g = &plain([6, 14, 14], 16, [5, 5], [1, 1], [0, 0]);
    let samples =
        Samples { count: 2, step: g.channels.max(g.filters).next_multiple_of(LANES) * g.out_map().max(g.height * g.width) };
    let (x, weight) = (vec![0.0; 2 * samples.step], vec![1.0; g.filters * g.channels * g.area()]);
    let (mut y, mut scratch) = (vec![1.0; 2 * samples.step], vec![f32::NAN; conv_across_scratch(g)]);
    let share = Share { index: 0, shares: 1 };
    // SAFETY: buffers hold two samples.
    unsafe {
        across::conv_across_forward(g, samples, x.as_ptr(), weight.as_ptr(), null(), y.as_mut_ptr(), scratch.as_mut_ptr(), share);
    }
    assert!(y[..g.filters.min(LANES)].iter().all(|y| *y == 0.0));
}
