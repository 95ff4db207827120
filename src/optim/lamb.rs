//! Adam whose steps are as long as each tensor allows.

use super::moments::{Betas, Moving, moment_builders, rest};
use super::{Algorithm, PIECE, flush, least};
use crate::{setting, threads};
use fireclay_runtime::simd::TINY_ROOT;

/// LAMB (You et al. 2020, arXiv 1904.00962, "Large batch optimization for deep learning: training BERT in 76 minutes", algorithm 2, with φ the
/// identity), for large batches: the step of each tensor, a weight or a bias, is as long as the rate times the norm of the tensor.
///
/// m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g²; r = m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ); u = r + λ·θ;
/// θ ← θ − η·‖θ‖ / ‖u‖·u. Where one of the norms is 0 their quotient counts as 1, so that a bias that starts at 0 learns.
///
/// Norms are sums of squares in f64, in an order that depends on the length of the tensor alone: the bits are the same for any number of threads.
/// [`update`](Algorithm::update) takes what it is given for one tensor.
///
/// ```
/// use fireclay::optim::{Algorithm, Lamb};
/// let (mut weights, mut moments) = ([3.0, 4.0], [0.0; 4]);
/// Lamb::new(0.1).weight_decay(0.0).update(0.1, 1, &mut weights, &[0.5, 2.0], &mut moments);
/// // Adam's first step is 1 for each; the norm of both is √2, that of the weights 5.
/// let step = 0.1 * 5.0 / 2.0_f32.sqrt();
/// assert!((weights[0] - (3.0 - step)).abs() < 1e-5 && (weights[1] - (4.0 - step)).abs() < 1e-5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use = "a description does nothing until `.on(&net)` makes an optimizer of it"]
pub struct Lamb {
    learning_rate: f32,
    betas: Betas,
    weight_decay: f32,
}

impl Lamb {
    /// With this rate and the paper's other numbers: ε = 1e-6, a weight decay of 0.01.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn new(learning_rate: f32) -> Self {
        setting::not_negative("Lamb: learning rate", learning_rate);
        Self { learning_rate, betas: Betas { beta1: 0.9, beta2: 0.999, eps: 1e-6 }, weight_decay: 0.01 }
    }
}

moment_builders!(
    Lamb,
    "1e-6",
    weight_decay,
    "The share of each parameter that is added to its step, before the norm is taken; 0.01 at first."
);

/// The numbers of a step.
#[derive(Clone, Copy)]
struct Numbers {
    moving: Moving,
    /// `1 / (1 − β₁ᵗ)` and `1 / √(1 − β₂ᵗ)`
    scales: [f32; 2],
    eps: f32,
    weight_decay: f32,
    /// Numbers whose moments lie together.
    piece: usize,
}

/// Sums of the squares of parameters and of steps.
type Squares = [f64; 2];

/// Sums that are made at once, always in the same order.
const SUMS: usize = 16;

impl Numbers {
    /// u
    #[inline(always)]
    fn change(&self, p: f32, m: f32, v: f32) -> f32 {
        m * self.scales[0] / (v.sqrt() * self.scales[1] + self.eps) + self.weight_decay * p
    }

    /// Where a run is halved: the first half are whole pieces. `None` for one piece.
    fn middle(&self, len: usize) -> Option<usize> {
        (len > self.piece).then(|| (len / 2).next_multiple_of(self.piece))
    }

    /// Moves the moments on. Sums are made in halves wherever they are computed.
    fn moments(&self, threads: usize, params: &[f32], grads: &[f32], state: &mut [f32]) -> Squares {
        let Some(middle) = self.middle(params.len()) else { return self.piece_moments(params, grads, state) };
        let ((params, others), (grads, other_grads)) = (params.split_at(middle), grads.split_at(middle));
        let (state, other_state) = state.split_at_mut(2 * middle);
        let half = threads / 2;
        let (a, b) = both(
            threads,
            || self.moments(threads - half, params, grads, state),
            || self.moments(half, others, other_grads, other_state),
        );
        [a[0] + b[0], a[1] + b[1]]
    }

    fn piece_moments(&self, params: &[f32], grads: &[f32], state: &mut [f32]) -> Squares {
        let (first, second) = state.split_at_mut(params.len());
        let mut sums = [[0.0_f64; SUMS]; 2];
        let rows = params.chunks(SUMS).zip(grads.chunks(SUMS)).zip(first.chunks_mut(SUMS)).zip(second.chunks_mut(SUMS));
        for (((params, grads), first), second) in rows {
            for (i, (((p, g), m), v)) in params.iter().zip(grads).zip(first).zip(second).enumerate() {
                self.moving.on(flush(*g, TINY_ROOT), m, v);
                let change = self.change(*p, *m, *v);
                sums[0][i] += f64::from(*p) * f64::from(*p);
                sums[1][i] += f64::from(change) * f64::from(change);
            }
        }
        sums.map(|sums| sums.iter().sum())
    }

    /// Moves the parameters.
    fn step(&self, threads: usize, rate: f32, least: f32, params: &mut [f32], state: &[f32]) {
        let Some(middle) = self.middle(params.len()) else {
            let (first, second) = state.split_at(params.len());
            for ((p, m), v) in params.iter_mut().zip(first).zip(second) {
                *p = flush(*p - rate * self.change(*p, *m, *v), least);
            }
            return;
        };
        let ((params, others), (state, other_state)) = (params.split_at_mut(middle), state.split_at(2 * middle));
        let half = threads / 2;
        both(
            threads,
            || self.step(threads - half, rate, least, params, state),
            || self.step(half, rate, least, others, other_state),
        );
    }
}

/// Runs both, on two threads where there may be more than one.
fn both<A: Send, B: Send>(threads: usize, a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    if threads > 1 { threads::join(a, b) } else { (a(), b()) }
}

impl Lamb {
    #[expect(clippy::too_many_arguments, reason = "a step, and how it is dealt out")]
    fn run(
        &self,
        threads: usize,
        piece: usize,
        learning_rate: f32,
        step: u64,
        params: &mut [f32],
        grads: &[f32],
        state: &mut [f32],
    ) {
        let numbers = Numbers {
            moving: self.betas.moving(),
            scales: [1.0 / rest(self.betas.beta1, step), 1.0 / rest(self.betas.beta2, step).sqrt()],
            eps: self.betas.eps,
            weight_decay: self.weight_decay,
            piece,
        };
        let [own, change] = numbers.moments(threads, params, grads, state);
        let ratio = if own == 0.0 || change == 0.0 { 1.0 } else { (own / change).sqrt() };
        let rate = crate::narrow(f64::from(learning_rate) * ratio);
        numbers.step(threads, rate, least(self.weight_decay != 0.0), params, state);
    }
}

impl Algorithm for Lamb {
    fn state_rows(&self) -> usize {
        2
    }

    fn learning_rate(&self) -> f32 {
        self.learning_rate
    }

    fn update(&self, learning_rate: f32, step: u64, params: &mut [f32], grads: &[f32], state: &mut [f32]) {
        self.run(1, params.len().max(1), learning_rate, step, params, grads, state);
    }

    fn by_tensor(&self) -> bool {
        true
    }

    fn update_tensor(&self, threads: usize, learning_rate: f32, step: u64, params: &mut [f32], grads: &[f32], state: &mut [f32]) {
        self.run(threads, PIECE, learning_rate, step, params, grads, state);
    }

    fn set_momentum(&mut self, momentum: f32) {
        self.betas.beta1 = momentum;
    }

    fn set_weight_decay(&mut self, weight_decay: f32) -> bool {
        self.weight_decay = weight_decay;
        true
    }
}
