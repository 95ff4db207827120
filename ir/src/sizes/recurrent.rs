//! A matrix that sixteen samples meet again and again: its rows laid side by side in panels.

use crate::arithmetic::{product, sum};

/// Rows of a panel, at most; how many there are depends on the instruction set.
pub const PANEL_ROWS: usize = 16;

/// Floats of the panels of a matrix of so many rows (`results`) of so many numbers (`sources`), for any instruction set.
#[inline]
#[must_use]
pub const fn panels_len(results: usize, sources: usize) -> usize {
    product([sum([results, PANEL_ROWS - 1]), sources])
}
