//! A loss of one's own, number by number.

use super::reduce::{Reduction, reductions, scale};
use super::{Loss, MicroBatch};
use crate::{Batch, LANES, Shape, Tensor};

/// A loss that compares number with number; made by [`elementwise`].
#[derive(Clone, Copy)]
#[must_use]
pub struct Elementwise<F> {
    function: F,
    reduction: Reduction,
}

/// A loss of one's own that compares each number of the output with one target: the function is given both and returns the loss of the two and its
/// derivative by the first. Outputs and targets of any one shape, or one `f32` for all.
///
/// The mean over everything that is compared, or [`sum`](Elementwise::sum) or [`batch_mean`](Elementwise::batch_mean). The library divides, keeps
/// padding out, and makes NaN of what NaN goes into, whatever the function says.
/// [`check::gradient`](crate::check::gradient) compares derivative and value, for a test.
///
/// ```
/// use fireclay::{check, loss, prelude::*};
///
/// // The logarithm of the hyperbolic cosine.
/// let log_cosh = loss::elementwise(|y, t| ((y - t).cosh().ln(), (y - t).tanh()));
///
/// network! { pub Line(x: [2]) -> [3] { x -> fc: Dense(3) } }
/// let mut net = Line::init(&mut rng(1));
/// let x = Batch::from_fn(5, |i, j| (i + j) as f32 / 4.0);
/// let y = Batch::from_fn(5, |i, j| i as f32 - j as f32);
/// check::gradient(&net, &x, &log_cosh, &y)?;
/// let loss = net.train(&x, &log_cosh, &y, &mut Line::memory(5), &mut Line::grads());
/// assert!(loss > 0.0);
/// # Ok::<(), fireclay::Error>(())
/// ```
///
/// Several outputs take a tuple of losses: `(CrossEntropy, loss::elementwise(…).weight(0.5))`.
pub const fn elementwise<F: Fn(f32, f32) -> (f32, f32) + Sync>(function: F) -> Elementwise<F> {
    Elementwise { function, reduction: Reduction::Mean }
}

reductions!(Elementwise<F>);

impl<F> core::fmt::Debug for Elementwise<F> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Elementwise: {:?}", self.reduction)
    }
}

impl<F: Fn(f32, f32) -> (f32, f32) + Sync> Elementwise<F> {
    #[inline(always)]
    fn point(&self, x: f32, target: f32) -> (f32, f32) {
        let (value, derivative) = (self.function)(x, target);
        if x.is_nan() || target.is_nan() { (f32::NAN, f32::NAN) } else { (value, derivative) }
    }

    /// A micro-batch without padding lanes, against targets that lie as it does: sixteen sums side by side, each waiting only for itself.
    fn full(&self, scale: f32, outputs: &[f32], gradient: &mut [f32], targets: impl Iterator<Item = [f32; LANES]>) -> f64 {
        let mut sums = [0.0_f64; LANES];
        let lines = outputs.as_chunks::<LANES>().0.iter().zip(gradient.as_chunks_mut::<LANES>().0).zip(targets);
        for ((xs, gs), ts) in lines {
            for lane in 0..LANES {
                let (value, derivative) = self.point(xs[lane], ts[lane]);
                sums[lane] += f64::from(value);
                gs[lane] = derivative * scale;
            }
        }
        sums.iter().sum()
    }

    /// Any micro-batch, number by number, from the `from`-th line of lanes on.
    fn rest(
        &self,
        part: MicroBatch,
        scale: f32,
        from: usize,
        outputs: &[f32],
        gradient: &mut [f32],
        target: impl Fn(usize, usize) -> f32,
    ) -> f64 {
        let lanes = part.lanes();
        let mut sum = 0.0;
        for (at, (xs, gs)) in outputs.chunks_exact(lanes).zip(gradient.chunks_exact_mut(lanes)).enumerate().skip(from) {
            for (lane, (x, g)) in xs.iter().zip(gs).enumerate().take(part.count) {
                let (value, derivative) = self.point(*x, target(at, lane));
                sum += f64::from(value);
                *g = derivative * scale;
            }
        }
        sum
    }

    fn run(
        &self,
        part: MicroBatch,
        outputs: &[f32],
        gradient: &mut [f32],
        lines: Option<impl Iterator<Item = [f32; LANES]>>,
        target: impl Fn(usize, usize) -> f32,
    ) -> f32 {
        let lanes = part.lanes();
        let scale = scale(self.reduction.divisor(part.samples, outputs.len() / lanes));
        let (mut sum, mut done) = (0.0, 0);
        if let (true, Some(lines)) = (part.count == lanes, lines) {
            sum = self.full(scale, outputs, gradient, lines);
            done = outputs.len() / LANES * LANES / lanes;
        }
        sum += self.rest(part, scale, done, outputs, gradient, target);
        crate::narrow(sum * f64::from(scale))
    }
}

impl<'a, S: Shape, F: Fn(f32, f32) -> (f32, f32) + Sync> Loss<Tensor<S>, &'a Batch<S>> for Elementwise<F> {
    fn targets(&self, targets: &'a Batch<S>) -> Option<usize> {
        Some(targets.len())
    }

    fn divisor(&self, _: usize, samples: usize, _: &'a Batch<S>) -> Option<f64> {
        self.reduction.divisor(samples, S::LEN)
    }

    fn micro(&self, part: MicroBatch, outputs: &[f32], targets: &'a Batch<S>, gradient: &mut [f32]) -> f32 {
        let lines = (targets.layout() == part.layout)
            .then(|| targets.as_slice()[targets.position(part.first, 0)..].as_chunks::<LANES>().0.iter().copied());
        self.run(part, outputs, gradient, lines, targets.part(part.first))
    }
}

#[diagnostic::do_not_recommend]
impl<S: Shape, F: Fn(f32, f32) -> (f32, f32) + Sync> Loss<Tensor<S>, f32> for Elementwise<F> {
    fn targets(&self, _: f32) -> Option<usize> {
        None
    }

    fn divisor(&self, _: usize, samples: usize, _: f32) -> Option<f64> {
        self.reduction.divisor(samples, S::LEN)
    }

    fn micro(&self, part: MicroBatch, outputs: &[f32], target: f32, gradient: &mut [f32]) -> f32 {
        self.run(part, outputs, gradient, Some(core::iter::repeat([target; LANES])), |_, _| target)
    }
}
