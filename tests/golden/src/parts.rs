//! Inputs and outputs of networks as tensors of a file.

use crate::{Array, Golden};
use fireclay::prelude::*;

/// A value, or a tuple of values, that can be read from a file and listed.
pub trait Parts: Values {
    /// The next tensors of these names, as batches. `None` where one is missing or of another size.
    fn from_file(file: &Golden, names: &mut dyn Iterator<Item = &'static str>) -> Option<Self::Batch>;

    /// The numbers of each value.
    fn lists(batches: Self::Refs<'_>) -> Vec<Vec<f32>>;
}

impl<S: Shape> Parts for Tensor<S> {
    fn from_file(file: &Golden, names: &mut dyn Iterator<Item = &'static str>) -> Option<Batch<S>> {
        Batch::from_slice(&samples_first(file, names.next()?)?.f32())
    }

    fn lists(batches: &Batch<S>) -> Vec<Vec<f32>> {
        vec![batches.to_vec()]
    }
}

impl<const BOUND: usize, const LEN: usize> Parts for Indices<BOUND, LEN> {
    fn from_file(file: &Golden, names: &mut dyn Iterator<Item = &'static str>) -> Option<IndicesBatch<BOUND, LEN>> {
        let values = samples_first(file, names.next()?)?.values;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "indices")]
        let indices: Vec<_> = values.iter().map(|i| Index::<BOUND>::new(*i as usize)).collect::<Option<_>>()?;
        let samples = indices.chunks_exact(LEN).map(|sample| Indices::from_fn(|i| sample[i]));
        Some(IndicesBatch::from_sequences(samples))
    }

    fn lists(_: &IndicesBatch<BOUND, LEN>) -> Vec<Vec<f32>> {
        Vec::new()
    }
}

impl<const BOUND: usize> Parts for Index<BOUND> {
    fn from_file(file: &Golden, names: &mut dyn Iterator<Item = &'static str>) -> Option<IndexBatch<BOUND>> {
        let values = &file.get(names.next()?)?.values;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "indices")]
        let indices: Vec<_> = values.iter().map(|i| Index::<BOUND>::new(*i as usize)).collect::<Option<_>>()?;
        Some(IndexBatch::from_samples(indices))
    }

    fn lists(_: &IndexBatch<BOUND>) -> Vec<Vec<f32>> {
        Vec::new()
    }
}

impl<A: Parts + fireclay::Leaf, B: Parts + fireclay::Leaf> Parts for (A, B) {
    fn from_file(file: &Golden, names: &mut dyn Iterator<Item = &'static str>) -> Option<Self::Batch> {
        Some((A::from_file(file, names)?, B::from_file(file, names)?))
    }

    fn lists(batches: Self::Refs<'_>) -> Vec<Vec<f32>> {
        [A::lists(batches.0), B::lists(batches.1)].concat()
    }
}

impl<A: Parts + fireclay::Leaf, B: Parts + fireclay::Leaf, C: Parts + fireclay::Leaf> Parts for (A, B, C) {
    fn from_file(file: &Golden, names: &mut dyn Iterator<Item = &'static str>) -> Option<Self::Batch> {
        Some((A::from_file(file, names)?, B::from_file(file, names)?, C::from_file(file, names)?))
    }

    fn lists(batches: Self::Refs<'_>) -> Vec<Vec<f32>> {
        [A::lists(batches.0), B::lists(batches.1), C::lists(batches.2)].concat()
    }
}

impl<A: Parts + fireclay::Leaf, B: Parts + fireclay::Leaf, C: Parts + fireclay::Leaf, D: Parts + fireclay::Leaf> Parts
    for (A, B, C, D)
{
    fn from_file(file: &Golden, names: &mut dyn Iterator<Item = &'static str>) -> Option<Self::Batch> {
        Some((A::from_file(file, names)?, B::from_file(file, names)?, C::from_file(file, names)?, D::from_file(file, names)?))
    }

    fn lists(batches: Self::Refs<'_>) -> Vec<Vec<f32>> {
        [A::lists(batches.0), B::lists(batches.1), C::lists(batches.2), D::lists(batches.3)].concat()
    }
}

/// A tensor whose first axis is the samples: recurrent layers have it second in states, and where `batch_first` is false.
#[must_use]
pub fn samples_first(file: &Golden, name: &str) -> Option<Array> {
    let array = file.get(name)?.clone();
    let bare = name.trim_start_matches("grad_").trim_start_matches("output_");
    let is_state = ["h0", "c0", "h_n", "c_n"].contains(&bare);
    let sequences_second = file.config["batch_first"] == false && file.config.get("hidden").is_some();
    let [first, second, rest @ ..] = array.dims.as_slice() else { return Some(array) };
    if !is_state && !sequences_second {
        return Some(array);
    }
    let inner: usize = rest.iter().product();
    let values = (0..*second).flat_map(|s| (0..*first).map(move |f| (f * second + s) * inner)).flat_map(|at| at..at + inner);
    let values = values.map(|at| array.values[at]).collect();
    Some(Array { dims: [&[*second, *first], rest].concat(), values })
}
