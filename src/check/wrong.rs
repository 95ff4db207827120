//! What is said of a gradient that is wrong.

use crate::Layout;
use core::fmt;

/// Whose gradient it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// The loss's, by an output of the network, counted from 0.
    Output(usize),
    /// A parameter's, by its name.
    Parameter(&'static str),
    /// An input's, counted from 0.
    Input(usize),
}

/// A gradient that differences do not confirm.
#[derive(Debug, Clone, PartialEq)]
pub struct WrongGradient {
    /// `LeNet`
    pub network: &'static str,
    /// Whose gradient it is.
    pub of: Of,
    /// Of which sample, for outputs and inputs.
    pub sample: Option<usize>,
    /// The number: its place along each axis.
    pub place: Vec<usize>,
    /// What was computed.
    pub found: f64,
    /// What differences give.
    pub difference: f64,
    /// How far the two may be apart.
    pub tolerance: f64,
    /// How the samples lay.
    pub layout: Layout,
}

impl fmt::Display for WrongGradient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.network)?;
        match self.of {
            Of::Output(i) => write!(f, "the loss's gradient by output {i}")?,
            Of::Parameter(name) => write!(f, "the gradient of `{name}`")?,
            Of::Input(i) => write!(f, "the gradient of input {i}")?,
        }
        write!(f, " is wrong at {:?}", self.place)?;
        if let Some(sample) = self.sample {
            write!(f, " of sample {sample}")?;
        }
        let lie = match self.layout {
            Layout::Chw => "one sample at a time",
            Layout::Chwn16 => "sixteen samples side by side",
        };
        write!(f, ": {:.6e}, but differences give {:.6e} (±{:.1e}; {lie})", self.found, self.difference, self.tolerance)?;
        match self.of {
            Of::Output(_) => write!(f, "\n  help: the derivative that the loss computes is not that of the value it returns"),
            _ => write!(
                f,
                "\n  help: the loss's own gradient is right. `Quantize` passes gradients through and has none to compare; many kinks (ReLU, max \
                 pooling) hide what a difference shows: take 2 to 5 samples"
            ),
        }
    }
}

/// Where the `at`-th number stands along each axis.
pub(super) fn place(mut at: usize, dims: &[usize]) -> Vec<usize> {
    let mut place = vec![0; dims.len()];
    for (place, dim) in place.iter_mut().zip(dims).rev() {
        *place = at % dim.max(&1);
        at /= dim.max(&1);
    }
    place
}
