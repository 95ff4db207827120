//! Fireclay: a compile-time neural network language.
//!
//! Shape it while it is soft, fire it once: [`network!`] reads an architecture from Rust source, checks every shape while
//! compiling, plans all memory, and writes forward and backward code over memory whose place is already known.
//!
//! # Features
//!
//! All but `csv`, `image`, `wav`, `picture`, `tensorboard` and `profile` are on unless `default-features = false` is said. Without any, the crate is `no_std` without `alloc`: it declares networks and
//! runs inference with weights that [`weights!`] puts into the program.
//!
//! | feature | what it adds | with it come | dependencies |
//! |---|---|---|---|
//! | `std` | networks on the heap, batches, [`Error`], metrics; the instruction set is found when the program runs | | thiserror, matrixmultiply |
//! | `parallel` | batches and training on all cores; without it, on one | `std` | rayon |
//! | `safetensors` | [`Save`]: networks in files; `History::to_json` | `std` | safetensors, serde_json |
//! | `random` | [`rng`]; with `std` first weights ([`Initialize::init`]), sampling ([`Sample`]), random splits of data | | rand |
//! | `train` | gradients; with `std` [`loss`], [`optim`], the [`Trainer`], [`check`] and [`explain`] | `random` | |
//! | `data` | data sets: the digits that ship with the crate, files of the MNIST and CIFAR families, texts | `random`, `safetensors` | flate2 |
//! | `csv` | `data::Table`: tables of comma-separated values; `History::to_csv` | `data` | csv |
//! | `image` | `data::ImageFolder`: folders and lists of PNG and JPEG images | `data` | png, zune-jpeg |
//! | `wav` | `data::WavFolder`: folders of WAV files | `data` | hound |
//! | `plot` | `History::plot`: a training as a picture; `Sweep::plot`: learning rates | `std` | plotters |
//! | `picture` | `fireclay::picture`: images, boxes, masks and curves as PNG and SVG files | `plot` | embedded-graphics, png |
//! | `tensorboard` | `TensorBoard`: curves, histograms and images for TensorBoard | `std`, `train` | crc, png |
//! | `progress` | a bar while training; without it, a line for each epoch | `std` | indicatif |
//! | `profile` | `fireclay::profile`: the time that each layer takes | `std` | |
//!
//! Inference on a desktop: `default-features = false, features = ["parallel", "safetensors"]`. Training without pictures and bars:
//! `["parallel", "safetensors", "train"]`.

#![cfg_attr(not(feature = "std"), no_std)]
// On docs.rs each item says with which feature it is there.
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate self as fireclay;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
#[cfg(feature = "std")]
pub mod batch;
#[cfg(all(feature = "std", feature = "train"))]
pub mod check;
#[cfg(feature = "std")]
mod classes;
#[cfg(feature = "std")]
pub mod data;
#[cfg(feature = "std")]
mod error;
#[cfg(all(feature = "std", feature = "train"))]
pub mod explain;
#[cfg(feature = "std")]
mod init;
#[cfg(feature = "std")]
mod io;
pub mod layers;
mod layout;
#[cfg(all(feature = "std", feature = "train"))]
pub mod loss;
mod macros;
#[cfg(feature = "std")]
pub mod metrics;
#[cfg(all(feature = "std", feature = "train"))]
mod narrow;
pub mod network;
#[cfg(all(feature = "std", feature = "train"))]
pub mod optim;
#[cfg(feature = "picture")]
pub mod picture;
#[cfg(feature = "profile")]
pub mod profile;
#[cfg(any(feature = "plot", feature = "safetensors"))]
mod replace;
#[cfg(feature = "random")]
mod rng;
#[cfg(all(feature = "std", feature = "random"))]
mod sample;
#[cfg_attr(not(all(feature = "std", feature = "train")), expect(dead_code, reason = "most settings are those of training"))]
mod setting;
mod sizes;
#[cfg(any(feature = "picture", all(feature = "plot", feature = "train")))]
mod svg_file;
#[cfg(feature = "tensorboard")]
mod tensorboard;
#[cfg(feature = "std")]
mod threads;
#[cfg(all(feature = "std", feature = "train"))]
pub mod trainer;
mod values;
#[cfg(feature = "std")]
pub mod vision;
mod when;

#[cfg(feature = "std")]
pub use batch::{Batch, IndexBatch, IndicesBatch};
#[cfg(feature = "std")]
pub use error::{Error, Result};
#[cfg(feature = "std")]
pub use fireclay_runtime::diagram::Diagram;
#[doc(hidden)]
pub use fireclay_runtime::kernels;
pub use fireclay_runtime::shape::{Dim, Shape};
pub use fireclay_runtime::simd::LANES;
pub use fireclay_runtime::{Dtype, Index, Indices, Tensor, ValueRange, shape};
#[cfg(feature = "safetensors")]
pub use fireclay_weight_file::{LoadNote, TensorProblem};
#[cfg(feature = "std")]
pub use init::Initialize;
#[cfg(feature = "std")]
#[doc(hidden)]
pub use init::New;
#[cfg(feature = "std")]
pub use io::Save;
#[cfg(feature = "safetensors")]
pub use io::{Loaded, Transfer, metadata, metadata_from_bytes};
pub use layout::Layout;
#[cfg(all(feature = "std", feature = "train"))]
use narrow::narrow;
pub use network::*;
#[cfg(feature = "random")]
pub use rng::{Rng, rng};
#[cfg(all(feature = "std", feature = "random"))]
pub use sample::Sample;
#[cfg(feature = "tensorboard")]
pub use tensorboard::TensorBoard;
#[cfg(all(feature = "std", feature = "train"))]
pub use trainer::Trainer;
pub use typenum::Const;
pub use values::{Leaf, MAX_VALUES, Pointers, ValueType, Values};

/// What most programs use.
pub mod prelude {
    pub use crate::Mode;
    #[cfg(feature = "std")]
    #[doc(hidden)]
    pub use crate::New as _;
    #[cfg(all(feature = "std", feature = "random"))]
    pub use crate::Sample;
    #[cfg(feature = "std")]
    pub use crate::data::Dataset;
    #[cfg(feature = "data")]
    pub use crate::data::Digits;
    pub use crate::infer::*;
    #[cfg(all(feature = "std", feature = "train"))]
    pub use crate::loss::{Bce, BceWithLogits, CrossEntropy, Huber, L1, Loss, Mse};
    #[cfg(feature = "std")]
    pub use crate::metrics::{Accumulator, Accuracy, Evaluate, Metric};
    #[cfg(all(feature = "std", feature = "train"))]
    pub use crate::optim::{Adam, AdamW, Algorithm, Cosine, LinearWarmup, OneCycle, Optimizer, Plateau, Schedule, Sgd, Step};
    #[cfg(feature = "random")]
    pub use crate::rng;
    #[cfg(all(feature = "std", feature = "train"))]
    pub use crate::trainer::{ProgressBar, Trainer};
    #[cfg(feature = "std")]
    pub use crate::{Batch, IndexBatch, IndicesBatch, Infer, Initialize, Save};
    #[cfg(all(feature = "std", feature = "train"))]
    pub use crate::{Grads, Memory, Train};
}

/// What inference on a device needs, without heap and `std`: to declare a network, put its weights into the program and run it.
///
/// ```
/// use fireclay::infer::*;
/// network! { pub Xor(x: [2]) -> [1] { x -> hidden: Dense(8) -> Tanh -> out: Dense(1) } }
/// // Read while compiling, in flash: static NET: Packed<Xor> = weights!(Xor, "xor.safetensors");
/// static MEMORY: StaticMemory<Xor> = StaticMemory::new(); // in RAM; its size is known to the linker
/// assert!(MEMORY.take().is_some());
/// ```
pub mod infer {
    pub use crate::{
        AsNetwork, Block, Const, Dim, Index, Indices, InferMemory, Network, Packed, Shape, State, StaticMemory, StepByStep,
        Stepping, Tensor, Values, network, shape, weights,
    };
}

/// The examples of the language reference, as tests.
#[cfg(all(doctest, feature = "std", feature = "train"))]
#[doc = include_str!("../docs/language.md")]
#[doc = include_str!("../docs/training.md")]
#[doc = include_str!("../README.md")]
struct LanguageReference;
