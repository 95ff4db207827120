//! What fireclay's generated code stands on: tensors, shapes as types, and SIMD kernels. `no_std`, no `alloc`.
//!
//! Users depend on `fireclay`; this crate is where machine code lives, so that a rebuild of a declaration compiles calls, not kernels.

#![no_std]

#[cfg(feature = "std")]
extern crate std;

#[macro_use]
mod entries;
mod index;
pub mod kernels;
pub mod math;
pub mod shape;
pub mod simd;
mod tensor;

#[cfg(feature = "std")]
pub use fireclay_ir::diagram;
pub use fireclay_ir::{ALIGN, Dtype, ValueRange, aligned};
pub use index::{Index, Indices};
pub use tensor::Tensor;

/// What macros of this crate refer to.
#[doc(hidden)]
pub mod __private {
    pub use typenum::Const;
}
