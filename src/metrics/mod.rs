//! Metrics: how well a network does, in numbers people understand.
//!
//! There are two kinds. A [`Metric`] is a score of one sample, and that of a data set is the mean: [`Accuracy`]. An [`Accumulator`] counts over
//! batches and computes its value from what it counted: [`F1`], [`RocAuc`], [`ConfusionMatrix`]. [`Mean`] makes the second of the first.
//! Both go into [`Trainer::validate`](crate::trainer::Trainer::validate), several as a tuple, and over a data set in one pass:
//!
//! ```
//! use fireclay::{metrics::{Average, ConfusionMatrix, F1, Mean, TopK}, prelude::*};
//! network! { pub Linear(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) } }
//! let (_, test) = Digits::split()?;
//! let net = Linear::init(&mut rng(1));
//! let (accuracy, best_three, matrix) = net.measure(&test, (Mean::of(Accuracy), TopK::new(3), ConfusionMatrix::<10>::new()));
//! assert!(accuracy.compute()? <= best_three.compute()?);
//! assert_eq!(accuracy.compute()?, matrix.accuracy()?);
//! # Ok::<(), fireclay::Error>(())
//! ```
//!
//! Where nothing was counted there is no value: [`Accumulator::compute`] is [`Error::Empty`](crate::Error), never NaN. What an output does that is NaN:
//!
//! | metric | an output that is NaN |
//! |---|---|
//! | [`Accuracy`], [`TopK`], [`ConfusionMatrix`], [`Precision`], [`Recall`], [`F1`], [`MeanIou`] | a NaN is below all numbers; where all scores are NaN no class was named, which is wrong |
//! | [`RocAuc`], [`Mae`], [`Rmse`], [`R2`], [`Perplexity`], [`MeanAveragePrecision`] | `compute` is an error that says so |

mod accuracy;
mod average_precision;
mod boxes;
mod classification;
mod confusion;
mod evaluate;
mod mean;
mod perplexity;
mod ranking;
mod regression;
mod segmentation;
#[cfg(feature = "train")]
mod set;
mod svg;

pub use accuracy::{Accuracy, TopK};
pub use boxes::{Detection, MeanAveragePrecision, Truth};
pub use classification::{Average, ClassScores, F1, Precision, Recall};
pub use confusion::ConfusionMatrix;
pub use evaluate::Evaluate;
pub use mean::Mean;
pub use perplexity::Perplexity;
pub use ranking::RocAuc;
pub use regression::{Mae, R2, Rmse};
pub use segmentation::MeanIou;
#[cfg(feature = "train")]
pub use set::{Accumulated, Counts, MOST_METRICS, MetricSet, PerSample};

use crate::batch::IndicesBatch;
use crate::classes::{Classes, Walk};
use crate::{Batch, Error, Result, Values};

/// A score of one output against its target; a data set's score is the mean.
///
/// ```
/// use fireclay::prelude::*;
///
/// /// Whether the class is one of two neighbors.
/// struct NearlyRight;
///
/// impl<const K: usize> Metric<Tensor<(Const<K>,)>, Index<K>> for NearlyRight
/// where
///     (Const<K>,): Shape,
/// {
///     fn name(&self) -> &'static str {
///         "nearly right"
///     }
///     fn higher_is_better(&self) -> bool {
///         true
///     }
///     fn is_share(&self) -> bool {
///         true
///     }
///     fn score(&self, output: &Tensor<(Const<K>,)>, target: &Index<K>) -> f32 {
///         f32::from(u8::from(output.argmax().abs_diff(target.get()) <= 1))
///     }
/// }
///
/// network! { pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) } }
/// let (_, test) = Digits::split()?;
/// let net = Small::init(&mut rng(1));
/// assert!(net.evaluate(&test, NearlyRight) >= net.evaluate(&test, Accuracy));
/// # Ok::<(), fireclay::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot score outputs `{O}` against targets `{T}`",
    label = "this metric does not fit these outputs and targets",
    note = "`Accuracy` takes scores of K classes, `[K]`, against `Index<K>`",
    note = "`TopK`, `F1`, `Mae` and other metrics that count over all samples are measured: `net.measure(&data, Mae::new()).compute()?`",
    note = "for others, and for several outputs, implement `Metric` on a type of your own"
)]
pub trait Metric<O: Values, T: Values> {
    /// `accuracy`
    fn name(&self) -> &'static str;

    /// Whether more is better.
    fn higher_is_better(&self) -> bool;

    /// Whether it is a share of 1, to be shown in percent.
    fn is_share(&self) -> bool {
        false
    }

    /// The score of one sample.
    fn score(&self, output: &O, target: &T) -> f32;
}

/// What counts over many batches, and computes a value from what it counted.
///
/// Two of the same kind can be merged, so that threads or shards count by themselves. Counts are the same in any order; sums of numbers may
/// differ in their last bits.
///
/// ```
/// use fireclay::{metrics::{Accumulator, ConfusionMatrix, Update}, prelude::*};
/// let outputs = Batch::from_samples(&[[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]].map(Tensor::from));
/// let targets = IndexBatch::from_samples([1, 0, 0_usize].map(|class| Index::<2>::new(class).expect("0 or 1")));
/// let mut matrix = ConfusionMatrix::<2>::new();
/// assert_eq!(matrix.compute().unwrap_err().to_string(), "the confusion matrix has no samples");
/// matrix.update(&outputs, &targets);
/// let other = matrix.clone();
/// matrix.merge(&other);
/// assert_eq!((matrix.total(), matrix.accuracy()?), (6, 2.0 / 3.0));
/// matrix.reset();
/// assert_eq!(matrix.total(), 0);
/// # Ok::<(), fireclay::Error>(())
/// ```
///
/// One of your own, which training can watch:
///
/// ```
/// use fireclay::{Error, Result, metrics::{Accumulator, Score, Update}, prelude::*};
///
/// /// The largest error of all.
/// #[derive(Default, Clone)]
/// struct Worst(Option<f64>);
///
/// impl Accumulator for Worst {
///     type Value = f64;
///     fn merge(&mut self, other: &Self) {
///         self.0 = self.0.into_iter().chain(other.0).reduce(f64::max);
///     }
///     fn compute(&self) -> Result<f64> {
///         self.0.ok_or(Error::Empty { what: "the largest error" })
///     }
///     fn reset(&mut self) {
///         self.0 = None;
///     }
/// }
///
/// impl<S: Shape> Update<&Batch<S>, &Batch<S>> for Worst {
///     fn update(&mut self, outputs: &Batch<S>, targets: &Batch<S>) {
///         let errors = outputs.to_vec().into_iter().zip(targets.to_vec()).map(|(y, t)| f64::from((y - t).abs()));
///         self.0 = self.0.into_iter().chain(errors).reduce(f64::max);
///     }
/// }
///
/// impl Score for Worst {
///     fn name(&self) -> &'static str {
///         "largest error"
///     }
///     fn higher_is_better(&self) -> bool {
///         false
///     }
///     fn is_share(&self) -> bool {
///         false
///     }
/// }
///
/// network! { pub Line(x: [1]) -> [1] { x -> fc: Dense(1) } }
/// let data = fireclay::data::Samples::new(vec![Tensor::from([1.0])], vec![Tensor::from([3.0])])?;
/// let trainer = Trainer::new(Mse, Sgd::new(0.1)).epochs(40).progress(ProgressBar::Off).validate(&data, Worst::default());
/// let history = trainer.fit(&mut Line::init(&mut rng(1)), &data)?;
/// assert!(history.best().and_then(|epoch| epoch.metric).is_some_and(|worst| worst < 0.1));
/// # Ok::<(), Error>(())
/// ```
pub trait Accumulator {
    /// What it computes.
    type Value;

    /// Counts what another one of the same kind has counted, too.
    ///
    /// # Panics
    /// If the two were made with different settings.
    fn merge(&mut self, other: &Self);

    /// The value of all that was counted.
    ///
    /// # Errors
    /// Where there is no value: nothing was counted, or what was counted has none (each metric says when).
    fn compute(&self) -> Result<Self::Value>;

    /// Forgets all that was counted.
    fn reset(&mut self);
}

/// An [`Accumulator`] of outputs `O` against targets `T`: borrowed batches, or tuples of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot count outputs `{O}` against targets `{T}`",
    label = "this metric does not fit these outputs and targets",
    note = "a metric of K classes takes scores `[K]`, `[time, K]` or `[K, height, width]` against `Index<K>` or `Indices<K, POSITIONS>`"
)]
pub trait Update<O, T>: Accumulator {
    /// Counts a batch. Its samples count, whatever stands in the lanes beside the last one.
    ///
    /// # Panics
    /// If there are not as many targets as outputs.
    #[track_caller]
    fn update(&mut self, outputs: O, targets: T);
}

/// An [`Accumulator`] whose value is one number, which training can watch.
pub trait Score: Accumulator<Value = f64> {
    /// `macro F1`
    fn name(&self) -> &'static str;

    /// Whether more is better.
    fn higher_is_better(&self) -> bool {
        true
    }

    /// Whether it is a share of 1, to be shown in percent.
    fn is_share(&self) -> bool {
        true
    }
}

/// Several at once, each by itself: `net.measure(&test, (F1::new(), RocAuc::new()))` is one pass over the data.
macro_rules! tuples {
    ($($M:ident $i:tt),+) => {
        impl<$($M: Accumulator),+> Accumulator for ($($M,)+) {
            type Value = ($($M::Value,)+);
            fn merge(&mut self, other: &Self) {
                $(self.$i.merge(&other.$i);)+
            }
            fn compute(&self) -> Result<Self::Value> {
                Ok(($(self.$i.compute()?,)+))
            }
            fn reset(&mut self) {
                $(self.$i.reset();)+
            }
        }

        #[diagnostic::do_not_recommend]
        impl<O: Copy, T: Copy, $($M: Update<O, T>),+> Update<O, T> for ($($M,)+) {
            #[track_caller]
            fn update(&mut self, outputs: O, targets: T) {
                $(self.$i.update(outputs, targets);)+
            }
        }
    };
}
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);

/// A count as a number.
#[expect(clippy::cast_precision_loss, reason = "nobody counts to 2⁵³")]
const fn number(count: usize) -> f64 {
    count as f64
}

/// `part / whole`; 0 where both are 0, as scikit-learn's `zero_division=0`.
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { number(part) / number(whole) }
}

/// Why a metric has no value.
fn no_value(metric: &'static str, reason: impl Into<String>) -> Error {
    Error::Metric { metric, reason: reason.into() }
}

#[track_caller]
fn same_len(outputs: usize, targets: usize) {
    assert!(outputs == targets, "{targets} targets for {outputs} outputs");
}

/// The place of the largest score, the first of equals; `None` where all are NaN.
fn named(scores: &[f32]) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (i, x) in scores.iter().enumerate().filter(|(_, x)| !x.is_nan()) {
        if best.is_none_or(|best| *x > scores[best]) {
            best = Some(i);
        }
    }
    best
}

/// Calls `each(the scores of all classes, the target)` for every position of every sample.
#[track_caller]
fn positions<S: Classes, const BOUND: usize, const POSITIONS: usize>(
    outputs: &Batch<S>,
    targets: &IndicesBatch<BOUND, POSITIONS>,
    mut each: impl FnMut(&[f32], usize),
) {
    const { assert!(Walk::of::<S>().positions() == POSITIONS, "each sample needs as many targets as its output has positions") };
    same_len(outputs.len(), targets.len());
    let (walk, numbers) = (Walk::of::<S>(), outputs.as_slice());
    let mut scores = vec![0.0; walk.classes];
    for sample in 0..outputs.len() {
        for position in 0..POSITIONS {
            for (class, score) in scores.iter_mut().enumerate() {
                *score = numbers[outputs.position(sample, walk.number(position, class))];
            }
            each(&scores, targets.get(sample, position).get());
        }
    }
}
