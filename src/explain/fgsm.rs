//! The fast gradient sign method.

use super::{OutputOf, input_gradient, sign};
use crate::loss::TargetsOf;
use crate::{AsNetwork, Batch, Network, Shape, Tensor, Train, setting};

/// Inputs of which the loss is higher (the fast gradient sign method, Goodfellow et al. 2015, arXiv 1412.6572): x + ε·sign(∂loss/∂x). What leaves the
/// range of pixels is cut off by whoever knows it ([`Pgd::range`](super::Pgd::range)).
///
/// Inputs of any one shape; outputs and targets are those of the loss.
///
/// ```
/// use fireclay::{explain::fgsm, prelude::*};
/// network! { pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) } }
/// let net = Small::init(&mut rng(1));
/// let (images, classes) = (Batch::uniform(1, 0.0..1.0, &mut rng(2)), IndexBatch::from_indices(&[3])?);
/// let changed = fgsm(&net, &images, CrossEntropy, &classes, 0.1);
/// let most = changed.to_vec().iter().zip(images.to_vec()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
/// assert!((most - 0.1).abs() < 1e-6);
/// # Ok::<(), fireclay::Error>(())
/// ```
///
/// # Panics
/// If ε is negative or not finite; if there are no samples, or not as many targets as samples.
#[must_use]
#[track_caller]
pub fn fgsm<B: AsNetwork + ?Sized, S: Shape, L, T>(net: &B, x: &Batch<S>, loss: L, targets: T, epsilon: f32) -> Batch<S>
where
    B::Network: Network<Input = Tensor<S>>,
    T: TargetsOf<L, OutputOf<B>> + Send + Sync,
{
    setting::not_negative("fgsm: epsilon", epsilon);
    let mut memory = B::Network::memory(x.len());
    let (_, gradient) = input_gradient(net, x, loss, targets, &mut memory);
    let at = |batch: &Batch<S>, i, j| batch.as_slice()[batch.position(i, j)];
    Batch::from_fn(x.len(), |i, j| at(x, i, j) + epsilon * sign(at(gradient, i, j)))
}
