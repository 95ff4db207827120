//! Class visualization.

use super::{Ascent, ClassScore, input_gradient};
use crate::{AsNetwork, Batch, Const, IndexBatch, Network, Shape, Tensor, Train};

/// Inputs to which the network gives a high score for a class (Simonyan et al. 2014, arXiv 1312.6034): argmaxₓ yᶜ(x) − λ₂·‖x‖², by gradient ascent from `start`,
/// zeros or noise. It wants logits, as [`saliency`](super::saliency) does. Inputs of any one shape, outputs `[K]`.
///
/// ```
/// use fireclay::{explain::{Ascent, visualize}, prelude::*};
/// network! { pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc1: Dense(16) -> Relu -> fc2: Dense(10) } }
/// let net = Small::init(&mut rng(1));
/// let (start, class) = (Batch::normal(1, &mut rng(2)), IndexBatch::from_indices(&[3])?);
/// let ascent = Ascent::new(20, 0.5).l2(0.01).total_variation(0.01).jitter(1, 42);
/// let image = visualize(&net, &start, &class, &ascent);
/// assert!(net.predict(&image.sample(0))[3] > net.predict(&start.sample(0))[3]);
/// # Ok::<(), fireclay::Error>(())
/// ```
///
/// # Panics
/// If there are no samples, or not as many classes as samples.
#[must_use]
#[track_caller]
pub fn visualize<B: AsNetwork + ?Sized, S: Shape, const K: usize>(
    net: &B,
    start: &Batch<S>,
    classes: &IndexBatch<K>,
    ascent: &Ascent,
) -> Batch<S>
where
    B::Network: Network<Input = Tensor<S>, TrainOutput = Tensor<(Const<K>,)>>,
{
    let mut memory = B::Network::memory(start.len());
    ascent.run(start, |x| input_gradient(net, x, ClassScore, classes, &mut memory).1.clone())
}
