//! What `network!` hands to the library under `#[fireclay(inner_values)]`.

use super::plan::TrainFunctions;

/// A plan under `#[fireclay(inner_values)]` that keeps what layers give, with sixteen samples side by side.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct InnerFunctions {
    /// The functions.
    pub functions: TrainFunctions,
    /// The values that can be read.
    pub values: &'static [InnerPlace],
    /// What stands for a network that did not compile: nothing more is said of its values.
    pub broken: bool,
}

/// Where an inner value and its gradient lie.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct InnerPlace {
    /// The name of the layer, as in the summary.
    pub name: &'static str,
    /// Its extents.
    pub dims: &'static [usize],
    /// Its first byte in the arena: a line for each number, of sixteen samples.
    pub value: usize,
    /// The first byte of its gradient, which lies likewise.
    pub grad: usize,
}
