//! What is said of a file that does not fit, and of one that fits after a change.

use super::Wanted;
use super::numbers::{can_be_f32, overflows};
use safetensors::tensor::TensorView;
use std::fmt;

/// Why a tensor of a file does not fit a network.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TensorProblem {
    /// The file lacks it.
    Missing {
        /// Its name.
        tensor: String,
        /// Its shape in the network.
        network: Vec<usize>,
        /// What the file has in its place, perhaps: a name that the network does not have, and its shape.
        nearest: Option<(String, Vec<usize>)>,
    },
    /// The network has none of this name.
    Extra {
        /// Its name.
        tensor: String,
        /// Its shape in the file.
        file: Vec<usize>,
    },
    /// The shapes differ.
    Shape {
        /// Its name.
        tensor: String,
        /// Its shape in the file.
        file: Vec<usize>,
        /// Its shape in the network.
        network: Vec<usize>,
    },
    /// Its numbers do not become `f32`.
    Type {
        /// Its name.
        tensor: String,
        /// What they are.
        file: String,
    },
    /// A finite number of it is too large for `f32`.
    Range {
        /// Its name.
        tensor: String,
    },
    /// A mapping of names gave it to two tensors of the file.
    Twice {
        /// The name.
        tensor: String,
        /// What the file calls them.
        file: [String; 2],
    },
}

impl fmt::Display for TensorProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { tensor, network, nearest } => {
                write!(f, "{tensor} is missing; the network has {network:?}")?;
                nearest.iter().try_for_each(|(name, dims)| write!(f, ", the file {name} {dims:?}"))
            }
            Self::Extra { tensor, file } => write!(f, "{tensor} {file:?} is not in the network"),
            Self::Shape { tensor, file, network } => write!(f, "{tensor} is {file:?} in the file, {network:?} in the network"),
            Self::Type { tensor, file } => write!(f, "{tensor} holds {file} numbers; F32, F16, BF16 and F64 can be loaded"),
            Self::Range { tensor } => write!(f, "{tensor} holds F64 numbers that are too large for f32"),
            Self::Twice { tensor, file: [first, second] } => {
                write!(f, "{tensor} would be two tensors of the file: {first} and {second}")
            }
        }
    }
}

impl TensorProblem {
    pub(super) fn missing(wanted: &Wanted<'_>) -> Self {
        Self::Missing { tensor: wanted.name.to_owned(), network: wanted.dims.to_owned(), nearest: None }
    }

    pub(super) fn extra(name: &str, view: &TensorView<'_>) -> Self {
        Self::Extra { tensor: name.to_owned(), file: view.shape().to_owned() }
    }

    /// Of two neighbors: the name they are to have, the file's, the tensor.
    pub(super) fn twice(pair: &[(String, String, TensorView<'_>)]) -> Self {
        Self::Twice { tensor: pair[0].0.clone(), file: [pair[0].1.clone(), pair[1].1.clone()] }
    }

    /// The name of the tensor.
    #[must_use]
    pub fn tensor(&self) -> &str {
        match self {
            Self::Missing { tensor, .. }
            | Self::Extra { tensor, .. }
            | Self::Shape { tensor, .. }
            | Self::Type { tensor, .. }
            | Self::Range { tensor }
            | Self::Twice { tensor, .. } => tensor,
        }
    }
}

/// What keeps a tensor of the right name from being taken.
pub(super) fn of(wanted: &Wanted<'_>, view: &TensorView<'_>) -> Option<TensorProblem> {
    let tensor = wanted.name.to_owned();
    if view.shape() != wanted.dims {
        Some(TensorProblem::Shape { tensor, file: view.shape().to_owned(), network: wanted.dims.to_owned() })
    } else if !can_be_f32(view.dtype()) {
        Some(TensorProblem::Type { tensor, file: view.dtype().to_string() })
    } else if overflows(view) {
        Some(TensorProblem::Range { tensor })
    } else {
        None
    }
}

/// At most so many problems of the network, and as many of the file, are listed.
const SHOWN: usize = 8;

/// Says, of the missing tensors that are listed, what the file may have in their place: the likest name of the same shape, or else a name that is nearly the same.
pub(super) fn point_at_nearest(problems: &mut [TensorProblem], extra: &[(&str, &TensorView<'_>)]) {
    for problem in problems.iter_mut().take(SHOWN) {
        let TensorProblem::Missing { tensor, network, nearest } = problem else { continue };
        let likeness = extra.iter().filter_map(|(name, view)| {
            let (other_shape, letters) = (view.shape() != network, distance(tensor, name));
            (!other_shape || letters <= tensor.chars().count() / 3).then_some(((other_shape, letters), *name, view))
        });
        *nearest = likeness.min_by_key(|(far, ..)| *far).map(|(_, name, view)| (name.to_owned(), view.shape().to_owned()));
    }
}

/// How many letters must be written, left out or changed to come from one name to the other. Names differ at their ends: the rest of long ones is left out.
fn distance(a: &str, b: &str) -> usize {
    const LONG: usize = 64;
    let b: Vec<char> = b.chars().take(LONG).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.chars().take(LONG).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in b.iter().enumerate() {
            let change = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// The message for a file that is not whole.
pub fn damaged(file: &str, reason: &str) -> String {
    format!("{file} is not a whole safetensors file: {reason}")
}

/// The message for another network's file.
pub fn misfit(file: &str, network: &str, problems: &[TensorProblem], help: Option<&str>) -> String {
    let mut text = format!("{file} does not fit {network}:{}", list(problems));
    help.into_iter().for_each(|help| text.push_str(&format!("\n  help: {help}")));
    text
}

/// Each problem on a line of its own, not too many of them.
pub fn list(problems: &[TensorProblem]) -> String {
    let mut text = String::new();
    let (extra, own): (Vec<_>, Vec<_>) = problems.iter().partition(|problem| matches!(problem, TensorProblem::Extra { .. }));
    for (list, whose) in [(own, "network"), (extra, "file")] {
        list.iter().take(SHOWN).for_each(|problem| text.push_str(&format!("\n  {problem}")));
        if list.len() > SHOWN {
            text.push_str(&format!("\n  and {} more of the {whose}'s tensors", list.len() - SHOWN));
        }
    }
    text
}

/// What was changed between a file and a network.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadNote {
    /// Every name of the file began with what a wrapper of PyTorch puts there, which was left out.
    Prefix {
        /// `module.` of `DataParallel`, `_orig_mod.` of `torch.compile`, or several of them.
        prefix: String,
    },
    /// Numbers of another type became `f32`.
    Converted {
        /// How many tensors.
        tensors: usize,
        /// `F16`, `BF16` or `F64`
        from: String,
    },
}

impl fmt::Display for LoadNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix { prefix } => write!(f, "`{prefix}` was left out in front of every name"),
            Self::Converted { tensors: 1, from } => write!(f, "1 tensor of {from} numbers was converted to f32"),
            Self::Converted { tensors, from } => write!(f, "{tensors} tensors of {from} numbers were converted to f32"),
        }
    }
}
