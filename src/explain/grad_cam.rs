//! Grad-CAM.

use super::{ClassScore, input_gradient};
use crate::{AsNetwork, Batch, Const, Dim, IndexBatch, InnerValue, Network, Shape, Tensor, Train};

/// Where an image speaks for a class (Grad-CAM, Selvaraju et al. 2017, arXiv 1610.02391): max(0, Σₖ αₖ·Aᵏ) over the channels k of a convolution's output A, with
/// αₖ the mean over the map of ∂yᶜ/∂Aᵏ. The last layer with a map, after its ReLU, says most. The map has that layer's height and width; it wants logits, as
/// [`saliency`](super::saliency) does.
///
/// Inputs of any one shape, a layer `[C, H, W]`, outputs `[K]`; it gives `[1, H, W]`.
///
/// ```
/// use fireclay::{InnerValue, explain::grad_cam, prelude::*};
/// network! {
///     #[fireclay(inner_values)]
///     pub Small(image: [1, 8, 8]) -> [10] { image -> conv: Conv(4, 3) -> Relu -> GlobalAvgPool -> fc: Dense(10) }
/// }
/// const MAPS: InnerValue<Small, shape![4, 6, 6]> = InnerValue::of("conv_relu");
/// let net = Small::init(&mut rng(1));
/// let images = Batch::uniform(2, 0.0..1.0, &mut rng(2));
/// let maps = grad_cam(&net, MAPS, &images, &IndexBatch::from_indices(&[3, 7])?);
/// let heat: Tensor<shape![1, 6, 6]> = maps.sample(0); // for class 3
/// assert!(heat.as_slice().iter().all(|h| *h >= 0.0));
/// # Ok::<(), fireclay::Error>(())
/// ```
///
/// # Panics
/// If there are no samples, or not as many classes as samples.
#[must_use]
#[track_caller]
pub fn grad_cam<B: AsNetwork + ?Sized, S: Shape, C: Dim, H: Dim, W: Dim, const K: usize>(
    net: &B,
    layer: InnerValue<B::Network, (C, H, W)>,
    x: &Batch<S>,
    classes: &IndexBatch<K>,
) -> Batch<(Const<1>, H, W)>
where
    B::Network: Network<Input = Tensor<S>, TrainOutput = Tensor<(Const<K>,)>>,
{
    let mut memory = B::Network::inner_memory(x.len());
    input_gradient(net, x, ClassScore, classes, &mut memory);
    let (maps, gradient, places) = (memory.inner_value(layer), memory.inner_gradient(layer), H::N * W::N);
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    let weights = Batch::<(C,)>::from_fn(x.len(), |i, k| {
        (0..places).map(|at| gradient.as_slice()[gradient.position(i, k * places + at)]).sum::<f32>() / places as f32
    });
    let weighted = |i, k, at| weights.as_slice()[weights.position(i, k)] * maps.as_slice()[maps.position(i, k * places + at)];
    Batch::from_fn(x.len(), |i, at| (0..C::N).map(|k| weighted(i, k, at)).sum::<f32>().max(0.0))
}
