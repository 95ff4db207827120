//! Files of weights: what `open`, `load` and `weights!` make of them, in the same words.
//!
//! The format is the crate `safetensors`' business. Here stands what it leaves open (a name that stands twice), what users bring instead
//! of a safetensors file, and how the names of a file find those of a network. `fireclay` and `fireclay-compiler` both read with this
//! crate: a file which one of them takes or refuses is taken or refused by all.

mod numbers;
mod other_format;
mod problem;
mod reader;

pub use numbers::copy;
pub use other_format::OtherFormat;
pub use problem::{LoadNote, TensorProblem, damaged, misfit};
pub use reader::read;

use safetensors::tensor::TensorView;
use std::collections::{BTreeMap, HashMap};

/// Why a file is not taken.
#[derive(Debug)]
pub enum Fault {
    /// It is in a format of its own.
    Format(OtherFormat),
    /// It is no safetensors file, or not a whole one: the reason.
    Damaged(String),
    /// It is another network's.
    Misfit {
        /// Each tensor that does not fit.
        problems: Vec<TensorProblem>,
        /// The way out, where one is known.
        help: Option<String>,
    },
}

/// A tensor that a network has.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'n> {
    /// PyTorch's name.
    pub name: &'n str,
    /// Its extents.
    pub dims: &'n [usize],
}

/// What begins so in a file is Fireclay's own: the state of a training, in a checkpoint.
pub const OWN: &str = "fireclay.";

/// What PyTorch's wrappers put before every name: `DataParallel` and `DistributedDataParallel`, `torch.compile`.
const WRAPPERS: [&str; 2] = ["module.", "_orig_mod."];

/// So many wrappers within each other are seen through.
const WRAPPED: usize = 4;

/// The network's tensors, in its order, from the bytes of a file; all that does not fit otherwise.
///
/// # Errors
/// If the file is not whole, or is not this network's.
pub fn fit<'f>(bytes: &'f [u8], wanted: &[Wanted<'_>]) -> Result<(Vec<TensorView<'f>>, Vec<LoadNote>), Fault> {
    let mut tensors = read(bytes)?;
    tensors.retain(|name, _| !name.starts_with(OWN));
    fit_tensors(&tensors, wanted)
}

/// As [`fit`], from tensors by their names.
///
/// # Errors
/// If they are not this network's.
pub fn fit_tensors<'f>(
    tensors: &BTreeMap<String, TensorView<'f>>,
    wanted: &[Wanted<'_>],
) -> Result<(Vec<TensorView<'f>>, Vec<LoadNote>), Fault> {
    let known: HashMap<&str, &Wanted<'_>> = wanted.iter().map(|wanted| (wanted.name, wanted)).collect();
    let is_known = |name: &str| known.contains_key(name);
    let names: Vec<&str> = tensors.keys().map(String::as_str).collect();
    let prefix = wrapper(&names, is_known).to_owned();
    let file: BTreeMap<&str, &TensorView<'f>> = tensors.iter().map(|(name, view)| (&name[prefix.len()..], view)).collect();

    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for wanted in wanted {
        match file.get(wanted.name) {
            None => problems.push(TensorProblem::missing(wanted)),
            Some(view) => match problem::of(wanted, view) {
                Some(problem) => problems.push(problem),
                None => found.push((*view).clone()),
            },
        }
    }
    let extra: Vec<_> = file.iter().filter(|(name, _)| !is_known(name) && !is_counter(name)).map(|(n, v)| (*n, *v)).collect();
    problem::point_at_nearest(&mut problems, &extra);
    problems.extend(extra.iter().map(|(name, view)| TensorProblem::extra(name, view)));
    if !problems.is_empty() {
        return Err(Fault::Misfit { problems, help: help(&names, is_known) });
    }
    let mut notes = Vec::new();
    if !prefix.is_empty() {
        notes.push(LoadNote::Prefix { prefix });
    }
    notes.extend(numbers::notes(&found));
    Ok((found, notes))
}

/// PyTorch counts the batches that a batch norm has seen; nothing needs it.
fn is_counter(name: &str) -> bool {
    name == "num_batches_tracked" || name.ends_with(".num_batches_tracked")
}

/// What wrappers put before every name of a file, if the names are known without it.
fn wrapper<'n>(names: &[&'n str], is_known: impl Fn(&str) -> bool) -> &'n str {
    let mut length = 0;
    for _ in 0..=WRAPPED {
        if names.iter().any(|name| is_known(&name[length..])) {
            return &names[0][..length];
        }
        match WRAPPERS.iter().find(|wrapper| names.iter().all(|name| name[length..].starts_with(**wrapper))) {
            Some(wrapper) if !names.is_empty() => length += wrapper.len(),
            _ => break,
        }
    }
    ""
}

/// The part of a larger model that this network is, if every name of the file begins with it.
fn help(names: &[&str], is_known: impl Fn(&str) -> bool) -> Option<String> {
    let first = names.first()?;
    if names.iter().any(|name| is_known(name)) {
        return None;
    }
    let mut prefixes = first.match_indices('.').map(|(dot, _)| &first[..=dot]);
    let prefix = prefixes.find(|prefix| {
        let is_within = |name: &&str| name.strip_prefix(prefix).is_some_and(&is_known);
        names.iter().all(|name| name.starts_with(prefix)) && names.iter().any(is_within)
    })?;
    Some(format!(
        "every name in the file begins with `{prefix}`; save that part alone: safetensors.torch.save_file(model.{prefix}state_dict(), …)"
    ))
}
