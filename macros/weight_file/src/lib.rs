//! Files of weights: what `open`, `load` and `weights!` make of them, in the same words.
//!
//! The format is the crate `safetensors`' business. Here stands what it leaves open (a name that stands twice), what users bring instead
//! of a safetensors file, and how the names of a file find those of a network. `fireclay` and `fireclay-compiler` both read with this
//! crate: a file which one of them takes or refuses is taken or refused by all.

mod matching;
mod numbers;
mod other_format;
mod problem;
mod reader;

pub use matching::{Matching, fit, fit_part, fit_tensors, fit_with};
pub use numbers::copy;
pub use other_format::OtherFormat;
pub use problem::{LoadNote, TensorProblem, damaged, list, misfit};
pub use reader::{metadata, read};

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

/// What begins so in a file is Fireclay's own: the state of a training, in a checkpoint. (No label has a colon.)
pub const OWN: &str = "fireclay:";
