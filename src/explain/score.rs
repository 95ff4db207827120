//! The score of a class, as a loss.

use crate::loss::{Loss, MicroBatch};
use crate::{Const, IndexBatch, Tensor};

/// The score yᶜ that each sample gives to its class c, summed over the batch: as a loss, whose gradient says what raises the score. Outputs `[K]`,
/// targets `&IndexBatch<K>`.
///
/// ```
/// use fireclay::{explain::ClassScore, loss::evaluate, prelude::*};
/// let outputs = Batch::from_samples([&Tensor::from([0.5, 2.0])]);
/// let (score, gradient) = evaluate(&ClassScore, &outputs, &IndexBatch::<2>::from_indices(&[1])?);
/// assert_eq!((score, gradient.to_vec()), (2.0, vec![0.0, 1.0]));
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassScore;

impl<'a, const K: usize> Loss<Tensor<(Const<K>,)>, &'a IndexBatch<K>> for ClassScore {
    fn targets(&self, targets: &'a IndexBatch<K>) -> Option<usize> {
        Some(targets.len())
    }

    /// A sum, divided by nothing: each sample's gradient is its own, however many there are.
    fn divisor(&self, _: usize, _: usize, _: &'a IndexBatch<K>) -> Option<f64> {
        None
    }

    fn micro(&self, part: MicroBatch, outputs: &[f32], targets: &'a IndexBatch<K>, gradient: &mut [f32]) -> f32 {
        gradient.fill(0.0);
        let places = (0..part.count).map(|lane| targets.sample(part.first + lane).get() * part.lanes() + lane);
        let mut sum = 0.0;
        for place in places {
            sum += outputs[place];
            gradient[place] = 1.0;
        }
        sum
    }
}
