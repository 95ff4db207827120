//! Recurrent layers: one loop over time, one weight gradient, one packer and one form over symbols, around a cell.
//!
//! | file | what |
//! |---|---|
//! | `cell` | the trait of a cell: gates and states of one step, and their gradients |
//! | `lstm`, `gru`, `rnn` | the cells |
//! | `form` | what differs between sixteen samples side by side and a single one |
//! | `forward`, `backward`, `weight` | a layer and direction over all steps |
//! | `embedded` | training where x is looked up in an embedding |
//! | `packed`, `packed_step` | packed weights of one sample, and a step with them |
//!
//! A cell's kernels differ in its `step` alone, which is compiled for each instruction set; the loops call those and the kernels of dense
//! layers. What does not depend on a cell's functions reads the number of its gates in the geometry, and exists once for all.

#[macro_use]
mod entries;
#[cfg(feature = "train")]
pub mod backward;
mod cell;
#[cfg(feature = "train")]
pub mod embedded;
mod form;
pub mod forward;
pub mod gru;
pub mod lstm;
pub mod packed;
mod packed_step;
pub mod rnn;
#[cfg(feature = "train")]
pub mod weight;

/// Sixteen samples side by side.
pub mod lanes {
    #[cfg(feature = "train")]
    pub use super::backward::lanes::*;
    #[cfg(feature = "train")]
    pub use super::embedded::recurrent_embedded_backward_weight;
    pub use super::forward::lanes::*;
    pub use super::gru::lanes::*;
    pub use super::lstm::lanes::*;
    pub use super::rnn::{relu::lanes::*, tanh::lanes::*};
    #[cfg(feature = "train")]
    pub use super::weight::lanes::*;
}

/// A single sample.
pub mod one {
    #[cfg(feature = "train")]
    pub use super::backward::one::*;
    pub use super::forward::one::*;
    pub use super::gru::one::*;
    pub use super::lstm::one::*;
    pub use super::packed::recurrent_pack;
    pub use super::rnn::{relu::one::*, tanh::one::*};
    #[cfg(feature = "train")]
    pub use super::weight::one::*;
}

fireclay_ir::recurrent_kernels!(checked[by_form]);
fireclay_ir::recurrent_embedded_kernels!(checked[by_form]);
fireclay_ir::recurrent_pack_kernels!(checked[by_form]);
