//! Networks of one layer over time, with its states.

use crate::{Check, Parts, parts::samples_first};
use fireclay::prelude::*;

const INPUTS: [&str; 3] = ["input", "h0", "c0"];
const OUTPUTS: [&str; 3] = ["output", "h_n", "c_n"];
const OUTPUT_GRADS: [&str; 3] = ["grad_output", "grad_output_h_n", "grad_output_c_n"];

/// Checks a network that is one recurrent layer or embedding, labeled `m`, against a file: outputs, states and every gradient, and
/// inference.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn check<N>(path: &str)
where
    N: Network + AsNetwork<Network = N>,
    N::Input: Parts,
    N::Output: Parts,
    N: Network<TrainOutput = <N as Network>::Output>,
{
    let file = &crate::open(path);
    let mut check = Check::new(file);
    let mut net = N::zeros();
    crate::layer::set_parameters(&mut *net, file, &mut check, &["h0", "c0", "h_n", "c_n"]);
    let input = N::Input::from_file(file, &mut INPUTS.into_iter());
    let grad_output = N::Output::from_file(file, &mut OUTPUT_GRADS.into_iter());
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
    let outputs = N::Output::lists(net.forward(Mode::Train, input, &mut memory).output());
    compare(&mut check, "", &OUTPUTS, &outputs);
    net.backward_from(grad_output, &mut memory, &mut grads);
    let input_grads = N::Input::lists(net.backward_input_from(grad_output, &mut memory));
    compare(&mut check, "", &INPUTS.map(|name| format!("grad_{name}")).each_ref().map(String::as_str), &input_grads);
    for tensor in N::INFO.tensors {
        if let Some(grad) = grads.tensor(tensor.path) {
            check.named(&format!("grad_{}", tensor.path.trim_start_matches("m.")), grad);
        }
    }
    let mut infer = N::infer_memory_for(samples);
    let outputs = N::Output::lists(net.infer_batch(input, &mut infer));
    compare(&mut check, "infer_batch ", &OUTPUTS, &outputs);
    let packed = net.pack();
    let outputs = N::Output::lists(packed.infer_batch(input, &mut infer));
    compare(&mut check, "infer_batch packed ", &OUTPUTS, &outputs);
    check.finish();
}
