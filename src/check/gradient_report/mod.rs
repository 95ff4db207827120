//! How gradients fare on their way through a network: a table, and what is wrong with it in a sentence.

mod dead;
mod finding;

pub use finding::GradientFinding;

use crate::network::{AsNetwork, Block, Grads, Info, Network, TensorInfo};
use crate::{Batch, Shape};
use core::fmt;

/// The gradient of each layer beside its weights, ReLUs that are dead, and for a sequence the gradient of each time step. It prints as a table, below which stands
/// what the numbers mean.
///
/// ```
/// use fireclay::{check::{GradientFinding, GradientReport}, prelude::*};
/// network! {
///     pub Deep(x: [8]) -> [1] { x -> fc: [Dense(8) -> Sigmoid; 12] -> out: Dense(1) }
/// }
/// let (mut net, mut memory, mut grads) = (Deep::init(&mut rng(1)), Deep::memory(16), Deep::grads());
/// let x = Batch::from_fn(16, |i, j| ((i * 7 + j * 3) % 10) as f32 / 10.0);
/// net.train(&x, Mse, &Batch::from_fn(16, |i, _| i as f32), &mut memory, &mut grads);
///
/// let report = GradientReport::of(&net, &grads);
/// println!("{report}");
/// assert!(matches!(report.findings()[..], [GradientFinding::Vanishing { layer: "fc.0.dense", than: "out", .. }]));
/// assert!(report.to_string().contains("gradients vanish: relative to its weights, that of `fc.0.dense` is "));
/// ```
///
/// **Dead ReLUs.** A unit is counted as dead where the gradients of its weights and its bias are all exactly zero: its ReLU let nothing through for any sample of the
/// batch. (No value inside of the network is read for that.) It is told of layers that stand just before a `Relu` or `Relu6` in the layer table, with nothing but dropout
/// and pooling between. One batch proves little; take a large one.
#[derive(Debug, Clone, PartialEq)]
pub struct GradientReport {
    network: &'static str,
    layers: Vec<LayerGradient>,
    time_steps: Vec<f64>,
}

/// The gradient of a layer.
///
/// ```
/// use fireclay::{check::GradientReport, prelude::*};
/// network! { pub Line(x: [1]) -> [1] { x -> fc: Dense(1) } }
/// let (mut net, mut grads) = (Line::zeros(), Line::grads());
/// (net.fc.weight[0][0], grads.fc.weight[0][0], grads.fc.bias[0]) = (2.0, 3.0, 4.0);
/// let layer = GradientReport::of(&net, &grads).layers()[0];
/// assert_eq!((layer.name, layer.gradient, layer.weights, layer.relative()), ("fc", 5.0, 2.0, Some(2.5)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct LayerGradient {
    /// Its path: `layer1.0.conv1`.
    pub name: &'static str,
    /// The norm of the gradient of all its trained parameters.
    pub gradient: f64,
    /// The norm of these parameters.
    pub weights: f64,
    /// How many of its units are dead, and how many there are; `None` where no ReLU follows, or where no gradient arrives.
    pub dead: Option<(usize, usize)>,
}

impl LayerGradient {
    /// The norm of the gradient, relative to that of the parameters. A step of plain gradient descent changes the layer by the learning rate times this. `None` where all
    /// parameters are zero.
    #[must_use]
    pub fn relative(&self) -> Option<f64> {
        (self.weights > 0.0).then(|| self.gradient / self.weights)
    }
}

impl GradientReport {
    /// Of the gradients of one step: those of a batch, zeroed before.
    ///
    /// ```
    /// use fireclay::{check::GradientReport, prelude::*};
    /// network! { pub Line(x: [2]) -> [1] { x -> fc: Dense(1) } }
    /// let (net, grads) = (Line::init(&mut rng(1)), Line::grads());
    /// assert_eq!(GradientReport::of(&net, &grads).layers().len(), 1);
    /// ```
    #[must_use]
    pub fn of<A: AsNetwork + ?Sized>(net: &A, grads: &Grads<A::Network>) -> Self {
        let (info, params) = (A::Network::INFO, net.network().params().as_slice());
        let mut layers: Vec<LayerGradient> = Vec::new();
        let mut squares: Vec<(f64, f64)> = Vec::new();
        for tensor in info.tensors {
            let Some(at) = tensor.grad else { continue };
            let name = layer_of(info, tensor);
            // Tensors of a layer need not stand side by side.
            let i = layers.iter().position(|layer| layer.name == name).unwrap_or_else(|| {
                layers.push(LayerGradient { name, gradient: 0.0, weights: 0.0, dead: None });
                squares.push((0.0, 0.0));
                layers.len() - 1
            });
            squares[i].0 += square(&grads.as_slice()[at..at + tensor.len]);
            squares[i].1 += square(&params[tensor.offset..tensor.offset + tensor.len]);
        }
        for (layer, (gradient, weights)) in layers.iter_mut().zip(squares) {
            (layer.gradient, layer.weights) = (gradient.sqrt(), weights.sqrt());
        }
        dead::count(info, grads.as_slice(), &mut layers);
        Self { network: info.name, layers, time_steps: Vec::new() }
    }

    /// With the gradient of the inputs, as [`Train::backward_input`](crate::Train::backward_input) gives it, of a network that takes sequences `[time, …]`: its norm at each time step says how far
    /// back the network learns from.
    ///
    /// ```
    /// use fireclay::{check::GradientReport, prelude::*};
    /// network! { pub Sum(x: [20, 2]) -> [1] { x -> rnn: Rnn(4, last = true) -> out: Dense(1) } }
    /// let (mut net, mut memory, mut grads) = (Sum::init(&mut rng(1)), Sum::memory(8), Sum::grads());
    /// let x = Batch::from_fn(8, |i, j| ((i + j) % 5) as f32 / 5.0);
    /// net.forward(Mode::Train, &x, &mut memory).loss(Mse, &Batch::from_fn(8, |i, _| i as f32));
    /// net.backward(&mut memory, &mut grads);
    ///
    /// let report = GradientReport::of(&net, &grads).with_time_steps(net.backward_input(&mut memory));
    /// assert_eq!(report.time_steps().len(), 20);
    /// assert!(report.time_steps()[0] < report.time_steps()[19]);
    /// ```
    #[must_use]
    pub fn with_time_steps<S: Shape>(mut self, inputs: &Batch<S>) -> Self {
        let steps = S::DIMS.first().copied().unwrap_or(1);
        let mut squares = vec![0.0; steps];
        for i in 0..inputs.len() {
            let sample = inputs.sample(i);
            let parts = sample.as_slice().chunks_exact((S::LEN / steps.max(1)).max(1));
            squares.iter_mut().zip(parts).for_each(|(sum, part)| *sum += square(part));
        }
        self.time_steps = squares.into_iter().map(f64::sqrt).collect();
        self
    }

    /// The layers that have gradients, in their order.
    #[must_use]
    pub fn layers(&self) -> &[LayerGradient] {
        &self.layers
    }

    /// The norm of the gradient at each time step of the inputs, if that was given.
    #[must_use]
    pub fn time_steps(&self) -> &[f64] {
        &self.time_steps
    }

    /// What is wrong; nothing, perhaps.
    ///
    /// ```
    /// use fireclay::{check::{GradientFinding, GradientReport}, prelude::*};
    /// network! { pub Line(x: [2]) -> [1] { x -> fc: Dense(1) } }
    /// let report = GradientReport::of(&Line::init(&mut rng(1)), &Line::grads());
    /// assert_eq!(report.findings(), [GradientFinding::AllZero]);
    /// ```
    #[must_use]
    pub fn findings(&self) -> Vec<GradientFinding> {
        finding::of(&self.layers, &self.time_steps)
    }
}

/// The path of the layer that a parameter belongs to.
fn layer_of(info: &Info, tensor: &TensorInfo) -> &'static str {
    let layer = tensor.path.rsplit_once('.').map_or(tensor.path, |(layer, _)| layer);
    // What a normalized weight is made of stands in a module of its own.
    let known = |name: &&str| info.layers.iter().any(|layer| layer.name == *name);
    layer.strip_suffix(".weight").filter(|outer| !known(&layer) && known(outer)).unwrap_or(layer)
}

/// The sum of the squares. Those of `f32` do not overflow in `f64`.
fn square(numbers: &[f32]) -> f64 {
    numbers.iter().map(|x| f64::from(*x) * f64::from(*x)).sum()
}

/// Time steps that are shown, at most.
const SHOWN: usize = 8;

impl fmt::Display for GradientReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.layers.iter().map(|layer| layer.name.chars().count()).max().unwrap_or(0).max(5);
        writeln!(
            f,
            "{}\n{:name$}  {:>9}  {:>9}  {:>9}  {:>10}",
            self.network, "layer", "gradient", "weights", "relative", "dead ReLUs"
        )?;
        for layer in &self.layers {
            write!(f, "{:name$}  {:>9.2e}  {:>9.2e}  ", layer.name, layer.gradient, layer.weights)?;
            match layer.relative() {
                Some(relative) => write!(f, "{relative:>9.2e}")?,
                None => write!(f, "{:>9}", "")?,
            }
            if let Some((dead, units)) = layer.dead {
                write!(f, "  {:>8.0} %", percent(dead, units))?;
            }
            writeln!(f)?;
        }
        if !self.time_steps.is_empty() {
            let last = self.time_steps.len() - 1;
            let shown = last.min(SHOWN - 1);
            write!(f, "gradient at time step")?;
            for i in 0..=shown {
                let step = (i * last).checked_div(shown).unwrap_or(0);
                write!(f, "{} {step}: {:.2e}", if i == 0 { "" } else { "," }, self.time_steps[step])?;
            }
            writeln!(f)?;
        }
        let findings = self.findings();
        for (i, finding) in findings.iter().enumerate() {
            write!(f, "{}{finding}", if i == 0 { "" } else { "\n" })?;
        }
        if findings.is_empty() {
            write!(f, "gradients neither vanish nor explode")?;
        }
        Ok(())
    }
}

fn percent(part: usize, all: usize) -> f64 {
    100.0 * part as f64 / all.max(1) as f64
}
