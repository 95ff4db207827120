//! Products over many rows of all samples (`kernels/rows`): what is packed at once.

use crate::LANES;
use crate::arithmetic::{max, product, sum, whole_vectors};

/// Sources whose weights are packed at once: with [`ROW_RESULTS`] of results they stay in the first-level cache while all rows meet them.
pub const ROW_SOURCES: usize = 128;

/// Results whose weights, or inputs whose numbers, lie side by side in a panel.
pub const ROW_RESULTS: usize = 4 * LANES;

/// Rows whose outer products are summed before the gradient is read and written again.
pub const GRADIENT_ROWS: usize = 128;

/// Floats of scratch of a product over rows, and of a gradient of a weight with this many inputs.
#[inline]
#[must_use]
pub const fn rows_scratch(inputs: usize) -> usize {
    max(product([ROW_SOURCES, ROW_RESULTS]), rows_gradient_scratch(inputs))
}

/// Floats of scratch of the gradient: the rows of x in panels, and those of sixteen outputs.
#[inline]
#[must_use]
pub const fn rows_gradient_scratch(inputs: usize) -> usize {
    product([GRADIENT_ROWS, sum([product([inputs.div_ceil(ROW_RESULTS), ROW_RESULTS]), LANES])])
}

/// Floats of a matrix that is packed for steps that all samples take together: sixteen results in a vector.
#[inline]
#[must_use]
pub const fn step_panels_len(results: usize, sources: usize) -> usize {
    product([whole_vectors(results), sources])
}
