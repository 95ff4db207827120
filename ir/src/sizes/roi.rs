//! Scratch of pools over regions.

use crate::LANES;
use crate::arithmetic::{product, sum};
use crate::geometry::Roi;

/// Floats that `roi_align` works in for a sample: sixteen channels of the map, and of a region the means; the weights of the columns for each bin across, those of
/// the rows, a row of sums of sixteen channels, and where each bin begins and ends.
#[inline]
#[must_use]
pub const fn roi_align_scratch(g: &Roi) -> usize {
    let [map, bins] = [product([g.height, g.width]), product([g.out_height, g.out_width])];
    let channels = product([sum([map, 1, bins, g.width]), LANES]);
    sum([channels, product([g.out_width, g.width]), g.height, product([2, g.out_width])])
}

/// Floats that `roi_pool` works in for a sample: sixteen channels of the map, of a region the largest numbers and their places, and where each bin of each region begins and ends.
#[inline]
#[must_use]
pub const fn roi_pool_scratch(g: &Roi) -> usize {
    let [map, bins] = [product([g.height, g.width]), product([g.out_height, g.out_width])];
    let spans = product([2, g.regions, sum([g.out_height, g.out_width])]);
    sum([product([sum([map, 1, product([2, bins])]), LANES]), spans])
}
