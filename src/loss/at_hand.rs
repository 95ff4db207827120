//! Losses of outputs that are at hand, without a network.

use super::{Loss, MicroBatch, TERMS};
use crate::layout::Layout;
use crate::{Batch, Leaf, Shape, Tensor, Values};

/// Outputs of several samples: a batch, or a tuple of batches where a network has several outputs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a batch of outputs",
    note = "that is `Batch<shape![…]>`, or, where a network has several outputs, a tuple of these"
)]
pub trait OutputBatch: Sized {
    /// What a network yields for one sample.
    type Outputs: Values<Batch = Self>;
    /// How all of them lie.
    #[doc(hidden)]
    #[track_caller]
    fn layout(&self) -> Layout;
    /// The `micro`-th micro-batch.
    #[doc(hidden)]
    fn lanes(&self, micro: usize) -> <Self::Outputs as Values>::Lanes<'_>;
    /// The same, to be written.
    #[doc(hidden)]
    fn lanes_mut(&mut self, micro: usize) -> <Self::Outputs as Values>::LanesMut<'_>;
    /// Padding lanes become zero.
    #[doc(hidden)]
    fn clear_padding(&mut self);
}

impl<S: Shape> OutputBatch for Batch<S> {
    type Outputs = Tensor<S>;

    fn layout(&self) -> Layout {
        self.layout()
    }

    fn lanes(&self, micro: usize) -> &[f32] {
        let len = S::LEN * self.layout().lanes();
        &self.as_slice()[micro * len..][..len]
    }

    fn lanes_mut(&mut self, micro: usize) -> &mut [f32] {
        let len = S::LEN * self.layout().lanes();
        &mut self.as_mut_slice()[micro * len..][..len]
    }

    fn clear_padding(&mut self) {
        self.clear_padding();
    }
}

macro_rules! tuples {
    ($($B:ident $i:tt),+) => {
        impl<$($B: OutputBatch<Outputs: Leaf>),+> OutputBatch for ($($B,)+) {
            type Outputs = ($($B::Outputs,)+);

            fn layout(&self) -> Layout {
                let layouts = [$(self.$i.layout()),+];
                assert!(layouts.iter().all(|layout| *layout == layouts[0]), "the batches of a tuple lie differently: {layouts:?}");
                layouts[0]
            }

            fn lanes(&self, micro: usize) -> <Self::Outputs as Values>::Lanes<'_> {
                ($(self.$i.lanes(micro),)+)
            }

            fn lanes_mut(&mut self, micro: usize) -> <Self::Outputs as Values>::LanesMut<'_> {
                ($(self.$i.lanes_mut(micro),)+)
            }

            fn clear_padding(&mut self) {
                $(self.$i.clear_padding();)+
            }
        }
    };
}

tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);

/// How many samples; ends the program where there are not as many targets.
#[track_caller]
fn samples<B: OutputBatch, T: Copy>(loss: &impl Loss<B::Outputs, T>, outputs: &B, targets: T) -> usize {
    let samples = B::Outputs::samples(B::Outputs::refs(outputs));
    if let Some(targets) = loss.targets(targets) {
        assert!(targets == samples, "{targets} targets for {samples} outputs");
    }
    samples
}

/// The loss of a batch of outputs that are at hand, and its gradient: without a network, for tests and for own training loops.
///
/// ```
/// use fireclay::{loss::evaluate, prelude::*};
/// let outputs = Batch::from_samples([&Tensor::from([2.0, 0.0])]);
/// let (loss, gradient) = evaluate(&Mse, &outputs, 0.0);
/// assert_eq!((loss, gradient.to_vec()), (2.0, vec![2.0, 0.0]));
///
/// // Of several outputs: a tuple of batches.
/// let both = (outputs.clone(), outputs);
/// let (loss, (first, second)) = evaluate(&(Mse, L1.weight(0.5)), &both, (0.0, 0.0));
/// assert_eq!((loss, first.to_vec(), second.to_vec()), (2.5, vec![2.0, 0.0], vec![0.25, 0.0]));
/// ```
///
/// # Panics
/// If there are not as many targets as samples.
#[track_caller]
pub fn evaluate<B: OutputBatch, T: Copy>(loss: &impl Loss<B::Outputs, T>, outputs: &B, targets: T) -> (f32, B) {
    let (samples, layout) = (samples(loss, outputs, targets), outputs.layout());
    let mut gradient = B::Outputs::in_layout(samples, layout);
    B::Outputs::set_samples(&mut gradient, samples);
    let mut sum = 0.0;
    for micro in 0..layout.micros(samples) {
        let first = micro * layout.lanes();
        let part = MicroBatch { first, layout, count: (samples - first).min(layout.lanes()), samples };
        sum += loss.micro(part, outputs.lanes(micro), targets, gradient.lanes_mut(micro));
    }
    gradient.clear_padding();
    (sum, gradient)
}

/// The loss of each sample by itself: what it adds to the sum that is then divided, whatever the reduction is (PyTorch's `reduction="none"`, summed over
/// the numbers or positions of a sample). Tells the samples that a network finds hard.
///
/// ```
/// use fireclay::{loss::each, prelude::*};
/// let logits = Batch::from_samples([&Tensor::from([0.0, 0.0]), &Tensor::from([9.0, -9.0])]);
/// let classes = IndexBatch::from_indices(&[0, 1])?;
/// let losses = each(&CrossEntropy, &logits, &classes);
/// assert!((losses[0] - 2.0_f32.ln()).abs() < 1e-6 && (losses[1] - 18.0).abs() < 1e-5);
/// # Ok::<(), fireclay::Error>(())
/// ```
///
/// # Panics
/// If there are not as many targets as samples.
#[track_caller]
pub fn each<B: OutputBatch, T: Copy>(loss: &impl Loss<B::Outputs, T>, outputs: &B, targets: T) -> Vec<f32> {
    let samples = samples(loss, outputs, targets);
    // One after another: each is a micro-batch.
    let mut apart = B::Outputs::in_layout(samples, Layout::Chw);
    B::Outputs::copy_from(&mut apart, B::Outputs::refs(outputs));
    let mut gradient = B::Outputs::in_layout(1, Layout::Chw);
    B::Outputs::set_samples(&mut gradient, 1);
    let divisors: [f64; TERMS] =
        core::array::from_fn(|term| if term < loss.count() { loss.divisor(term, samples, targets).unwrap_or(1.0) } else { 0.0 });
    let of = |first: usize| {
        let part = MicroBatch { first, layout: Layout::Chw, count: 1, samples };
        let terms = loss.terms(part, apart.lanes(first), targets, gradient.lanes_mut(0));
        let whole = terms.iter().zip(divisors).filter(|(term, divisor)| **term != 0.0 && *divisor != 0.0);
        crate::narrow(whole.map(|(term, divisor)| f64::from(*term) * divisor).sum())
    };
    (0..samples).map(of).collect()
}
