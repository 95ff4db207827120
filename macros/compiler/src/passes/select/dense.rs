//! Which algorithm computes a dense layer.

use super::cost::Price;
use super::{Algorithm, Candidate, Choice, choose};

/// Training, the gradient of the weight.
#[must_use]
pub fn weight_gradient(rows: Option<usize>) -> Option<Choice> {
    // A micro-batch has sixteen products for each weight, and reads and writes its gradient for them: as long as the products take.
    let several = (rows != Some(1), "a micro-batch has too few samples to read and write the gradient for");
    let one = (rows == Some(1), "a sample has several rows: a micro-batch has products enough");
    choose(vec![
        Candidate::new(Algorithm::WholeBatch, Price::DIRECT, &[one]),
        Candidate::new(Algorithm::Direct, Price::DIRECT, &[several]),
    ])
}

/// One sample from `chw16c` or `chw`, to `chw16c`: a vector lies the same in both.
#[must_use]
pub fn from_chw16c(outputs: usize) -> Option<Choice> {
    choose(vec![Candidate::new(Algorithm::Direct, Price::of_lanes(outputs), &[])])
}
