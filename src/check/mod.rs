//! Gradients held against differences: for the tests of a program that has a loss or a network of its own. And how they fare in a training:
//! [`GradientReport`].
//!
//! ```
//! use fireclay::{check, loss, prelude::*};
//! network! { pub Line(x: [2]) -> [1] { x -> fc: Dense(1) } }
//! let net = Line::init(&mut rng(1));
//! let (x, y) = (Batch::from_fn(4, |i, j| (i + j) as f32), Batch::from_fn(4, |i, _| i as f32));
//!
//! check::gradient(&net, &x, Mse, &y)?;
//!
//! // A derivative that forgot its factor.
//! let wrong = loss::elementwise(|y, t| ((y - t) * (y - t), y - t));
//! let error = check::gradient(&net, &x, wrong, &y).unwrap_err().to_string();
//! assert!(error.contains("the loss's gradient by output 0"), "{error}");
//! # Ok::<(), fireclay::Error>(())
//! ```

mod choice;
mod difference;
mod gradient_report;
mod numbers;
mod seen;
mod subject;
mod wrong;

pub use gradient_report::{GradientFinding, GradientReport, LayerGradient};
pub use wrong::{Of, WrongGradient};

use crate::__private::memory_in;
use crate::loss::TargetsOf;
use crate::network::{AsNetwork, Mode, Network};
use crate::{Error, Layout, Result, Values, setting};
use seen::Seen;
use subject::Subject;

/// Compares the gradients that training computes, of every parameter and every input, and the one that the loss gives, with central differences;
/// in every layout that the network trains in. The network is left as it is: a copy is looked at.
///
/// It takes two forward passes for each number that is looked at, of which there are sixteen in each tensor: a batch of two to five samples and a
/// small network make a fast test. [`GradientCheck`] has more.
///
/// ```
/// use fireclay::{check, prelude::*};
/// network! { pub Small(image: [1, 6, 6]) -> [3] { image -> conv: Conv(4, 3) -> Tanh -> Flatten -> fc: Dense(3) } }
/// let x = Batch::from_fn(3, |i, j| ((i * 7 + j * 5) % 11) as f32 / 5.0 - 1.0);
/// let y = IndexBatch::from_samples([0, 1, 2].map(|class| Index::new(class).expect("below 3")));
/// let report = check::gradient(&Small::init(&mut rng(1)), &x, CrossEntropy, &y)?;
/// assert!(report.numbers > 60);
/// # Ok::<(), fireclay::Error>(())
/// ```
///
/// # Errors
/// [`Error::Gradient`], which names the tensor and the number that is off. If the batch is empty, or the loss is not a number.
///
/// # Panics
/// If there are not as many targets as samples, and where [`Train::forward`](crate::Train::forward) does.
#[track_caller]
pub fn gradient<A, L, T>(
    net: &A,
    inputs: <<A::Network as Network>::Input as Values>::Refs<'_>,
    loss: L,
    targets: T,
) -> Result<Report>
where
    A: AsNetwork + ?Sized,
    T: TargetsOf<L, <A::Network as Network>::TrainOutput> + Send + Sync,
{
    GradientCheck::new().run(net, inputs, loss, targets)
}

/// What a check looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How many numbers were compared.
    pub numbers: usize,
    /// Of how many of these nothing can be said, because kinks are near.
    pub doubtful: usize,
    /// In which layouts.
    pub layouts: Vec<Layout>,
}

/// [`gradient`] with settings.
///
/// A loss is compared on the outputs as they are; a network by the derivative of its outputs in the direction of the loss's gradient, which is
/// summed in `f64` and does not lose its digits in the value of the loss.
///
/// A number is right where its gradient and the difference agree to [`tolerance`](GradientCheck::tolerance), relative to the larger of both and the
/// root mean square of its tensor's gradient, plus the rounding of the forward pass divided by the step; the step is chosen among six.
///
/// At a kink of the function (ReLU at 0) the slope of either side is right. Near several, of which a network has thousands for each sample, a difference
/// that is off by less than the slopes on both sides differ proves nothing: such a number is doubtful. That is an error where it is more than a quarter
/// of the tensor's, since a gradient that is wrong is wrong at most of them.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct GradientCheck {
    numbers: usize,
    tolerance: f32,
    mode: Mode,
    seed: u64,
}

impl Default for GradientCheck {
    fn default() -> Self {
        Self::new()
    }
}

impl GradientCheck {
    /// Sixteen numbers of each tensor, a tolerance of 0.002, in [`Mode::Train`].
    pub const fn new() -> Self {
        Self { numbers: 16, tolerance: 2e-3, mode: Mode::Train, seed: 0 }
    }

    /// At most so many numbers of each tensor: the one with the largest gradient and others far apart. `usize::MAX` takes all.
    ///
    /// # Panics
    /// If it is 0.
    #[track_caller]
    pub const fn numbers(mut self, numbers: usize) -> Self {
        setting::at_least_one("GradientCheck: numbers", numbers);
        self.numbers = numbers;
        self
    }

    /// How far gradient and difference may be apart. 0.002 at first: with steps of about a hundredth, the difference of an `f32` function is
    /// right to about a thousandth, a ten-thousandth for what the function bends by the square of the step, the rest for rounding (2⁻²⁴ divided by the
    /// step).
    ///
    /// # Panics
    /// If it is not a finite number greater than 0.
    #[track_caller]
    pub const fn tolerance(mut self, tolerance: f32) -> Self {
        setting::positive("GradientCheck: tolerance", tolerance);
        self.tolerance = tolerance;
        self
    }

    /// Of which mode; dropout drops the same in every pass.
    pub const fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Of dropout, and of which numbers are looked at.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The check.
    ///
    /// # Errors
    /// As [`gradient`].
    ///
    /// # Panics
    /// As [`gradient`].
    #[track_caller]
    pub fn run<A, L, T>(
        &self,
        net: &A,
        inputs: <<A::Network as Network>::Input as Values>::Refs<'_>,
        loss: L,
        targets: T,
    ) -> Result<Report>
    where
        A: AsNetwork + ?Sized,
        T: TargetsOf<L, <A::Network as Network>::TrainOutput> + Send + Sync,
    {
        let samples = <<A::Network as Network>::Input as Values>::samples(inputs);
        if samples == 0 {
            return Err(Error::Empty { what: "the batch of a gradient check" });
        }
        let loss = T::loss(&loss);
        let (mut seen, mut layouts) = (Seen::default(), Vec::new());
        for layout in [Layout::Chwn16, Layout::Chw] {
            if let Some(memory) = memory_in::<A::Network>(layout, samples) {
                Subject::new(self, net.network(), inputs, memory, &loss, targets)?.check(&mut seen)?;
                layouts.push(layout);
            }
        }
        Ok(Report { numbers: seen.numbers, doubtful: seen.doubtful, layouts })
    }
}
