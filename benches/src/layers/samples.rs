//! What the networks take: the same numbers each time.

use crate::train::{number, numbers};
use fireclay::Values;
use fireclay::prelude::*;

/// Samples of a kind.
pub trait Sampled: Values {
    /// So many.
    fn several(samples: usize) -> Self::Batch;

    /// One.
    fn one() -> Box<Self>;
}

impl<S: Shape> Sampled for Tensor<S> {
    fn several(samples: usize) -> Self::Batch {
        numbers(samples)
    }

    fn one() -> Box<Self> {
        let mut tensor = Self::boxed();
        tensor.as_mut_slice().iter_mut().enumerate().for_each(|(i, x)| *x = number(i));
        tensor
    }
}

impl<const BOUND: usize, const LEN: usize> Sampled for Indices<BOUND, LEN> {
    fn several(samples: usize) -> Self::Batch {
        IndicesBatch::from_sequences((0..samples).map(|sample| Self::from_fn(|i| index(sample * LEN + i))))
    }

    fn one() -> Box<Self> {
        Box::new(Self::from_fn(index))
    }
}

fn index<const BOUND: usize>(i: usize) -> Index<BOUND> {
    Index::new(i.wrapping_mul(7919) % BOUND).unwrap_or_default()
}

/// A map, and regions of it.
impl<S: Shape, R: Shape> Sampled for (Tensor<S>, Tensor<R>) {
    fn several(samples: usize) -> Self::Batch {
        (numbers(samples), Batch::from_fn(samples, |_, i| corner::<S>(i)))
    }

    fn one() -> Box<Self> {
        let mut both = Self::boxed();
        both.0.as_mut_slice().iter_mut().enumerate().for_each(|(i, x)| *x = number(i));
        both.1.as_mut_slice().iter_mut().enumerate().for_each(|(i, x)| *x = corner::<S>(i));
        both
    }
}

/// `x1, y1, x2, y2` of region after region, boxes of a quarter to a half of a square map's side; as in `bench_layers.py`.
fn corner<S: Shape>(i: usize) -> f32 {
    let side = S::DIMS[S::DIMS.len() - 1] as f32;
    let (region, which) = (i / 4, i % 4);
    let first = side * (0.05 + 0.05 * ((region * 5 + which % 2 * 3) % 8) as f32);
    if which < 2 { first } else { first + side * (0.25 + 0.0625 * (region % 4) as f32) }
}
