//! What can go wrong outside of the compiler.

#[cfg(feature = "safetensors")]
use fireclay_weight_file::{self as weight_file, OtherFormat, TensorProblem};
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
    /// A file is in another format than safetensors: a PyTorch checkpoint, for example.
    #[cfg(feature = "safetensors")]
    #[error("{}", OtherFormat { what, help }.message(file, "a safetensors file"))]
    OtherFormat {
        /// The file.
        file: String,
        /// What it is.
        what: &'static str,
        /// The way out.
        help: &'static str,
    },
    /// A file is not, or no longer, in the safetensors format.
    #[cfg(feature = "safetensors")]
    #[error("{}", weight_file::damaged(file, reason))]
    Safetensors {
        /// The file.
        file: String,
        /// What is wrong; it names the tensor where one is to blame.
        reason: String,
    },
    /// Weights do not fit the network, which was left as it was.
    #[cfg(feature = "safetensors")]
    #[error("{}", weight_file::misfit(file, network, problems, help.as_deref()))]
    Weights {
        /// The file.
        file: String,
        /// The network.
        network: &'static str,
        /// All that is wrong.
        problems: Vec<TensorProblem>,
        /// The way out, where one is known.
        help: Option<String>,
    },
    /// A checkpoint is not that of this training, which was left as it was.
    #[cfg(all(feature = "safetensors", feature = "train"))]
    #[error("{}: {reason}\n  help: {help}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
        /// The way out.
        help: &'static str,
    },
    /// A file of data is not what it should be.
    #[error("{}: {reason}", path.display())]
    Data {
        /// The file.
        path: PathBuf,
        /// What is wrong, and the way out.
        reason: String,
    },
    /// A number that is to be an index is not below its bound.
    #[error("index {index} at place {place} is not below {bound}")]
    Index {
        /// Its place, counted from 0.
        place: usize,
        /// The number.
        index: usize,
        /// All indices are below this.
        bound: usize,
    },
    /// An error of the program's own, from a callback or a data set.
    #[error("{0}")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A data set without samples.
    #[error("{what} has no samples")]
    Empty {
        /// Which.
        what: &'static str,
    },
    /// A metric has no value for what it has seen.
    #[error("{metric} has no value: {reason}")]
    Metric {
        /// Which.
        metric: &'static str,
        /// Why.
        reason: String,
    },
    /// A number of samples, epochs or the like that makes no sense.
    #[error("{0}")]
    Setting(String),
    /// The loss, or a parameter, is no longer a number. The network is as it was after the best epoch so far (or at the start).
    #[error(
        "training diverged in epoch {epoch}, step {step}: {}\n  help: a smaller learning rate, clipped gradients, or a look at the data for infinities and NaN{}",
        if loss.is_finite() { "a parameter is infinite or NaN".to_owned() } else { format!("{of} is {loss}") },
        note.map(|note| format!("\n  note: {note}")).unwrap_or_default()
    )]
    Diverged {
        /// What it became.
        loss: f32,
        /// `the loss`, or `the validation loss`.
        of: &'static str,
        /// Counted from 1.
        epoch: usize,
        /// Counted from 1, within the epoch.
        step: usize,
        /// What outputs and targets the loss takes, where it is not a finite number of all of them.
        note: Option<&'static str>,
    },
    /// A sample that makes the loss infinite or NaN. The network is as after [`Error::Diverged`].
    #[error(
        "sample {sample} of {data} has infinity or NaN in its {part}\n  help: look at how this sample is made (the first one is number 0), or leave it out"
    )]
    NotFinite {
        /// `the training data`, or `the validation data`.
        data: &'static str,
        /// Which one, from 0.
        sample: usize,
        /// `input` or `target`.
        part: &'static str,
    },
    /// A gradient is not that of its value, says [`check::gradient`](crate::check::gradient).
    #[cfg(feature = "train")]
    #[error("{0}")]
    Gradient(Box<crate::check::WrongGradient>),
    /// Gradients that cannot be clipped.
    #[cfg(feature = "train")]
    #[error(
        "the norm of the gradients is {norm}: one of them is infinite or NaN, or together they are too long for `f32`\n  help: a smaller learning rate, or a look at the data for infinities and NaN"
    )]
    GradientNorm {
        /// Infinite or NaN.
        norm: f32,
    },
    /// A plot could not be drawn.
    #[cfg(feature = "plot")]
    #[error("{}: the plot could not be drawn: {reason}", path.display())]
    Plot {
        /// The file.
        path: PathBuf,
        /// What the plotting library says.
        reason: String,
    },
}

impl Error {
    /// An error of the program's own: what a callback or a data set ends with.
    ///
    /// ```
    /// let error = fireclay::Error::other("the other machine does not answer");
    /// assert_eq!(error.to_string(), "the other machine does not answer");
    /// let file = std::fs::read("no such file").map_err(fireclay::Error::other);
    /// assert!(file.is_err());
    /// ```
    pub fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Other(error.into())
    }
}

/// A result with Fireclay's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
