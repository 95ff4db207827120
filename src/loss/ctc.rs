//! Connectionist temporal classification: a sequence against a shorter one of which nobody knows what stands where.

use super::reduce::{Reduction, reductions, scale};
use super::scratch::with_room;
use super::{Expects, Loss, MicroBatch, TERMS, math};
use crate::batch::IndicesBatch;
use crate::{Const, IndexBatch, Tensor};

/// Connectionist temporal classification (Graves et al. 2006), as `torch.nn.CTCLoss`: −ln of the probability that softmax(x) gives to all ways of writing the target
/// over the time steps, each label for one step or several, with blanks between or not.
///
/// Outputs are `[T, K]`: the logits of each step over the labels and the blank, or log-probabilities (which are logits of themselves: of these, value and
/// gradient are PyTorch's, which takes nothing else). The blank is class 0, or another one by [`Ctc::blank`].
///
/// Targets are `&IndicesBatch<K, L>`, at most L labels for each sample: **a target ends at its first blank**. Where sequences differ in length too,
/// `(&targets, &lengths)`, where `lengths` is an `&IndexBatch<N>` of how many steps of each sample count (N ≤ T + 1).
///
/// The mean is that of PyTorch: each loss is divided by the length of its target (at least 1), and the sum by the samples. `sum()` and `batch_mean()`
/// divide by no length. A target that cannot be written in so few steps (equal labels in a row need a blank between them) has an infinite loss, with NaN for gradient;
/// with [`Ctc::zero_infinity`] it has none.
///
/// ```
/// use fireclay::loss::{Ctc, evaluate};
/// use fireclay::prelude::*;
/// // Two steps, of the label `1` and the blank, evenly: "1 1", "1 blank" and "blank 1" read as `1`.
/// let y = Batch::from_samples([&Tensor::from([[0.0, 0.0], [0.0, 0.0]])]);
/// let target = IndicesBatch::from_sequences([Indices::<2, 2>::new(&[1, 0]).unwrap()]);
/// let (loss, _) = evaluate(&Ctc, &y, &target);
/// assert!((loss + 0.75_f32.ln()).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Ctc {
    blank: usize,
    zero_infinity: bool,
    reduction: Reduction,
}

/// With class 0 as the blank and the mean over the samples.
#[expect(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
pub const Ctc: Ctc = Ctc { blank: 0, zero_infinity: false, reduction: Reduction::Mean };

impl Ctc {
    /// Which class is the blank.
    pub const fn blank(mut self, class: usize) -> Self {
        self.blank = class;
        self
    }

    /// What cannot be written in so few steps counts for nothing.
    pub const fn zero_infinity(mut self) -> Self {
        self.zero_infinity = true;
        self
    }

    #[track_caller]
    fn check(&self, classes: usize) {
        assert!(self.blank < classes, "Ctc: `blank({})` of {classes} classes: they are counted from 0", self.blank);
    }

    /// Where so many steps have so many classes; `label(sample, j)` is a target, of `most` labels at most, `steps(sample)` how many steps count.
    fn run(
        &self,
        part: MicroBatch,
        [time, classes, most]: [usize; 3],
        outputs: &[f32],
        gradient: &mut [f32],
        label: impl Fn(usize, usize) -> usize,
        steps: impl Fn(usize) -> usize,
    ) -> f32 {
        let scale = scale(self.reduction.divisor(part.samples, 1));
        let (lanes, states) = (part.lanes(), 2 * most + 1);
        with_room((time + 1) * states + time, |room| {
            let mut sum = 0.0_f64;
            for lane in 0..part.count {
                let label = |j| label(part.first + lane, j);
                let len = (0..most).take_while(|j| label(*j) != self.blank).count();
                let path = Path {
                    steps: steps(part.first + lane),
                    states: 2 * len + 1,
                    blank: self.blank,
                    label: |j| label(j),
                    x: |t, k| outputs[(t * classes + k) * lanes + lane],
                };
                let (norms, room) = room.split_at_mut(time);
                let loss = path.forward(classes, norms, room);
                // As PyTorch's mean: per label.
                #[expect(clippy::cast_precision_loss, reason = "a length")]
                let per_label = if self.reduction == Reduction::Mean { 1.0 / len.max(1) as f32 } else { 1.0 };
                let nothing = self.zero_infinity && loss == f64::INFINITY;
                let own = |t, k| (t * classes + k) * lanes + lane;
                for t in 0..time {
                    for k in 0..classes {
                        gradient[own(t, k)] = 0.0;
                    }
                }
                if !nothing {
                    sum += loss * f64::from(per_label);
                    path.backward(classes, loss, norms, room, |t, k, g| gradient[own(t, k)] += g * per_label * scale);
                }
            }
            crate::narrow(sum * f64::from(scale))
        })
    }
}

/// Why a loss is infinite.
const IMPOSSIBLE: &str = "`Ctc` is infinite of a target that cannot be written in its steps (more labels than steps, counting a blank between equal ones): give it more steps, or leave such samples out by `Ctc.zero_infinity()`";

/// The ways of writing a target: its labels with a blank before, between and after them, which are passed in order.
struct Path<L, X> {
    steps: usize,
    /// Labels and blanks.
    states: usize,
    blank: usize,
    /// The j-th label.
    label: L,
    /// The logit of a class at a step.
    x: X,
}

impl<L: Fn(usize) -> usize, X: Fn(usize, usize) -> f32> Path<L, X> {
    fn class(&self, state: usize) -> usize {
        if state.is_multiple_of(2) { self.blank } else { (self.label)(state / 2) }
    }

    /// Whether the blank before a state may be passed over: it is a label, and another one than that before.
    fn skips(&self, state: usize) -> bool {
        state % 2 == 1 && state >= 3 && self.class(state) != self.class(state - 2)
    }

    /// ln softmax.
    fn ln_p(&self, t: usize, class: usize, norms: &[f64]) -> f64 {
        f64::from((self.x)(t, class)) - norms[t]
    }

    /// −ln of the probability of all ways. Leaves the logarithms of softmax's denominators, and the α of each step (equation 6 of the paper).
    fn forward(&self, classes: usize, norms: &mut [f64], alphas: &mut [f64]) -> f64 {
        if self.steps == 0 {
            return if self.states == 1 { 0.0 } else { f64::INFINITY };
        }
        for (t, norm) in norms[..self.steps].iter_mut().enumerate() {
            let most = (0..classes)
                .map(|k| (self.x)(t, k))
                .fold(f32::NEG_INFINITY, |most, x| if x > most || x.is_nan() { x } else { most });
            let sum: f32 = (0..classes).map(|k| math::exp((self.x)(t, k) - most)).sum();
            *norm = f64::from(most) + f64::from(math::ln(sum));
        }
        let width = self.states;
        for t in 0..self.steps {
            let (before, now) = alphas.split_at_mut(t * width);
            for state in 0..width {
                let reached = match t.checked_sub(1).map(|t| &before[t * width..]) {
                    None if state < 2 => 0.0,
                    None => f64::NEG_INFINITY,
                    Some(before) => {
                        let mut sum = before[state];
                        if state >= 1 {
                            sum = ln_add(sum, before[state - 1]);
                        }
                        if self.skips(state) {
                            sum = ln_add(sum, before[state - 2]);
                        }
                        sum
                    }
                };
                now[state] = reached + self.ln_p(t, self.class(state), norms);
            }
        }
        let last = &alphas[(self.steps - 1) * width..];
        let all = if width == 1 { last[0] } else { ln_add(last[width - 1], last[width - 2]) };
        -all
    }

    /// Gives the derivative by each logit: softmax minus the probability that a class is written at a step, given the target (equation 16). `alphas` has room for one
    /// more step.
    fn backward(&self, classes: usize, loss: f64, norms: &[f64], alphas: &mut [f64], mut give: impl FnMut(usize, usize, f32)) {
        if self.steps == 0 {
            return;
        }
        if loss == f64::INFINITY {
            // There is no such probability.
            (0..self.steps).for_each(|t| (0..classes).for_each(|k| give(t, k, f32::NAN)));
            return;
        }
        let width = self.states;
        let (alphas, rest) = alphas.split_at_mut(self.steps * width);
        // The β of the paper, without what its own step gives.
        let betas = &mut rest[..width];
        betas.fill(f64::NEG_INFINITY);
        for end in &mut betas[width.saturating_sub(2)..] {
            *end = 0.0;
        }
        for t in (0..self.steps).rev() {
            for k in 0..classes {
                give(t, k, exp(self.ln_p(t, k, norms)));
            }
            for state in 0..width {
                give(t, self.class(state), -exp(alphas[t * width + state] + betas[state] + loss));
            }
            if t == 0 {
                break;
            }
            for state in 0..width {
                let of = |next: usize| betas[next] + self.ln_p(t, self.class(next), norms);
                let mut sum = of(state);
                if state + 1 < width {
                    sum = ln_add(sum, of(state + 1));
                }
                if state + 2 < width && self.skips(state + 2) {
                    sum = ln_add(sum, of(state + 2));
                }
                betas[state] = sum;
            }
        }
    }
}

/// The functions are those of `f32`, the same bits on every machine; the sums are `f64`, so that no step's rounding grows with the size of the loss.
fn exp(x: f64) -> f32 {
    math::exp(crate::narrow(x))
}

/// ln(eᵃ + eᵇ).
fn ln_add(a: f64, b: f64) -> f64 {
    let (high, low) = if a > b { (a, b) } else { (b, a) };
    if low == f64::NEG_INFINITY { high } else { high + f64::from(math::ln_1p(exp(low - high))) }
}

reductions!(Ctc);

impl<'a, const T: usize, const K: usize, const L: usize> Loss<Tensor<(Const<T>, Const<K>)>, &'a IndicesBatch<K, L>> for Ctc {
    #[track_caller]
    fn targets(&self, targets: &'a IndicesBatch<K, L>) -> Option<usize> {
        self.check(K);
        Some(targets.len())
    }

    fn micro(&self, part: MicroBatch, outputs: &[f32], targets: &'a IndicesBatch<K, L>, gradient: &mut [f32]) -> f32 {
        self.run(part, [T, K, L], outputs, gradient, |i, j| targets.get(i, j).get(), |_| T)
    }

    fn domain(&self, loss: f32) -> Option<&'static str> {
        loss.is_infinite().then_some(IMPOSSIBLE)
    }

    fn divisor(&self, _: usize, samples: usize, _: &'a IndicesBatch<K, L>) -> Option<f64> {
        self.reduction.divisor(samples, 1)
    }

    fn expects(&self, _: &'a IndicesBatch<K, L>) -> [Expects; TERMS] {
        Expects::Logits.alone()
    }
}

impl<'a, 'b, const T: usize, const K: usize, const L: usize, const N: usize>
    Loss<Tensor<(Const<T>, Const<K>)>, (&'a IndicesBatch<K, L>, &'b IndexBatch<N>)> for Ctc
{
    #[track_caller]
    fn targets(&self, (targets, lengths): (&'a IndicesBatch<K, L>, &'b IndexBatch<N>)) -> Option<usize> {
        const {
            assert!(
                N <= T + 1,
                "a sample has at most as many steps as the outputs: lengths are `Index<N>` with N of at most T + 1"
            )
        };
        self.check(K);
        let (targets, lengths) = (targets.len(), lengths.len());
        assert!(targets == lengths, "{lengths} lengths for {targets} targets");
        Some(targets)
    }

    fn micro(
        &self,
        part: MicroBatch,
        outputs: &[f32],
        (targets, lengths): (&'a IndicesBatch<K, L>, &'b IndexBatch<N>),
        gradient: &mut [f32],
    ) -> f32 {
        let steps = |sample| lengths.sample(sample).get();
        self.run(part, [T, K, L], outputs, gradient, |i, j| targets.get(i, j).get(), steps)
    }

    fn domain(&self, loss: f32) -> Option<&'static str> {
        loss.is_infinite().then_some(IMPOSSIBLE)
    }

    fn divisor(&self, _: usize, samples: usize, _: (&'a IndicesBatch<K, L>, &'b IndexBatch<N>)) -> Option<f64> {
        self.reduction.divisor(samples, 1)
    }

    fn expects(&self, _: (&'a IndicesBatch<K, L>, &'b IndexBatch<N>)) -> [Expects; TERMS] {
        Expects::Logits.alone()
    }
}
