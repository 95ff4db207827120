//! Data: samples of inputs and targets, the digits that ship with the crate, and files of the MNIST family.

#[cfg(feature = "data")]
mod digits;
#[cfg(feature = "data")]
mod idx;
mod samples;

#[cfg(feature = "data")]
pub use digits::Digits;
#[cfg(feature = "data")]
pub use idx::{FashionMnist, Mnist};
pub use samples::Samples;

use crate::Values;

/// Samples that a network with inputs `Input` can be trained on or tested with.
///
/// ```
/// use fireclay::prelude::*;
/// let (train, test) = Digits::split()?;
/// assert_eq!((train.len(), test.len()), (1438, 359));
/// # Ok::<(), fireclay::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not yield inputs `{Input}`",
    label = "a data set with other inputs than the network takes, or none",
    note = "pairs of an input and a target become a data set by `.into_iter().collect::<fireclay::data::Samples<_, _>>()`"
)]
pub trait Dataset<Input: Values>: Sync {
    /// What is to be learned: `Index<10>` for ten classes, a tensor, a tuple for several outputs.
    type Target: Values;

    /// How many samples.
    fn len(&self) -> usize;

    /// No sample.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The i-th input.
    ///
    /// # Panics
    /// If there are not that many.
    fn input(&self, i: usize) -> &Input;

    /// The i-th target.
    ///
    /// # Panics
    /// If there are not that many.
    fn target(&self, i: usize) -> &Self::Target;
}
