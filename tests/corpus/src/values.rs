//! Inputs and outputs of networks as lists of numbers.

use fireclay::prelude::*;

/// Makes the numbers of one input, for so many samples.
pub trait Source {
    /// Numbers of a tensor.
    fn numbers(&mut self, count: usize) -> Vec<f32>;
    /// Indices.
    fn indices(&mut self, count: usize) -> Vec<usize>;
}

/// A value, or a tuple of values, that can be made of numbers and listed.
pub trait Parts: Values {
    /// A batch of so many samples; a source makes each value.
    fn batch(source: &mut dyn Source, samples: usize) -> Self::Batch;

    /// The numbers of each value; none of indices.
    fn lists(batch: Self::Refs<'_>) -> Vec<Vec<f32>>;

    /// The same of one sample.
    fn sample_lists(&self) -> Vec<Vec<f32>>;
}

impl<S: Shape> Parts for Tensor<S> {
    fn batch(source: &mut dyn Source, samples: usize) -> Batch<S> {
        Batch::from_slice(&source.numbers(samples * S::LEN)).expect("as many numbers as the samples have")
    }

    fn lists(batch: &Batch<S>) -> Vec<Vec<f32>> {
        vec![batch.to_vec()]
    }

    fn sample_lists(&self) -> Vec<Vec<f32>> {
        vec![self.as_slice().to_vec()]
    }
}

impl<const BOUND: usize> Parts for Index<BOUND> {
    fn batch(source: &mut dyn Source, samples: usize) -> IndexBatch<BOUND> {
        IndexBatch::from_samples(source.indices(samples).into_iter().map(|index| Index::new(index).expect("below the bound")))
    }

    fn lists(_: &IndexBatch<BOUND>) -> Vec<Vec<f32>> {
        vec![Vec::new()]
    }

    fn sample_lists(&self) -> Vec<Vec<f32>> {
        vec![Vec::new()]
    }
}

impl<const BOUND: usize, const LEN: usize> Parts for Indices<BOUND, LEN> {
    fn batch(source: &mut dyn Source, samples: usize) -> IndicesBatch<BOUND, LEN> {
        let indices = source.indices(samples * LEN);
        let sample = |sample: &[usize]| Indices::from_fn(|i| Index::new(sample[i]).expect("below the bound"));
        IndicesBatch::from_sequences(indices.chunks_exact(LEN).map(sample))
    }

    fn lists(_: &IndicesBatch<BOUND, LEN>) -> Vec<Vec<f32>> {
        vec![Vec::new()]
    }

    fn sample_lists(&self) -> Vec<Vec<f32>> {
        vec![Vec::new()]
    }
}

macro_rules! tuples {
    ($($T:ident $i:tt),+) => {
        impl<$($T: Parts + fireclay::Leaf),+> Parts for ($($T,)+) {
            fn batch(source: &mut dyn Source, samples: usize) -> Self::Batch {
                ($($T::batch(source, samples),)+)
            }

            fn lists(batch: Self::Refs<'_>) -> Vec<Vec<f32>> {
                [$($T::lists(batch.$i)),+].concat()
            }

            fn sample_lists(&self) -> Vec<Vec<f32>> {
                [$(self.$i.sample_lists()),+].concat()
            }
        }
    };
}

tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
