//! Networks of one layer over time, with its states.

use crate::{Parts, several};
use fireclay::prelude::*;

const INPUTS: [&str; 4] = ["input", "h0", "c0", "lengths"];
const OUTPUTS: [&str; 3] = ["output", "h_n", "c_n"];
const OUTPUT_GRADS: [&str; 3] = ["grad_output", "grad_output_h_n", "grad_output_c_n"];

/// Checks a network that is one recurrent layer (over sequences of several lengths, where the file has them) or embedding, labeled `m`, against a file: outputs, states and every gradient, and
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
    let file = crate::open(path);
    let inputs: Vec<&'static str> = INPUTS.into_iter().filter(|name| file.get(name).is_some()).collect();
    several::check::<N>(path, &inputs, &OUTPUTS, &OUTPUT_GRADS);
}
