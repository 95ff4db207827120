//! Fireclay: a compile-time neural network language.
//!
//! Shape it while it is soft, fire it once: [`network!`] reads an architecture from Rust source, checks every shape while
//! compiling, plans all memory, and writes forward and backward code over memory whose place is already known.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate self as fireclay;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
#[cfg(feature = "std")]
pub mod batch;
#[cfg(feature = "std")]
pub mod data;
#[cfg(feature = "std")]
mod error;
#[cfg(feature = "std")]
mod init;
#[cfg(feature = "std")]
mod io;
#[cfg(all(feature = "std", feature = "train"))]
pub mod loss;
mod macros;
#[cfg(feature = "std")]
pub mod metrics;
pub mod network;
#[cfg(all(feature = "std", feature = "train"))]
pub mod optim;
#[cfg(feature = "profile")]
pub mod profile;
#[cfg(feature = "std")]
mod replace;
#[cfg(feature = "std")]
mod sample;
#[cfg(feature = "std")]
#[cfg_attr(not(feature = "train"), expect(dead_code, reason = "most settings are those of training"))]
mod setting;
#[cfg(all(feature = "std", feature = "train"))]
pub mod trainer;
mod values;
#[cfg(feature = "std")]
mod weight_file;
mod when;

#[cfg(feature = "std")]
pub use batch::{Batch, IndexBatch, IndicesBatch};
#[cfg(feature = "std")]
pub use error::{Error, Result};
pub use fireclay_runtime::shape::{Dim, Shape};
pub use fireclay_runtime::simd::LANES;
pub use fireclay_runtime::{Index, Indices, Tensor, kernels, shape};
#[cfg(feature = "std")]
#[doc(hidden)]
pub use init::New;
#[cfg(feature = "std")]
pub use init::{Initialise, Rng, rng};
#[cfg(feature = "std")]
pub use io::{Loaded, Save};
pub use network::*;
#[cfg(feature = "std")]
pub use sample::Sample;
#[cfg(all(feature = "std", feature = "train"))]
pub use trainer::Trainer;
pub use typenum::Const;
pub use values::{Leaf, MAX_VALUES, Pointers, ValueType, Values};
#[cfg(feature = "std")]
pub use weight_file::{LoadNote, TensorProblem};

/// What most programs use.
pub mod prelude {
    #[cfg(feature = "std")]
    #[doc(hidden)]
    pub use crate::New as _;
    #[cfg(feature = "std")]
    pub use crate::data::{Dataset, Digits};
    #[cfg(all(feature = "std", feature = "train"))]
    pub use crate::loss::{Bce, BceWithLogits, CrossEntropy, Huber, L1, Loss, Mse};
    #[cfg(feature = "std")]
    pub use crate::metrics::{Accuracy, Evaluate, Metric};
    #[cfg(all(feature = "std", feature = "train"))]
    pub use crate::optim::{Adam, AdamW, Algorithm, Cosine, LinearWarmup, OneCycle, Optimizer, Plateau, Schedule, Sgd, Step};
    #[cfg(all(feature = "std", feature = "train"))]
    pub use crate::trainer::{ProgressBar, Trainer};
    pub use crate::{
        AsNetwork, Block, Const, Dim, Index, Indices, InferMemory, Mode, Network, Packed, Shape, State, StaticMemory, StepByStep,
        Stepping, Tensor, Values,
    };
    #[cfg(feature = "std")]
    pub use crate::{Batch, IndexBatch, IndicesBatch, Infer, Initialise, Sample, Save, rng};
    #[cfg(all(feature = "std", feature = "train"))]
    pub use crate::{Grads, Memory, Train};
    pub use crate::{network, shape, weights};
}

/// The examples of the language reference, as tests.
#[cfg(all(doctest, feature = "std", feature = "train"))]
#[doc = include_str!("../docs/language.md")]
#[doc = include_str!("../README.md")]
struct LanguageReference;
