//! The regression loss of support vector machines.

use super::expects::extremes;
use super::pointwise::{Pointwise, pointwise, sign, targets};
use super::reduce::{Reduction, reductions};
use super::{Expects, Loss, MicroBatch, TERMS};
use crate::{Batch, Shape, Tensor, setting};

/// The ε-insensitive loss (Vapnik 1995), the hinge of support vector regression: max(0, |x − t| − ε). What is nearer to the target than ε is near
/// enough and has no gradient; with ε = 0 it is [`L1`](struct@super::L1). Outputs and targets of any one shape.
///
/// ```
/// use fireclay::loss::{EpsilonInsensitive, evaluate};
/// use fireclay::prelude::*;
/// let y = Batch::from_samples([&Tensor::from([0.25, -3.0])]);
/// let (loss, gradient) = evaluate(&EpsilonInsensitive.epsilon(0.5).sum(), &y, 0.0);
/// assert_eq!((loss, gradient.to_vec()), (2.5, vec![0.0, -1.0]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct EpsilonInsensitive {
    epsilon: f32,
    reduction: Reduction,
}

/// With ε = 0.1 and the mean over everything that is compared.
#[expect(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
pub const EpsilonInsensitive: EpsilonInsensitive = EpsilonInsensitive { epsilon: 0.1, reduction: Reduction::Mean };

impl EpsilonInsensitive {
    /// How far off is near enough.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn epsilon(mut self, epsilon: f32) -> Self {
        setting::not_negative("EpsilonInsensitive: epsilon", epsilon);
        self.epsilon = epsilon;
        self
    }
}

pointwise!(EpsilonInsensitive, |self, _, x, t| {
    let beyond = (x - t).abs() - self.epsilon;
    // ∞ − ∞ is no number: neither is how far off it is.
    if beyond <= 0.0 { (0.0, 0.0) } else { (beyond, if beyond.is_nan() { beyond } else { sign(x - t) }) }
}, expects targets);
