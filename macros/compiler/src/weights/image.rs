//! The plain, folded weights of a packed network: what `pack` of the network makes, number for number.

use crate::graph::{Count, Graph, Parametrization, Parametrized, Size, TensorId, TensorInfo};
use crate::passes::plan::infer::InferPlan;
use crate::passes::plan::packed::PackedLayout;
use crate::passes::rewrite::fold_batch_norm::Folded;
use fireclay_ir::parametrized_weight::{mask, spectral_norm, weight_norm};

/// All numbers of the store of `Packed`; `numbers` gives those of a tensor.
pub fn image(graph: &Graph, numbers: &dyn Fn(TensorId) -> Vec<f32>) -> Vec<f32> {
    let numbers: &dyn Fn(TensorId) -> Vec<f32> = &|tensor| match &graph.tensors[tensor] {
        TensorInfo { parametrized: Some(made), dims, .. } => parametrized(made, dims, numbers),
        _ => numbers(tensor),
    };
    let plan = InferPlan::new(graph, true, crate::graph::Layout::Chw);
    let layout = PackedLayout::new(graph, &plan);
    // Every size is a number: networks with type parameters were refused.
    let at = |count: &Option<Count>| count.as_ref().and_then(Count::num);
    let mut image = vec![0.0; layout.total.num().unwrap_or(0)];
    for (tensor, place) in layout.tensors.iter().enumerate() {
        if let Some(place) = at(place) {
            let numbers = numbers(tensor);
            image[place..place + numbers.len()].copy_from_slice(&numbers);
        }
    }
    for (n, made) in plan.nodes.iter().zip(&layout.biases) {
        let params = &graph.nodes[n.node].params;
        let weight = params.first().and_then(|t| at(&layout.tensors[*t]));
        let bias = params.get(1).map_or_else(|| at(made), |t| at(&layout.tensors[*t]));
        if let (Some(folded), Some(weight), Some(bias)) = (&n.folded, weight, bias) {
            fold(&mut image, folded, weight, bias, numbers);
        }
    }
    // As `pack`: no weight is denormal.
    image.iter_mut().filter(|w| w.is_subnormal()).for_each(|w| *w = 0.0);
    image
}

/// A weight that is made of parameters, by the formulas that the runtime's kernels call.
fn parametrized(made: &Parametrized, dims: &[Size], numbers: &dyn Fn(TensorId) -> Vec<f32>) -> Vec<f32> {
    let parts: Vec<Vec<f32>> = made.from.iter().map(|part| numbers(*part)).collect();
    // Every size is a number: networks with type parameters were refused.
    let mut weight = vec![0.0; Count::product(dims).num().unwrap_or(0)];
    match (made.how, made.how.rows(dims), parts.as_slice()) {
        (Parametrization::Weight { .. }, Some(rows), [magnitude, direction]) => {
            weight_norm(&rows, magnitude, direction, &mut weight, f32::sqrt)
        }
        (Parametrization::Spectral { .. }, Some(rows), [original, u, v]) => {
            spectral_norm(&rows, original, u, v, &mut weight);
        }
        (Parametrization::Mask(of), _, [original]) => mask(&of, original, &mut weight),
        _ => unreachable!("as many parts as `Parametrization::parts` has"),
    }
    weight
}

/// As `fold_batch_norm` of the runtime, in place: the same operations on the same numbers in the same order.
fn fold(image: &mut [f32], folded: &Folded, weight: usize, bias: usize, numbers: &dyn Fn(TensorId) -> Vec<f32>) {
    let [gamma, beta, mean, var] = folded.norm().map(|tensor| tensor.map(numbers));
    let or = |tensor: &Option<Vec<f32>>, channel: usize, missing: f32| tensor.as_ref().map_or(missing, |t| t[channel]);
    let shape = &folded.weight;
    for channel in 0..shape.channels {
        let scale = or(&gamma, channel, 1.0) / (or(&var, channel, 1.0) + folded.eps).sqrt();
        // A bias that folding makes starts from the zero that stands there.
        image[bias + channel] = (image[bias + channel] - or(&mean, channel, 0.0)) * scale + or(&beta, channel, 0.0);
        for outer in 0..shape.outer {
            let row = weight + (outer * shape.channels + channel) * shape.inner;
            image[row..row + shape.inner].iter_mut().for_each(|w| *w *= scale);
        }
    }
}
