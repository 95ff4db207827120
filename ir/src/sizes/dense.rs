//! Packed weights of dense layers.

use crate::arithmetic::{product, sum, whole_vectors};
use crate::geometry::Dense;

/// Floats of a packed dense layer.
#[inline]
#[must_use]
pub const fn dense_packed_len(g: &Dense) -> usize {
    product([whole_vectors(g.outputs), sum([g.inputs, 1])])
}
