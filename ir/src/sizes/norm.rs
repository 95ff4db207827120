//! Packed numbers of batch norms.

use crate::arithmetic::{product, whole_vectors};
use crate::geometry::BatchNorm;

/// Floats of a packed batch norm: a factor and a summand for each channel.
#[inline]
#[must_use]
pub const fn batch_norm_chw16c_len(g: &BatchNorm) -> usize {
    product([2, whole_vectors(g.channels)])
}
