//! Optimizers: what makes of gradients a step of the parameters. Schedules of the rate, clipping.
//!
//! A description such as [`Adam::new(2e-4)`](Adam::new) becomes an [`Optimizer`] with [`Algorithm::on`]: it holds the moments, one
//! flat row of numbers in the order of the gradients, and knows nothing of layers.
//!
//! ```
//! use fireclay::prelude::*;
//! network! { pub Line(x: [1]) -> [1] { x -> fc: Dense(1) } }
//!
//! let mut net = Line::init(&mut rng(1));
//! let mut memory = Line::memory(16);
//! let mut grads = Line::grads();
//! let mut adam = Adam::new(0.1).on(&net);
//! let x = Batch::from_fn(16, |i, _| i as f32 / 16.0);
//! let y = Batch::from_fn(16, |i, _| 3.0 * i as f32 / 16.0 - 1.0);
//! let mut loss = f32::INFINITY;
//! for _ in 0..300 {
//!     grads.zero();
//!     loss = net.train(&x, Mse, &y, &mut memory, &mut grads);
//!     adam.step(&mut net, &grads);
//! }
//! assert!(loss < 1e-3);
//! ```

mod adam;
mod clip;
mod cycles;
mod lamb;
mod lion;
mod moments;
mod nadam;
mod plateau;
mod radam;
mod schedule;
mod sgd;

pub use adam::{Adagrad, Adam, AdamW, RmsProp};
pub use clip::{Norm, clip_norm, clip_norm_of, clip_value};
pub use cycles::{OneCycle, Polynomial, WarmRestarts};
pub use lamb::Lamb;
pub use lion::Lion;
pub use nadam::NAdam;
pub use plateau::{Plateau, Threshold};
pub use radam::RAdam;
pub use schedule::{Cosine, Exponential, LinearWarmup, MultiStep, Progress, Schedule, Step, Then};
pub use sgd::Sgd;

use crate::network::{AsNetwork, Block, Grads, Network};
use crate::setting;
use crate::threads::{self, in_pool};
use core::marker::PhantomData;
use fireclay_runtime::simd::{TINY, TINY_ROOT};

/// How parameters follow their gradients: an optimizer without its moments.
///
/// The parameters come as flat runs; what is kept for a run of `n` parameters are `state_rows()` rows of `n` numbers, zero at first.
pub trait Algorithm: Clone + Send + Sync + 'static {
    /// How many numbers are kept for each parameter.
    fn state_rows(&self) -> usize;

    /// The learning rate it was made with.
    fn learning_rate(&self) -> f32;

    /// One step of a run of parameters, which may be any part of them: each number has only its own gradient to follow (unless
    /// [`by_tensor`](Algorithm::by_tensor) says otherwise: then they are one tensor).
    ///
    /// `step` counts from 1; `state` are `state_rows()` rows, one after another, each as long as `params`.
    fn update(&self, learning_rate: f32, step: u64, params: &mut [f32], grads: &[f32], state: &mut [f32]);

    /// Told before the updates of each step, for what depends on the steps before it but on no parameter. An algorithm whose `update` is called
    /// without it finds its way.
    fn begin(&mut self, step: u64) {
        let _ = step;
    }

    /// Whether a parameter's step depends on others of its tensor: the optimizer then calls [`update_tensor`](Algorithm::update_tensor) for
    /// each whole tensor, a weight or a bias, instead of `update` for parts.
    fn by_tensor(&self) -> bool {
        false
    }

    /// One step of a whole tensor on at most `threads` threads, with the same bits for any number; what is kept lies piece by piece
    /// ([`Optimizer::state`]).
    fn update_tensor(&self, threads: usize, learning_rate: f32, step: u64, params: &mut [f32], grads: &[f32], state: &mut [f32]) {
        in_pieces(threads, params, grads, state, &|params: &mut [f32], grads: &[f32], state: &mut [f32]| {
            self.update(learning_rate, step, params, grads, state);
        });
    }

    /// Changes the momentum, for schedules that do ([`OneCycle`]), to any from 0 on that is less than 1; algorithms made without momentum
    /// ignore it. `state_rows` stays as it is.
    fn set_momentum(&mut self, momentum: f32) {
        let _ = momentum;
    }

    /// Not yet: [`Algorithm::on`] a network makes the optimizer that takes steps.
    #[doc(hidden)]
    fn step<N, G>(&mut self, _net: N, _grads: G)
    where
        Self: TakesSteps,
    {
    }

    /// The optimizer of this network, its moments zero.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Line(x: [1]) -> [1] { x -> fc: Dense(1) } }
    /// let net = Line::init(&mut rng(1));
    /// let adam: Optimizer<Adam, Line> = Adam::new(1e-3).on(&net);
    /// assert_eq!(adam.steps(), 0);
    /// ```
    fn on<A: AsNetwork + ?Sized>(self, net: &A) -> Optimizer<Self, A::Network> {
        let _ = net;
        Optimizer::new(self)
    }
}

/// What [`Optimizer`] has in itself and no [`Algorithm`] does; so that rustc says how the one becomes the other.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no network to take a step with",
    label = "without a network and its moments",
    note = "`.on(&net)` makes its optimizer: `let mut optimizer = Adam::new(0.001).on(&net);`, then `optimizer.step(&mut net, &grads)`"
)]
pub trait TakesSteps {}

/// A count of steps as a number.
#[expect(clippy::cast_precision_loss, reason = "nobody takes 2⁵³ steps")]
const fn number(steps: u64) -> f64 {
    steps as f64
}

/// Zero below this size: moments and parameters that decay end at zero instead of among the denormal numbers, which make all products with
/// them slow on some processors (`docs/kernels.md`). NaN stays.
fn flush(x: f32, least: f32) -> f32 {
    if x.abs() < least { 0.0 } else { x }
}

/// Below which size parameters become zero in a step.
const fn least(decays: bool) -> f32 {
    if decays { TINY_ROOT } else { TINY }
}

/// Parameters whose moments lie together, row by row: threads take whole pieces. Checkpoints hold moments in this order: another size would be
/// another format.
const PIECE: usize = 1 << 15;

/// A step of a piece: parameters, gradients, moments.
type Update<'a> = &'a (dyn Fn(&mut [f32], &[f32], &mut [f32]) + Sync);

/// Takes the step piece by piece, on at most `threads` threads.
fn in_pieces(threads: usize, params: &mut [f32], grads: &[f32], state: &mut [f32], update: Update<'_>) {
    if params.is_empty() {
        return;
    }
    let rows = state.len() / params.len();
    if threads > 1 && params.len() >= 2 * PIECE {
        // Whole pieces, so that neither the order of the moments nor the bits depend on threads.
        let middle = (params.len() / 2).next_multiple_of(PIECE);
        let (params, other_params) = params.split_at_mut(middle);
        let (grads, other_grads) = grads.split_at(middle);
        let (state, other_state) = state.split_at_mut(rows * middle);
        let half = threads / 2;
        threads::join(
            || in_pieces(threads - half, params, grads, state, update),
            || in_pieces(half, other_params, other_grads, other_state, update),
        );
        return;
    }
    for (i, (params, grads)) in params.chunks_mut(PIECE).zip(grads.chunks(PIECE)).enumerate() {
        let first = rows * i * PIECE;
        update(params, grads, &mut state[first..first + rows * params.len()]);
    }
}

/// An algorithm with the moments of one network's parameters.
pub struct Optimizer<A: Algorithm, N: Network> {
    algorithm: A,
    learning_rate: f32,
    steps: u64,
    state: Vec<f32>,
    threads: usize,
    network: PhantomData<fn() -> N>,
}

impl<A: Algorithm, N: Network> Optimizer<A, N> {
    /// With all moments zero.
    #[must_use]
    pub fn new(algorithm: A) -> Self {
        let state = vec![0.0; algorithm.state_rows() * N::GradFields::LEN];
        Self {
            learning_rate: algorithm.learning_rate(),
            algorithm,
            steps: 0,
            state,
            threads: threads::available(),
            network: PhantomData,
        }
    }

    /// At most this many threads, where there are parameters enough; the bits are the same for any number. At first those of rayon's pool.
    ///
    /// # Panics
    /// If there are none.
    #[track_caller]
    pub fn threads(&mut self, threads: usize) -> &mut Self {
        setting::at_least_one("Optimizer: threads", threads);
        self.threads = threads;
        self
    }

    /// Moves the trained parameters by one step. Buffers and frozen parameters stay as they are.
    pub fn step(&mut self, net: &mut impl AsNetwork<Network = N>, grads: &Grads<N>) {
        self.steps += 1;
        self.algorithm.begin(self.steps);
        let rows = self.algorithm.state_rows();
        let params = net.network_mut().params_mut().as_mut_slice();
        let grads = grads.as_slice();
        let (algorithm, learning_rate, steps, threads) = (&self.algorithm, self.learning_rate, self.steps, self.threads);
        let state = &mut self.state;
        let mut step = |param: usize, grad: usize, len: usize| {
            let params = &mut params[param..param + len];
            let state = &mut state[rows * grad..rows * (grad + len)];
            let grads = &grads[grad..grad + len];
            match len >= 2 * PIECE {
                true => in_pool(threads, || algorithm.update_tensor(threads, learning_rate, steps, params, grads, state)),
                false => algorithm.update_tensor(1, learning_rate, steps, params, grads, state),
            }
        };
        if algorithm.by_tensor() {
            for tensor in N::INFO.tensors {
                if let Some(grad) = tensor.grad {
                    step(tensor.offset, grad, tensor.len);
                }
            }
        } else {
            N::TRAIN.trained.iter().for_each(|run| step(run.param, run.grad, run.len));
        }
    }

    /// The learning rate of the next step.
    #[must_use]
    pub fn learning_rate(&self) -> f32 {
        self.learning_rate
    }

    /// Changes the learning rate.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub fn set_learning_rate(&mut self, learning_rate: f32) {
        setting::not_negative("Optimizer: learning rate", learning_rate);
        self.learning_rate = learning_rate;
    }

    /// Changes the momentum, where the algorithm was made with one: 0 is a momentum like others then, and may rise again.
    ///
    /// # Panics
    /// If it is not at least 0 and less than 1.
    #[track_caller]
    pub fn set_momentum(&mut self, momentum: f32) {
        setting::below_one("Optimizer: momentum", momentum);
        self.algorithm.set_momentum(momentum);
    }

    /// How many steps were made.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> &A {
        &self.algorithm
    }

    /// All moments, for a checkpoint: of each run of trained parameters (of each tensor, where the algorithm goes by them), piece by piece (32,768
    /// parameters), row by row.
    #[must_use]
    pub fn state(&self) -> &[f32] {
        &self.state
    }

    /// Goes on where a checkpoint was made: its steps and moments. `false`, and nothing changes, if there are not as many moments.
    #[must_use]
    pub fn restore(&mut self, steps: u64, state: &[f32]) -> bool {
        if state.len() != self.state.len() {
            return false;
        }
        self.steps = steps;
        self.state.copy_from_slice(state);
        true
    }
}

impl<A: Algorithm, N: Network> core::fmt::Debug for Optimizer<A, N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "Optimizer of {}: learning rate {}, {} steps, {} moments",
            N::INFO.name,
            self.learning_rate,
            self.steps,
            self.state.len()
        )
    }
}
