//! Projected gradient descent.

use super::{OutputOf, input_gradient, sign};
use crate::loss::TargetsOf;
use crate::{AsNetwork, Batch, Network, Shape, Tensor, Train, rng, setting};

/// An attack by projected gradient descent (Madry et al. 2018, arXiv 1706.06083): steps of α·sign(∂loss/∂x), each brought back to within ε of the input
/// in every number, and into the range of inputs.
///
/// ```
/// use fireclay::{explain::Pgd, loss::evaluate, prelude::*};
/// network! { pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc1: Dense(16) -> Relu -> fc2: Dense(10) } }
/// let mut net = Small::init(&mut rng(1));
/// let (images, classes) = (Batch::uniform(2, 0.0..1.0, &mut rng(2)), IndexBatch::from_indices(&[3, 4])?);
/// let attacked = Pgd::new(0.1).steps(5).range(0.0, 1.0).attack(&net, &images, CrossEntropy, &classes);
/// let mut memory = Small::memory(2);
/// let mut loss = |x| net.forward(Mode::Eval, x, &mut memory).loss(CrossEntropy, &classes);
/// assert!(loss(&attacked) > loss(&images));
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Pgd {
    epsilon: f32,
    step: f32,
    steps: usize,
    range: [f32; 2],
    start: Option<u64>,
}

impl Pgd {
    /// Ten steps of ε/4 from the input, which may become any number.
    ///
    /// # Panics
    /// If ε is negative or not finite.
    #[track_caller]
    pub const fn new(epsilon: f32) -> Self {
        setting::not_negative("Pgd: epsilon", epsilon);
        Self { epsilon, step: epsilon / 4.0, steps: 10, range: [f32::NEG_INFINITY, f32::INFINITY], start: None }
    }

    /// How far a step goes, α.
    ///
    /// # Panics
    /// If it is negative or not finite.
    #[track_caller]
    pub const fn step(mut self, step: f32) -> Self {
        setting::not_negative("Pgd: step", step);
        self.step = step;
        self
    }

    /// How many steps.
    ///
    /// # Panics
    /// If there are none.
    #[track_caller]
    pub const fn steps(mut self, steps: usize) -> Self {
        setting::at_least_one("Pgd: steps", steps);
        self.steps = steps;
        self
    }

    /// From the smallest to the largest number that an input has: of pixels, `range(0.0, 1.0)`.
    ///
    /// # Panics
    /// If one of them is not finite, or the largest is less than the smallest.
    #[track_caller]
    pub const fn range(mut self, low: f32, high: f32) -> Self {
        setting::finite("Pgd: start of the range", low);
        setting::finite("Pgd: end of the range", high);
        assert!(low <= high, "Pgd: the end of the range is less than its start");
        self.range = [low, high];
        self
    }

    /// Begins at a random place within ε of the input.
    pub const fn random_start(mut self, seed: u64) -> Self {
        self.start = Some(seed);
        self
    }

    /// Inputs within ε of these of which the loss is higher. Inputs of any one shape; outputs and targets are those of the loss.
    ///
    /// # Panics
    /// If there are no samples, or not as many targets as samples.
    #[must_use]
    #[track_caller]
    pub fn attack<B: AsNetwork + ?Sized, S: Shape, L, T>(&self, net: &B, x: &Batch<S>, loss: L, targets: T) -> Batch<S>
    where
        B::Network: Network<Input = Tensor<S>>,
        T: TargetsOf<L, OutputOf<B>> + Send + Sync,
    {
        let (loss, mut memory) = (T::loss(&loss), B::Network::memory(x.len()));
        let at = |batch: &Batch<S>, i, j| batch.as_slice()[batch.position(i, j)];
        let [low, high] = self.range;
        let near = |x: f32, to: f32| x.max(to - self.epsilon).min(to + self.epsilon).max(low).min(high);
        let mut random = self.start.map(rng);
        let mut offset = || random.as_mut().map_or(0.0, |rng| self.epsilon * (2.0 * rng.uniform() - 1.0));
        let mut now = Batch::from_fn(x.len(), |i, j| near(at(x, i, j) + offset(), at(x, i, j)));
        for _ in 0..self.steps {
            let (_, gradient) = input_gradient(net, &now, &loss, targets, &mut memory);
            now = Batch::from_fn(x.len(), |i, j| near(at(&now, i, j) + self.step * sign(at(gradient, i, j)), at(x, i, j)));
        }
        now
    }
}
