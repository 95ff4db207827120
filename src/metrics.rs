//! Metrics: how well a network does, in numbers people understand.

use crate::data::Dataset;
use crate::{Const, Index, Infer, Network, Tensor, Values};
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
    fn score(&self, output: &Tensor<(Const<CLASSES>,)>, target: &Index<CLASSES>) -> f32 {
        // What is no number is no answer.
        let best = output.argmax();
        f32::from(u8::from(best == target.get() && !output.as_slice()[best].is_nan()))
    }
}

/// Samples that are sent through a network at once where nobody says otherwise.
const BATCH: usize = 256;

/// Calls `each(number of the sample, its output)` for a whole data set, in order.
pub(crate) fn outputs<N: Network, D: Dataset<N::Input>>(net: &N, data: &D, mut each: impl FnMut(usize, N::Output)) {
    let size = data.len().min(BATCH);
    if size == 0 {
        return;
    }
    let mut memory = N::infer_memory_for(size);
    let mut batch = N::Input::with_capacity(size);
    for first in (0..data.len()).step_by(size) {
        let count = (data.len() - first).min(size);
        N::Input::set_samples(&mut batch, count);
        for i in 0..count {
            N::Input::put(&mut batch, i, data.input(first + i));
        }
        let outputs = net.infer_batch(N::Input::refs(&batch), &mut memory);
        for i in 0..count {
            each(first + i, N::Output::get(outputs, i));
        }
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
        outputs(self, data, |i, output| sum += f64::from(metric.score(&output, data.target(i))));
        #[expect(clippy::cast_possible_truncation, reason = "a mean of f32")]
        let mean = (sum / data.len() as f64) as f32;
        mean
    }

    /// The outputs for a whole data set, in order.
    fn predict_all<D: Dataset<Self::Input>>(&self, data: &D) -> Vec<Self::Output> {
        let mut all = Vec::with_capacity(data.len());
        outputs(self, data, |_, output| all.push(output));
        all
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
pub struct ConfusionMatrix<const CLASSES: usize>([[usize; CLASSES]; CLASSES]);

impl<const CLASSES: usize> ConfusionMatrix<CLASSES> {
    /// Of a network on a data set.
    pub fn of<N, D>(net: &N, data: &D) -> Self
    where
        N: Network<Output = Tensor<(Const<CLASSES>,)>>,
        D: Dataset<N::Input, Target = Index<CLASSES>>,
    {
        let mut matrix = Self([[0; CLASSES]; CLASSES]);
        outputs(net, data, |i, output| matrix.0[data.target(i).get()][output.argmax()] += 1);
        matrix
    }

    /// How often `actual` was taken for `predicted`.
    #[must_use]
    pub fn count(&self, actual: Index<CLASSES>, predicted: Index<CLASSES>) -> usize {
        self.0[actual.get()][predicted.get()]
    }

    /// All samples.
    #[must_use]
    pub fn total(&self) -> usize {
        self.0.iter().flatten().sum()
    }
}

impl<const CLASSES: usize> fmt::Display for ConfusionMatrix<CLASSES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().flatten().max().unwrap_or(&0).max(&CLASSES).to_string().len() + 1;
        write!(f, "actual \\ predicted\n{:>width$}", "")?;
        for class in 0..CLASSES {
            write!(f, "{class:>width$}")?;
        }
        for (class, row) in self.0.iter().enumerate() {
            write!(f, "\n{class:>width$}")?;
            for count in row {
                if *count == 0 { write!(f, "{:>width$}", "·")? } else { write!(f, "{count:>width$}")? }
            }
        }
        Ok(())
    }
}
