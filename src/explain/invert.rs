//! Feature inversion.

use super::Ascent;
use crate::{AsNetwork, Batch, InnerValue, Network, Shape, Tensor, Train};

/// Inputs with given inner values (Mahendran and Vedaldi 2015, arXiv 1412.0035): argminₓ ‖Φ(x) − Φ₀‖² / ‖Φ₀‖², where Φ is what a layer gives, and what the
/// ascent adds: [`l2`](Ascent::l2), [`total_variation`](Ascent::total_variation). It begins at `start`; where Φ₀ is 0 nothing divides.
///
/// Inputs and layers of any one shape.
///
/// ```
/// use fireclay::{InnerValue, explain::{Ascent, invert}, prelude::*};
/// network! {
///     #[fireclay(inner_values)]
///     pub Small(image: [1, 8, 8]) -> [10] { image -> conv: Conv(4, 3) -> Softplus -> Flatten -> fc: Dense(10) }
/// }
/// const MAPS: InnerValue<Small, shape![4, 6, 6]> = InnerValue::of("conv_softplus");
/// let net = Small::init(&mut rng(1));
/// let image = Batch::uniform(1, 0.0..1.0, &mut rng(2));
/// let maps = net.inner_values(MAPS, &image);
/// let found = invert(&net, MAPS, &maps, &Batch::zeros(1), &Ascent::new(50, 5.0));
/// let off = |x| net.inner_values(MAPS, x).to_vec().iter().zip(maps.to_vec()).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
/// assert!(off(&found) < 0.1 * off(&Batch::zeros(1)));
/// ```
///
/// # Panics
/// If there are no samples, or not as many in both batches.
#[must_use]
#[track_caller]
pub fn invert<B: AsNetwork + ?Sized, S: Shape, F: Shape>(
    net: &B,
    layer: InnerValue<B::Network, F>,
    features: &Batch<F>,
    start: &Batch<S>,
    ascent: &Ascent,
) -> Batch<S>
where
    B::Network: Network<Input = Tensor<S>>,
{
    let net = net.network();
    assert!(features.len() == start.len(), "inner values of {} samples for {} inputs", features.len(), start.len());
    let mut memory = B::Network::inner_memory(start.len());
    let at = |batch: &Batch<F>, i, j| batch.as_slice()[batch.position(i, j)];
    let square = |i: usize| (0..F::LEN).map(|j| at(features, i, j).powi(2)).sum::<f32>();
    let squares: Vec<f32> = (0..features.len()).map(square).map(|square| if square > 0.0 { square } else { 1.0 }).collect();
    ascent.run(start, |x| {
        net.forward_eval(x, &mut memory);
        let found = memory.inner_value(layer);
        let downhill = Batch::from_fn(features.len(), |i, j| 2.0 * (at(features, i, j) - at(&found, i, j)) / squares[i]);
        net.backward_input_from_inner(layer, &downhill, &mut memory).clone()
    })
}
