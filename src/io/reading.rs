//! A safetensors file into a network.

use super::{Transfer, numbers_mut};
use crate::network::{Info, Network};
use crate::{Error, Result};
use fireclay_weight_file::{self as weight_file, Fault, LoadNote, OWN, OtherFormat, TensorProblem, Wanted};
use safetensors::tensor::TensorView;
use std::collections::BTreeMap;
use std::path::Path;
use std::{fmt, fs};

/// What [`Save::load`](super::Save::load) changed on the way from the file into the network, and what else the file holds. It prints a line for each change, and
/// nothing where the file was taken as it is.
///
/// ```
/// use fireclay::prelude::*;
/// network! { pub Line(x: [2]) -> [1] { x -> fc: Dense(1) } }
/// let mut net = Line::zeros();
/// let loaded = net.load_bytes(&Line::init(&mut rng(1)).to_bytes()?)?;
/// assert!(loaded.notes.is_empty());
/// assert_eq!(loaded.metadata["format"], "pt");
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loaded {
    /// Each change.
    pub notes: Vec<LoadNote>,
    /// The texts beside the weights: what [`Save::save_with`](super::Save::save_with) was given, and `format`.
    pub metadata: BTreeMap<String, String>,
}

impl fmt::Display for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, note) in self.notes.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{note}")?;
        }
        Ok(())
    }
}

/// The bytes of a file.
pub(super) fn file(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })
}

/// What is said of a file that is not taken.
pub(crate) fn refusal(fault: Fault, file: &str, network: &'static str) -> Error {
    let file = file.to_owned();
    match fault {
        Fault::Format(OtherFormat { what, help }) => Error::OtherFormat { file, what, help },
        Fault::Damaged(reason) => Error::Safetensors { file, reason },
        Fault::Misfit { problems, help } => Error::Weights { file, network, problems, help },
    }
}

/// The tensors of a network, as a file is to have them.
pub(crate) fn wanted(of: &Info) -> Vec<Wanted<'static>> {
    of.tensors.iter().map(|tensor| Wanted { name: tensor.path, dims: tensor.dims }).collect()
}

/// Takes all of a file, once everything is checked.
pub(super) fn whole<N: Network>(
    net: &mut N,
    bytes: &[u8],
    file: &str,
    names: &mut dyn FnMut(&str) -> Option<String>,
) -> Result<Loaded> {
    let (tensors, loaded) = checked(N::INFO, bytes, file, names)?;
    for (tensor, view) in N::INFO.tensors.iter().zip(&tensors) {
        weight_file::copy(view, numbers_mut(net, tensor));
    }
    Ok(loaded)
}

/// The tensors of a network, in its order, and what there is to say of them.
fn checked<'f>(
    of: &Info,
    bytes: &'f [u8],
    file: &str,
    names: &mut dyn FnMut(&str) -> Option<String>,
) -> Result<(Vec<TensorView<'f>>, Loaded)> {
    let refuse = |fault| refusal(fault, file, of.name);
    let (tensors, notes) = weight_file::fit_with(bytes, &wanted(of), names).map_err(refuse)?;
    let mut metadata = weight_file::metadata(bytes).map_err(refuse)?;
    metadata.retain(|key, _| !key.starts_with(OWN));
    Ok((tensors, Loaded { notes, metadata }))
}

/// Takes what fits of a file.
pub(super) fn part<N: Network>(
    net: &mut N,
    bytes: &[u8],
    file: &str,
    names: &mut dyn FnMut(&str) -> Option<String>,
) -> Result<Transfer> {
    let (found, transfer) = fitting(N::INFO, bytes, file, names)?;
    for (tensor, view) in N::INFO.tensors.iter().zip(&found) {
        if let Some(view) = view {
            weight_file::copy(view, numbers_mut(net, tensor));
        }
    }
    Ok(transfer)
}

/// Those tensors of a network that a file has, in its order, and what there is to say of all.
fn fitting<'f>(
    of: &Info,
    bytes: &'f [u8],
    file: &str,
    names: &mut dyn FnMut(&str) -> Option<String>,
) -> Result<(Vec<Option<TensorView<'f>>>, Transfer)> {
    let matching = weight_file::fit_part(bytes, &wanted(of), names).map_err(|fault| refusal(fault, file, of.name))?;
    let matched =
        of.tensors.iter().zip(&matching.found).filter(|(_, view)| view.is_some()).map(|(tensor, _)| tensor.path).collect();
    let (mut missing, mut misfits, mut unused) = (Vec::new(), Vec::new(), Vec::new());
    for problem in matching.problems {
        match problem {
            TensorProblem::Missing { .. } => missing.push(problem),
            TensorProblem::Extra { .. } => unused.push(problem),
            _ => misfits.push(problem),
        }
    }
    let (left_out, notes) = (matching.left_out, matching.notes);
    let transfer = Transfer { file: file.to_owned(), network: of.name, matched, missing, misfits, unused, left_out, notes };
    Ok((matching.found, transfer))
}
