//! Which algorithm computes a factor and a summand for each channel.

use super::cost::Price;
use super::{Algorithm, Candidate, Choice, choose};

/// One sample from `chw16c`, to `chw16c`.
#[must_use]
pub fn from_chw16c(channels: usize) -> Option<Choice> {
    let conditions = [(channels >= 8, "its channels fill less than half a vector: to convert takes longer")];
    choose(vec![Candidate::new(Algorithm::Direct, Price::of_lanes(channels), &conditions)])
}
