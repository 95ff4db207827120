//! What fireclay's compiler and its runtime share: dtypes, the table of kernels, geometries, the formulas of lengths and scratch, activations.
//!
//! A formula that memory safety rests on stands here once. `no_std`, no unsafe code, and everything that gives a size is a `const fn`.

#![no_std]
// For the list of all families of kernels.
#![recursion_limit = "256"]
#![forbid(unsafe_code)]

#[cfg(feature = "diagram")]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod activation;
mod arithmetic;
#[cfg(feature = "diagram")]
pub mod diagram;
mod dtype;
pub mod geometry;
pub mod kernels;
pub mod parametrized_weight;
mod samples;
mod share;
pub mod sizes;
mod value_range;

pub use arithmetic::{div, div_ceil};
pub use dtype::Dtype;
pub use samples::Samples;
pub use share::Share;
pub use value_range::ValueRange;

/// The numbers of a vector: the samples of a micro-batch, or a block of channels.
pub const LANES: usize = 16;
/// The alignment of arenas and stores, in bytes: a cache line, and the widest vector.
pub const ALIGN: usize = 64;

/// The number of bytes rounded up to whole lines of [`ALIGN`], saturating.
#[must_use]
pub const fn aligned(bytes: usize) -> usize {
    match bytes.checked_next_multiple_of(ALIGN) {
        Some(bytes) => bytes,
        None => usize::MAX - (ALIGN - 1),
    }
}
