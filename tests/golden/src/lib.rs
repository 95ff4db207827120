//! What the golden tests share: files, the one tolerance, and a check per kind of operation.
//!
//! The tests themselves are written by the build script, one for each file of the folder that `FIRECLAY_GOLDEN` names (`vectors/` unless
//! set); whole networks stand in `tests/networks.rs`.

mod close;
mod file;
pub mod layer;
pub mod loss;
pub mod metric;
pub mod network;
pub mod optim;
mod parts;
pub mod recurrent;
pub mod several;

pub use close::Check;
pub use file::{Array, Golden};
pub use parts::Parts;

use fireclay::Layout;
use fireclay::prelude::*;

/// Reads a golden file.
///
/// # Panics
/// If it cannot be read.
#[must_use]
#[track_caller]
pub fn open(path: &str) -> Golden {
    Golden::read(path).unwrap_or_else(|error| panic!("{error}"))
}

/// Memories of a network for so many samples, one for each form in which it trains: sixteen samples side by side, one sample at a time.
#[must_use]
pub fn memories<N: Network>(samples: usize) -> Vec<Memory<N>> {
    let memory = |layout| fireclay::__private::memory_in(layout, samples);
    [Layout::Chwn16, Layout::Chw].into_iter().filter_map(memory).collect()
}
