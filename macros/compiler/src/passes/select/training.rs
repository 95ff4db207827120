//! Which layout each value has while training.

use crate::graph::{Graph, Layout};

/// Sixteen samples side by side, for every value: weights meet sixteen samples when they are read once, and any layer fills a vector. It is also
/// the only layout that all training kernels are there for.
#[must_use]
pub fn layouts(graph: &Graph) -> Vec<Layout> {
    vec![Layout::Chwn16; graph.values.len()]
}
