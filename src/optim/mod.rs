//! Optimizers: what makes of gradients a step of the parameters. Groups of parameters, schedules of the rate, clipping, a
//! search for the rate to begin with.
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

mod adagrad;
mod adam;
mod clip;
mod cycles;
mod cyclic;
mod group;
mod grouped;
mod lamb;
mod lion;
mod moments;
mod nadam;
mod optimizer;
mod parts;
mod pattern;
mod penalty;
mod plateau;
mod radam;
mod rate_finder;
#[cfg(feature = "plot")]
mod rate_plot;
mod rms_prop;
#[cfg(feature = "safetensors")]
mod saved;
mod schedule;
mod sgd;

pub use adagrad::Adagrad;
pub use adam::{Adam, AdamW};
pub use clip::{Norm, clip_norm, clip_norm_finite, clip_norm_of, clip_value};
pub use cycles::{OneCycle, Polynomial, WarmRestarts};
pub use cyclic::Cyclic;
pub use group::Group;
pub use grouped::Grouped;
#[doc(hidden)]
pub use grouped::Rules;
pub use lamb::Lamb;
pub use lion::Lion;
pub use nadam::NAdam;
pub use optimizer::Optimizer;
pub use plateau::{Plateau, Threshold};
pub use radam::RAdam;
pub use rate_finder::{Point, RateFinder, Sweep};
pub use rms_prop::RmsProp;
#[cfg(feature = "safetensors")]
pub(crate) use saved::Saved;
pub use schedule::{Cosine, Exponential, LinearWarmup, MultiStep, Progress, Schedule, Step, Then};
pub use sgd::Sgd;

use crate::network::AsNetwork;
use crate::{Result, threads};
use fireclay_runtime::simd::{TINY, TINY_ROOT};

/// How parameters follow their gradients: an optimizer without its moments.
///
/// The parameters come as flat runs; what is kept for a run of `n` parameters are `state_rows()` rows of `n` numbers, zero at first.
///
/// One of your own:
///
/// ```
/// use fireclay::prelude::*;
///
/// /// θ ← θ − η·sign(m) with m ← β·m + (1 − β)·g (signSGD with momentum: Bernstein et al. 2018, arXiv 1802.04434).
/// #[derive(Clone)]
/// struct SignSgd {
///     learning_rate: f32,
///     beta: f32,
/// }
///
/// impl Algorithm for SignSgd {
///     fn state_rows(&self) -> usize {
///         1
///     }
///     fn learning_rate(&self) -> f32 {
///         self.learning_rate
///     }
///     fn update(&self, learning_rate: f32, _step: u64, params: &mut [f32], grads: &[f32], momentum: &mut [f32]) {
///         for ((param, grad), m) in params.iter_mut().zip(grads).zip(momentum) {
///             *m = self.beta * *m + (1.0 - self.beta) * grad;
///             *param -= learning_rate * m.signum();
///         }
///     }
/// }
///
/// network! { pub Line(x: [1]) -> [1] { x -> fc: Dense(1) } }
/// let data = fireclay::data::Samples::new(vec![Tensor::from([1.0])], vec![Tensor::from([3.0])])?;
/// let trainer = Trainer::new(Mse, SignSgd { learning_rate: 0.05, beta: 0.5 }).epochs(100).progress(ProgressBar::Off);
/// let history = trainer.fit(&mut Line::init(&mut rng(1)), &data)?;
/// assert!(history.epochs()[99].loss < 0.1);
/// # Ok::<(), fireclay::Error>(())
/// ```
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

    /// Changes the weight decay, as a [`Group`] asks; `false`, and nothing changes, for an algorithm that has none.
    fn set_weight_decay(&mut self, weight_decay: f32) -> bool {
        let _ = weight_decay;
        false
    }

    /// What it counts from step to step beside its rows of numbers, as bits, for a checkpoint; 0 where that is nothing.
    fn counted(&self) -> u64 {
        0
    }

    /// Goes on after this step with what [`counted`](Algorithm::counted) was then.
    fn set_counted(&mut self, step: u64, counted: u64) {
        let _ = (step, counted);
    }

    /// Its groups.
    #[doc(hidden)]
    fn rules(&self) -> Option<&Rules> {
        None
    }

    /// The same without groups.
    #[doc(hidden)]
    fn ungrouped(&self) -> Self {
        self.clone()
    }

    /// Trains the parameters that a pattern stands for as the [`Group`] says: another learning rate or weight decay, a penalty, clipped gradients.
    ///
    /// In a pattern `*` is any text, dots included: `*.bias` stands for all biases, `trunk.*` for all below the label `trunk`. A pattern also
    /// stands for what is below a label that it matches: `trunk` and `layer*.conv1` do. [`summary`](crate::Network::summary) has the labels,
    /// `INFO.tensors` the names. Where several patterns match, each says what it says, and the last has the last word.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Small(x: [4]) -> [2] { x -> trunk: Dense(8) -> Tanh -> head: Dense(2) } }
    /// let net = Small::init(&mut rng(1));
    /// let adam = Adam::new(1e-3)
    ///     .group("*.bias", |g| g.weight_decay(0.0))
    ///     .group("trunk.*", |g| g.learning_rate(1e-5))
    ///     .on(&net);
    /// assert_eq!(adam.learning_rate_of("trunk.bias"), Some(1e-5));
    ///
    /// let error = Adam::new(1e-3).group("truck", |g| g.l1(1e-4)).try_on(&net).unwrap_err().to_string();
    /// assert!(error.contains("no trained parameter is named `truck`\n  help: did you mean `trunk`"));
    /// ```
    fn group(self, pattern: impl Into<String>, settings: impl FnOnce(Group) -> Group) -> Grouped<Self> {
        Grouped::new(self).group(pattern, settings)
    }

    /// Leaves the parameters that a [pattern](Algorithm::group) stands for as they are, to the last bit; see [`Group::freeze`]. Not for ever:
    /// [`Optimizer::unfreeze`].
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Small(x: [4]) -> [2] { x -> trunk: Dense(8) -> Tanh -> head: Dense(2) } }
    /// let mut net = Small::init(&mut rng(1));
    /// let (before, mut grads) = (net.clone(), Small::grads());
    /// grads.as_mut_slice().fill(1.0);
    /// Adam::new(0.1).freeze("trunk").on(&net).step(&mut net, &grads);
    /// assert_eq!(net.trunk.weight, before.trunk.weight);
    /// assert_ne!(net.head.weight, before.head.weight);
    /// ```
    fn freeze(self, pattern: impl Into<String>) -> Grouped<Self> {
        Grouped::new(self).freeze(pattern)
    }

    /// Keeps the weight decay from biases and from the scales and shifts of norms: from every parameter of fewer than two axes, which are those
    /// (and the slopes of `PRelu`).
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Line(x: [1]) -> [1] { x -> fc: Dense(1) } }
    /// let mut net = Line::init(&mut rng(1));
    /// net.fc.bias[0] = 1.0;
    /// AdamW::new(0.1).weight_decay(0.5).decay_weights_only().on(&net).step(&mut net, &Line::grads());
    /// assert_eq!(net.fc.bias[0], 1.0);
    /// ```
    fn decay_weights_only(self) -> Grouped<Self> {
        Grouped::new(self).decay_weights_only()
    }

    /// Scales the gradients of each step so that together they are at most so long, as [`clip_norm`] does, but for a copy and without those
    /// that are frozen. The optimizer keeps the length: [`Optimizer::gradient_norm`].
    ///
    /// # Panics
    /// If it is not greater than 0.
    #[track_caller]
    fn clip_norm(self, most: f32) -> Grouped<Self> {
        Grouped::new(self).clip_norm(most)
    }

    /// Puts every gradient of each step between −most and most, as [`clip_value`] does, but for a copy.
    ///
    /// # Panics
    /// If it is not greater than 0.
    #[track_caller]
    fn clip_value(self, most: f32) -> Grouped<Self> {
        Grouped::new(self).clip_value(most)
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
    ///
    /// # Panics
    /// If the pattern of a [group](Algorithm::group) stands for no parameter; [`try_on`](Algorithm::try_on) gives an error then.
    #[track_caller]
    fn on<A: AsNetwork + ?Sized>(self, net: &A) -> Optimizer<Self, A::Network> {
        let _ = net;
        Optimizer::new(self)
    }

    /// As [`on`](Algorithm::on), for patterns that are not known to fit: read from a file, for example.
    ///
    /// # Errors
    /// If the pattern of a [group](Algorithm::group) stands for no parameter, with names that are written much alike; if a group asks for a weight
    /// decay where the algorithm has none.
    fn try_on<A: AsNetwork + ?Sized>(self, net: &A) -> Result<Optimizer<Self, A::Network>> {
        let _ = net;
        Optimizer::try_new(self)
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
