//! A loss of one's own, sample by sample.

use super::reduce::{Reduction, reductions, scale};
use super::{Loss, MicroBatch};
use crate::layout::{self, Layout};
use crate::{Shape, Tensor, Values};
use std::sync::{Mutex, PoisonError};

/// What a network yields, as a loss of one's own sees a sample of it: a tensor, or a tuple of tensors.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what a loss sees of a sample",
    note = "that is `Tensor<shape![…]>`, or, where a network has several outputs, a tuple of these"
)]
pub trait Outputs: Values {
    /// How many numbers there must be room for, beside the samples, to take samples out of a micro-batch of so many.
    #[doc(hidden)]
    fn room(samples: usize) -> usize;
    /// Copies the samples of a micro-batch.
    #[doc(hidden)]
    fn take_samples(from: &Self::Lanes<'_>, layout: Layout, room: &mut [f32], to: &mut [Self]);
    /// Copies gradients back, times a number.
    #[doc(hidden)]
    fn put_gradients(from: &mut [Self], scale: f32, layout: Layout, room: &mut [f32], to: &mut Self::LanesMut<'_>);
    /// Becomes zero.
    #[doc(hidden)]
    fn clear(&mut self);
}

impl<S: Shape> Outputs for Tensor<S> {
    fn room(_: usize) -> usize {
        0
    }

    fn take_samples(from: &&[f32], layout: Layout, _: &mut [f32], to: &mut [Self]) {
        layout::copy_numbers(S::LEN, to.len(), (layout, from), (Layout::Chw, Tensor::flat_mut(to)));
    }

    fn put_gradients(from: &mut [Self], scale: f32, layout: Layout, _: &mut [f32], to: &mut &mut [f32]) {
        let count = from.len();
        let from = Tensor::flat_mut(from);
        from.iter_mut().for_each(|x| *x *= scale);
        layout::copy_numbers(S::LEN, count, (Layout::Chw, from), (layout, to));
    }

    fn clear(&mut self) {
        self.as_mut_slice().fill(0.0);
    }
}

/// Copies the samples of one part of a tuple, by way of `room`, where they stand one after another.
fn take_part<'a, S: Shape>(from: &[f32], layout: Layout, room: &mut [f32], to: impl ExactSizeIterator<Item = &'a mut Tensor<S>>) {
    layout::copy_numbers(S::LEN, to.len(), (layout, from), (Layout::Chw, room));
    for (to, from) in to.zip(room.chunks_exact(S::LEN)) {
        to.as_mut_slice().copy_from_slice(from);
    }
}

/// Copies the gradients of one part of a tuple back, times a number.
fn put_part<'a, S: Shape>(
    from: impl ExactSizeIterator<Item = &'a Tensor<S>>,
    scale: f32,
    layout: Layout,
    room: &mut [f32],
    to: &mut [f32],
) {
    let count = from.len();
    for (from, to) in from.zip(room.chunks_exact_mut(S::LEN)) {
        to.iter_mut().zip(from.as_slice()).for_each(|(to, from)| *to = scale * from);
    }
    layout::copy_numbers(S::LEN, count, (Layout::Chw, room), (layout, to));
}

macro_rules! tuples {
    ($($S:ident $i:tt),+) => {
        impl<$($S: Shape),+> Outputs for ($(Tensor<$S>,)+) {
            fn room(samples: usize) -> usize {
                samples * [$($S::LEN),+].into_iter().fold(0, usize::max)
            }
            fn take_samples(from: &Self::Lanes<'_>, layout: Layout, room: &mut [f32], to: &mut [Self]) {
                $(take_part(from.$i, layout, room, to.iter_mut().map(|sample| &mut sample.$i));)+
            }
            fn put_gradients(from: &mut [Self], scale: f32, layout: Layout, room: &mut [f32], to: &mut Self::LanesMut<'_>) {
                $(put_part(from.iter().map(|sample| &sample.$i), scale, layout, room, to.$i);)+
            }
            fn clear(&mut self) {
                $(self.$i.clear();)+
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

/// The samples of a micro-batch while the function is at work on them.
struct Scratch<O, T> {
    outputs: Box<[O]>,
    gradients: Box<[O]>,
    targets: Box<[T]>,
    room: Vec<f32>,
}

impl<O: Outputs, T: Values> Scratch<O, T> {
    fn new(lanes: usize) -> Self {
        let (outputs, gradients) = (O::boxed_slice(lanes), O::boxed_slice(lanes));
        Self { outputs, gradients, targets: T::boxed_slice(lanes), room: vec![0.0; O::room(lanes)] }
    }
}

/// A loss of samples; made by [`per_sample`].
#[must_use]
pub struct PerSample<F, O, T> {
    function: F,
    reduction: Reduction,
    /// One for each thread that was here at once: nothing is allocated after the first steps.
    scratch: Mutex<Vec<Scratch<O, T>>>,
}

/// A loss of one's own that looks at a sample: the function is given an output, a target, and a gradient to fill, which is zero at first, and
/// returns the loss of the sample.
///
/// The types are the network's output and what the data has as its target: a [`Tensor`], an [`Index`](crate::Index),
/// [`Indices`](crate::Indices); where there are several outputs or targets, a tuple of these. The mean over the samples, or
/// [`sum`](PerSample::sum). The library divides, and keeps padding out. [`check::gradient`](crate::check::gradient) compares gradient and loss, for
/// a test.
///
/// ```
/// use fireclay::{check, loss, prelude::*};
///
/// // One minus the cosine of the angle to the target.
/// let cosine = loss::per_sample(|y: &Tensor<shape![3]>, t: &Tensor<shape![3]>, dy| {
///     let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
///     let (y, t) = (y.as_slice(), t.as_slice());
///     let (norm, cos) = (dot(y, y).sqrt(), dot(y, t) / (dot(y, y) * dot(t, t)).sqrt());
///     for (j, d) in dy.as_mut_slice().iter_mut().enumerate() {
///         *d = (cos * y[j] / norm - t[j] / dot(t, t).sqrt()) / norm;
///     }
///     1.0 - cos
/// });
///
/// network! { pub Point(x: [2]) -> [3] { x -> fc1: Dense(8) -> Tanh -> fc2: Dense(3) } }
/// let mut net = Point::init(&mut rng(1));
/// let x = Batch::from_fn(5, |i, j| (i + j) as f32 / 4.0 + 1.0);
/// let y = Batch::from_fn(5, |i, j| (i as f32 - j as f32).cos());
/// check::gradient(&net, &x, &cosine, &y)?;
/// let loss = net.train(&x, &cosine, &y, &mut Point::memory(5), &mut Point::grads());
/// assert!((0.0..=2.0).contains(&loss));
/// # Ok::<(), fireclay::Error>(())
/// ```
///
/// Over several outputs:
///
/// ```
/// use fireclay::{check, loss, prelude::*};
/// network! {
///     pub Two(x: [2]) -> (a: [3], b: [1]) {
///         let hidden = x -> fc: Dense(4) -> Tanh;
///         (a: hidden -> a: Dense(3), b: hidden -> b: Dense(1))
///     }
/// }
/// type Out = (Tensor<shape![3]>, Tensor<shape![1]>);
/// // The second is to be the sum of the first, which is to be as large as the target says.
/// let sums = loss::per_sample(|(a, b): &Out, t: &Tensor<shape![1]>, (da, db): &mut Out| {
///     let sum: f32 = a.as_slice().iter().sum();
///     let (off, far) = (sum - b[0], b[0] - t[0]);
///     da.as_mut_slice().fill(2.0 * off);
///     db[0] = 2.0 * (far - off);
///     off * off + far * far
/// });
/// let x = Batch::from_fn(20, |i, j| (i + j) as f32 / 20.0);
/// check::gradient(&Two::init(&mut rng(1)), &x, sums, &Batch::from_fn(20, |i, _| i as f32))?;
/// # Ok::<(), fireclay::Error>(())
/// ```
pub const fn per_sample<O: Outputs, T: Values, F: Fn(&O, &T, &mut O) -> f32 + Sync>(function: F) -> PerSample<F, O, T> {
    PerSample { function, reduction: Reduction::Mean, scratch: Mutex::new(Vec::new()) }
}

reductions!(PerSample<F, O, T>);

impl<F: Clone, O, T> Clone for PerSample<F, O, T> {
    fn clone(&self) -> Self {
        Self { function: self.function.clone(), reduction: self.reduction, scratch: Mutex::default() }
    }
}

impl<F, O, T> core::fmt::Debug for PerSample<F, O, T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "PerSample: {:?}", self.reduction)
    }
}

impl<'a, O: Outputs, T: Values, F: Fn(&O, &T, &mut O) -> f32 + Sync> Loss<O, T::Refs<'a>> for PerSample<F, O, T> {
    #[track_caller]
    fn targets(&self, targets: T::Refs<'a>) -> Option<usize> {
        Some(T::samples(targets))
    }

    fn divisor(&self, _: usize, samples: usize, _: T::Refs<'a>) -> Option<f64> {
        self.reduction.divisor(samples, 1)
    }

    fn micro(&self, part: MicroBatch, outputs: O::Lanes<'_>, targets: T::Refs<'a>, mut gradient: O::LanesMut<'_>) -> f32 {
        let (count, layout) = (part.count, part.layout);
        let free = self.scratch.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let free = free.filter(|scratch| scratch.outputs.len() >= count);
        let mut scratch = free.unwrap_or_else(|| Scratch::new(part.lanes()));
        let Scratch { outputs: own, gradients, targets: wanted, room } = &mut scratch;
        let (own, gradients, wanted) = (&mut own[..count], &mut gradients[..count], &mut wanted[..count]);
        let scale = scale(self.reduction.divisor(part.samples, 1));
        O::take_samples(&outputs, layout, room, own);
        T::read_all(targets, part.first, wanted);
        let mut sum = 0.0_f64;
        for ((output, target), gradient) in own.iter().zip(wanted.iter()).zip(gradients.iter_mut()) {
            gradient.clear();
            sum += f64::from((self.function)(output, target, gradient));
        }
        O::put_gradients(gradients, scale, layout, room, &mut gradient);
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        crate::narrow(sum * f64::from(scale))
    }
}
