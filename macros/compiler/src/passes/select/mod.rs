//! Selection: which algorithm computes a product of weights, from which layout, with which epilogue. Every choice is made here, by one
//! cost model ([`cost`]); `docs/selection.md` prints what is chosen for well-known layers, and why.
//!
//! | file | chooses |
//! |---|---|
//! | `conv.rs`, `conv_transpose.rs`, `dense.rs`, `per_channel.rs` | the algorithm of a product: in training, for one sample |
//! | `training.rs`, `conv_training.rs` | the kernels of a product in training, and which layout each value has there |
//! | `by_sample.rs` | the same for training one sample at a time |
//! | `product.rs` | the kernels of a product for one sample |
//! | `layout.rs` | which layout each value has while one sample runs |
//! | `per_sample.rs` | whether a batch runs sample by sample |
//! | `explain.rs` | what was chosen, in words |
//! | `training_cost.rs` | what a step takes one sample at a time, against sixteen side by side |
//! | `training_cost_recurrent.rs` | the same of recurrent layers |
//! | `cost.rs` | the prices |
//! | `kernels.rs` | what `product.rs` yields |

pub mod by_sample;
pub mod conv;
mod conv_training;
pub mod conv_transpose;
pub mod cost;
pub mod dense;
pub mod explain;
pub mod kernels;
pub mod layout;
pub mod per_channel;
pub mod per_sample;
pub mod product;
pub mod training;
pub mod training_cost;
mod training_cost_recurrent;

use cost::Price;
use std::fmt;

/// How a product is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// The sums as they stand.
    Direct,
    /// Winograd's F(4×4, 3×3), or its like for 4×4 kernels of stride 2 (Lavin and Gray 2015, arXiv 1509.09308).
    Winograd,
    /// Winograd's F(2, 5) along the row.
    WinogradRow,
    /// Each channel for itself.
    Depthwise,
    /// A few filters: positions lie in the lanes. (Transposed: taps.)
    SmallChannel,
    /// The weight gradient from an input that was laid out with its channels last.
    ChannelsLast,
    /// The weight gradient once for the whole batch, from samples that were saved.
    WholeBatch,
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Direct => "direct",
            Self::Winograd => "Winograd",
            Self::WinogradRow => "Winograd F(2, 5) along the row",
            Self::Depthwise => "depthwise",
            Self::SmallChannel => "small-channel",
            Self::ChannelsLast => "channels last",
            Self::WholeBatch => "whole batch",
        })
    }
}

/// An algorithm that might compute a product: what it costs, or why it cannot.
#[derive(Debug, Clone)]
pub struct Candidate {
    algorithm: Algorithm,
    price: Result<Price, &'static str>,
}

impl Candidate {
    /// An algorithm at this price, unless one of the conditions fails: then the words beside it say why.
    fn new(algorithm: Algorithm, price: Price, conditions: &[(bool, &'static str)]) -> Self {
        let failed = conditions.iter().find(|(holds, _)| !holds);
        Self { algorithm, price: failed.map_or(Ok(price), |(_, why)| Err(why)) }
    }
}

/// What was chosen, and among which.
#[derive(Debug, Clone)]
pub struct Choice {
    /// How it is computed.
    pub algorithm: Algorithm,
    /// At what price.
    pub price: Price,
    /// All that were considered.
    pub candidates: Vec<Candidate>,
}

/// The cheapest; of several the first. `None` where none can.
fn choose(candidates: Vec<Candidate>) -> Option<Choice> {
    let possible = candidates.iter().filter_map(|candidate| Some((candidate.algorithm, candidate.price.ok()?)));
    let (algorithm, price) = possible.min_by_key(|(_, price)| *price)?;
    Some(Choice { algorithm, price, candidates })
}
