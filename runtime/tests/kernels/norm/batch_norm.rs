//! Batch norm in training, against formulas in f64 over all samples at once.

use crate::kernels::barrier::batch_norm_backward_merge;
use crate::kernels::barrier::batch_norm_merge;
use crate::kernels::geometry::BatchNorm;
use crate::kernels::{chw_to_chwn16, chwn16_to_chw};
use crate::{LANES, Numbers, assert_close, assert_gradient, at_each_level, thinned, wide};
use core::ptr::null;
use std::format;
use std::string::String;
use std::vec;

/// More than a vector of them.
const CHANNELS: usize = 19;

/// Floats between the statistics of micro-batches: a little more than there are.
const STRIDE: usize = 2 * CHANNELS + 3;

/// Floats of the statistics of so many micro-batches: nothing after the last.
fn statistics_len(micros: usize) -> usize {
    (micros - 1) * STRIDE + 2 * CHANNELS
}

/// A batch of samples, dealt to micro-batches (or a single sample on its own).
struct Batch {
    g: BatchNorm,
    width: usize,
    samples: usize,
    /// `[samples][CHANNELS][size]`, of sequences `[samples][size][CHANNELS]`
    x: Vec<f32>,
    dy: Vec<f32>,
    /// In micro-batches; padding lanes of x hold any finite number, those of dy zero.
    x_lanes: Vec<Vec<f32>>,
    dy_lanes: Vec<Vec<f32>>,
    gamma: Vec<f32>,
    beta: Vec<f32>,
    what: String,
}

impl Batch {
    fn new(samples: usize, size: usize, width: usize) -> Self {
        Self::of(samples, BatchNorm { steps: 1, channels: CHANNELS, size, eps: 1e-3, momentum: 0.1 }, width)
    }

    fn of(samples: usize, g: BatchNorm, width: usize) -> Self {
        let size = g.steps * g.size;
        let mut numbers = Numbers::new(samples * 100 + size);
        let len = CHANNELS * size;
        let mut x = numbers.take(samples * len);
        // Channels of different means and deviations.
        x.iter_mut().enumerate().for_each(|(i, x)| {
            let kind = i / g.size % CHANNELS % 3;
            *x = [0.3, 1.0, 2.0][kind] * *x + [5.0, 0.0, -3.0][kind];
        });
        let dy = numbers.take(samples * len);
        let deal = |values: &[f32], padding: f32| -> Vec<Vec<f32>> {
            if width == 1 {
                return vec![values.to_vec()];
            }
            let deal = |part: &[f32]| {
                let (count, mut lanes) = (part.len() / len, vec![f32::NAN; len * LANES]);
                // SAFETY: buffers are as long as both say.
                unsafe { chw_to_chwn16(part.as_ptr(), len, count, lanes.as_mut_ptr()) };
                lanes.chunks_mut(LANES).for_each(|v| v[count..].fill(padding));
                lanes
            };
            values.chunks(len * LANES).map(deal).collect()
        };
        Self {
            g,
            width,
            samples,
            x_lanes: deal(&x, 40.0),
            dy_lanes: deal(&dy, 0.0),
            x,
            dy,
            gamma: numbers.take(CHANNELS),
            beta: numbers.take(CHANNELS),
            what: format!("{:?}, {samples} samples of {g:?}, width {width}", crate::simd::Level::current()),
        }
    }

    /// Real samples of micro-batch m.
    fn count(&self, m: usize) -> usize {
        (self.samples - m * LANES).min(LANES)
    }

    /// The positions of a channel in a sample.
    fn size(&self) -> usize {
        self.g.steps * self.g.size
    }

    /// The channel of a number of x.
    fn channel(&self, i: usize) -> usize {
        i / self.g.size % CHANNELS
    }

    /// Sums over each channel of all samples.
    fn sums(&self, f: impl Fn(usize) -> f64) -> [f64; CHANNELS] {
        let mut sums = [0.0; CHANNELS];
        (0..self.x.len()).for_each(|i| sums[self.channel(i)] += f(i));
        sums
    }

    /// Mean and squared deviations of each channel.
    fn exact(&self) -> ([f64; CHANNELS], [f64; CHANNELS]) {
        let n = (self.samples * self.size()) as f64;
        let mean = self.sums(|i| f64::from(self.x[i])).map(|s| s / n);
        (mean, self.sums(|i| (f64::from(self.x[i]) - mean[self.channel(i)]).powi(2)))
    }

    fn statistics(&self) -> Vec<f32> {
        let mut stats = vec![f32::NAN; statistics_len(self.x_lanes.len())];
        for (m, x) in self.x_lanes.iter().enumerate() {
            call!(self.width, batch_norm_statistics(&self.g, x.as_ptr(), self.count(m), stats[m * STRIDE..].as_mut_ptr()));
        }
        stats
    }

    /// What normalizes: the running statistics beside it.
    fn merged(&self, mean: &mut [f32], var: &mut [f32]) -> [f32; 2 * CHANNELS] {
        let (stats, mut shared) = (self.statistics(), [f32::NAN; 2 * CHANNELS]);
        let (mean, var) = (mean.as_mut_ptr(), var.as_mut_ptr());
        // SAFETY: buffers are as long as the geometry says.
        unsafe { batch_norm_merge(&self.g, stats.as_ptr(), STRIDE, self.samples, self.width, mean, var, shared.as_mut_ptr()) };
        shared
    }

    /// One result of all micro-batches, sample by sample: `kernel(micro-batch, y)`. Surplus lanes must become finite numbers.
    fn collect(&self, kernel: impl Fn(usize, *mut f32)) -> Vec<f32> {
        let len = CHANNELS * self.size();
        let mut all = vec![f32::NAN; self.x.len()];
        for (m, part) in all.chunks_mut(len * self.width).enumerate() {
            let mut y = vec![f32::NAN; len * self.width];
            kernel(m, y.as_mut_ptr());
            assert!(y.iter().all(|y| y.is_finite()), "{}", self.what);
            if self.width == 1 {
                part.copy_from_slice(&y);
            } else {
                // SAFETY: buffers are as long as both say.
                unsafe { chwn16_to_chw(y.as_ptr(), len, self.count(m), part.as_mut_ptr()) };
            }
        }
        all
    }
}

fn for_each_batch(test: impl Fn(&Batch)) {
    at_each_level(|| {
        for samples in if cfg!(miri) { vec![1, 18] } else { vec![1, 2, 5, 16, 17, 31, 40] } {
            for size in thinned(vec![1, 35, 6], 2) {
                test(&Batch::new(samples, size, LANES));
            }
        }
        test(&Batch::new(1, 1, 1));
        test(&Batch::new(1, 35, 1));
        let sequence = |steps| BatchNorm { steps, channels: CHANNELS, size: 1, eps: 1e-3, momentum: 0.1 };
        for (samples, steps) in thinned(vec![(1, 35), (5, 2), (18, 7), (33, 67)], 1) {
            test(&Batch::of(samples, sequence(steps), LANES));
        }
        test(&Batch::of(1, sequence(35), 1));
    });
}

#[test]
fn statistics() {
    for_each_batch(|b| {
        let (mean, squares) = b.exact();
        let n = (b.samples * b.size()) as f64;
        let (mut running_mean, mut running_var) = (vec![0.5; CHANNELS], vec![2.0; CHANNELS]);
        let shared = b.merged(&mut running_mean, &mut running_var);
        let wanted = (0..CHANNELS).flat_map(|c| [mean[c], 1.0 / (squares[c] / n + f64::from(b.g.eps)).sqrt()]);
        assert_close(wide(&shared), wanted, 8, &b.what);
        let momentum = f64::from(b.g.momentum);
        assert_close(wide(&running_mean), mean.map(|m| 0.5 + momentum * (m - 0.5)), 1, &b.what);
        // A single value has no unbiased variance: the running one stays.
        let towards = |s: f64| if n > 1.0 { 2.0 + momentum * (s / (n - 1.0) - 2.0) } else { 2.0 };
        assert_close(wide(&running_var), squares.map(towards), 1, &b.what);
    });
}

/// Numbers whose deviations are small beside their mean, many of them: sums have rounding errors that weigh.
#[test]
fn statistics_are_stable() {
    at_each_level(|| {
        let size = if cfg!(miri) { 8 } else { 4096 };
        let mut b = Batch::new(LANES, size, LANES);
        let shift = |x: &mut f32| *x = 1000.0 + *x / 64.0;
        b.x.iter_mut().for_each(shift);
        b.x_lanes.iter_mut().flatten().for_each(shift);
        let (mean, squares) = b.exact();
        let found = b.statistics();
        for c in 0..CHANNELS {
            let (m, s) = (f64::from(found[2 * c]), f64::from(found[2 * c + 1]));
            // Half a unit in the last place of the mean.
            assert!((m - mean[c]).abs() <= 3.1e-5, "{}: mean {m}, not {}", b.what, mean[c]);
            assert!((s / squares[c] - 1.0).abs() <= 1e-4, "{}: deviations {s}, not {}", b.what, squares[c]);
        }
    });
}

#[test]
fn normalize() {
    for_each_batch(|b| {
        let (mean, squares) = b.exact();
        let n = (b.samples * b.size()) as f64;
        let shared = b.merged(&mut [0.0; CHANNELS], &mut [1.0; CHANNELS]);
        for given in [true, false] {
            let (gamma, beta) = if given { (b.gamma.as_ptr(), b.beta.as_ptr()) } else { (null(), null()) };
            let normalize = |relu: bool| {
                b.collect(|m, y| {
                    let (x, shared) = (b.x_lanes[m].as_ptr(), shared.as_ptr());
                    call!(b.width, batch_norm_normalize(&b.g, x, gamma, beta, shared, relu, y));
                })
            };
            let y = normalize(false);
            assert!(normalize(true).iter().eq(y.iter().map(|y| if *y > 0.0 { y } else { &0.0 })), "{}", b.what);
            let wanted = b.x.iter().enumerate().map(|(i, x)| {
                let c = b.channel(i);
                let (gamma, beta) = if given { (f64::from(b.gamma[c]), f64::from(b.beta[c])) } else { (1.0, 0.0) };
                (f64::from(*x) - mean[c]) / (squares[c] / n + f64::from(b.g.eps)).sqrt() * gamma + beta
            });
            assert_close(wide(&y), wanted, 12, &b.what);
        }
    });
}

#[test]
fn backward() {
    for_each_batch(|b| {
        let (mean, squares) = b.exact();
        let n = (b.samples * b.size()) as f64;
        let inverse = squares.map(|s| 1.0 / (s / n + f64::from(b.g.eps)).sqrt());
        let shared = b.merged(&mut [0.0; CHANNELS], &mut [1.0; CHANNELS]);
        // x̂, and the sums of dy and of dy · x̂.
        let centered = |i: usize| (f64::from(b.x[i]) - mean[b.channel(i)]) * inverse[b.channel(i)];
        let plain = b.sums(|i| f64::from(b.dy[i]));
        let weighted = b.sums(|i| f64::from(b.dy[i]) * centered(i));
        let mut stats = vec![f32::NAN; statistics_len(b.x_lanes.len())];
        for (m, (x, dy)) in b.x_lanes.iter().zip(&b.dy_lanes).enumerate() {
            let to = stats[m * STRIDE..].as_mut_ptr();
            call!(b.width, batch_norm_backward_sums(&b.g, x.as_ptr(), dy.as_ptr(), null(), null(), shared.as_ptr(), false, to));
        }
        for given in [true, false] {
            let (mut sums, mut dgamma, mut dbeta) = ([f32::NAN; 2 * CHANNELS], [0.25; CHANNELS], [-4.0; CHANNELS]);
            let gradients = if given { [dgamma.as_mut_ptr(), dbeta.as_mut_ptr()] } else { [core::ptr::null_mut(); 2] };
            // SAFETY: buffers are as long as the geometry says.
            unsafe {
                let [dgamma, dbeta] = gradients;
                batch_norm_backward_merge(&b.g, stats.as_ptr(), STRIDE, b.samples, b.width, sums.as_mut_ptr(), dgamma, dbeta);
            }
            let terms = b.samples * b.size() / if b.g.steps > 1 { 1 } else { 4 } + 4;
            assert_close(wide(&sums), (0..CHANNELS).flat_map(|c| [plain[c], weighted[c]]), terms, &b.what);
            // Gradients of parameters are added to.
            let added = |start: f64, sums: [f64; CHANNELS]| sums.map(|s| if given { start + s } else { start });
            assert_close(wide(&dgamma), added(0.25, weighted), terms, &b.what);
            assert_close(wide(&dbeta), added(-4.0, plain), terms, &b.what);

            let gamma = if given { b.gamma.as_ptr() } else { null() };
            let gradient = |m: usize, dx: *mut f32, accumulate: bool| {
                let (x, dy) = (b.x_lanes[m].as_ptr(), b.dy_lanes[m].as_ptr());
                let (shared, sums) = (shared.as_ptr(), sums.as_ptr());
                let (samples, count) = (b.samples, b.count(m));
                call!(
                    b.width,
                    batch_norm_backward(&b.g, x, dy, gamma, null(), shared, sums, false, samples, count, dx, accumulate)
                );
            };
            let wanted = |i: usize| {
                let c = b.channel(i);
                let scale = inverse[c] * if given { f64::from(b.gamma[c]) } else { 1.0 };
                scale * (f64::from(b.dy[i]) - plain[c] / n - centered(i) * weighted[c] / n)
            };
            let dx = b.collect(|m, dx| gradient(m, dx, false));
            assert_close(wide(&dx), (0..dx.len()).map(wanted), 80, &b.what);
            for (m, x) in b.x_lanes.iter().enumerate() {
                // The same overwritten and added to, and zero in padding lanes.
                let mut first = vec![f32::NAN; x.len()];
                gradient(m, first.as_mut_ptr(), false);
                assert_gradient(&wide(&first), 1, &b.what, |dx, accumulate| gradient(m, dx, accumulate));
                for (i, d) in first.iter().enumerate().filter(|(i, _)| b.width > 1 && i % LANES >= b.count(m)) {
                    assert_eq!(*d, 0.0, "{}: padding {i}", b.what);
                }
            }
        }
    });
}

/// With a ReLU behind it: as if the gradient were zero where the result is not positive, to the bit.
#[test]
fn backward_through_relu() {
    for_each_batch(|b| {
        let shared = b.merged(&mut [0.0; CHANNELS], &mut [1.0; CHANNELS]);
        let (gamma, beta, shared) = (b.gamma.as_ptr(), b.beta.as_ptr(), shared.as_ptr());
        for (m, (x, dy)) in b.x_lanes.iter().zip(&b.dy_lanes).enumerate() {
            let mut y = vec![f32::NAN; x.len()];
            call!(b.width, batch_norm_normalize(&b.g, x.as_ptr(), gamma, beta, shared, false, y.as_mut_ptr()));
            let masked: Vec<f32> = dy.iter().zip(&y).map(|(d, y)| if *y > 0.0 { *d } else { 0.0 }).collect();
            let gradient = |dy: &[f32], relu: bool| {
                let (mut stats, mut dx) = ([f32::NAN; 2 * CHANNELS], vec![f32::NAN; x.len()]);
                let (x, dy, to) = (x.as_ptr(), dy.as_ptr(), stats.as_mut_ptr());
                call!(b.width, batch_norm_backward_sums(&b.g, x, dy, gamma, beta, shared, relu, to));
                let (sums, count, dx_at) = (stats.as_ptr(), b.count(m), dx.as_mut_ptr());
                call!(b.width, batch_norm_backward(&b.g, x, dy, gamma, beta, shared, sums, relu, b.samples, count, dx_at, false));
                (stats, dx)
            };
            assert_eq!(gradient(dy, true), gradient(&masked, false), "{}", b.what);
        }
    });
}
