//! Winograd's F(4×4, 3×3) in `chw16c` across samples: as sample by sample, whatever the shares are.

use super::not_finite::{assert_alike, with_odd};
use super::sums::Sums;
use crate::kernels::geometry::{
    Conv, WinogradAcross, conv_winograd_across_scratch, conv_winograd_chw16c_fits, conv_winograd_chw16c_train_scratch,
};
use crate::kernels::{Samples, Share, across, chw};
use crate::simd::LANES;
use crate::{EMULATED, Numbers, assert_close, at_each_level, chw16c_nan, from_chw16c, same_bits, thinned, wide};
use core::ptr::{null, null_mut};
use std::format;
use std::vec;

/// What lies where nothing may be written.
const MARK: f32 = 12345.0;
/// Floats between samples.
const GAP: usize = 3 * LANES;

fn geometry([channels, filters]: [usize; 2], [height, width]: [usize; 2], pad: [usize; 2]) -> Conv {
    let (out_height, out_width, kernel) = (height + 2 * pad[0] - 2, width + 2 * pad[1] - 2, [3; 2]);
    Conv { channels, height, width, filters, out_height, out_width, kernel, stride: [1; 2], pad, dilation: [1; 2], groups: 1 }
}

/// With how many samples.
fn cases() -> Vec<(Conv, usize)> {
    let mut all = vec![
        (geometry([3, 5], [5, 7], [0, 1]), 2),
        (geometry([16, 16], [8, 8], [1, 1]), 1),
        (geometry([16, 16], [8, 8], [1, 1]), 16),
        (geometry([35, 70], [6, 9], [1, 1]), 3),
        (geometry([7, 33], [4, 3], [2, 0]), 5),
        (geometry([33, 7], [1, 2], [1, 2]), 5),
        // More tiles than at once, so that a sample is cut, also where all panels of a weight are not there together.
        (geometry([17, 40], [17, 18], [1, 1]), 7),
        (geometry([80, 40], [10, 9], [0, 1]), 11),
        (geometry([150, 50], [5, 5], [1, 1]), 17),
        // One panel of several, whose weight stays there.
        (geometry([260, 3], [5, 5], [1, 1]), 17),
    ];
    if EMULATED {
        all.truncate(4);
    }
    thinned(all, 1)
}

/// Samples one after the other, with so many floats from one to the next.
struct Values {
    samples: Vec<Vec<f32>>,
    channels: usize,
    step: usize,
}

impl Values {
    fn new(numbers: &mut Numbers, count: usize, channels: usize, map: usize, step: usize) -> Self {
        Self { samples: (0..count).map(|_| numbers.take(channels * map)).collect(), channels, step }
    }

    /// In `chw16c`, with NaN beside the last channel and a mark behind each sample, and one sample more, which is all marks.
    fn lay(&self) -> Vec<f32> {
        let mut all = vec![MARK; (self.samples.len() + 1) * self.step];
        for (to, sample) in all.chunks_mut(self.step).zip(&self.samples) {
            let sample = chw16c_nan(sample, self.channels);
            to[..sample.len()].copy_from_slice(&sample);
        }
        all
    }

    /// Floats of a sample.
    fn len(&self) -> usize {
        let [first, ..] = &self.samples[..] else { return 0 };
        first.len() / self.channels * self.channels.next_multiple_of(LANES)
    }

    /// The samples of what a kernel wrote over such values, which must have left the marks as they were.
    #[track_caller]
    fn read(&self, found: &[f32], what: &str) -> Vec<Vec<f32>> {
        let (samples, rest) = found.split_at(self.samples.len() * self.step);
        assert!(rest.iter().all(|v| *v == MARK), "{what}: written behind the last sample");
        let sample = |values: &[f32]| {
            let (sample, gap) = values.split_at(self.len());
            assert!(gap.iter().all(|v| *v == MARK), "{what}: written between samples");
            from_chw16c(sample, self.channels)
        };
        samples.chunks(self.step).map(sample).collect()
    }
}

/// Random numbers for a convolution of several samples.
struct Case {
    g: Conv,
    samples: Samples,
    x: Values,
    y: Values,
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Case {
    fn new(g: &Conv, count: usize) -> Self {
        let mut numbers = Numbers::new(g.channels * 100 + g.filters + count);
        let maps = [g.height * g.width, g.out_map()];
        let most = (g.channels.next_multiple_of(LANES) * maps[0]).max(g.filters.next_multiple_of(LANES) * maps[1]);
        let step = most + GAP;
        Self {
            g: *g,
            samples: Samples { count, step },
            x: Values::new(&mut numbers, count, g.channels, maps[0], step),
            y: Values::new(&mut numbers, count, g.filters, maps[1], step),
            weight: numbers.take(g.filters * g.channels * 9),
            bias: numbers.take(g.filters),
        }
    }

    /// Calls a kernel for each of so many shares, with a scratch for each.
    fn shared(&self, shares: usize, mut kernel: impl FnMut(*mut f32, Share)) {
        for index in 0..shares {
            let mut scratch = vec![f32::NAN; conv_winograd_across_scratch(&self.g)];
            kernel(scratch.as_mut_ptr(), Share { index, shares });
        }
    }

    fn forward(&self, bias: bool, shares: usize) -> Vec<Vec<f32>> {
        let (x, mut y) = (self.x.lay(), self.y.lay());
        let bias = if bias { self.bias.as_ptr() } else { null() };
        self.shared(shares, |scratch, share| {
            let (x, weight, y) = (x.as_ptr(), self.weight.as_ptr(), y.as_mut_ptr());
            // SAFETY: buffers are as long as the geometry and the samples say.
            unsafe { across::conv_winograd_across_forward(&self.g, self.samples, x, weight, bias, y, scratch, share) };
        });
        self.y.read(&y, &format!("y of {:?}", self.g))
    }

    fn backward_input(&self, accumulate: bool, shares: usize) -> Vec<Vec<f32>> {
        let (dy, mut dx) = (self.y.lay(), self.x.lay());
        self.shared(shares, |scratch, share| {
            let (dy, weight, dx) = (dy.as_ptr(), self.weight.as_ptr(), dx.as_mut_ptr());
            // SAFETY: as above.
            unsafe {
                across::conv_winograd_across_backward_input(&self.g, self.samples, dy, weight, dx, accumulate, scratch, share);
            }
        });
        self.x.read(&dx, &format!("dx of {:?}", self.g))
    }

    /// The gradients of weight and bias, added to these.
    fn backward_weight(&self, bias: bool, shares: usize) -> [Vec<f32>; 2] {
        let (x, dy, mut dweight, mut dbias) = (self.x.lay(), self.y.lay(), self.weight.clone(), self.bias.clone());
        self.shared(shares, |scratch, share| {
            let (x, dy, dweight) = (x.as_ptr(), dy.as_ptr(), dweight.as_mut_ptr());
            let dbias = if bias { dbias.as_mut_ptr() } else { null_mut() };
            // SAFETY: as above.
            unsafe {
                across::conv_winograd_across_backward_weight(&self.g, self.samples, x, dy, dweight, dbias, scratch, share);
            }
        });
        [dweight, dbias]
    }

    /// `kernel(x, y, scratch)` of the single sample, for each; gives y, or x where `into_x`.
    fn one_by_one(&self, into_x: bool, kernel: impl Fn(*mut f32, *mut f32, *mut f32)) -> Vec<Vec<f32>> {
        let (mut x, mut y) = (self.x.lay(), self.y.lay());
        for at in (0..self.samples.count).map(|n| n * self.samples.step) {
            let mut scratch = vec![f32::NAN; conv_winograd_chw16c_train_scratch(&self.g)];
            kernel(x[at..].as_mut_ptr(), y[at..].as_mut_ptr(), scratch.as_mut_ptr());
        }
        if into_x { self.x.read(&x, "x") } else { self.y.read(&y, "y") }
    }

    /// Against plain sums.
    fn check(&self) {
        let (g, weight) = (&self.g, &self.weight[..]);
        let (terms, map) = (super::winograd::terms(g.channels.max(g.filters)), g.out_map());
        let sums: Vec<Sums> = self.x.samples.iter().map(|_| Sums::default()).collect();
        let what = format!("{g:?}, {} samples", self.samples.count);
        let samples = || sums.iter().zip(self.x.samples.iter().zip(&self.y.samples)).enumerate();
        let mut gradients = wide(weight);
        let mut biases = wide(&self.bias);
        for (_, (sums, (x, y))) in samples() {
            gradients.iter_mut().zip(sums.of_weight(g, x, y, 1)).for_each(|(all, sum)| *all += sum);
            biases.iter_mut().zip(y.chunks(map)).for_each(|(all, y)| *all += wide(y).iter().sum::<f64>());
        }
        at_each_level(|| {
            for bias in [false, true] {
                let found = self.forward(bias, 1);
                for (n, (sums, (x, _))) in samples() {
                    let add = |i: usize| if bias { f64::from(self.bias[i / map]) } else { 0.0 };
                    let wanted = sums.of(g, x, weight, 0, 1, true);
                    let wanted = wanted.iter().enumerate().map(|(i, sum)| sum + add(i));
                    assert_close(wide(&found[n]), wanted, terms, &format!("y of sample {n} of {what}"));
                }
            }
            for accumulate in [false, true] {
                let found = self.backward_input(accumulate, 1);
                for (n, (sums, (x, y))) in samples() {
                    let wanted = sums.of(g, y, weight, 0, 1, false);
                    let wanted = wanted.iter().zip(x).map(|(sum, x)| sum + if accumulate { f64::from(*x) } else { 0.0 });
                    assert_close(wide(&found[n]), wanted, terms, &format!("dx of sample {n} of {what}, added {accumulate}"));
                }
            }
            for bias in [false, true] {
                let [dweight, dbias] = self.backward_weight(bias, 1);
                let many = terms.max(40 * map * self.samples.count);
                assert_close(wide(&dweight), gradients.iter().copied(), many, &format!("dweight of {what}"));
                let wanted = if bias { biases.clone() } else { wide(&self.bias) };
                assert_close(wide(&dbias), wanted, map * self.samples.count, &format!("dbias of {what}"));
            }
        });
    }
}

#[test]
fn sums() {
    for (g, count) in cases() {
        assert!(conv_winograd_chw16c_fits(&g));
        Case::new(&g, count).check();
    }
}

#[test]
fn tiles_are_cut_within_samples() {
    let cut = |(g, count): &(Conv, usize)| {
        let (tiles, plans) = (WinogradAcross::tiles(g), [WinogradAcross::new(g), WinogradAcross::of_weight(g)]);
        plans.iter().all(|plan| plan.next(tiles * count) % tiles != 0 && plan.next(tiles * count) < tiles * count)
    };
    assert!(cfg!(miri) || EMULATED || cases().iter().filter(|case| cut(case)).count() >= 2);
}

/// Where all samples have few positions, weights are read as they are stored (`few_positions.rs`).
#[test]
fn few_positions() {
    for (size, count) in [([4, 4], 1), ([2, 2], 3)] {
        let case = Case::new(&geometry([64, 128], size, [1, 1]), count);
        case.check();
        at_each_level(|| {
            let (y, dx, dw) = (case.forward(true, 1), case.backward_input(true, 1), case.backward_weight(true, 1));
            for shares in [2, 3, 20] {
                assert!(y == case.forward(true, shares), "y in {shares} shares");
                assert!(dx == case.backward_input(true, shares), "dx in {shares} shares");
                assert!(dw == case.backward_weight(true, shares), "dweight in {shares} shares");
            }
        });
    }
}

/// Shares give the same bits, more of them than there are panels too, and values those of single samples.
#[test]
fn the_same_bits() {
    let all_same = |a: &[Vec<f32>], b: &[Vec<f32>]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_bits(a, b));
    for (g, count) in cases() {
        let case = Case::new(&g, count);
        at_each_level(|| {
            let (weight, bias) = (case.weight.as_ptr(), case.bias.as_ptr());
            let (y, dx, dw) = (case.forward(true, 1), case.backward_input(true, 1), case.backward_weight(true, 1));
            // SAFETY: buffers are as long as the geometry says.
            let one = case.one_by_one(false, |x, y, scratch| unsafe {
                chw::conv_winograd_chw16c_forward(&g, x, weight, bias, y, scratch);
            });
            assert!(all_same(&y, &one), "y of {g:?}");
            // SAFETY: as above.
            let one = case.one_by_one(true, |x, y, scratch| unsafe {
                chw::conv_winograd_chw16c_backward_input(&g, y, weight, x, true, scratch);
            });
            assert!(all_same(&dx, &one), "dx of {g:?}");
            for shares in [2, 3, 20] {
                assert!(all_same(&y, &case.forward(true, shares)), "y of {g:?}, {shares} shares");
                assert!(all_same(&dx, &case.backward_input(true, shares)), "dx of {g:?}, {shares} shares");
                assert!(all_same(&dw, &case.backward_weight(true, shares)), "dweight of {g:?}, {shares} shares");
            }
        });
    }
}

/// What is not finite is so where direct sums have it, and other samples do not know of it.
#[test]
fn not_finite() {
    let all = vec![
        (geometry([16, 16], [12, 12], [1, 1]), 3),
        (geometry([3, 18], [5, 7], [0, 1]), 2),
        (geometry([20, 17], [17, 18], [1, 1]), 3),
    ];
    for (g, count) in thinned(all, 1).into_iter().take(if EMULATED { 1 } else { 3 }) {
        at_each_level(|| check_not_finite(&g, count));
    }
}

fn check_not_finite(g: &Conv, count: usize) {
    let (clean, shares, odd_one) = (Case::new(g, count), 2, count / 2);
    let [y_clean, dx_clean] = [clean.forward(true, 1), clean.backward_input(true, 1)];
    let alike = |found: &[Vec<f32>], clean: &[Vec<f32>], wanted: &[f32], odd: f32, what: &str| {
        let what = format!("{what} of {g:?}");
        for (n, (found, clean)) in found.iter().zip(clean).enumerate() {
            if n == odd_one {
                assert_alike(found, wanted, odd, &what);
            } else {
                assert!(same_bits(found, clean), "{what}, {odd}: sample {n}");
            }
        }
    };
    let weight_gradient = |case: &Case, odd: f32, what: &str| {
        let [mut dweight, mut dbias] = [case.weight.clone(), case.bias.clone()];
        for (x, dy) in case.x.samples.iter().zip(&case.y.samples) {
            // SAFETY: buffers are as long as the geometry says.
            unsafe { chw::conv_backward_weight(g, x.as_ptr(), dy.as_ptr(), dweight.as_mut_ptr(), dbias.as_mut_ptr()) };
        }
        let [found, found_bias] = case.backward_weight(true, shares);
        assert_alike(&found, &dweight, odd, &format!("dweight of {what} of {g:?}"));
        assert_alike(&found_bias, &dbias, odd, &format!("dbias of {what} of {g:?}"));
    };
    with_odd(&clean.x.samples[odd_one], |odd, x| {
        let mut case = Case::new(g, count);
        case.x.samples[odd_one] = x.to_vec();
        let mut wanted = case.y.samples[odd_one].clone();
        let (weight, bias) = (case.weight.as_ptr(), case.bias.as_ptr());
        // SAFETY: as above.
        unsafe { chw::conv_forward(g, x.as_ptr(), weight, bias, wanted.as_mut_ptr()) };
        alike(&case.forward(true, shares), &y_clean, &wanted, odd, "y");
        weight_gradient(&case, odd, "x");
    });
    with_odd(&clean.y.samples[odd_one], |odd, dy| {
        let mut case = Case::new(g, count);
        case.y.samples[odd_one] = dy.to_vec();
        let mut wanted = case.x.samples[odd_one].clone();
        // SAFETY: as above.
        unsafe { chw::conv_backward_input(g, dy.as_ptr(), case.weight.as_ptr(), wanted.as_mut_ptr(), true) };
        alike(&case.backward_input(true, shares), &dx_clean, &wanted, odd, "dx");
        weight_gradient(&case, odd, "dy");
    });
}
