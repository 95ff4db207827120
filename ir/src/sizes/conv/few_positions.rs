//! Convolutions across samples where all samples together have few positions.

use crate::arithmetic::{product, sum, whole_vectors};
use crate::geometry::Conv;

/// The positions that count as few: a weight from memory then takes longer to arrive than its products do.
pub const FEW_POSITIONS: usize = 16;

/// Whether weights are read as they are stored: so few positions, whole vectors of channels, and a weight that does not stay in the first-level cache.
#[inline]
#[must_use]
pub const fn few_positions(g: &Conv, samples: usize) -> bool {
    const LARGE: usize = 1 << 16;
    let positions = product([samples, g.out_map()]);
    let whole = whole_vectors(g.channels) == g.channels && whole_vectors(g.filters) == g.filters;
    g.groups == 1 && whole && positions > 0 && positions <= FEW_POSITIONS && product([g.filters, g.channels, g.area()]) >= LARGE
}

/// Floats of scratch: the taps of as many positions, and the gradients of their results.
#[inline]
#[must_use]
pub const fn few_positions_scratch(g: &Conv) -> usize {
    if few_positions(g, 1) { product([FEW_POSITIONS, sum([product([g.channels, g.area()]), g.filters])]) } else { 0 }
}
