//! Norms along an axis, against formulas in f64.

use crate::kernels::geometry::{AxisNorm, AxisNormKind};
use crate::{Numbers, WIDTHS, assert_close, at_each_level, thinned, wide};
use core::ptr::null;
use std::format;
use std::string::String;
use std::vec;

struct Case {
    g: AxisNorm,
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
        for kind in [AxisNormKind::Layer, AxisNormKind::Rms, AxisNormKind::L2] {
            for (outer, len, inner) in
                thinned(vec![(1, 1, 1), (1, 7, 1), (3, 4, 1), (1, 5, 6), (2, 9, 3), (2, 21, 1), (2, 4, 37), (1, 2, 530)], 2)
            {
                for (width, given) in WIDTHS.into_iter().flat_map(|width| [(width, true), (width, false)]) {
                    let mut numbers = Numbers::new(outer + len * inner);
                    let count = outer * len * inner * width;
                    let mut x = numbers.take(count);
                    x.iter_mut().for_each(|x| *x = 2.0 * *x + 3.0);
                    // A row that is all but zero, shorter than ε.
                    (0..len).for_each(|k| x[k * inner * width] *= 1e-3);
                    test(&Case {
                        g: AxisNorm { kind, outer, len, inner, eps: 1e-1 },
                        width,
                        x,
                        dy: numbers.take(count),
                        gamma: given.then(|| numbers.take(len)),
                        beta: given.then(|| numbers.take(len)),
                        what: format!("{kind:?} of {outer}×{len}×{inner}, width {width}, γ and β given: {given}"),
                    });
                }
            }
        }
    });
}

fn or_null(numbers: Option<&Vec<f32>>) -> *const f32 {
    numbers.map_or(null(), |n| n.as_ptr())
}

impl Case {
    /// The place of a number in its row.
    fn place(&self, i: usize) -> usize {
        i / self.width / self.g.inner % self.g.len
    }

    /// The places of the numbers of i's row in its sample.
    fn row(&self, i: usize) -> Vec<usize> {
        let step = self.g.inner * self.width;
        let first = i - self.place(i) * step;
        (0..self.g.len).map(|k| first + k * step).collect()
    }

    fn gamma(&self, i: usize) -> f64 {
        self.gamma.as_ref().map_or(1.0, |g| f64::from(g[self.place(i)]))
    }

    /// What is taken off i's row, and what it is multiplied by.
    fn statistics(&self, i: usize) -> [f64; 2] {
        let row: Vec<f64> = self.row(i).iter().map(|at| f64::from(self.x[*at])).collect();
        let (n, eps) = (row.len() as f64, f64::from(self.g.eps));
        let mean = if self.g.kind == AxisNormKind::Layer { row.iter().sum::<f64>() / n } else { 0.0 };
        let squares: f64 = row.iter().map(|x| (x - mean).powi(2)).sum();
        let size = if self.g.kind == AxisNormKind::L2 { squares.sqrt().max(eps) } else { (squares / n + eps).sqrt() };
        [mean, 1.0 / size]
    }

    /// x̂
    fn normalized(&self, i: usize) -> f64 {
        let [mean, inverse] = self.statistics(i);
        (f64::from(self.x[i]) - mean) * inverse
    }

    /// y and the statistics, as the kernel gives them.
    fn forward(&self) -> (Vec<f32>, Vec<f32>) {
        let rows = self.g.outer * self.g.inner;
        let (mut y, mut stats) = (vec![f32::NAN; self.x.len()], vec![f32::NAN; 2 * rows * self.width]);
        let (gamma, beta) = (or_null(self.gamma.as_ref()), or_null(self.beta.as_ref()));
        call!(self.width, axis_norm_forward(&self.g, self.x.as_ptr(), gamma, beta, y.as_mut_ptr(), stats.as_mut_ptr()));
        (y, stats)
    }
}

#[test]
fn forward() {
    for_each_case(|c| {
        let beta = |i: usize| c.beta.as_ref().map_or(0.0, |b| f64::from(b[c.place(i)]));
        assert_close(wide(&c.forward().0), (0..c.x.len()).map(|i| c.normalized(i) * c.gamma(i) + beta(i)), 4, &c.what);
    });
}

#[test]
fn a_large_mean_costs_nothing_and_nan_spoils_its_row_alone() {
    at_each_level(|| {
        for width in WIDTHS {
            let g = AxisNorm { kind: AxisNormKind::Layer, outer: 2, len: 8, inner: 1, eps: 1e-5 };
            let mut x: Vec<f32> = (0..16 * width).map(|i| 1e6 + if i / width % 2 == 0 { 1.0 } else { -1.0 }).collect();
            let run = |g: &AxisNorm, x: &[f32]| {
                let (mut y, mut stats) = (vec![f32::NAN; x.len()], vec![f32::NAN; 4 * width]);
                call!(width, axis_norm_forward(g, x.as_ptr(), null(), null(), y.as_mut_ptr(), stats.as_mut_ptr()));
                y
            };
            assert_close(wide(&run(&g, &x)), x.iter().map(|x| f64::from(x - 1e6)), 16, "around a million");
            x[3 * width] = f32::NAN;
            for kind in [AxisNormKind::Layer, AxisNormKind::Rms, AxisNormKind::L2] {
                let y = run(&AxisNorm { kind, ..g }, &x);
                for i in 0..y.len() {
                    let beside = i < 8 * width && i % width == 0;
                    assert_eq!(y[i].is_nan(), beside, "{kind:?}, number {i}");
                }
            }
        }
    });
}

#[test]
fn backward_input() {
    for_each_case(|c| {
        let scaled = |i: usize| f64::from(c.dy[i]) * c.gamma(i);
        let wanted = |i: usize| {
            let (row, [_, inverse]) = (c.row(i), c.statistics(i));
            let n = row.len() as f64;
            let plain: f64 = row.iter().map(|at| scaled(*at)).sum();
            let weighted: f64 = row.iter().map(|at| scaled(*at) * c.normalized(*at)).sum();
            let (plain, weighted) = match c.g.kind {
                AxisNormKind::Layer => (plain / n, weighted / n),
                AxisNormKind::Rms => (0.0, weighted / n),
                // The least length is a constant.
                AxisNormKind::L2 if inverse * f64::from(c.g.eps) > 1.0 - 1e-9 => (0.0, 0.0),
                AxisNormKind::L2 => (0.0, weighted),
            };
            (scaled(i) - plain - c.normalized(i) * weighted) * inverse
        };
        let wanted: Vec<f64> = (0..c.x.len()).map(wanted).collect();
        let (_, stats) = c.forward();
        crate::assert_gradient(&wanted, 8, &c.what, |dx, accumulate| {
            let (gamma, dy) = (or_null(c.gamma.as_ref()), c.dy.as_ptr());
            call!(c.width, axis_norm_backward_input(&c.g, c.x.as_ptr(), stats.as_ptr(), gamma, dy, dx, accumulate));
        });
    });
}

#[test]
fn backward_params() {
    for_each_case(|c| {
        let (_, stats) = c.forward();
        let (mut gamma, mut beta) = (vec![0.5; c.g.len], vec![-3.0; c.g.len]);
        for given in [true, false] {
            let to = if given { [gamma.as_mut_ptr(), beta.as_mut_ptr()] } else { [core::ptr::null_mut(); 2] };
            let (x, dy) = (c.x.as_ptr(), c.dy.as_ptr());
            call!(c.width, axis_norm_backward_params(&c.g, x, stats.as_ptr(), dy, to[0], to[1]));
        }
        // Gradients of parameters are added to.
        let (mut to_gamma, mut to_beta) = (vec![0.5; c.g.len], vec![-3.0; c.g.len]);
        for (i, d) in c.dy.iter().enumerate() {
            to_gamma[c.place(i)] += f64::from(*d) * c.normalized(i);
            to_beta[c.place(i)] += f64::from(*d);
        }
        let terms = c.g.outer * c.g.inner * c.width;
        assert_close(wide(&gamma), to_gamma, terms, &c.what);
        assert_close(wide(&beta), to_beta, terms, &c.what);
    });
}
