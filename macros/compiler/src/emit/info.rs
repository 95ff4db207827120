//! The tables of a network as constants.

use super::Context;
use crate::graph::{Count, Graph, Init, Size, TensorId, ValueType};
use crate::layers::support::tokens::float;
use crate::passes::analysis::range;
use crate::passes::select::explain;
use fireclay_ir::{Dtype, ValueRange};
use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;

/// One line of the layer table.
pub struct Layer {
    /// The label's path.
    pub name: String,
    /// `Conv(6, 5, pad = 2)`
    pub layer: String,
    /// Of its first output.
    pub output: Vec<Size>,
    /// The dtype of that.
    pub dtype: Dtype,
    /// Of its own.
    pub parameters: Count,
    /// For one sample.
    pub macs: Count,
    /// Bytes of its outputs.
    pub memory: Count,
    /// What it reads: the network's inputs, and behind them its layers.
    pub inputs: Vec<usize>,
}

/// For each value where it comes from: one of the network's inputs, or behind them one of its layers.
pub fn sources(graph: &Graph) -> Vec<usize> {
    let mut sources = vec![0; graph.values.len()];
    graph.inputs.iter().enumerate().for_each(|(i, input)| sources[input.value] = i);
    for (i, node) in graph.nodes.iter().enumerate() {
        node.outputs.iter().for_each(|value| sources[*value] = graph.inputs.len() + i);
    }
    sources
}

/// The layers, in the order they run; views are left out of the bytes.
pub fn layers(cx: &Context<'_>) -> Vec<Layer> {
    let mut seen = vec![false; cx.graph.tensors.len()];
    let mut layers = Vec::new();
    let sources = sources(cx.graph);
    for node in &cx.graph.nodes {
        let mut parameters = Count::default();
        // Of a weight that is made of parameters those.
        let made_of = |t: &TensorId| cx.graph.tensors[*t].parametrized.as_ref().map_or(vec![*t], |made| made.from.clone());
        for t in node.params.iter().flat_map(made_of) {
            let info = &cx.graph.tensors[t];
            if !std::mem::replace(&mut seen[t], true) && !info.buffer {
                parameters = parameters.plus(&Count::product(&info.dims));
            }
        }
        let outputs = node.outputs.iter().map(|v| &cx.graph.values[*v].ty);
        let bytes = outputs.clone().fold(Count::default(), |sum, ty| sum.plus(&ty.bytes()));
        let first = outputs.clone().next();
        let output = match first {
            Some(ValueType::Tensor(dims) | ValueType::Typed(_, dims)) => dims.clone(),
            Some(ValueType::Indices { len, .. }) => vec![Size::Num(*len)],
            Some(ValueType::Index { .. }) | None => vec![Size::Num(1)],
        };
        layers.push(Layer {
            name: node.path.clone(),
            layer: node.op.attributes().to_string(),
            output,
            dtype: first.map(ValueType::dtype).unwrap_or_default(),
            parameters,
            macs: node.op.macs(),
            memory: if node.op.traits().view { Count::default() } else { bytes },
            inputs: node.inputs.iter().map(|value| sources[*value]).collect(),
        });
    }
    layers
}

/// Learned numbers, those that are trained, and multiply-accumulates.
pub fn totals(cx: &Context<'_>) -> [Count; 3] {
    let macs = cx.graph.nodes.iter().fold(Count::default(), |sum, node| sum.plus(&node.op.macs()));
    [cx.constants.totals[0].clone(), cx.constants.totals[2].clone(), macs]
}

fn init(init: &Init) -> TokenStream {
    #[expect(clippy::cast_possible_truncation, reason = "weights are f32")]
    let number = |x: f64| x as f32;
    match init.clone() {
        Init::Constant(value) => {
            let value = number(value);
            quote!(__f::Init::Constant(#value))
        }
        Init::ButZeros(rest, first, len) => {
            let (rest, [first, len]) = (self::init(&rest), [first, len].map(|count| count.typed_value()));
            quote!(__f::Init::ButZeros { rest: &#rest, first: #first, len: #len })
        }
        Init::Normal(mean, deviation) => {
            let (mean, variance) = (number(mean), number(deviation * deviation));
            quote!(__f::Init::Normal { mean: #mean, variance: #variance })
        }
        Init::TruncatedNormal { mean, deviation, from, to } => {
            let [mean, deviation, from, to] = [mean, deviation, from, to].map(number);
            quote!(__f::Init::TruncatedNormal { mean: #mean, deviation: #deviation, low: #from, high: #to })
        }
        Init::Uniform(low, high) => {
            let (low, high) = (number(low), number(high));
            quote!(__f::Init::Uniform { low: #low, high: #high })
        }
        Init::Orthogonal(gain) => {
            let gain = number(gain);
            quote!(__f::Init::Orthogonal { gain: #gain })
        }
        Init::Scaled { uniform, variance, fan } => {
            let (gain, fan) = (number(variance), fan.value());
            let kind = if uniform { quote!(VarianceUniform) } else { quote!(VarianceNormal) };
            quote!(__f::Init::#kind { gain: #gain, fan: #fan })
        }
        // Left over only where no layer follows at all.
        Init::Auto { fan_in, fan_out } => self::init(&Init::xavier_uniform(fan_in, &fan_out)),
    }
}

/// `__f::Dtype::F32`
fn dtype(dtype: Dtype) -> TokenStream {
    match dtype {
        Dtype::F32 => quote!(__f::Dtype::F32),
        Dtype::I8 => quote!(__f::Dtype::I8),
        Dtype::I32 => quote!(__f::Dtype::I32),
        Dtype::U32 => quote!(__f::Dtype::U32),
    }
}

/// `__f::ValueRange::Between { low: 0.0, high: 1.0 }`
fn value_range(range: ValueRange) -> TokenStream {
    let bound = |x: f32| match x.is_finite() {
        true => float(x),
        false if x > 0.0 => quote!(__f::f32::INFINITY),
        false => quote!(__f::f32::NEG_INFINITY),
    };
    match range {
        ValueRange::Unknown => quote!(__f::ValueRange::Unknown),
        ValueRange::Unbounded => quote!(__f::ValueRange::Unbounded),
        ValueRange::Between { low, high } => {
            let (low, high) = (bound(low), bound(high));
            quote!(__f::ValueRange::Between { low: #low, high: #high })
        }
        ValueRange::Probabilities => quote!(__f::ValueRange::Probabilities),
        ValueRange::Logarithms => quote!(__f::ValueRange::Logarithms),
    }
}

/// `const INFO`; `one_sample`: how each node runs over one sample, in words.
pub fn emit(cx: &Context<'_>, layers: Vec<Layer>, memory: &Count, one_sample: &[String]) -> TokenStream {
    let name = cx.lowered.name.unraw().to_string();
    let inputs = cx.graph.inputs.iter().map(|input| match &cx.graph.values[input.value].ty {
        ValueType::Tensor(dims) | ValueType::Typed(_, dims) => {
            let dims = dims.iter().map(Size::value);
            quote!(__f::ValueType::Tensor(&[#(#dims),*]))
        }
        ValueType::Indices { bound, len } => quote!(__f::ValueType::Indices { bound: #bound, len: #len }),
        ValueType::Index { bound } => quote!(__f::ValueType::Indices { bound: #bound, len: 1 }),
    });
    let input_names = cx.graph.inputs.iter().map(|input| input.name.unraw().to_string());
    let sources = sources(cx.graph);
    let outputs = cx.graph.outputs.iter().map(|output| {
        let name = output.name.as_ref().map(|name| name.unraw().to_string()).unwrap_or_default();
        let (train, range) = (output.train, value_range(range(cx.graph, output.value)));
        let source = sources[output.value];
        quote!(__f::OutputInfo { name: #name, train: #train, range: #range, source: #source })
    });
    let tensors = cx.graph.modules.tensors().into_iter().map(|t| {
        let info = &cx.graph.tensors[t];
        let (path, buffer) = (&info.path, info.buffer);
        let (dims, len) = (info.dims.iter().map(Size::value), Count::product(&info.dims).value());
        let offset = cx.constants.offsets[t].value();
        let grad = cx.constants.grad_offsets[t].as_ref().map_or(quote!(::core::option::Option::None), |offset| {
            let offset = offset.value();
            quote!(::core::option::Option::Some(#offset))
        });
        let init = init(&info.init);
        quote! {
            __f::TensorInfo { path: #path, dims: &[#(#dims),*], len: #len, offset: #offset, buffer: #buffer, grad: #grad, init: #init }
        }
    });
    let layers = layers.into_iter().zip(cx.graph.nodes.iter().zip(one_sample)).map(|(l, (node, one_sample))| {
        let (name, layer, output) = (l.name, l.layer, l.output.iter().map(Size::value).collect::<Vec<_>>());
        let inputs = l.inputs;
        let (parameters, macs, memory) = (l.parameters.value(), l.macs.value(), l.memory.value());
        let dtype = dtype(l.dtype);
        let training = explain::training(&*node.op).into_iter();
        let one_sample = (!one_sample.is_empty()).then(|| ("one sample", one_sample.clone()));
        let algorithms: Vec<_> = training.chain(one_sample).map(|(phase, words)| format!("{phase}: {words}")).collect();
        let algorithms = algorithms.join("\n");
        // A device has no use for the words.
        let algorithms = if algorithms.is_empty() { quote!("") } else { quote!(__f::if_std!(#algorithms, "")) };
        quote! {
            __f::LayerInfo {
                name: #name,
                layer: #layer,
                output: &[#(#output),*],
                dtype: #dtype,
                parameters: #parameters,
                macs: #macs,
                memory: #memory,
                inputs: &[#(#inputs),*],
                algorithms: #algorithms,
            }
        }
    });
    let [parameters, trainable, macs] = totals(cx).map(|count| count.value());
    let memory = memory.value();
    quote! {
        const INFO: &'static __f::Info = &__f::Info {
            name: #name,
            inputs: &[#(#inputs),*],
            input_names: &[#(#input_names),*],
            outputs: &[#(#outputs),*],
            tensors: &[#(#tensors),*],
            layers: &[#(#layers),*],
            parameters: #parameters,
            trainable: #trainable,
            macs: #macs,
            memory: #memory,
        };
    }
}
