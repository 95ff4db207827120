//! Dense layers.

use crate::LANES;
use crate::arithmetic::{product, sum};

/// The sizes of a dense layer: x `[rows][inputs]`, y `[rows][outputs]`, weight `[outputs][inputs]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dense {
    /// The rows of x and y: the steps of a sequence.
    pub rows: usize,
    /// The features of x.
    pub inputs: usize,
    /// The features of y.
    pub outputs: usize,
}

impl Dense {
    /// Rows that the weight gradient takes at once: each time it reads and writes the whole gradient.
    pub const ROWS: usize = 8;

    /// Floats of scratch per input, and for each row up to [`Dense::ROWS`], that the weight gradient takes with samples in the lanes.
    pub const SCRATCH: usize = LANES;

    /// Floats that a micro-batch saves for the weight gradient of the whole batch (the kernel `dense_save`).
    #[inline]
    #[must_use]
    pub const fn saved_len(&self) -> usize {
        product([sum([self.inputs, self.outputs]), LANES])
    }
}
