//! What the numbers of a report mean.

use super::{LayerGradient, percent};
use core::fmt;

/// What is wrong with gradients. It prints as a sentence.
///
/// ```
/// use fireclay::{check::{GradientFinding, GradientReport}, prelude::*};
/// network! { pub Line(x: [2]) -> [1] { x -> fc: Dense(1) } }
/// let mut grads = Line::grads();
/// grads.fc.bias[0] = f32::NAN;
/// let finding = &GradientReport::of(&Line::init(&mut rng(1)), &grads).findings()[0];
/// assert_eq!(*finding, GradientFinding::NotFinite { layer: "fc" });
/// assert!(finding.to_string().starts_with("the gradient of `fc` is infinite or NaN"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum GradientFinding {
    /// All gradients are zero.
    AllZero,
    /// No gradient arrives.
    NotReached {
        /// At this layer, the last of them.
        layer: &'static str,
    },
    /// A gradient is infinite or NaN.
    NotFinite {
        /// Of this layer, the last of those of which it is.
        layer: &'static str,
    },
    /// A layer hardly learns beside one that comes after it: less than a thousandth.
    Vanishing {
        /// The layer.
        layer: &'static str,
        /// The other one.
        than: &'static str,
        /// The gradient relative to the weights, as a share of the other layer's.
        share: f64,
    },
    /// A gradient is more than a hundred times as large as the weights are.
    Exploding {
        /// Of this layer.
        layer: &'static str,
        /// How many times.
        times: f64,
    },
    /// Units whose ReLU let nothing through for the whole batch, a quarter of the layer's or more.
    Dead {
        /// The layer.
        layer: &'static str,
        /// How many.
        dead: usize,
        /// Of how many.
        units: usize,
    },
    /// The outputs hardly depend on the first steps of a sequence: less than a thousandth as much as on another.
    VanishingInTime {
        /// How many of the first steps.
        steps: usize,
        /// Of how many.
        of: usize,
    },
    /// The gradient grows with each step back in time, to more than a thousand times.
    ExplodingInTime {
        /// The gradient of the first step is so many times the last one's.
        times: f64,
    },
}

/// Less than this share of another gradient is as good as none.
const VANISHED: f64 = 1e-3;

/// A gradient of so many times the weights, with which no common learning rate goes together.
const EXPLODED: f64 = 100.0;

/// So many percent of dead units are worth a sentence. With first weights, and for one batch, a tenth is not rare in a deep network.
const MANY_DEAD: f64 = 25.0;

pub(super) fn of(layers: &[LayerGradient], time_steps: &[f64]) -> Vec<GradientFinding> {
    if let Some(layer) = layers.iter().rfind(|layer| !layer.gradient.is_finite()) {
        // All others follow from that.
        return vec![GradientFinding::NotFinite { layer: layer.name }];
    }
    if layers.iter().all(|layer| layer.gradient == 0.0) {
        return vec![GradientFinding::AllZero];
    }
    let relative = |layer: &LayerGradient| layer.relative().unwrap_or(0.0);
    let mut findings = Vec::new();
    if let Some(worst) =
        layers.iter().filter(|layer| relative(layer) > EXPLODED).max_by(|a, b| relative(a).total_cmp(&relative(b)))
    {
        findings.push(GradientFinding::Exploding { layer: worst.name, times: relative(worst) });
    }
    let vanishing = layers.iter().enumerate().filter_map(|(i, layer)| {
        let after = layers[i + 1..].iter().max_by(|a, b| relative(a).total_cmp(&relative(b)))?;
        let share = layer.relative()? / relative(after);
        (layer.gradient > 0.0 && share < VANISHED).then_some((share, layer.name, after.name))
    });
    if let Some((share, layer, than)) = vanishing.min_by(|a, b| a.0.total_cmp(&b.0)) {
        findings.push(GradientFinding::Vanishing { layer, than, share });
    }
    let not_reached = layers.iter().rfind(|layer| layer.gradient == 0.0 && layer.dead.is_none());
    findings.extend(not_reached.map(|layer| GradientFinding::NotReached { layer: layer.name }));
    findings.extend(layers.iter().filter_map(|layer| {
        let (dead, units) = layer.dead?;
        (percent(dead, units) >= MANY_DEAD).then_some(GradientFinding::Dead { layer: layer.name, dead, units })
    }));
    findings.extend(in_time(time_steps));
    findings
}

fn in_time(steps: &[f64]) -> Option<GradientFinding> {
    let (first, last) = (steps.first()?, steps.last()?);
    let most = steps.iter().copied().fold(0.0, f64::max);
    let vanished = steps.iter().take_while(|step| **step < VANISHED * most).count();
    if vanished > 0 {
        Some(GradientFinding::VanishingInTime { steps: vanished, of: steps.len() })
    } else if *last > 0.0 && first / last > 1.0 / VANISHED {
        Some(GradientFinding::ExplodingInTime { times: first / last })
    } else {
        None
    }
}

impl fmt::Display for GradientFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllZero => write!(f, "every gradient is zero: was there a backward pass, and is the loss above its least?"),
            Self::NotReached { layer } => {
                write!(f, "no gradient arrives at `{layer}`: what comes after it lets none through")
            }
            Self::NotFinite { layer } => {
                write!(
                    f,
                    "the gradient of `{layer}` is infinite or NaN: a smaller learning rate, or a look at the data for infinities and NaN"
                )
            }
            Self::Vanishing { layer, than, share } => write!(
                f,
                "gradients vanish: relative to its weights, that of `{layer}` is {share:.1e} of that of `{than}`, and it hardly learns; ReLU in place of sigmoid and tanh, batch norm or residual connections help"
            ),
            Self::Exploding { layer, times } => write!(
                f,
                "gradients explode: that of `{layer}` is {times:.1e} times as large as its weights; smaller first weights, batch norm or clipped gradients help"
            ),
            Self::Dead { layer, dead, units } => write!(
                f,
                "{:.0} % of the units of `{layer}` are dead ({dead} of {units}): their ReLU lets nothing through, and they cannot learn; a smaller learning rate, batch norm or LeakyRelu help",
                percent(*dead, *units)
            ),
            Self::VanishingInTime { steps, of } => write!(
                f,
                "gradients vanish over time: the network does not learn from the first {steps} of {of} steps; an LSTM or a GRU, or shorter sequences help"
            ),
            Self::ExplodingInTime { times } => write!(
                f,
                "gradients explode over time: that of the first step is {times:.1e} times the last one's; clipped gradients help"
            ),
        }
    }
}
