//! Recurrent layers: one loop over time, one weight gradient, one packer and one way to train over an embedding, around a cell.
//!
//! | file | what |
//! |---|---|
//! | `cell` | the trait of a cell: gates and states of one step, and their gradients |
//! | `lstm`, `gru`, `rnn` | the cells |
//! | `layout` | what differs between sixteen samples side by side and a single one |
//! | `forward`, `backward`, `weight` | a layer and direction over all steps |
//! | `entries` | from declarations in `fireclay-ir` to entries |
//! | `any_cell` | the entries of kernels that no cell differs in |
//! | `embedded` | training where x is looked up in an embedding |
//! | `gates` | the gates of an LSTM alone |
//! | `length` | samples with fewer steps than others |
//! | `across` | all samples of a batch that train one at a time |
//! | `panels` | panels of the recurrent weight, which a batch of many steps reads faster |
//! | `packed`, `packed_step` | packed weights of one sample, and a step with them |
//!
//! A cell's kernels differ in its `step` alone, which is compiled for each instruction set; the loops call those and the kernels of dense
//! layers. What does not depend on a cell's functions reads the number of its gates in the geometry, and exists once for all.

#[macro_use]
mod entries;
#[cfg(feature = "train")]
pub mod across;
mod any_cell;
#[cfg(feature = "train")]
pub mod backward;
mod cell;
#[cfg(feature = "train")]
pub mod embedded;
pub mod forward;
pub mod gates;
pub mod gru;
mod layout;
mod length;
pub mod lstm;
pub mod packed;
mod packed_step;
mod panels;
pub mod rnn;
#[cfg(feature = "train")]
pub mod weight;

/// Sixteen samples side by side.
pub mod chwn16 {
    pub use super::any_cell::chwn16::*;
    #[cfg(feature = "train")]
    pub use super::embedded::recurrent_embedded_backward_weight;
    pub use super::gates::chwn16::*;
    pub use super::gru::chwn16::*;
    pub use super::lstm::chwn16::*;
    pub use super::rnn::{relu::chwn16::*, tanh::chwn16::*};
}

/// A single sample.
pub mod chw {
    pub use super::any_cell::chw::*;
    pub use super::gates::chw::*;
    pub use super::gru::chw::*;
    pub use super::lstm::chw::*;
    pub use super::packed::recurrent_pack;
    pub use super::rnn::{relu::chw::*, tanh::chw::*};
}

fireclay_ir::recurrent_embedded_kernels!(checked[by_layout]);
fireclay_ir::recurrent_pack_kernels!(checked[by_layout]);
