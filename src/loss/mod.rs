//! Losses: a number to make smaller, and its gradient.
//!
//! Each is written by its plain name, with options by methods: `CrossEntropy`, `CrossEntropy.smoothing(0.1)`, `Mse.sum()`. Several outputs
//! take a tuple of losses: `(CrossEntropy, Mse.weight(0.5))`; [`plus`] adds losses of one output.
//!
//! A loss of one's own is a function: [`elementwise`] is given a number and its target, [`per_sample`] a sample and its target. What looks at whole
//! micro-batches implements [`Loss`].
//!
//! What is no number shows: where an output or a target that counts is NaN, so are the loss and the gradient.

mod at_hand;
mod classes;
mod cross_entropy;
mod ctc;
mod dice;
mod distances;
mod elementwise;
mod epsilon_insensitive;
mod expects;
mod likelihood;
mod logits;
mod margin;
mod math;
mod multi_label;
mod nll;
mod per_sample;
mod plus;
mod pointwise;
mod reduce;
mod scratch;
mod softmax_focal;
mod softmax_row;
mod tally;
mod tuple;

pub use at_hand::{OutputBatch, each, evaluate};
pub use classes::Classes;
pub use cross_entropy::{CrossEntropy, Unlabeled};
pub use ctc::Ctc;
pub use dice::Dice;
pub use distances::{CosineEmbedding, TripletMargin};
pub use elementwise::{Elementwise, elementwise};
pub use epsilon_insensitive::EpsilonInsensitive;
pub use expects::Expects;
pub(crate) use expects::warnings;
pub use likelihood::{GaussianNll, PoissonNll};
pub use logits::{BceWithLogits, Focal};
pub use margin::{MultiMargin, SvmHinge};
pub use multi_label::MultiLabelSoftMargin;
pub use nll::Nll;
pub use per_sample::{Outputs, PerSample, per_sample};
pub use plus::{Plus, plus};
pub use pointwise::{Bce, Hinge, HingeEmbedding, Huber, KlDiv, L1, Mse, SmoothL1};
pub use reduce::{Reduction, Weighted};
pub use softmax_focal::SoftmaxFocal;
pub(crate) use tally::Tally;

use crate::layout::Layout;
use crate::{Batch, Index, IndexBatch, Indices, IndicesBatch, Leaf, Shape, Tensor, Values};

/// Which samples of a batch a loss is asked for.
#[derive(Debug, Clone, Copy)]
pub struct MicroBatch {
    /// The number of the first one.
    pub first: usize,
    /// How they lie: numbers are `[LEN][lanes]`.
    pub layout: Layout,
    /// How many of these are samples; the lanes from there on are padding, which counts for nothing.
    pub count: usize,
    /// How many there are in the whole batch.
    pub samples: usize,
}

impl MicroBatch {
    /// How many samples lie side by side.
    #[must_use]
    pub const fn lanes(self) -> usize {
        self.layout.lanes()
    }
}

/// Terms that a loss is the sum of at most: one for each output, and more where [`plus`] adds losses of one output.
pub const TERMS: usize = 8;

/// Puts the terms of a loss behind those of others; moves on.
fn put_terms(own: &[f32; TERMS], count: usize, at: &mut usize, terms: &mut [f32; TERMS]) {
    for term in &own[..count] {
        // Of too many `targets` has said so.
        terms[(*at).min(TERMS - 1)] += term;
        *at += 1;
    }
}

/// Ends the program where a loss has more terms than can be counted.
#[track_caller]
fn check_count(count: usize) {
    assert!(count <= TERMS, "a sum of {count} losses: there may be {TERMS}");
}

/// A loss on outputs `O` against targets `T` (a borrowed batch, a number for all samples alike, or a tuple of these).
///
/// ```
/// use fireclay::loss::{Loss, MicroBatch};
/// use fireclay::prelude::*;
///
/// /// The mean over the batch of the sum of |x|³.
/// struct Cubes;
///
/// impl<S: Shape> Loss<Tensor<S>, ()> for Cubes {
///     fn targets(&self, (): ()) -> Option<usize> {
///         None
///     }
///
///     fn micro(&self, part: MicroBatch, outputs: &[f32], (): (), gradient: &mut [f32]) -> f32 {
///         // One sample, or sixteen side by side, as the memory was made: the real ones come first.
///         let (lanes, samples) = (part.lanes(), part.samples as f32);
///         let mut sum = 0.0;
///         for (outputs, gradient) in outputs.chunks(lanes).zip(gradient.chunks_mut(lanes)) {
///             for (x, g) in outputs.iter().zip(gradient).take(part.count) {
///                 sum += x.abs().powi(3);
///                 *g = 3.0 * x * x.abs() / samples;
///             }
///         }
///         sum / samples
///     }
/// }
///
/// network! { pub Scale(x: [2]) -> [2] { x -> fc: Dense(2) } }
///
/// let (mut net, mut memory) = (Scale::init(&mut rng(0)), Scale::memory(1));
/// let x = Batch::from_fn(1, |_, j| j as f32);
/// let y = net.forward(Mode::Eval, &x, &mut memory).output().to_vec();
/// let loss = net.forward(Mode::Eval, &x, &mut memory).loss(Cubes, ());
/// assert!((loss - y.iter().map(|y| y.abs().powi(3)).sum::<f32>()).abs() < 1e-6);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot compare the outputs `{O}` with the targets `{T}`",
    label = "this loss does not fit these outputs and targets",
    note = "classes, `&IndexBatch<K>` of as many as there are outputs, take `CrossEntropy`",
    note = "tensors, `&Batch<shape![…]>` of the outputs' shape, or one `f32` for all, take `Mse`, `L1`, `Huber` and the like",
    note = "2 outputs need a tuple of 2 losses and one of 2 targets, in their order: `(CrossEntropy, Mse)`, `(&classes, &boxes)`"
)]
pub trait Loss<O: Values, T: Copy>: Sync {
    /// How many targets there are; `None` if one serves all samples.
    fn targets(&self, targets: T) -> Option<usize>;

    /// The part's share of the loss of the whole batch (shares are added), and its gradient. Whoever calls this sets the gradient to zero in the
    /// padding lanes.
    fn micro(&self, part: MicroBatch, outputs: O::Lanes<'_>, targets: T, gradient: O::LanesMut<'_>) -> f32;

    /// What a batch of so many samples divides its loss by: so weighs the batch beside others where one number is made of several (the loss
    /// on validation data, that of an epoch), which then does not depend on how samples are dealt into batches. `None` where the loss is a
    /// sum, divided by nothing.
    ///
    /// A loss that says nothing here counts by its samples. `term` is 0 where a loss has one term.
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    fn divisor(&self, term: usize, samples: usize, targets: T) -> Option<f64> {
        let _ = (term, targets);
        Some(samples as f64)
    }

    /// How many terms it is the sum of, at most [`TERMS`]: those of a tuple of losses, or of a [`Plus`].
    fn count(&self) -> usize {
        1
    }

    /// As [`Loss::micro`], with the terms that it is the sum of: each has its own divisor.
    fn terms(&self, part: MicroBatch, outputs: O::Lanes<'_>, targets: T, gradient: O::LanesMut<'_>) -> [f32; TERMS] {
        let mut terms = [0.0; TERMS];
        terms[0] = self.micro(part, outputs, targets, gradient);
        terms
    }

    /// What outputs and targets it takes, in a sentence, where it became this, which is no finite number: for the error that ends a training. `None` where that says nothing of
    /// them.
    fn domain(&self, loss: f32) -> Option<&'static str> {
        let _ = loss;
        None
    }

    /// What it takes each output for: a training says when it starts where that is not what the network's last activation gives. A tuple of losses
    /// says so for each; a loss that says nothing takes anything.
    fn expects(&self, targets: T) -> [Expects; TERMS] {
        let _ = targets;
        [Expects::Anything; TERMS]
    }
}

impl<O: Values, T: Copy, L: Loss<O, T> + ?Sized> Loss<O, T> for &L {
    #[track_caller]
    fn targets(&self, targets: T) -> Option<usize> {
        (**self).targets(targets)
    }

    fn micro(&self, part: MicroBatch, outputs: O::Lanes<'_>, targets: T, gradient: O::LanesMut<'_>) -> f32 {
        (**self).micro(part, outputs, targets, gradient)
    }

    fn divisor(&self, term: usize, samples: usize, targets: T) -> Option<f64> {
        (**self).divisor(term, samples, targets)
    }

    fn count(&self) -> usize {
        (**self).count()
    }

    fn terms(&self, part: MicroBatch, outputs: O::Lanes<'_>, targets: T, gradient: O::LanesMut<'_>) -> [f32; TERMS] {
        (**self).terms(part, outputs, targets, gradient)
    }

    fn domain(&self, loss: f32) -> Option<&'static str> {
        (**self).domain(loss)
    }

    fn expects(&self, targets: T) -> [Expects; TERMS] {
        (**self).expects(targets)
    }
}

/// A [`Loss`] against batches of targets of the type `T`, of any lifetime.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot compare the outputs `{O}` with the targets `{T}`",
    label = "this loss does not fit these outputs and targets",
    note = "classes, `Index<K>` of as many as there are outputs, take `CrossEntropy`; tensors of the outputs' shape take `Mse`, `L1`, `Huber`",
    note = "2 outputs need a tuple of 2 losses, `(CrossEntropy, Mse)`, and data whose target is a tuple of 2"
)]
pub trait LossOn<O: Values, T: Values>: Sync {
    /// As [`Train::train`](crate::Train::train) takes it.
    #[doc(hidden)]
    fn against(&self) -> impl for<'a> Loss<O, T::Refs<'a>>;
}

/// Targets that go with a loss `L` on outputs `O`: [`Loss`], asked of the targets. (Asked of the loss, rustc would answer before it has
/// looked at them.)
pub trait TargetsOf<L, O: Values>: Copy {
    /// The loss.
    #[doc(hidden)]
    fn loss(loss: &L) -> impl Loss<O, Self>;
}

impl<L: Loss<O, T>, O: Values, T: Copy> TargetsOf<L, O> for T {
    fn loss(loss: &L) -> impl Loss<O, T> {
        loss
    }
}

/// One implementation for each kind of target, though all are the same: with a single one rustc would look for the loss before it knows
/// the targets, and give up.
macro_rules! loss_on {
    ([$($generics:tt)*], $target:ty, $refs:ty) => {
        impl<O: Values, L: for<'a> Loss<O, $refs>, $($generics)*> LossOn<O, $target> for L {
            fn against(&self) -> impl for<'a> Loss<O, $refs> {
                self
            }
        }
    };
}
loss_on!([S: Shape], Tensor<S>, &'a Batch<S>);
loss_on!([const BOUND: usize], Index<BOUND>, &'a IndexBatch<BOUND>);
loss_on!([const BOUND: usize, const LEN: usize], Indices<BOUND, LEN>, &'a IndicesBatch<BOUND, LEN>);
loss_on!([A: Leaf], (A,), (A::Refs<'a>,));
loss_on!([A: Leaf, B: Leaf], (A, B), (A::Refs<'a>, B::Refs<'a>));
loss_on!([A: Leaf, B: Leaf, C: Leaf], (A, B, C), (A::Refs<'a>, B::Refs<'a>, C::Refs<'a>));
loss_on!([A: Leaf, B: Leaf, C: Leaf, D: Leaf], (A, B, C, D), (A::Refs<'a>, B::Refs<'a>, C::Refs<'a>, D::Refs<'a>));
loss_on!(
    [A: Leaf, B: Leaf, C: Leaf, D: Leaf, E: Leaf],
    (A, B, C, D, E),
    (A::Refs<'a>, B::Refs<'a>, C::Refs<'a>, D::Refs<'a>, E::Refs<'a>)
);
loss_on!(
    [A: Leaf, B: Leaf, C: Leaf, D: Leaf, E: Leaf, F: Leaf],
    (A, B, C, D, E, F),
    (A::Refs<'a>, B::Refs<'a>, C::Refs<'a>, D::Refs<'a>, E::Refs<'a>, F::Refs<'a>)
);
