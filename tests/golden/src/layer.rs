//! Networks of one layer.

use crate::{Check, Golden};
use fireclay::prelude::*;

/// Checks a network that is one layer, labeled `m`, against a file: what it gives and every gradient while training, and what
/// inference gives sample by sample and as a batch, with weights as they are and packed.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn check<N, I, O>(path: &str, mode: Mode)
where
    N: Network<Input = Tensor<I>, Output = Tensor<O>, TrainOutput = Tensor<O>> + AsNetwork<Network = N>,
    I: Shape,
    O: Shape,
{
    check_file::<N, I, O>(path, &crate::open(path), mode);
}

/// The same of a layer over sequences, which are `[channels, length]` in the file and `[time, features]` here.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn check_over_time<N, I, O>(path: &str, mode: Mode)
where
    N: Network<Input = Tensor<I>, Output = Tensor<O>, TrainOutput = Tensor<O>> + AsNetwork<Network = N>,
    I: Shape,
    O: Shape,
{
    let mut file = crate::open(path);
    for name in ["input", "grad_input", "output", "grad_output"] {
        if let Some(array) = file.tensors.get_mut(name) {
            time_first(array);
        }
    }
    check_file::<N, I, O>(path, &file, mode);
}

/// `[samples, channels, length]` as `[samples, length, channels]`.
fn time_first(array: &mut crate::Array) {
    let &[samples, channels, length] = array.dims.as_slice() else { return };
    let places = (0..samples * length * channels).map(|i| {
        let (sample, step, channel) = (i / (length * channels), i / channels % length, i % channels);
        (sample * channels + channel) * length + step
    });
    array.values = places.map(|place| array.values[place]).collect();
    array.dims = vec![samples, length, channels];
}

#[track_caller]
fn check_file<N, I, O>(path: &str, file: &Golden, mode: Mode)
where
    N: Network<Input = Tensor<I>, Output = Tensor<O>, TrainOutput = Tensor<O>> + AsNetwork<Network = N>,
    I: Shape,
    O: Shape,
{
    for memory in crate::memories::<N>(file.dims("input").first().copied().unwrap_or(0)) {
        check_in::<N, I, O>(path, file, mode, memory);
    }
}

/// The same, in one of the forms in which the network trains.
#[track_caller]
fn check_in<N, I, O>(path: &str, file: &Golden, mode: Mode, mut memory: Memory<N>)
where
    N: Network<Input = Tensor<I>, Output = Tensor<O>, TrainOutput = Tensor<O>> + AsNetwork<Network = N>,
    I: Shape,
    O: Shape,
{
    let mut check = Check::new(file);
    let mut net = N::zeros();
    set_parameters(&mut *net, file, &mut check, &[]);
    let (Some(input), Some(grad_output)) = (batch::<I>(file, "input"), batch::<O>(file, "grad_output")) else {
        panic!("{path}: input or grad_output is missing or does not go into {}", N::summary());
    };

    let mut grads = N::grads();
    let output = net.forward(mode, &input, &mut memory).output().to_vec();
    check.named("output", &output);
    net.backward_from(&grad_output, &mut memory, &mut grads);
    let input_grad = net.backward_input_from(&grad_output, &mut memory).to_vec();
    check.named("grad_input", &input_grad);
    for tensor in N::INFO.tensors {
        let name = own_name(tensor.path);
        if let Some(grad) = grads.tensor(tensor.path) {
            check.named(&format!("grad_{name}"), grad);
        }
        let after = format!("after_{name}");
        if let (true, Some(kept)) = (file.get(&after).is_some(), net.tensor(tensor.path)) {
            check.named(&after, kept);
        }
    }

    // Inference: against PyTorch where the file is of evaluation, else against our own evaluation, by then with other statistics.
    let reference = match mode {
        Mode::Eval => file.tensors["output"].clone(),
        Mode::Train => {
            let values = net.forward(Mode::Eval, &input, &mut memory).output().to_vec();
            crate::Array { dims: file.dims("output").to_vec(), values: values.into_iter().map(f64::from).collect() }
        }
    };
    let mut infer = N::infer_memory_for(input.len());
    let packed = net.pack();
    let samples =
        |run: &mut dyn FnMut(&Tensor<I>) -> Vec<f32>| (0..input.len()).flat_map(|i| run(&input.sample(i))).collect::<Vec<_>>();
    let singly = samples(&mut |x| fireclay::infer_plain(&*net, x, &mut infer).as_slice().to_vec());
    check.close("infer without std", &singly, &reference);
    let singly = samples(&mut |x| packed.infer(x, &mut infer).as_slice().to_vec());
    check.close("infer packed", &singly, &reference);
    check.close("infer_batch", &net.infer_batch(&input, &mut infer).to_vec(), &reference);
    check.close("infer_batch packed", &packed.infer_batch(&input, &mut infer).to_vec(), &reference);
    check.finish();
}

/// A file's name of a tensor of the one layer: `m.weight` is `weight`.
fn own_name(path: &str) -> &str {
    path.strip_prefix("m.").unwrap_or(path)
}

/// Puts the file's parameters into the network: all of them, and nothing else (but for these values).
pub(crate) fn set_parameters<N: Network>(net: &mut N, file: &Golden, check: &mut Check<'_>, values: &[&str]) {
    for tensor in N::INFO.tensors {
        let name = own_name(tensor.path);
        match (file.get(name), net.tensor_mut(tensor.path)) {
            (Some(array), Some(to)) if array.dims == tensor.dims => to.copy_from_slice(&array.f32()),
            (Some(array), _) => check.fail(format!("{name} is {:?} in the file, {:?} in the network", array.dims, tensor.dims)),
            (None, _) => check.fail(format!("the file has no {name}")),
        }
    }
    let results = ["input", "output", "grad_", "after_"];
    for name in
        file.tensors.keys().filter(|name| !results.iter().any(|r| name.starts_with(r)) && !values.contains(&name.as_str()))
    {
        if !N::INFO.tensors.iter().any(|tensor| own_name(tensor.path) == name) {
            check.fail(format!("the network has no {name}"));
        }
    }
}

/// A tensor of the file as a batch.
#[must_use]
pub fn batch<S: Shape>(file: &Golden, name: &str) -> Option<Batch<S>> {
    Batch::from_slice(&file.get(name)?.f32())
}
