//! Batch norms in training, in `chw16c`: as the kernels of `chw` do it.

use crate::kernels::barrier::{batch_norm_backward_merge, batch_norm_merge};
use crate::kernels::chw;
use crate::kernels::geometry::BatchNorm;
use crate::{Numbers, assert_close, assert_gradient, at_each_level, chw16c_nan, from_chw16c, thinned, wide};
use core::ptr::{null, null_mut};
use std::format;
use std::string::String;
use std::vec;

/// A sample in both layouts, and numbers for each channel.
struct Sample {
    g: BatchNorm,
    x: Vec<f32>,
    dy: Vec<f32>,
    x16: Vec<f32>,
    dy16: Vec<f32>,
    gamma: Vec<f32>,
    beta: Vec<f32>,
    mean: Vec<f32>,
    var: Vec<f32>,
    what: String,
}

fn samples() -> Vec<Sample> {
    let sizes = thinned(vec![(1, 1), (16, 1), (8, 9), (37, 20), (40, 67), (16, 130), (33, 4)], 3);
    sizes.into_iter().enumerate().map(|(seed, (channels, size))| sample(seed, channels, size)).collect()
}

fn sample(seed: usize, channels: usize, size: usize) -> Sample {
    let mut numbers = Numbers::new(seed);
    let mut x = numbers.take(channels * size);
    // Channels of different means and deviations.
    x.iter_mut().enumerate().for_each(|(i, x)| *x = [0.3, 1.0, 2.0][i / size % 3] * *x + [5.0, 0.0, -3.0][i / size % 3]);
    let dy = numbers.take(channels * size);
    Sample {
        g: BatchNorm { steps: 1, channels, size, eps: 1e-3, momentum: 0.1 },
        x16: chw16c_nan(&x, channels),
        dy16: chw16c_nan(&dy, channels),
        x,
        dy,
        gamma: numbers.take(channels),
        beta: numbers.take(channels),
        mean: numbers.take(channels),
        var: numbers.take(channels).iter().map(|v| v.abs() + 0.1).collect(),
        what: format!("{:?}, {channels} channels of {size}", crate::simd::Level::current()),
    }
}

impl Sample {
    /// γ and β, or nothing for them.
    fn affine(&self, given: bool) -> [*const f32; 2] {
        if given { [self.gamma.as_ptr(), self.beta.as_ptr()] } else { [null(); 2] }
    }

    /// The result of both layouts, of a kernel that writes a map.
    #[track_caller]
    fn same_maps(&self, terms: usize, plain: impl Fn(*mut f32), blocked: impl Fn(*mut f32)) {
        let mut wanted = vec![f32::NAN; self.x.len()];
        plain(wanted.as_mut_ptr());
        let mut found = vec![f32::NAN; self.x16.len()];
        blocked(found.as_mut_ptr());
        assert_close(wide(&from_chw16c(&found, self.g.channels)), wide(&wanted), terms, &self.what);
    }

    /// The same of a gradient, overwritten and added to.
    #[track_caller]
    fn same_gradients(&self, terms: usize, plain: impl Fn(*mut f32, bool), blocked: impl Fn(*mut f32, bool)) {
        let mut wanted = vec![f32::NAN; self.x.len()];
        plain(wanted.as_mut_ptr(), false);
        assert_gradient(&wide(&wanted), terms, &self.what, |dx, accumulate| {
            // SAFETY: a gradient in `chw` is as long as x.
            let dx = unsafe { core::slice::from_raw_parts_mut(dx, self.x.len()) };
            let mut found = chw16c_nan(dx, self.g.channels);
            blocked(found.as_mut_ptr(), accumulate);
            dx.copy_from_slice(&from_chw16c(&found, self.g.channels));
        });
    }

    /// The same of numbers for each channel; nothing is written behind them.
    #[track_caller]
    fn same_numbers(&self, per_channel: usize, terms: usize, plain: impl Fn(*mut f32), blocked: impl Fn(*mut f32)) {
        let len = self.g.channels * per_channel;
        let (mut wanted, mut found) = (vec![0.5; len + 1], vec![0.5; len + 1]);
        plain(wanted.as_mut_ptr());
        blocked(found.as_mut_ptr());
        assert_eq!(found[len], 0.5, "{}", self.what);
        assert_close(wide(&found), wide(&wanted), terms, &self.what);
    }

    /// Mean and `1 / √(σ² + ε)` of each channel.
    fn shared(&self) -> Vec<f32> {
        let (mut stats, mut shared) = (vec![f32::NAN; 2 * self.g.channels], vec![f32::NAN; 2 * self.g.channels]);
        // SAFETY: buffers are as long as the geometry says.
        unsafe {
            chw::batch_norm_statistics(&self.g, self.x.as_ptr(), 1, stats.as_mut_ptr());
            batch_norm_merge(&self.g, stats.as_ptr(), 0, 1, 1, null_mut(), null_mut(), shared.as_mut_ptr());
        }
        shared
    }
}

#[test]
fn training() {
    at_each_level(|| {
        for s in samples() {
            let (g, x, dy, x16, dy16) = (&s.g, s.x.as_ptr(), s.dy.as_ptr(), s.x16.as_ptr(), s.dy16.as_ptr());
            let shared = s.shared();
            let shared = shared.as_ptr();
            // SAFETY: buffers are as long as the geometry says.
            unsafe {
                let plain = |to| chw::batch_norm_statistics(g, x, 1, to);
                s.same_numbers(2, g.size, plain, |to| chw::batch_norm_chw16c_statistics(g, x16, 1, to));
            }
            for (given, relu) in [(true, false), (true, true), (false, true), (false, false)] {
                let [gamma, beta] = s.affine(given);
                // SAFETY: as above.
                unsafe {
                    let plain = |y| chw::batch_norm_normalize(g, x, gamma, beta, shared, relu, y);
                    s.same_maps(2, plain, |y| chw::batch_norm_chw16c_normalize(g, x16, gamma, beta, shared, relu, y));
                    let plain = |to| chw::batch_norm_backward_sums(g, x, dy, gamma, beta, shared, relu, to);
                    s.same_numbers(2, g.size, plain, |to| {
                        chw::batch_norm_chw16c_backward_sums(g, x16, dy16, gamma, beta, shared, relu, to);
                    });
                    let mut sums = vec![f32::NAN; 2 * g.channels];
                    plain(sums.as_mut_ptr());
                    let sums = sums.as_ptr();
                    s.same_gradients(
                        8,
                        |dx, add| chw::batch_norm_backward(g, x, dy, gamma, beta, shared, sums, relu, 3, 1, dx, add),
                        |dx, add| chw::batch_norm_chw16c_backward(g, x16, dy16, gamma, beta, shared, sums, relu, 3, 1, dx, add),
                    );
                }
            }
        }
    });
}

#[test]
fn by_running_statistics() {
    at_each_level(|| {
        for s in samples() {
            let (g, x, dy, x16, dy16) = (&s.g, s.x.as_ptr(), s.dy.as_ptr(), s.x16.as_ptr(), s.dy16.as_ptr());
            let (mean, var) = (s.mean.as_ptr(), s.var.as_ptr());
            for given in [true, false] {
                let [gamma, beta] = s.affine(given);
                // SAFETY: buffers are as long as the geometry says.
                unsafe {
                    let plain = |y| chw::batch_norm_eval(g, x, gamma, beta, mean, var, y);
                    s.same_maps(4, plain, |y| chw::batch_norm_chw16c_eval(g, x16, gamma, beta, mean, var, y));
                    s.same_maps(4, plain, |y| {
                        y.copy_from_nonoverlapping(x16, s.x16.len());
                        chw::batch_norm_chw16c_eval(g, y, gamma, beta, mean, var, y);
                    });
                    s.same_gradients(
                        4,
                        |dx, add| chw::batch_norm_eval_backward(g, dy, gamma, var, dx, add),
                        |dx, add| chw::batch_norm_chw16c_eval_backward(g, dy16, gamma, var, dx, add),
                    );
                }
            }
            // SAFETY: as above.
            unsafe {
                let none = null_mut();
                // Deviations of up to five from the mean.
                let terms = 10 * g.size;
                let plain = |to| chw::batch_norm_eval_backward_params(g, x, dy, mean, var, to, none);
                s.same_numbers(1, terms, plain, |to| {
                    chw::batch_norm_chw16c_eval_backward_params(g, x16, dy16, mean, var, to, none);
                });
                let plain = |to| chw::batch_norm_eval_backward_params(g, x, dy, mean, var, none, to);
                s.same_numbers(1, terms, plain, |to| {
                    chw::batch_norm_chw16c_eval_backward_params(g, x16, dy16, mean, var, none, to);
                });
            }
        }
    });
}

/// Samples one by one are merged to the statistics and sums of all.
#[test]
fn merged_samples() {
    at_each_level(|| {
        let (channels, size, samples) = (21, 11, 5);
        let all: Vec<Sample> = (0..samples).map(|seed| sample(seed, channels, size)).collect();
        let (g, stride) = (&all[0].g, 2 * channels + 3);
        let mut stats = vec![f32::NAN; samples * stride];
        let (mut shared, mut sums) = (vec![f32::NAN; 2 * channels], vec![f32::NAN; 2 * channels]);
        let (mut running_mean, mut running_var, mut dbeta) = (vec![0.0; channels], vec![0.0; channels], vec![1.0; channels]);
        // SAFETY: buffers are as long as the geometry says.
        unsafe {
            for (s, to) in all.iter().zip(stats.chunks_mut(stride)) {
                chw::batch_norm_chw16c_statistics(g, s.x16.as_ptr(), 1, to.as_mut_ptr());
            }
            let (mean, var) = (running_mean.as_mut_ptr(), running_var.as_mut_ptr());
            batch_norm_merge(g, stats.as_ptr(), stride, samples, 1, mean, var, shared.as_mut_ptr());
            for (s, to) in all.iter().zip(stats.chunks_mut(stride)) {
                let (x, dy, shared, to) = (s.x16.as_ptr(), s.dy16.as_ptr(), shared.as_ptr(), to.as_mut_ptr());
                chw::batch_norm_chw16c_backward_sums(g, x, dy, null(), null(), shared, false, to);
            }
            let (sums, dbeta) = (sums.as_mut_ptr(), dbeta.as_mut_ptr());
            batch_norm_backward_merge(g, stats.as_ptr(), stride, samples, 1, sums, null_mut(), dbeta);
        }
        let n = (samples * size) as f64;
        for c in 0..channels {
            let of = |numbers: fn(&Sample) -> &Vec<f32>| -> Vec<f64> {
                all.iter().flat_map(|s| wide(&numbers(s)[c * size..(c + 1) * size])).collect()
            };
            let (x, dy) = (of(|s| &s.x), of(|s| &s.dy));
            let mean = x.iter().sum::<f64>() / n;
            let squares = x.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>();
            let inverse = 1.0 / (squares / n + f64::from(g.eps)).sqrt();
            assert_close(wide(&shared[2 * c..][..2]), [mean, inverse], 8, "statistics");
            assert_close(wide(&[running_mean[c], running_var[c]]), [0.1 * mean, 0.1 * squares / (n - 1.0)], 1, "running");
            let plain = dy.iter().sum::<f64>();
            let weighted = x.iter().zip(&dy).map(|(x, dy)| dy * (x - mean) * inverse).sum::<f64>();
            assert_close(wide(&sums[2 * c..][..2]), [plain, weighted], samples * size, "sums");
            assert_close(wide(&[dbeta[c]]), [1.0 + plain], samples * size, "the gradient of beta");
        }
    });
}
