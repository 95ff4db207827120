//! Metrics: how well a network does, in numbers people understand.

use crate::data::Dataset;
use crate::layout::Layout;
use crate::{Const, Index, Infer, LANES, Network, Tensor, Values};
use core::fmt;

/// A score of one output against its target; a data set's score is the mean.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot score outputs `{O}` against targets `{T}`",
    label = "this metric does not fit these outputs and targets",
    note = "`Accuracy` takes scores of K classes, `[K]`, against `Index<K>`; for others, and for several outputs, implement `Metric` on a type of \
            your own"
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

/// The share of samples whose largest output is the target's class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accuracy;

impl<const CLASSES: usize> Metric<Tensor<(Const<CLASSES>,)>, Index<CLASSES>> for Accuracy {
    fn name(&self) -> &'static str {
        "accuracy"
    }
    fn higher_is_better(&self) -> bool {
        true
    }
    fn is_share(&self) -> bool {
        true
    }
    fn score(&self, output: &Tensor<(Const<CLASSES>,)>, target: &Index<CLASSES>) -> f32 {
        // NaN names no class.
        let best = output.argmax();
        f32::from(u8::from(best == target.get() && !output.as_slice()[best].is_nan()))
    }
}

/// Samples that are sent through a network at once where nobody says otherwise.
const BATCH: usize = 256;

/// Numbers that such a batch holds at most, where its samples are large.
const NUMBERS: usize = 1 << 24;

/// Calls `each(number of the sample, its output)` for a whole data set, in order.
pub(crate) fn outputs<N: Network, D: Dataset<N::Input>>(net: &N, data: &D, mut each: impl FnMut(usize, &N::Output)) {
    let mut output = N::Output::boxed();
    batches(net, data, |first, count, outputs| {
        for i in 0..count {
            N::Output::read(outputs, i, &mut output);
            each(first + i, &output);
        }
    });
}

/// Calls `each(number of the first sample, how many, their outputs)` for the batches of a data set, in order.
fn batches<N: Network, D: Dataset<N::Input>>(
    net: &N,
    data: &D,
    mut each: impl FnMut(usize, usize, <N::Output as Values>::Refs<'_>),
) {
    let sample: usize = N::Input::TYPES.iter().chain(N::Output::TYPES).map(crate::ValueType::numbers).sum();
    let most = (NUMBERS / sample.max(1)).next_multiple_of(LANES).clamp(LANES, BATCH);
    let size = data.len().min(most);
    if size == 0 {
        return;
    }
    let mut memory = N::infer_memory_for(size);
    let mut batch = N::Input::in_layout(size, Layout::default());
    for first in (0..data.len()).step_by(size) {
        let count = (data.len() - first).min(size);
        N::Input::set_samples(&mut batch, count);
        for i in 0..count {
            N::Input::put(&mut batch, i, data.input(first + i));
        }
        each(first, count, net.infer_batch(N::Input::refs(&batch), &mut memory));
    }
}

/// Testing, for every network.
pub trait Evaluate: Network {
    /// The mean score over a data set; NaN where it is empty.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Linear(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) } }
    /// let (_, test) = Digits::split()?;
    /// let chance = Linear::init(&mut rng(1)).evaluate(&test, Accuracy);
    /// assert!((0.0..0.5).contains(&chance));
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    fn evaluate<D: Dataset<Self::Input>>(&self, data: &D, metric: impl Metric<Self::Output, D::Target>) -> f32 {
        let mut sum = 0.0_f64;
        outputs(self, data, |i, output| sum += f64::from(metric.score(output, data.target(i))));
        #[expect(clippy::cast_possible_truncation, reason = "a mean of f32")]
        let mean = (sum / data.len() as f64) as f32;
        mean
    }

    /// The outputs for a whole data set, in order.
    fn predict_all<D: Dataset<Self::Input>>(&self, data: &D) -> Vec<Self::Output> {
        let mut all = Self::Output::boxed_slice(data.len());
        batches(self, data, |first, count, outputs| {
            for i in 0..count {
                Self::Output::read(outputs, i, &mut all[first + i]);
            }
        });
        all.into_vec()
    }
}

impl<N: Network> Evaluate for N {}

/// For each class (rows) how often each class was predicted (columns).
///
/// ```
/// use fireclay::{metrics::ConfusionMatrix, prelude::*};
/// network! { pub Linear(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) } }
/// let (_, test) = Digits::split()?;
/// let matrix = ConfusionMatrix::of(&*Linear::init(&mut rng(1)), &test);
/// assert_eq!(matrix.total(), test.len());
/// println!("{matrix}");
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfusionMatrix<const CLASSES: usize> {
    counts: [[usize; CLASSES]; CLASSES],
    unanswered: [usize; CLASSES],
}

impl<const CLASSES: usize> ConfusionMatrix<CLASSES> {
    /// Of a network on a data set.
    pub fn of<N, D>(net: &N, data: &D) -> Self
    where
        N: Network<Output = Tensor<(Const<CLASSES>,)>>,
        D: Dataset<N::Input, Target = Index<CLASSES>>,
    {
        let mut matrix = Self { counts: [[0; CLASSES]; CLASSES], unanswered: [0; CLASSES] };
        outputs(net, data, |i, output| {
            let (actual, best) = (data.target(i).get(), output.argmax());
            // What is no number is no answer.
            let count =
                if output.as_slice()[best].is_nan() { &mut matrix.unanswered[actual] } else { &mut matrix.counts[actual][best] };
            *count += 1;
        });
        matrix
    }

    /// How often `actual` was taken for `predicted`.
    #[must_use]
    pub fn count(&self, actual: Index<CLASSES>, predicted: Index<CLASSES>) -> usize {
        self.counts[actual.get()][predicted.get()]
    }

    /// How often the outputs for `actual` were NaN.
    #[must_use]
    pub fn unanswered(&self, actual: Index<CLASSES>) -> usize {
        self.unanswered[actual.get()]
    }

    /// All samples.
    #[must_use]
    pub fn total(&self) -> usize {
        self.counts.iter().flatten().chain(&self.unanswered).sum()
    }
}

impl<const CLASSES: usize> fmt::Display for ConfusionMatrix<CLASSES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nan = self.unanswered.iter().any(|count| *count > 0);
        let largest = self.counts.iter().flatten().chain(&self.unanswered).max().unwrap_or(&0).max(&CLASSES);
        let width = (largest.to_string().len() + 1).max(if nan { 4 } else { 0 });
        write!(f, "actual \\ predicted\n{:>width$}", "")?;
        for class in 0..CLASSES {
            write!(f, "{class:>width$}")?;
        }
        if nan {
            write!(f, "{:>width$}", "NaN")?;
        }
        for (class, row) in self.counts.iter().enumerate() {
            write!(f, "\n{class:>width$}")?;
            for count in row.iter().chain(self.unanswered.get(class).filter(|_| nan)) {
                if *count == 0 { write!(f, "{:>width$}", "·")? } else { write!(f, "{count:>width$}")? }
            }
        }
        Ok(())
    }
}
