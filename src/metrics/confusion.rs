//! How often each class was taken for each.

use super::evaluate::{outputs, sure};
use super::{Accumulator, Average, ClassScores, Update, named, positions, ratio};
use crate::batch::IndicesBatch;
use crate::classes::Classes;
use crate::data::Dataset;
use crate::{Batch, Const, Error, Index, Network, Result, Tensor};
use core::fmt;

/// For each class (rows) how often each class was predicted (columns), as `sklearn.metrics.confusion_matrix`; of positions in a sequence or an
/// image, too. As text it is a table, and [`to_svg`](ConfusionMatrix::to_svg) draws it.
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
    /// `[actual][predicted]`, on the heap: a thousand classes are megabytes.
    counts: Vec<usize>,
    unanswered: Vec<usize>,
}

impl<const CLASSES: usize> Default for ConfusionMatrix<CLASSES> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const CLASSES: usize> ConfusionMatrix<CLASSES> {
    /// Nothing counted yet.
    #[must_use]
    pub fn new() -> Self {
        Self { counts: vec![0; CLASSES * CLASSES], unanswered: vec![0; CLASSES] }
    }

    /// Of a network on a data set.
    ///
    /// # Panics
    /// If a sample cannot be had: of files, [`try_of`](ConfusionMatrix::try_of).
    #[track_caller]
    pub fn of<N, D>(net: &N, data: &D) -> Self
    where
        N: Network<Output = Tensor<(Const<CLASSES>,)>>,
        D: Dataset<N::Input, Target = Index<CLASSES>>,
    {
        sure(Self::try_of(net, data))
    }

    /// Of a network on a data set that may fail.
    ///
    /// # Errors
    /// If a sample cannot be had.
    pub fn try_of<N, D>(net: &N, data: &D) -> Result<Self>
    where
        N: Network<Output = Tensor<(Const<CLASSES>,)>>,
        D: Dataset<N::Input, Target = Index<CLASSES>>,
    {
        let mut matrix = Self::new();
        outputs(net, data, |output, class| matrix.count_one(class.get(), named(output.as_slice())))?;
        Ok(matrix)
    }

    /// Counts one prediction; `None` where no class was named.
    pub fn add(&mut self, actual: Index<CLASSES>, predicted: Option<Index<CLASSES>>) {
        self.count_one(actual.get(), predicted.map(Index::get));
    }

    pub(super) fn count_one(&mut self, actual: usize, predicted: Option<usize>) {
        // What is no number is no answer.
        let count = match predicted {
            Some(predicted) => &mut self.counts[actual * CLASSES + predicted],
            None => &mut self.unanswered[actual],
        };
        *count += 1;
    }

    /// How often `actual` was taken for `predicted`.
    #[must_use]
    pub fn count(&self, actual: Index<CLASSES>, predicted: Index<CLASSES>) -> usize {
        self.at(actual.get(), predicted.get())
    }

    pub(super) fn at(&self, actual: usize, predicted: usize) -> usize {
        self.counts[actual * CLASSES + predicted]
    }

    /// How often the outputs for `actual` were NaN.
    #[must_use]
    pub fn unanswered(&self, actual: Index<CLASSES>) -> usize {
        self.unanswered[actual.get()]
    }

    /// The counts of an actual class: of each predicted one, and of those where none was.
    pub(super) fn row(&self, actual: usize) -> (&[usize], usize) {
        (&self.counts[actual * CLASSES..(actual + 1) * CLASSES], self.unanswered[actual])
    }

    /// All samples.
    #[must_use]
    pub fn total(&self) -> usize {
        self.counts.iter().chain(&self.unanswered).sum()
    }

    /// The share of samples that were taken for what they are.
    ///
    /// # Errors
    /// If nothing was counted.
    pub fn accuracy(&self) -> Result<f64> {
        self.not_empty("accuracy")?;
        let right = (0..CLASSES).map(|class| self.at(class, class)).sum();
        Ok(ratio(right, self.total()))
    }

    /// Precision, recall, F1 and intersection over union of each class.
    #[must_use]
    pub fn per_class(&self) -> Vec<ClassScores> {
        (0..CLASSES).map(|class| self.class(class)).collect()
    }

    fn class(&self, class: usize) -> ClassScores {
        let (row, unanswered) = self.row(class);
        ClassScores {
            hits: row[class],
            predicted: (0..CLASSES).map(|actual| self.at(actual, class)).sum(),
            support: row.iter().sum::<usize>() + unanswered,
        }
    }

    /// The precision: of what was taken for a class, the share that is of it.
    ///
    /// # Errors
    /// If nothing was counted.
    pub fn precision(&self, average: Average) -> Result<f64> {
        self.not_empty("precision")?;
        Ok(average.of(&self.per_class(), ClassScores::precision))
    }

    /// The recall: of a class, the share that was taken for it.
    ///
    /// # Errors
    /// If nothing was counted.
    pub fn recall(&self, average: Average) -> Result<f64> {
        self.not_empty("recall")?;
        Ok(average.of(&self.per_class(), ClassScores::recall))
    }

    /// The harmonic mean of precision and recall of a class.
    ///
    /// # Errors
    /// If nothing was counted.
    pub fn f1(&self, average: Average) -> Result<f64> {
        self.not_empty("F1")?;
        Ok(average.of(&self.per_class(), ClassScores::f1))
    }

    pub(super) fn not_empty(&self, what: &'static str) -> Result<()> {
        if self.total() == 0 { Err(Error::Empty { what }) } else { Ok(()) }
    }
}

impl<const CLASSES: usize> Accumulator for ConfusionMatrix<CLASSES> {
    type Value = Self;

    fn merge(&mut self, other: &Self) {
        for (to, from) in self.counts.iter_mut().zip(&other.counts) {
            *to += from;
        }
        for (to, from) in self.unanswered.iter_mut().zip(&other.unanswered) {
            *to += from;
        }
    }

    /// The matrix itself.
    fn compute(&self) -> Result<Self> {
        self.not_empty("the confusion matrix")?;
        Ok(self.clone())
    }

    fn reset(&mut self) {
        self.counts.fill(0);
        self.unanswered.fill(0);
    }
}

impl<'a, S: Classes, const CLASSES: usize, const POSITIONS: usize> Update<&'a Batch<S>, &'a IndicesBatch<CLASSES, POSITIONS>>
    for ConfusionMatrix<CLASSES>
{
    #[track_caller]
    fn update(&mut self, outputs: &'a Batch<S>, targets: &'a IndicesBatch<CLASSES, POSITIONS>) {
        const { assert!(S::CLASSES == CLASSES, "there are as many classes as scores") };
        positions(outputs, targets, |scores, class| self.count_one(class, named(scores)));
    }
}

impl<const CLASSES: usize> fmt::Display for ConfusionMatrix<CLASSES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nan = self.unanswered.iter().any(|count| *count > 0);
        let largest = self.counts.iter().chain(&self.unanswered).max().unwrap_or(&0).max(&CLASSES);
        let width = (largest.to_string().len() + 1).max(if nan { 4 } else { 0 });
        write!(f, "actual \\ predicted\n{:>width$}", "")?;
        for class in 0..CLASSES {
            write!(f, "{class:>width$}")?;
        }
        if nan {
            write!(f, "{:>width$}", "NaN")?;
        }
        for class in 0..CLASSES {
            let (row, unanswered) = self.row(class);
            write!(f, "\n{class:>width$}")?;
            for count in row.iter().chain(Some(&unanswered).filter(|_| nan)) {
                if *count == 0 { write!(f, "{:>width$}", "·")? } else { write!(f, "{count:>width$}")? }
            }
        }
        Ok(())
    }
}
