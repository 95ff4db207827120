//! Units that a ReLU holds at zero for every sample of a batch.

use super::{LayerGradient, layer_of};
use crate::network::{Info, LayerInfo, TensorInfo};

/// Counts the dead units of the layers that a ReLU follows.
pub(super) fn count(info: &Info, grads: &[f32], layers: &mut [LayerGradient]) {
    for (i, relu) in info.layers.iter().enumerate().filter(|(_, layer)| layer.layer.starts_with("Relu")) {
        let before = info.layers[..i].iter().rev().find(|layer| !passes_zeros(layer));
        let Some(before) = before.filter(|layer| feeds(info, layer, relu)) else { continue };
        if let Some(layer) = layers.iter_mut().find(|layer| layer.name == before.name) {
            layer.dead = dead(info, before, grads);
        }
    }
    // Below a layer whose units are all dead nothing arrives. That is no fault of the layers there.
    if let Some(last) = layers.iter().rposition(|layer| layer.gradient == 0.0) {
        layers[..last].iter_mut().filter(|layer| layer.gradient == 0.0).for_each(|layer| layer.dead = None);
    }
}

/// Layers without parameters that may stand between a layer and its ReLU.
fn passes_zeros(layer: &LayerInfo) -> bool {
    ["Dropout", "MaxPool", "AvgPool", "Flatten"].iter().any(|kind| layer.layer.starts_with(kind))
}

/// Whether the layer table says nothing against that this layer's output goes into this ReLU. The ReLU after a labeled layer bears its label: `conv1_relu`.
fn feeds(info: &Info, layer: &LayerInfo, relu: &LayerInfo) -> bool {
    let Some(label) = relu.name.strip_suffix("_relu") else { return true };
    layer.name.starts_with(label) || info.layers.iter().all(|other| other.name != label)
}

/// The dead units of a layer, and how many units it has: where the gradients of all that leads into a unit are zero.
fn dead(info: &Info, layer: &LayerInfo, grads: &[f32]) -> Option<(usize, usize)> {
    let tensor = |name: &str| {
        let is_it = |tensor: &&TensorInfo| layer_of(info, tensor) == layer.name && tensor.path.ends_with(name) && !tensor.buffer;
        info.tensors.iter().find(is_it).and_then(|tensor| Some((tensor.dims, grads.get(tensor.grad?..)?.get(..tensor.len)?)))
    };
    // Rows of an embedding are no units.
    let weight = [".weight", ".weight.v", ".weight.original"].into_iter().find_map(tensor);
    let weight = weight.filter(|_| !layer.layer.starts_with("Embedding"));
    let bias = tensor(".bias");
    // A transposed convolution keeps its filters `[in, out, …]`.
    let axis = usize::from(layer.layer.starts_with("ConvTranspose"));
    let of_weight = weight.and_then(|(dims, _)| dims.get(axis).copied());
    // Of groups each has its own, which lie one below the other.
    let all_filters = axis == 0 || of_weight == layer.output.first().copied();
    let units = bias.map(|(_, grads)| grads.len()).or(of_weight.filter(|_| all_filters))?;
    let mut alive = vec![false; units];
    if let Some((_, grads)) = bias {
        alive.iter_mut().zip(grads).for_each(|(alive, gradient)| *alive |= *gradient != 0.0);
    }
    if let Some((dims, grads)) = weight.filter(|_| of_weight == Some(units) && all_filters) {
        let row = dims[axis + 1..].iter().product::<usize>();
        grads.iter().enumerate().for_each(|(at, gradient)| alive[at / row % units] |= *gradient != 0.0);
    }
    Some((alive.iter().filter(|alive| !**alive).count(), units))
}
