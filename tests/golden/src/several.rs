//! Networks of one layer with several inputs or outputs.

use crate::{Check, Parts, parts::samples_first};
use fireclay::prelude::*;

/// Checks a network that is one `MaxUnpool`, labeled `m`, against a file.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn unpool<N>(path: &str)
where
    N: Network + AsNetwork<Network = N>,
    N::Input: Parts,
    N::Output: Parts,
    N: Network<TrainOutput = <N as Network>::Output>,
{
    check::<N>(path, &["input", "indices"], &["output"], &["grad_output"]);
}

/// Checks a network that is one pool over regions, labeled `m`, against a file.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn regions<N>(path: &str)
where
    N: Network + AsNetwork<Network = N>,
    N::Input: Parts,
    N::Output: Parts,
    N: Network<TrainOutput = <N as Network>::Output>,
{
    check::<N>(path, &["input", "rois"], &["output"], &["grad_output"]);
}

/// Checks a network that is one layer, labeled `m`, against the tensors of these names: outputs and every gradient, and inference.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn check<N>(path: &str, inputs: &[&'static str], outputs: &[&'static str], output_grads: &[&'static str])
where
    N: Network + AsNetwork<Network = N>,
    N::Input: Parts,
    N::Output: Parts,
    N: Network<TrainOutput = <N as Network>::Output>,
{
    let file = &crate::open(path);
    let mut check = Check::new(file);
    let mut net = N::zeros();
    crate::layer::set_parameters(&mut *net, file, &mut check, &[inputs, outputs].concat());
    let input = N::Input::from_file(file, &mut inputs.iter().copied());
    let grad_output = N::Output::from_file(file, &mut output_grads.iter().copied());
    let (Some(input), Some(grad_output)) = (input, grad_output) else {
        panic!("{path}: inputs or gradients of outputs are missing or do not go into {}", N::summary());
    };
    let (input, grad_output) = (N::Input::refs(&input), N::Output::refs(&grad_output));

    let samples = N::Input::samples(input);
    let mut memory = N::memory(samples);
    let mut grads = N::grads();
    let compare = |check: &mut Check<'_>, what: &str, names: &[&str], lists: &[Vec<f32>]| {
        for (name, list) in names.iter().zip(lists) {
            match samples_first(file, name) {
                Some(wanted) => check.close(&format!("{what}{name}"), list, &wanted),
                None => check.fail(format!("the file has no {name}")),
            }
        }
    };
    let lists = N::Output::lists(net.forward(Mode::Train, input, &mut memory).output());
    compare(&mut check, "", outputs, &lists);
    net.backward_from(grad_output, &mut memory, &mut grads);
    let names: Vec<String> = inputs.iter().map(|name| format!("grad_{name}")).collect();
    let input_names: Vec<&str> = names.iter().map(String::as_str).collect();
    let input_grads = N::Input::lists(net.backward_input_from(grad_output, &mut memory));
    compare(&mut check, "", &input_names, &input_grads);
    for tensor in N::INFO.tensors {
        if let Some(grad) = grads.tensor(tensor.path) {
            check.named(&format!("grad_{}", tensor.path.trim_start_matches("m.")), grad);
        }
    }
    let mut infer = N::infer_memory_for(samples);
    let lists = N::Output::lists(net.infer_batch(input, &mut infer));
    compare(&mut check, "infer_batch ", outputs, &lists);
    let packed = net.pack();
    let lists = N::Output::lists(packed.infer_batch(input, &mut infer));
    compare(&mut check, "infer_batch packed ", outputs, &lists);
    check.finish();
}
