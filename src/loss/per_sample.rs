//! A loss of one's own, sample by sample.

use super::reduce::{Reduction, reductions, scale};
use super::{Loss, MicroBatch};
use crate::layout::{self, Layout};
use crate::values::ValueType;
use crate::{Leaf, Shape, Tensor, Values};
use core::ops::Range;
use std::sync::{Mutex, PoisonError};

/// What a network yields, as a loss of one's own sees a sample of it: a tensor, or a tuple of tensors.
///
/// Samples of a micro-batch stand one after another while the function is at work on them: those of the first tensor, then those of the next.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what a loss sees of a sample",
    note = "that is `Tensor<shape![…]>`, or, where a network has several outputs, a tuple of these"
)]
pub trait Outputs: Values {
    /// Copies so many samples of a micro-batch, from a place on, which moves on.
    #[doc(hidden)]
    fn each_sample(from: &Self::Lanes<'_>, layout: Layout, count: usize, to: &mut [f32], at: &mut usize);
    /// Copies so many gradients back.
    #[doc(hidden)]
    fn micro_batch(from: &[f32], at: &mut usize, count: usize, layout: Layout, to: &mut Self::LanesMut<'_>);
    /// Becomes the i-th of so many samples.
    #[doc(hidden)]
    fn take(&mut self, from: &[f32], at: &mut usize, count: usize, i: usize);
    /// Becomes the i-th of so many gradients, times a number.
    #[doc(hidden)]
    fn put(&self, scale: f32, to: &mut [f32], at: &mut usize, count: usize, i: usize);
    /// Becomes zero.
    #[doc(hidden)]
    fn clear(&mut self);
}

/// The next so many samples of so many numbers; moves the place on.
fn next(at: &mut usize, count: usize, len: usize) -> Range<usize> {
    let from = *at;
    *at += count * len;
    from..*at
}

impl<S: Shape> Outputs for Tensor<S> {
    fn each_sample(from: &&[f32], layout: Layout, count: usize, to: &mut [f32], at: &mut usize) {
        let own = next(at, count, S::LEN);
        layout::copy_numbers(S::LEN, count, (layout, from), (Layout::Chw, &mut to[own]));
    }

    fn micro_batch(from: &[f32], at: &mut usize, count: usize, layout: Layout, to: &mut &mut [f32]) {
        let own = next(at, count, S::LEN);
        layout::copy_numbers(S::LEN, count, (Layout::Chw, &from[own]), (layout, to));
    }

    fn take(&mut self, from: &[f32], at: &mut usize, count: usize, i: usize) {
        let own = next(at, count, S::LEN).start + i * S::LEN;
        self.as_mut_slice().copy_from_slice(&from[own..own + S::LEN]);
    }

    fn put(&self, scale: f32, to: &mut [f32], at: &mut usize, count: usize, i: usize) {
        let own = next(at, count, S::LEN).start + i * S::LEN;
        for (to, from) in to[own..own + S::LEN].iter_mut().zip(self.as_slice()) {
            *to = scale * from;
        }
    }

    fn clear(&mut self) {
        self.as_mut_slice().fill(0.0);
    }
}

macro_rules! tuples {
    ($($T:ident $i:tt),+) => {
        impl<$($T: Outputs + Leaf),+> Outputs for ($($T,)+) {
            fn each_sample(from: &Self::Lanes<'_>, layout: Layout, count: usize, to: &mut [f32], at: &mut usize) {
                $($T::each_sample(&from.$i, layout, count, to, at);)+
            }
            fn micro_batch(from: &[f32], at: &mut usize, count: usize, layout: Layout, to: &mut Self::LanesMut<'_>) {
                $($T::micro_batch(from, at, count, layout, &mut to.$i);)+
            }
            fn take(&mut self, from: &[f32], at: &mut usize, count: usize, i: usize) {
                $(self.$i.take(from, at, count, i);)+
            }
            fn put(&self, scale: f32, to: &mut [f32], at: &mut usize, count: usize, i: usize) {
                $(self.$i.put(scale, to, at, count, i);)+
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
    samples: Vec<f32>,
    gradients: Vec<f32>,
    output: Box<O>,
    gradient: Box<O>,
    target: Box<T>,
}

impl<O: Outputs, T: Values> Scratch<O, T> {
    fn new(lanes: usize) -> Self {
        let numbers = lanes * O::TYPES.iter().map(ValueType::numbers).sum::<usize>();
        let (samples, gradients) = (vec![0.0; numbers], vec![0.0; numbers]);
        Self { samples, gradients, output: O::boxed(), gradient: O::boxed(), target: T::boxed() }
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
        let (count, layout, numbers) = (part.count, part.layout, O::TYPES.iter().map(ValueType::numbers).sum::<usize>());
        let free = self.scratch.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let free = free.filter(|scratch| scratch.samples.len() >= count * numbers);
        let mut scratch = free.unwrap_or_else(|| Scratch::new(part.lanes()));
        let Scratch { samples, gradients, output, gradient: own, target } = &mut scratch;
        let scale = scale(self.reduction.divisor(part.samples, 1));
        O::each_sample(&outputs, layout, count, samples, &mut 0);
        let mut sum = 0.0_f64;
        for i in 0..count {
            output.take(samples, &mut 0, count, i);
            T::read(targets, part.first + i, target);
            own.clear();
            sum += f64::from((self.function)(output, target, own));
            own.put(scale, gradients, &mut 0, count, i);
        }
        O::micro_batch(gradients, &mut 0, count, layout, &mut gradient);
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        crate::narrow(sum * f64::from(scale))
    }
}
