//! Gradients that were set to zero are zeros to whoever reads them, and the next pass writes what it would add to zeros.

use fireclay::__private::memory_in;
use fireclay::loss::{Loss, MicroBatch};
use fireclay::prelude::*;
use fireclay::{Index, IndexBatch, Layout};
use std::panic::{AssertUnwindSafe, catch_unwind};

network! {
    /// Weights that all samples share at once, one in two places, and weights that each sample adds to.
    pub Net(image: [16, 4, 4]) -> [5] {
        image -> first: Conv(64, 3, pad = same) -> Relu -> wide: Conv(128, 3, stride = 2, pad = 1) -> Relu -> again: Conv(128, 3, pad = same) -> Relu -> again
            -> BatchNorm -> Flatten -> fc: Dense(128) -> Relu -> out: Dense(5)
    }
}

fn batch(samples: usize) -> (Batch<shape![16, 4, 4]>, IndexBatch<5>) {
    let mut rng = rng(3);
    let images: Vec<Tensor<shape![16, 4, 4]>> = (0..samples).map(|_| Tensor::from_fn(|_| rng.normal())).collect();
    (Batch::from_samples(&images), IndexBatch::from_samples((0..samples).map(|i| Index::new(i % 5).expect("a class"))))
}

#[test]
fn read_as_zeros() {
    let mut grads = Net::grads();
    grads.as_mut_slice().fill(1.5);
    grads.zero();
    assert!(grads.fc.weight.as_slice().iter().all(|g| *g == 0.0));
    grads.as_mut_slice().fill(1.5);
    grads.zero();
    grads.as_mut_slice()[7] = 2.0;
    assert_eq!(grads.as_slice().iter().sum::<f32>(), 2.0);
}

#[test]
fn the_next_pass_makes_what_it_would_add_to_zeros() {
    for (samples, layout, threads) in
        [(1, Layout::Chw, 1), (3, Layout::Chw, 2), (16, Layout::Chw, 2), (16, Layout::Chwn16, 1), (33, Layout::Chwn16, 2)]
    {
        let (x, y) = batch(samples);
        let mut net = Net::init(&mut rng(1));
        let mut memory = memory_in::<Net>(layout, samples).expect("it trains so");
        memory.threads(threads);
        let (mut wanted, mut grads) = (Net::grads(), Net::grads());
        net.boxed_clone().train(&x, CrossEntropy, &y, &mut memory, &mut wanted);
        grads.as_mut_slice().fill(f32::NAN);
        grads.zero();
        net.boxed_clone().train(&x, CrossEntropy, &y, &mut memory, &mut grads);
        assert_eq!(grads.as_slice(), wanted.as_slice(), "train, {samples} {layout:?}");
        grads.as_mut_slice().fill(f32::NAN);
        grads.zero();
        net.forward(Mode::Train, &x, &mut memory).loss(CrossEntropy, &y);
        net.backward(&mut memory, &mut grads);
        assert_eq!(grads.as_slice(), wanted.as_slice(), "backward, {samples} {layout:?}");
        // Without, a pass adds.
        net.backward(&mut memory, &mut grads);
        for (sum, once) in grads.as_slice().iter().zip(wanted.as_slice()) {
            assert!((sum - 2.0 * once).abs() <= 1e-4 * once.abs() + 1e-6, "{sum} is not twice {once}");
        }
    }
}

/// A loss that gives up.
struct Broken;

impl<T: Copy> Loss<Tensor<shape![5]>, T> for Broken
where
    CrossEntropy: Loss<Tensor<shape![5]>, T>,
{
    fn targets(&self, targets: T) -> Option<usize> {
        CrossEntropy.targets(targets)
    }
    fn micro(&self, _: MicroBatch, _: &[f32], _: T, _: &mut [f32]) -> f32 {
        panic!("as the test wants it")
    }
}

#[test]
fn a_pass_that_panics_leaves_zeros() {
    let (x, y) = batch(2);
    let (mut net, mut memory, mut grads) = (Net::init(&mut rng(1)), Net::memory(2), Net::grads());
    grads.as_mut_slice().fill(1.5);
    grads.zero();
    let pass = catch_unwind(AssertUnwindSafe(|| net.train(&x, Broken, &y, &mut memory, &mut grads)));
    assert!(pass.is_err());
    assert!(grads.as_slice().iter().all(|g| *g == 0.0));
}
