//! Group norm, against formulas in f64.

use crate::kernels::geometry::GroupNorm;
use crate::{Numbers, WIDTHS, assert_close, at_each_level, thinned, wide};
use core::ptr::null;
use std::format;
use std::string::String;
use std::vec;

struct Case {
    g: GroupNorm,
    width: usize,
    x: Vec<f32>,
    dy: Vec<f32>,
    /// `None`: null.
    gamma: Option<Vec<f32>>,
    beta: Option<Vec<f32>>,
    what: String,
}

fn for_each_case(test: impl Fn(&Case)) {
    at_each_level(|| {
        // The first size are the steps of a sequence.
        let sizes = vec![
            (1, 1, 1, 2),
            (1, 1, 3, 4),
            (1, 2, 4, 1),
            (1, 2, 6, 9),
            (1, 3, 3, 25),
            (1, 4, 8, 5),
            (5, 3, 6, 1),
            (3, 2, 2, 4),
            (2, 1, 18, 1),
            (1, 1, 2, 21),
            (2, 1, 1, 18),
        ];
        for (outer, groups, channels, size) in thinned(sizes, 2) {
            for (width, given) in WIDTHS.into_iter().flat_map(|width| [(width, true), (width, false)]) {
                let mut numbers = Numbers::new(channels + size);
                let mut x = numbers.take(outer * channels * size * width);
                // Channels of different means and deviations.
                let channel = |i: usize| i / width / size % 3;
                x.iter_mut().enumerate().for_each(|(i, x)| *x = [0.3, 1.0, 2.0][channel(i)] * *x + [5.0, 0.0, -3.0][channel(i)]);
                test(&Case {
                    g: GroupNorm { groups, outer, channels, size, eps: 1e-1 },
                    width,
                    x,
                    dy: numbers.take(outer * channels * size * width),
                    gamma: given.then(|| numbers.take(channels)),
                    beta: given.then(|| numbers.take(channels)),
                    what: format!("{groups} groups of {outer}×{channels}×{size}, width {width}, γ and β given: {given}"),
                });
            }
        }
    });
}

fn or_null(numbers: Option<&Vec<f32>>) -> *const f32 {
    numbers.map_or(null(), |n| n.as_ptr())
}

impl Case {
    fn channel(&self, i: usize) -> usize {
        i / self.width / self.g.size % self.g.channels
    }

    /// The places of the numbers of i's group in its sample.
    fn group(&self, i: usize) -> Vec<usize> {
        let each = self.g.channels / self.g.groups;
        let all = (i % self.width..self.x.len()).step_by(self.width);
        all.filter(|at| self.channel(*at) / each == self.channel(i) / each).collect()
    }

    fn gamma(&self, i: usize) -> f64 {
        self.gamma.as_ref().map_or(1.0, |g| f64::from(g[self.channel(i)]))
    }

    /// The mean of i's group and `1 / √(σ² + ε)`.
    fn statistics(&self, i: usize) -> [f64; 2] {
        let group = self.group(i);
        let n = group.len() as f64;
        let mean = group.iter().map(|at| f64::from(self.x[*at])).sum::<f64>() / n;
        let var = group.iter().map(|at| (f64::from(self.x[*at]) - mean).powi(2)).sum::<f64>() / n;
        [mean, 1.0 / (var + f64::from(self.g.eps)).sqrt()]
    }

    /// x̂
    fn normalized(&self, i: usize) -> f64 {
        let [mean, inverse] = self.statistics(i);
        (f64::from(self.x[i]) - mean) * inverse
    }

    /// y and the statistics, as the kernel gives them.
    fn forward(&self) -> (Vec<f32>, Vec<f32>) {
        let (mut y, mut stats) = (vec![f32::NAN; self.x.len()], vec![f32::NAN; 2 * self.g.groups * self.width]);
        let (gamma, beta) = (or_null(self.gamma.as_ref()), or_null(self.beta.as_ref()));
        call!(self.width, group_norm_forward(&self.g, self.x.as_ptr(), gamma, beta, y.as_mut_ptr(), stats.as_mut_ptr()));
        (y, stats)
    }

    /// The statistics, and the sums that gradients are made of.
    fn sums(&self) -> (Vec<f32>, Vec<f32>) {
        let ((_, stats), mut sums) = (self.forward(), vec![f32::NAN; 2 * self.g.channels * self.width]);
        let (x, dy) = (self.x.as_ptr(), self.dy.as_ptr());
        call!(self.width, group_norm_backward_sums(&self.g, x, stats.as_ptr(), dy, sums.as_mut_ptr()));
        (stats, sums)
    }
}

#[test]
fn forward() {
    for_each_case(|c| {
        let (y, stats) = c.forward();
        let beta = |i: usize| c.beta.as_ref().map_or(0.0, |b| f64::from(b[c.channel(i)]));
        assert_close(wide(&y), (0..y.len()).map(|i| c.normalized(i) * c.gamma(i) + beta(i)), 4, &c.what);
        let len = c.g.channels / c.g.groups * c.g.size;
        // The first number of each group.
        let wanted = (0..stats.len()).map(|i| c.statistics(i / c.width / 2 * len * c.width + i % c.width)[i / c.width % 2]);
        assert_close(wide(&stats), wanted, 4, &c.what);
    });
}

#[test]
fn a_large_mean_costs_nothing() {
    at_each_level(|| {
        for width in WIDTHS {
            let g = GroupNorm { groups: 1, outer: 1, channels: 2, size: 8, eps: 1e-5 };
            let x: Vec<f32> = (0..16 * width).map(|i| 1e6 + if i / width % 2 == 0 { 1.0 } else { -1.0 }).collect();
            let (mut y, mut stats) = (vec![f32::NAN; x.len()], vec![f32::NAN; 2 * width]);
            call!(width, group_norm_forward(&g, x.as_ptr(), null(), null(), y.as_mut_ptr(), stats.as_mut_ptr()));
            assert_close(wide(&y), x.iter().map(|x| f64::from(x - 1e6)), 16, "around a million");
        }
    });
}

#[test]
fn backward_input() {
    for_each_case(|c| {
        let scaled = |i: usize| f64::from(c.dy[i]) * c.gamma(i);
        let wanted = |i: usize| {
            let group = c.group(i);
            let n = group.len() as f64;
            let plain: f64 = group.iter().map(|at| scaled(*at)).sum();
            let weighted: f64 = group.iter().map(|at| scaled(*at) * c.normalized(*at)).sum();
            (scaled(i) - plain / n - c.normalized(i) * weighted / n) * c.statistics(i)[1]
        };
        let wanted: Vec<f64> = (0..c.x.len()).map(wanted).collect();
        let (stats, sums) = c.sums();
        let (stats, sums) = (stats.as_ptr(), sums.as_ptr());
        crate::assert_gradient(&wanted, 8, &c.what, |dx, accumulate| {
            let (gamma, dy) = (or_null(c.gamma.as_ref()), c.dy.as_ptr());
            call!(c.width, group_norm_backward_input(&c.g, c.x.as_ptr(), stats, sums, gamma, dy, dx, accumulate));
        });
    });
}

#[test]
fn backward_params() {
    for_each_case(|c| {
        let (stats, sums) = c.sums();
        let (mut gamma, mut beta) = (vec![0.5; c.g.channels], vec![-3.0; c.g.channels]);
        for given in [true, false] {
            let to = if given { [gamma.as_mut_ptr(), beta.as_mut_ptr()] } else { [core::ptr::null_mut(); 2] };
            call!(c.width, group_norm_backward_params(&c.g, stats.as_ptr(), sums.as_ptr(), to[0], to[1]));
        }
        // Gradients of parameters are added to.
        let (mut to_gamma, mut to_beta) = (vec![0.5; c.g.channels], vec![-3.0; c.g.channels]);
        for (i, d) in c.dy.iter().enumerate() {
            to_gamma[c.channel(i)] += f64::from(*d) * c.normalized(i);
            to_beta[c.channel(i)] += f64::from(*d);
        }
        assert_close(wide(&gamma), to_gamma, c.g.outer * c.g.size * c.width, &c.what);
        assert_close(wide(&beta), to_beta, c.g.outer * c.g.size * c.width, &c.what);
    });
}
