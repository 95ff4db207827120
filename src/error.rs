//! What can go wrong outside of the compiler.

use std::fmt;
use std::path::PathBuf;

/// What can go wrong: files, mostly.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is not, or no longer, in the safetensors format.
    #[error("{file} is not a whole safetensors file: {reason}")]
    Safetensors {
        /// The file.
        file: String,
        /// What is wrong; it names the tensor where one is to blame.
        reason: String,
    },
    /// Weights do not fit the network, which was left as it was.
    #[error("{file} does not fit {network}:{}", lines(problems))]
    Weights {
        /// The file.
        file: String,
        /// The network.
        network: &'static str,
        /// All that is wrong.
        problems: Vec<TensorProblem>,
    },
    /// A file of data is not what it should be.
    #[error("{}: {reason}", path.display())]
    Data {
        /// The file.
        path: PathBuf,
        /// What is wrong, and the way out.
        reason: String,
    },
    /// A data set without samples.
    #[error("{what} has no samples")]
    Empty {
        /// Which.
        what: &'static str,
    },
    /// A number of samples, epochs or the like that makes no sense.
    #[error("{0}")]
    Setting(String),
    /// The loss, or a parameter, is no longer a number. The network is as it was after the best epoch so far (or at the start).
    #[error(
        "training left the numbers in epoch {epoch}, step {step}: the loss is {loss}, or a parameter no longer finite\n  help: a smaller learning rate, clipped gradients, or a look at the data for infinities and NaN{}",
        note.map(|note| format!("\n  note: {note}")).unwrap_or_default()
    )]
    Diverged {
        /// What it became.
        loss: f32,
        /// Counted from 1.
        epoch: usize,
        /// Counted from 1, within the epoch.
        step: usize,
        /// What outputs the loss takes, where it is not a number of all of them.
        note: Option<&'static str>,
    },
    /// A plot could not be drawn.
    #[error("{}: the plot could not be drawn: {reason}", path.display())]
    Plot {
        /// The file.
        path: PathBuf,
        /// What the plotting library says.
        reason: String,
    },
}

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
    /// Its numbers are not `f32`.
    Type {
        /// Its name.
        tensor: String,
        /// What they are.
        file: String,
    },
}

impl fmt::Display for TensorProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { tensor, network } => write!(f, "{tensor} is missing; the network has {network:?}"),
            Self::Extra { tensor, file } => write!(f, "{tensor} {file:?} is not in the network"),
            Self::Shape { tensor, file, network } => write!(f, "{tensor} is {file:?} in the file, {network:?} in the network"),
            Self::Type { tensor, file } => write!(f, "{tensor} holds {file} numbers; the network takes F32"),
        }
    }
}

/// Each on a line of its own, at most eight of them.
fn lines(problems: &[TensorProblem]) -> String {
    const SHOWN: usize = 8;
    let mut text: String = problems.iter().take(SHOWN).map(|problem| format!("\n  {problem}")).collect();
    if problems.len() > SHOWN {
        text.push_str(&format!("\n  and {} more", problems.len() - SHOWN));
    }
    text
}

/// A result with Fireclay's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
