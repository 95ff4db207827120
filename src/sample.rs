//! From scores to a choice.

use crate::{Const, Index, Rng, Tensor};

/// Scores of classes as probabilities, and a class drawn from them.
///
/// ```
/// use fireclay::prelude::*;
/// let logits: Tensor<shape![3]> = Tensor::from([1.0, 2.0, 3.0]);
/// let probabilities = logits.softmax(1.0);
/// assert!((probabilities.as_slice().iter().sum::<f32>() - 1.0).abs() < 1e-6);
/// let class: Index<3> = logits.softmax(0.01).sample(&mut rng(1)); // the colder, the surer
/// assert_eq!(class.get(), 2);
/// ```
pub trait Sample {
    /// A class.
    type Class;

    /// `exp(x / temperature)`, scaled to a sum of 1. At temperature 0 (or below) the largest score has it all.
    #[must_use]
    fn softmax(&self, temperature: f32) -> Self;

    /// A class, drawn with these probabilities (numbers that are not positive count as 0; where all are, the largest is taken).
    fn sample(&self, rng: &mut Rng) -> Self::Class;
}

impl<const CLASSES: usize> Sample for Tensor<(Const<CLASSES>,)>
where
    (Const<CLASSES>,): crate::Shape,
{
    type Class = Index<CLASSES>;

    fn softmax(&self, temperature: f32) -> Self {
        let best = self.argmax();
        let largest = self.as_slice()[best];
        if temperature <= 0.0 || largest == f32::INFINITY {
            return Self::from_fn(|i| if i == best { 1.0 } else { 0.0 });
        }
        let powers = Self::from_fn(|i| ((self.as_slice()[i] - largest) / temperature).exp());
        let sum: f32 = powers.as_slice().iter().sum();
        Self::from_fn(|i| powers.as_slice()[i] / sum)
    }

    fn sample(&self, rng: &mut Rng) -> Index<CLASSES> {
        let sum: f32 = self.as_slice().iter().filter(|p| **p > 0.0).sum();
        let mut left = rng.uniform() * sum;
        for (i, p) in self.as_slice().iter().enumerate().filter(|(_, p)| **p > 0.0) {
            left -= p;
            if left < 0.0 {
                return Index::new(i).unwrap_or_default();
            }
        }
        Index::new(self.argmax()).unwrap_or_default()
    }
}
