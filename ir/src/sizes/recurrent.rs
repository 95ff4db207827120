//! The panels of a recurrent weight in training: its rows side by side, for sixteen samples that meet it step after step.

use crate::arithmetic::{product, sum};

/// The most rows of a panel; the number depends on the instruction set.
pub const PANEL_ROWS: usize = 16;

/// Floats of the panels of a matrix of so many rows (`results`) of so many numbers (`sources`), for any instruction set.
#[inline]
#[must_use]
pub const fn panels_len(results: usize, sources: usize) -> usize {
    product([sum([results, PANEL_ROWS - 1]), sources])
}
