//! Element-wise kernels: `activation` and `learned` (activations with a parameter), `binary` and `with_number` (operators), `select` (choices), `dropout`, `mean` (of several values), `glu` (gated linear units), `quant` (from `f32` to `i8` and back).
//! `real` makes vectors the numbers that the formulas of activations are written over.

mod activation;
mod binary;
pub(in crate::kernels) mod dropout;
mod glu;
mod learned;
mod mean;
mod quant;
mod real;
mod select;
mod with_number;

/// Over sixteen samples side by side.
pub mod chwn16 {
    pub use super::activation::chwn16::*;
    pub use super::binary::chwn16::*;
    pub use super::dropout::chwn16::*;
    pub use super::glu::chwn16::*;
    pub use super::learned::chwn16::*;
    pub use super::mean::chwn16::*;
    pub use super::quant::chwn16::*;
    pub use super::select::chwn16::*;
    pub use super::with_number::chwn16::*;
}

/// Over a single sample.
pub mod chw {
    pub use super::activation::chw::*;
    pub use super::binary::chw::*;
    pub use super::dropout::chw::*;
    pub use super::glu::chw::*;
    pub use super::learned::chw::*;
    pub use super::mean::chw::*;
    pub use super::quant::chw::*;
    pub use super::select::chw::*;
    pub use super::with_number::chw::*;
}
