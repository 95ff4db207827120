//! Saliency.

use super::{ClassScore, input_gradient};
use crate::{AsNetwork, Batch, Const, IndexBatch, Network, Shape, Tensor, Train};

/// The gradient of a class's score with respect to the input (Simonyan et al. 2014, arXiv 1312.6034): ∂yᶜ/∂x, for each sample of its class. The paper's
/// map is the largest absolute value over the channels. It wants logits: after softmax a sure class has no gradient.
///
/// Inputs of any one shape, outputs `[K]`.
///
/// ```
/// use fireclay::{explain::saliency, prelude::*};
/// network! { pub Small(image: [1, 8, 8]) -> [10] { image -> conv: Conv(4, 3) -> Relu -> Flatten -> fc: Dense(10) } }
/// let net = Small::init(&mut rng(1));
/// let images = Batch::uniform(2, 0.0..1.0, &mut rng(2));
/// let gradient = saliency(&net, &images, &IndexBatch::from_indices(&[3, 7])?);
/// let map: Tensor<shape![1, 8, 8]> = gradient.sample(0); // for class 3
/// assert!(map.as_slice().iter().any(|g| *g != 0.0));
/// # Ok::<(), fireclay::Error>(())
/// ```
///
/// # Panics
/// If there are no samples, or not as many classes as samples.
#[must_use]
#[track_caller]
pub fn saliency<B: AsNetwork + ?Sized, S: Shape, const K: usize>(net: &B, x: &Batch<S>, classes: &IndexBatch<K>) -> Batch<S>
where
    B::Network: Network<Input = Tensor<S>, TrainOutput = Tensor<(Const<K>,)>>,
{
    let mut memory = B::Network::memory(x.len());
    input_gradient(net, x, ClassScore, classes, &mut memory).1.clone()
}
