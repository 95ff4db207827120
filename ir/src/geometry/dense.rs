//! Dense layers.

use crate::LANES;
use crate::arithmetic::{product, sum};

/// Sizes of a dense layer: x `[rows][inputs]`, y `[rows][outputs]`, weight `[outputs][inputs]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dense {
    /// Vectors that the same weight is applied to (steps of a sequence).
    pub rows: usize,
    /// Features of x.
    pub inputs: usize,
    /// Features of y.
    pub outputs: usize,
}

impl Dense {
    /// Rows that the weight gradient takes at once: each reads and writes all of the gradient.
    pub const ROWS: usize = 8;

    /// Floats of scratch per input, and for each row up to [`Dense::ROWS`], that the weight gradient takes with samples in the lanes.
    pub const SCRATCH: usize = LANES;

    /// Floats that a micro-batch keeps for the weight gradient of the whole batch (the kernel `dense_keep`).
    #[inline]
    #[must_use]
    pub const fn kept(&self) -> usize {
        product([sum([self.inputs, self.outputs]), LANES])
    }
}
