//! Scratch of pools over regions.

use crate::arithmetic::{product, sum};
use crate::geometry::Roi;

/// Floats that `roi_align` works in: the weights of the columns for each bin across, those of the rows, a row of sums, and where each bin
/// begins and ends.
#[inline]
#[must_use]
pub const fn roi_align_scratch(g: &Roi) -> usize {
    sum([product([g.out_width, g.width]), g.height, g.width, product([2, g.out_width])])
}

/// Floats that `roi_pool` works in: a row of the largest of each column, and where each bin begins and ends.
#[inline]
#[must_use]
pub const fn roi_pool_scratch(g: &Roi) -> usize {
    sum([g.width, product([2, g.out_width])])
}
