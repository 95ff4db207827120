//! Which learning rate to begin with.

use super::{Algorithm, Optimizer};
use crate::network::{AsNetwork, Network};
use crate::{Error, Initialize, Result, setting};
use core::fmt;

/// A sweep over learning rates (Smith 2017, arXiv 1506.01186, "Cyclical learning rates for training neural networks", the range test; with rates that
/// grow exponentially, as Gugger 2018, "How do you find a good learning rate"): each step trains one batch, with a rate some percent larger than the
/// one before it, until the loss diverges. A good rate is where the loss falls fastest.
///
/// ```
/// use fireclay::{optim::RateFinder, prelude::*};
/// network! { pub Line(x: [4]) -> [1] { x -> fc: Dense(1) } }
/// let mut net = Line::init(&mut rng(1));
/// let (mut memory, mut grads) = (Line::memory(16), Line::grads());
/// let mut optimizer = Sgd::new(0.1).on(&net);
/// let mut draw = rng(2);
///
/// let sweep = RateFinder::new().find(&mut net, &mut optimizer, |net, optimizer| {
///     let x: Batch<shape![4]> = Batch::from_fn(16, |_, _| draw.normal()); // the next batch
///     let y = Batch::from_fn(16, |i, _| 3.0 * x.sample(i)[0] - x.sample(i)[2]);
///     grads.zero();
///     let loss = net.train(&x, Mse, &y, &mut memory, &mut grads);
///     optimizer.step(net, &grads);
///     loss
/// })?;
/// let rate = sweep.suggestion().expect("the loss fell");
/// assert!((1e-3..0.5).contains(&rate), "{sweep}");
/// optimizer.set_learning_rate(rate);
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct RateFinder {
    lowest: f32,
    highest: f32,
    steps: usize,
    window: usize,
    stop: f32,
}

impl Default for RateFinder {
    fn default() -> Self {
        Self::new()
    }
}

impl RateFinder {
    /// A hundred steps, from 1e-7 to 10.
    pub const fn new() -> Self {
        Self { lowest: 1e-7, highest: 10.0, steps: 100, window: 5, stop: 4.0 }
    }

    /// From this rate up to that one.
    ///
    /// # Panics
    /// If they are not finite numbers greater than 0, or the second is not the larger one.
    #[track_caller]
    pub const fn range(mut self, lowest: f32, highest: f32) -> Self {
        setting::positive("RateFinder: the first of range", lowest);
        setting::positive("RateFinder: the second of range", highest);
        assert!(lowest < highest, "RateFinder: the first of `range` must be the smaller one");
        self.lowest = lowest;
        self.highest = highest;
        self
    }

    /// So many steps, at most; 100 at first.
    ///
    /// # Panics
    /// If they are fewer than 10.
    #[track_caller]
    pub const fn steps(mut self, steps: usize) -> Self {
        assert!(steps >= 10, "RateFinder: `steps` must be at least 10: a slope is taken over several");
        self.steps = steps;
        self
    }

    /// Losses are smoothed by the mean over so many steps before and after each; 5 at first.
    ///
    /// # Panics
    /// If it is 0.
    #[track_caller]
    pub const fn smoothing(mut self, steps: usize) -> Self {
        setting::at_least_one("RateFinder: smoothing", steps);
        self.window = steps;
        self
    }

    /// Ends where the mean of the last losses is more than so many times its lowest; 4 at first.
    ///
    /// # Panics
    /// If it is not greater than 1.
    #[track_caller]
    pub const fn stop(mut self, times: f32) -> Self {
        assert!(times > 1.0, "RateFinder: `stop` must be greater than 1");
        self.stop = times;
        self
    }

    /// The sweep: `step` trains one batch with the rate that the optimizer has, and returns the loss. Network and optimizer end as they were.
    ///
    /// # Errors
    /// If the loss is infinite or NaN from the start.
    pub fn find<N: AsNetwork + ?Sized, A: Algorithm>(
        &self,
        net: &mut N,
        optimizer: &mut Optimizer<A, N::Network>,
        mut step: impl FnMut(&mut N::Network, &mut Optimizer<A, N::Network>) -> f32,
    ) -> Result<Sweep> {
        let (kept, before) = (net.network().boxed_clone(), optimizer.clone());
        let net = net.network_mut();
        let sweep = self.sweep(|rate| {
            optimizer.set_learning_rate(rate);
            step(net, optimizer)
        });
        net.copy_from(&kept);
        *optimizer = before;
        sweep.map_err(|error| match error {
            Error::Setting(text) => Error::Setting(format!("{}: {text}", <N::Network as Network>::INFO.name)),
            other => other,
        })
    }

    /// The sweep of anything that has a rate and gives a loss.
    ///
    /// ```
    /// use fireclay::optim::RateFinder;
    /// let (mut x, mut step) = (1.0_f32, 0);
    /// let sweep = RateFinder::new().sweep(|rate| {
    ///     step += 1;
    ///     let loss = x * x;
    ///     x -= rate * 2.0 * x;
    ///     loss
    /// })?;
    /// assert!(sweep.points().len() > 50 && sweep.suggestion().is_some());
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the loss is infinite or NaN from the start.
    #[expect(clippy::cast_precision_loss, reason = "counts")]
    pub fn sweep(&self, mut step: impl FnMut(f32) -> f32) -> Result<Sweep> {
        let (low, high) = (f64::from(self.lowest).ln(), f64::from(self.highest).ln());
        let mut points: Vec<Point> = Vec::with_capacity(self.steps);
        let mut best = f64::INFINITY;
        for i in 0..self.steps {
            let rate = crate::narrow((low + (high - low) * i as f64 / (self.steps - 1) as f64).exp());
            let loss = step(rate);
            if !loss.is_finite() {
                break;
            }
            points.push(Point { rate, loss, smoothed: loss });
            let last = &points[points.len().saturating_sub(self.window)..];
            let mean = mean(last.iter().map(|point| point.loss));
            best = best.min(mean);
            // What is below zero has no multiple that is worse.
            if points.len() >= self.window && best > 0.0 && mean > f64::from(self.stop) * best {
                break;
            }
        }
        if points.len() < 3 {
            return Err(Error::Setting(format!(
                "the learning-rate finder saw a loss that is infinite or NaN within the first steps, at a rate of {:e}\n  help: a lower \
                 `range`, or a look at the data for infinities and NaN",
                self.lowest
            )));
        }
        for i in 0..points.len() {
            let own = self.window_of(i, points.len());
            points[i].smoothed = crate::narrow(mean(points[own].iter().map(|point| point.loss)));
        }
        let suggestion = self.steepest(&points);
        Ok(Sweep { points, suggestion })
    }

    /// The steps around one, as many before it as after it.
    fn window_of(&self, i: usize, len: usize) -> core::ops::Range<usize> {
        let half = self.window.min(i).min(len - 1 - i);
        i - half..i + half + 1
    }

    /// Where the smoothed loss falls fastest before it is lowest: the slope of the least-squares line through the steps around, over the logarithm
    /// of the rate.
    fn steepest(&self, points: &[Point]) -> Option<f32> {
        let smoothed = |i: &usize| f64::from(points[*i].smoothed);
        let lowest = (0..points.len()).min_by(|a, b| smoothed(a).total_cmp(&smoothed(b)))?;
        let slope = |i: usize| -> Option<f64> {
            let own = self.window_of(i, points.len());
            (own.len() > 2).then(|| {
                let (x, y) = (|p: &Point| f64::from(p.rate).ln(), |p: &Point| f64::from(p.smoothed));
                let (mx, my) = (mean64(points[own.clone()].iter().map(x)), mean64(points[own.clone()].iter().map(y)));
                let both: f64 = points[own.clone()].iter().map(|p| (x(p) - mx) * (y(p) - my)).sum();
                both / points[own].iter().map(|p| (x(p) - mx).powi(2)).sum::<f64>()
            })
        };
        let slopes = (0..=lowest).filter_map(|i| Some((i, slope(i)?)));
        let (at, fastest) = slopes.min_by(|a, b| a.1.total_cmp(&b.1))?;
        (fastest < 0.0).then(|| points[at].rate)
    }
}

fn mean(numbers: impl Iterator<Item = f32>) -> f64 {
    mean64(numbers.map(f64::from))
}

fn mean64(numbers: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = numbers.fold((0.0, 0_u32), |(sum, count), x| (sum + x, count + 1));
    sum / f64::from(count.max(1))
}

/// A step of a sweep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The learning rate.
    pub rate: f32,
    /// The loss of the batch, before the step.
    pub loss: f32,
    /// The mean of the losses around.
    pub smoothed: f32,
}

/// What a [`RateFinder`] saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    points: Vec<Point>,
    suggestion: Option<f32>,
}

impl Sweep {
    /// All steps, from the lowest rate on.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// The rate at which the smoothed loss falls fastest; `None` if it does not fall. (A one-cycle schedule may go several times higher, a training
    /// at one rate does well with less.)
    #[must_use]
    pub const fn suggestion(&self) -> Option<f32> {
        self.suggestion
    }
}

impl fmt::Display for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (self.points.first(), self.points.last());
        if let (Some(first), Some(last)) = (first, last) {
            write!(f, "{} learning rates from {:.2e} to {:.2e}: ", self.points.len(), first.rate, last.rate)?;
        }
        match self.suggestion {
            Some(rate) => write!(f, "the loss falls fastest at {rate:.2e}"),
            None => write!(f, "the loss does not fall"),
        }
    }
}
