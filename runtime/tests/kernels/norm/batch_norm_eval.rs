//! Batch norm by the running statistics.

use crate::kernels::geometry::BatchNorm;
use crate::{Numbers, WIDTHS, assert_close, at_each_level, thinned, wide};
use core::ptr::null;
use std::format;
use std::string::String;
use std::vec;

struct Case {
    g: BatchNorm,
    width: usize,
    x: Vec<f32>,
    dy: Vec<f32>,
    /// `None`: null.
    gamma: Option<Vec<f32>>,
    beta: Option<Vec<f32>>,
    mean: Vec<f32>,
    var: Vec<f32>,
    what: String,
}

fn for_each_case(test: impl Fn(&Case)) {
    at_each_level(|| {
        for (steps, channels, size) in
            thinned(vec![(1, 1, 1), (1, 1, 9), (1, 3, 2), (1, 4, 25), (5, 3, 1), (9, 21, 1), (2, 150, 1)], 2)
        {
            for (width, given) in WIDTHS.into_iter().flat_map(|width| [(width, true), (width, false)]) {
                let mut numbers = Numbers::new(channels + steps * size);
                test(&Case {
                    g: BatchNorm { steps, channels, size, eps: 1e-3, momentum: 0.1 },
                    width,
                    x: numbers.take(steps * channels * size * width),
                    dy: numbers.take(steps * channels * size * width),
                    gamma: given.then(|| numbers.take(channels)),
                    beta: given.then(|| numbers.take(channels)),
                    mean: numbers.take(channels),
                    var: numbers.take(channels).iter().map(|v| v + 1.25).collect(),
                    what: format!("{channels} channels of {steps}×{size}, width {width}, γ and β given: {given}"),
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

    fn gamma(&self, c: usize) -> f64 {
        self.gamma.as_ref().map_or(1.0, |g| f64::from(g[c]))
    }

    fn inverse(&self, c: usize) -> f64 {
        1.0 / (f64::from(self.var[c]) + f64::from(self.g.eps)).sqrt()
    }

    /// x̂
    fn centered(&self, i: usize) -> f64 {
        let c = self.channel(i);
        (f64::from(self.x[i]) - f64::from(self.mean[c])) * self.inverse(c)
    }
}

#[test]
fn forward() {
    for_each_case(|c| {
        let (gamma, beta) = (or_null(c.gamma.as_ref()), or_null(c.beta.as_ref()));
        let mut y = vec![f32::NAN; c.x.len()];
        call!(c.width, batch_norm_eval(&c.g, c.x.as_ptr(), gamma, beta, c.mean.as_ptr(), c.var.as_ptr(), y.as_mut_ptr()));
        let beta = |i: usize| c.beta.as_ref().map_or(0.0, |b| f64::from(b[i]));
        let wanted = (0..y.len()).map(|i| c.centered(i) * c.gamma(c.channel(i)) + beta(c.channel(i)));
        assert_close(wide(&y), wanted, 1, &c.what);
    });
}

#[test]
fn backward() {
    for_each_case(|c| {
        let wanted = |i: usize| f64::from(c.dy[i]) * c.gamma(c.channel(i)) * c.inverse(c.channel(i));
        let wanted: Vec<f64> = (0..c.x.len()).map(wanted).collect();
        crate::assert_gradient(&wanted, 1, &c.what, |dx, accumulate| {
            let gamma = or_null(c.gamma.as_ref());
            call!(c.width, batch_norm_eval_backward(&c.g, c.dy.as_ptr(), gamma, c.var.as_ptr(), dx, accumulate));
        });
    });
}

#[test]
fn backward_params() {
    for_each_case(|c| {
        let (mut gamma, mut beta) = (vec![0.5; c.g.channels], vec![-3.0; c.g.channels]);
        for given in [true, false] {
            let to = if given { [gamma.as_mut_ptr(), beta.as_mut_ptr()] } else { [core::ptr::null_mut(); 2] };
            let (x, dy, mean, var) = (c.x.as_ptr(), c.dy.as_ptr(), c.mean.as_ptr(), c.var.as_ptr());
            call!(c.width, batch_norm_eval_backward_params(&c.g, x, dy, mean, var, to[0], to[1]));
        }
        // Gradients of parameters are added to.
        let (mut to_gamma, mut to_beta) = (vec![0.5; c.g.channels], vec![-3.0; c.g.channels]);
        for (i, d) in c.dy.iter().enumerate() {
            to_gamma[c.channel(i)] += f64::from(*d) * c.centered(i);
            to_beta[c.channel(i)] += f64::from(*d);
        }
        assert_close(wide(&gamma), to_gamma, c.g.steps * c.g.size * c.width, &c.what);
        assert_close(wide(&beta), to_beta, c.g.steps * c.g.size * c.width, &c.what);
    });
}
