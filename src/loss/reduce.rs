//! What is shared by all losses: reductions and weights.

use super::{Expects, Loss, MicroBatch, TERMS};
use crate::{Shape, Tensor, Values, setting};

/// How the losses of single numbers become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reduction {
    /// Their mean over everything that is compared.
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// Their sum, divided by the samples.
    BatchMean,
}

impl Reduction {
    /// What the sum is divided by, where a sample has `len` single losses; `None` where by nothing.
    #[expect(clippy::cast_precision_loss, reason = "counts")]
    pub(super) fn divisor(self, samples: usize, len: usize) -> Option<f64> {
        match self {
            Self::Mean => Some((samples * len) as f64),
            Self::Sum => None,
            Self::BatchMean => Some(samples as f64),
        }
    }
}

/// What every single loss is multiplied by. Where nothing counts there is no loss, and not NaN.
pub(super) fn scale(divisor: Option<f64>) -> f32 {
    match divisor {
        None => 1.0,
        Some(divisor) if divisor > 0.0 => crate::narrow(1.0 / divisor),
        Some(_) => 0.0,
    }
}

/// The builders of the reductions, and [`Weighted`].
macro_rules! reductions {
    ($name:ident $(<$($F:ident),+>)?) => {
        impl$(<$($F),+>)? $name$(<$($F),+>)? {
            /// The mean over everything that is compared, which is also what it does unasked.
            pub const fn mean(mut self) -> Self {
                self.reduction = $crate::loss::Reduction::Mean;
                self
            }

            /// The sum instead of the mean.
            pub const fn sum(mut self) -> Self {
                self.reduction = $crate::loss::Reduction::Sum;
                self
            }

            /// The sum divided by the samples.
            pub const fn batch_mean(mut self) -> Self {
                self.reduction = $crate::loss::Reduction::BatchMean;
                self
            }

            /// Counts this much beside other losses.
            ///
            /// # Panics
            /// If it is not a finite number.
            #[track_caller]
            pub const fn weight(self, weight: f32) -> $crate::loss::Weighted<Self> {
                $crate::loss::Weighted::new(self, weight)
            }
        }
    };
}
pub(super) use reductions;

/// A loss times a number; made by `weight`.
///
/// ```
/// use fireclay::prelude::*;
/// use fireclay::loss::evaluate;
/// let y = Batch::from_samples([&Tensor::from([1.0, 3.0])]);
/// let (loss, _) = evaluate(&Mse.weight(0.5), &y, 0.0);
/// assert_eq!(loss, 2.5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Weighted<L> {
    loss: L,
    weight: f32,
}

impl<L> Weighted<L> {
    /// This loss times this number.
    ///
    /// # Panics
    /// If it is not a finite number.
    #[track_caller]
    pub const fn new(loss: L, weight: f32) -> Self {
        setting::finite("Weighted: weight", weight);
        Self { loss, weight }
    }
}

impl<S: Shape, T: Copy, L: Loss<Tensor<S>, T>> Loss<Tensor<S>, T> for Weighted<L> {
    #[track_caller]
    fn targets(&self, targets: T) -> Option<usize> {
        self.loss.targets(targets)
    }

    fn divisor(&self, term: usize, samples: usize, targets: T) -> Option<f64> {
        self.loss.divisor(term, samples, targets)
    }

    fn count(&self) -> usize {
        self.loss.count()
    }

    fn micro(&self, part: MicroBatch, outputs: &[f32], targets: T, gradient: &mut [f32]) -> f32 {
        let loss = self.loss.micro(part, outputs, targets, gradient);
        for g in gradient {
            *g *= self.weight;
        }
        self.weight * loss
    }

    fn terms(&self, part: MicroBatch, outputs: &[f32], targets: T, gradient: &mut [f32]) -> [f32; TERMS] {
        let terms = self.loss.terms(part, outputs, targets, gradient);
        for g in gradient {
            *g *= self.weight;
        }
        terms.map(|term| self.weight * term)
    }

    fn domain(&self, loss: f32) -> Option<&'static str> {
        self.loss.domain(loss)
    }

    fn expects(&self, targets: T) -> [Expects; TERMS] {
        self.loss.expects(targets)
    }
}

/// The same for a loss that looks at several outputs at once.
macro_rules! weighted {
    ($($S:ident $i:tt),+) => {
        #[diagnostic::do_not_recommend]
        impl<$($S: Shape,)+ T: Copy, L: Loss<($(Tensor<$S>,)+), T>> Loss<($(Tensor<$S>,)+), T> for Weighted<L> {
            #[track_caller]
            fn targets(&self, targets: T) -> Option<usize> {
                self.loss.targets(targets)
            }

            fn divisor(&self, term: usize, samples: usize, targets: T) -> Option<f64> {
                self.loss.divisor(term, samples, targets)
            }

            fn count(&self) -> usize {
                self.loss.count()
            }

            fn micro(
                &self,
                part: MicroBatch,
                outputs: <($(Tensor<$S>,)+) as Values>::Lanes<'_>,
                targets: T,
                gradient: <($(Tensor<$S>,)+) as Values>::LanesMut<'_>,
            ) -> f32 {
                self.terms(part, outputs, targets, gradient).iter().sum()
            }

            fn terms(
                &self,
                part: MicroBatch,
                outputs: <($(Tensor<$S>,)+) as Values>::Lanes<'_>,
                targets: T,
                gradient: <($(Tensor<$S>,)+) as Values>::LanesMut<'_>,
            ) -> [f32; TERMS] {
                let terms = self.loss.terms(part, outputs, targets, ($(&mut *gradient.$i,)+));
                $(gradient.$i.iter_mut().for_each(|g| *g *= self.weight);)+
                terms.map(|term| self.weight * term)
            }

            fn domain(&self, loss: f32) -> Option<&'static str> {
                self.loss.domain(loss)
            }

            fn expects(&self, targets: T) -> [Expects; TERMS] {
                self.loss.expects(targets)
            }
        }
    };
}

weighted!(A 0, B 1);
weighted!(A 0, B 1, C 2);
weighted!(A 0, B 1, C 2, D 3);
