//! What fireclay's compiler reads and its runtime implements: geometries of kernels with their length and scratch formulas.
//!
//! A formula that memory safety rests on stands here once. `no_std`, no unsafe code, and everything that gives a size is a `const fn`.

#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod activation;
mod arithmetic;
pub mod geometry;
pub mod kernels;
mod share;
pub mod sizes;

pub use arithmetic::{div, div_ceil};
pub use share::Share;

/// Numbers of a vector: samples of a micro-batch, or channels of a block.
pub const LANES: usize = 16;
