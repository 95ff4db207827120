//! What a network took of another one's file.

use fireclay_weight_file::{LoadNote, TensorProblem, list};
use std::fmt;

/// What [`Save::load_matching`](super::Save::load_matching) took of a file, and what it did not. It prints as a few lines.
///
/// ```
/// use fireclay::prelude::*;
/// network! { pub Line(x: [2]) -> [1] { x -> fc: Dense(1) } }
/// network! { pub Longer(x: [2]) -> [1] { x -> fc: Dense(1) -> Relu -> out: Dense(1) } }
/// let transfer = Longer::zeros().load_matching_bytes(&Line::init(&mut rng(1)).to_bytes()?)?;
/// assert_eq!(
///     transfer.to_string(),
///     "2 of the 4 tensors of Longer were taken from the given data:
///   out.weight is missing; the network has [1, 1]
///   out.bias is missing; the network has [1]"
/// );
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transfer {
    /// The file.
    pub file: String,
    /// The network.
    pub network: &'static str,
    /// The network's tensors that were taken from the file.
    pub matched: Vec<&'static str>,
    /// Those that the file lacks. They are as they were.
    pub missing: Vec<TensorProblem>,
    /// Those that have another shape in the file, or numbers that do not become `f32`. They are as they were.
    pub misfits: Vec<TensorProblem>,
    /// Tensors of the file that the network does not have, by the names that they were mapped to.
    pub unused: Vec<TensorProblem>,
    /// Names of the file for which the mapping gave `None`.
    pub left_out: Vec<String>,
    /// What was changed on the way: numbers of another type, a prefix of PyTorch's wrappers.
    pub notes: Vec<LoadNote>,
}

impl fmt::Display for Transfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, network, matched, missing, misfits, unused, left_out, notes } = self;
        let problems = [misfits.as_slice(), missing, unused].concat();
        let all = matched.len() + missing.len() + misfits.len();
        write!(f, "{} of the {all} tensors of {network} were taken from {file}", matched.len())?;
        if !problems.is_empty() {
            write!(f, ":{}", list(&problems))?;
        }
        if !left_out.is_empty() {
            write!(f, "\n  the mapping left out {}", left_out.join(", "))?;
        }
        notes.iter().try_for_each(|note| write!(f, "\n  {note}"))
    }
}
