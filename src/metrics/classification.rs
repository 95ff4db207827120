//! Precision, recall and F1.

use super::{Accumulator, ConfusionMatrix, Score, Update, number, ratio};
use crate::batch::IndicesBatch;
use crate::classes::Classes;
use crate::{Batch, Result};

/// How the scores of classes become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Average {
    /// The mean over the classes that occur, as target or as prediction.
    #[default]
    Macro,
    /// Of all classes' counts together.
    Micro,
    /// The mean over the classes, each weighted by how often it is the target.
    Weighted,
}

/// The counts of a class, and the scores that follow from them. What would be divided by nothing is 0, as scikit-learn's `zero_division=0`.
///
/// ```
/// use fireclay::metrics::ClassScores;
/// let scores = ClassScores { hits: 6, predicted: 8, support: 12 };
/// assert_eq!((scores.precision(), scores.recall(), scores.f1(), scores.iou()), (0.75, 0.5, 0.6, 6.0 / 14.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassScores {
    /// How often it was predicted and is the target.
    pub hits: usize,
    /// How often it was predicted.
    pub predicted: usize,
    /// How often it is the target.
    pub support: usize,
}

impl ClassScores {
    /// `hits / predicted`
    #[must_use]
    pub fn precision(&self) -> f64 {
        ratio(self.hits, self.predicted)
    }

    /// `hits / support`
    #[must_use]
    pub fn recall(&self) -> f64 {
        ratio(self.hits, self.support)
    }

    /// `2 · hits / (predicted + support)`: the harmonic mean of precision and recall.
    #[must_use]
    pub fn f1(&self) -> f64 {
        ratio(2 * self.hits, self.predicted + self.support)
    }

    /// Intersection over union, Jaccard's index: `hits / (predicted + support − hits)`.
    #[must_use]
    pub fn iou(&self) -> f64 {
        ratio(self.hits, self.predicted + self.support - self.hits)
    }

    pub(super) fn occurs(&self) -> bool {
        self.predicted + self.support > 0
    }
}

impl Average {
    pub(super) fn of(self, classes: &[ClassScores], score: impl Fn(&ClassScores) -> f64) -> f64 {
        let sum = |count: fn(&ClassScores) -> usize| classes.iter().map(count).sum();
        let all = ClassScores { hits: sum(|c| c.hits), predicted: sum(|c| c.predicted), support: sum(|c| c.support) };
        match self {
            Self::Macro => {
                let occurring = classes.iter().filter(|class| class.occurs());
                occurring.clone().map(score).sum::<f64>() / number(occurring.count().max(1))
            }
            Self::Micro => score(&all),
            Self::Weighted => {
                classes.iter().map(|class| number(class.support) * score(class)).sum::<f64>() / number(all.support.max(1))
            }
        }
    }
}

macro_rules! class_metric {
    ($(#[$doc:meta])* $name:ident, $score:ident, $names:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct $name<const CLASSES: usize> {
            average: Average,
            matrix: ConfusionMatrix<CLASSES>,
        }

        impl<const CLASSES: usize> $name<CLASSES> {
            /// Of the macro average, nothing counted yet.
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            /// How the classes become one number: [`Average::Macro`] at first.
            #[must_use]
            pub fn average(mut self, average: Average) -> Self {
                self.average = average;
                self
            }

            /// Of each class by itself; 0 where it would be divided by nothing.
            #[must_use]
            pub fn per_class(&self) -> Vec<f64> {
                self.matrix.per_class().iter().map(ClassScores::$score).collect()
            }

            /// What was counted.
            #[must_use]
            pub fn matrix(&self) -> &ConfusionMatrix<CLASSES> {
                &self.matrix
            }
        }

        impl<const CLASSES: usize> Accumulator for $name<CLASSES> {
            type Value = f64;

            #[track_caller]
            fn merge(&mut self, other: &Self) {
                let averages = (self.average, other.average);
                assert!(averages.0 == averages.1, concat!(stringify!($name), ": {:?} and {:?} are not merged"), averages.0, averages.1);
                self.matrix.merge(&other.matrix);
            }

            fn compute(&self) -> Result<f64> {
                self.matrix.not_empty(self.name())?;
                Ok(self.average.of(&self.matrix.per_class(), ClassScores::$score))
            }

            fn reset(&mut self) {
                self.matrix.reset();
            }
        }

        impl<'a, S: Classes, const CLASSES: usize, const POSITIONS: usize>
            Update<&'a Batch<S>, &'a IndicesBatch<CLASSES, POSITIONS>> for $name<CLASSES>
        {
            #[track_caller]
            fn update(&mut self, outputs: &'a Batch<S>, targets: &'a IndicesBatch<CLASSES, POSITIONS>) {
                self.matrix.update(outputs, targets);
            }
        }

        impl<const CLASSES: usize> Score for $name<CLASSES> {
            fn name(&self) -> &'static str {
                let [of_macro, of_micro, of_weighted] = $names;
                match self.average {
                    Average::Macro => of_macro,
                    Average::Micro => of_micro,
                    Average::Weighted => of_weighted,
                }
            }
        }
    };
}

class_metric! {
    /// Of what was taken for a class, the share that is of it; as `sklearn.metrics.precision_score` with `zero_division=0`.
    ///
    /// ```
    /// use fireclay::{metrics::{Accumulator, Average, Precision, Update}, prelude::*};
    /// let outputs = Batch::from_samples(&[[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]].map(Tensor::from));
    /// let targets = IndexBatch::from_samples([0, 0, 1, 1_usize].map(|class| Index::<2>::new(class).expect("0 or 1")));
    /// let mut precision = Precision::<2>::new();
    /// precision.update(&outputs, &targets);
    /// assert_eq!(precision.per_class(), [2.0 / 3.0, 1.0]);
    /// assert_eq!(precision.average(Average::Micro).compute()?, 0.75);
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    Precision, precision, ["macro precision", "micro precision", "weighted precision"]
}
class_metric! {
    /// Of a class, the share that was taken for it; as `sklearn.metrics.recall_score` with `zero_division=0`.
    ///
    /// ```
    /// use fireclay::{metrics::{Accumulator, Recall, Update}, prelude::*};
    /// let outputs = Batch::from_samples(&[[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]].map(Tensor::from));
    /// let targets = IndexBatch::from_samples([0, 0, 1, 1_usize].map(|class| Index::<2>::new(class).expect("0 or 1")));
    /// let mut recall = Recall::<2>::new();
    /// recall.update(&outputs, &targets);
    /// assert_eq!((recall.per_class(), recall.compute()?), (vec![1.0, 0.5], 0.75));
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    Recall, recall, ["macro recall", "micro recall", "weighted recall"]
}
class_metric! {
    /// The harmonic mean of precision and recall (van Rijsbergen 1979), `2 · hits / (predicted + targets)` of each class; as
    /// `sklearn.metrics.f1_score` with `zero_division=0`.
    ///
    /// ```
    /// use fireclay::{metrics::{Accumulator, F1, Update}, prelude::*};
    /// let outputs = Batch::from_samples(&[[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]].map(Tensor::from));
    /// let targets = IndexBatch::from_samples([0, 0, 1, 1_usize].map(|class| Index::<2>::new(class).expect("0 or 1")));
    /// let mut f1 = F1::<2>::new();
    /// f1.update(&outputs, &targets);
    /// assert_eq!(f1.per_class(), [0.8, 2.0 / 3.0]);
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    F1, f1, ["macro F1", "micro F1", "weighted F1"]
}
