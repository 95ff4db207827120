//! What a trained network looks at, and adversarial inputs: gradients with respect to inputs and inner values, in [`Mode::Eval`](crate::Mode::Eval).
//!
//! | function | gives | from |
//! |---|---|---|
//! | [`saliency`] | the gradient of a class's score with respect to the input | Simonyan et al. 2014, arXiv 1312.6034 |
//! | [`grad_cam`] | where an image speaks for a class | Selvaraju et al. 2017, arXiv 1610.02391 |
//! | [`visualize`] | an input that scores high for a class | Simonyan et al. 2014, arXiv 1312.6034 |
//! | [`invert`] | an input with given inner values | Mahendran and Vedaldi 2015, arXiv 1412.0035 |
//! | [`fgsm`], [`Pgd`] | inputs near the given ones with a higher loss | Goodfellow et al. 2015, arXiv 1412.6572; Madry et al. 2018, arXiv 1706.06083 |
//!
//! They are small functions over what every program may call: [`Train::forward_eval`], a loss, [`Train::backward_input`]. All take a batch and give one of
//! its shape (`grad_cam`: a map of its layer); [`input_gradient`], [`ClassScore`] and [`Ascent::run`] are there to build others of.

mod ascent;
mod fgsm;
mod grad_cam;
mod image;
mod invert;
mod pgd;
mod saliency;
mod score;
mod visualize;

pub use ascent::Ascent;
pub use fgsm::fgsm;
pub use grad_cam::grad_cam;
pub use invert::invert;
pub use pgd::Pgd;
pub use saliency::saliency;
pub use score::ClassScore;
pub use visualize::visualize;

use crate::loss::TargetsOf;
use crate::{AsNetwork, Memory, Network, Train, Values};

/// A loss over the batch, and its gradient with respect to the inputs. No gradient of a parameter is computed, and nothing of the network changes.
///
/// ```
/// use fireclay::{explain::input_gradient, prelude::*};
/// network! { pub Line(x: [2]) -> [1] { x -> fc: Dense(1) } }
/// let net = Line::init(&mut rng(1));
/// let x = Batch::from_samples([&Tensor::from([1.0, 2.0])]);
/// let mut memory = Line::memory(1);
/// let (_, gradient) = input_gradient(&net, &x, L1, 100.0, &mut memory);
/// assert_eq!(gradient.to_vec(), net.fc.weight.as_slice().iter().map(|w| -w).collect::<Vec<_>>());
/// ```
///
/// # Panics
/// If the batch is empty or larger than the memory was made for, or there are not as many targets as samples.
#[track_caller]
pub fn input_gradient<'m, B: AsNetwork + ?Sized, L, T>(
    net: &B,
    inputs: <InputOf<B> as Values>::Refs<'_>,
    loss: L,
    targets: T,
    memory: &'m mut Memory<B::Network>,
) -> (f32, <InputOf<B> as Values>::Refs<'m>)
where
    T: TargetsOf<L, OutputOf<B>> + Send + Sync,
{
    let net = net.network();
    let value = net.forward_eval(inputs, memory).loss(loss, targets);
    (value, net.backward_input(memory))
}

/// What the network takes.
type InputOf<B> = <<B as AsNetwork>::Network as Network>::Input;
/// What it yields in training.
type OutputOf<B> = <<B as AsNetwork>::Network as Network>::TrainOutput;

/// −1, 0 or 1; NaN stays NaN. (`f32::signum` has no 0.)
fn sign(x: f32) -> f32 {
    if x == 0.0 { 0.0 } else { x.signum() }
}
