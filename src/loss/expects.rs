//! What a loss takes an output for, held against what the declaration says of that output: a network that cannot learn says so when its training starts.

use super::{Loss, TERMS};
use crate::{Batch, Network, Shape, ValueRange};

/// What numbers a loss takes an output for ([`Loss::expects`]).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Expects {
    /// Any.
    #[default]
    Anything,
    /// Logits of classes, whose softmax the loss computes.
    Logits,
    /// Logits of yes and no, whose sigmoid the loss computes.
    BinaryLogits,
    /// Probabilities, each from 0 to 1.
    Probabilities,
    /// Logarithms of probabilities.
    LogProbabilities,
    /// Variances, from 0 on.
    NotNegative,
    /// Numbers like the targets.
    Targets {
        /// The smallest target.
        low: f32,
        /// The largest.
        high: f32,
    },
}

impl Expects {
    /// Of a loss on one output.
    pub(super) fn alone(self) -> [Self; TERMS] {
        let mut terms = [Self::Anything; TERMS];
        terms[0] = self;
        terms
    }

    /// What is wrong with an output of this range, and the way out.
    fn mismatch(self, range: ValueRange) -> Option<String> {
        let (low, high) = match range.bounds() {
            Some([low, high]) => (low, high),
            None => (f32::NEG_INFINITY, f32::INFINITY),
        };
        let bounded = low.is_finite() && high.is_finite();
        match (self, range) {
            (Self::Anything, _) | (_, ValueRange::Unknown) => None,
            (Self::Logits, ValueRange::Probabilities) => Some(
                "ends with softmax, and the loss computes softmax itself, of logits: applied twice, softmax leaves a loss that hardly falls\n  \
                 help: leave `Softmax` out of the network; where it is used, `output.softmax(1.0)` gives the probabilities"
                    .to_owned(),
            ),
            (Self::Logits, _) if bounded => Some(format!(
                "is from {low:?} to {high:?}, and the loss takes logits, which may be any number: no class can become certain\n  \
                 help: leave the last activation out"
            )),
            (Self::BinaryLogits, _) if bounded || low >= 0.0 || high <= 0.0 => Some(format!(
                "is {}, and the loss computes sigmoid itself, of logits, which may be any number\n  \
                 help: leave the last activation out{}",
                between(low, high),
                if low >= 0.0 && high <= 1.0 { ", or take `Bce`, whose outputs are probabilities" } else { "" }
            )),
            (Self::Probabilities, ValueRange::Unbounded | ValueRange::Logarithms) => Some(
                "may be any number, and the loss takes probabilities, from 0 to 1\n  \
                 help: end the network with `Sigmoid`, or take `BceWithLogits`, whose outputs are logits"
                    .to_owned(),
            ),
            (Self::Probabilities, _) if low < 0.0 || high > 1.0 => Some(format!(
                "is {}, and the loss takes probabilities, from 0 to 1\n  \
                 help: end the network with `Sigmoid`, or take `BceWithLogits`, whose outputs are logits",
                between(low, high)
            )),
            (Self::LogProbabilities, ValueRange::Unbounded | ValueRange::Probabilities | ValueRange::Between { .. }) => Some(
                "is not a logarithm, and the loss takes logarithms of probabilities: it falls without end, or never\n  \
                 help: end the network with `Softmax -> Log`; classes are learned with `CrossEntropy`, which takes logits"
                    .to_owned(),
            ),
            (Self::NotNegative, _) => (low < 0.0).then(|| {
                "may be below 0, and the loss takes variances, from 0 on\n  help: end it with `Softplus` or `Exp`".to_owned()
            }),
            (Self::Targets { low: from, high: to }, _) => {
                let rest = 1e-4 * (high - low).min(1.0);
                (from < low - rest || to > high + rest).then(|| {
                    format!(
                        "is {} by its last activation, and targets are from {from:?} to {to:?}: some are never reached\n  \
                         help: leave the last activation out, or scale the targets (`normalize_targets`)",
                        between(low, high)
                    )
                })
            }
            _ => None,
        }
    }
}

/// `from 0.0 to 1.0`
fn between(low: f32, high: f32) -> String {
    match (low.is_finite(), high.is_finite()) {
        (true, true) => format!("from {low:?} to {high:?}"),
        (true, false) => format!("at least {low:?}"),
        (false, true) => format!("at most {high:?}"),
        (false, false) => "any number".to_owned(),
    }
}

/// The smallest and the largest number of a batch; what is NaN is passed over.
pub(super) fn extremes<S: Shape>(targets: &Batch<S>) -> [f32; 2] {
    let numbers = (0..targets.len()).flat_map(|i| (0..S::LEN).map(move |j| targets.as_slice()[targets.position(i, j)]));
    numbers.fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)])
}

/// A sentence for each output that a network can hardly learn with this loss, from the activation at its end: for the start of a training, with the
/// targets of its first batch.
pub(crate) fn warnings<N: Network, T: Copy>(loss: &impl Loss<N::TrainOutput, T>, targets: T) -> Vec<String> {
    let info = N::INFO;
    let outputs = info.outputs.iter().zip(loss.expects(targets));
    let wrong = outputs.filter_map(|(output, expects)| Some((output.name, expects.mismatch(output.range)?)));
    wrong
        .map(|(name, what)| match name {
            "" => format!("the output of {} {what}", info.name),
            name => format!("the output `{name}` of {} {what}", info.name),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::warnings;
    use crate::loss::{Focal, KlDiv, Nll};
    use crate::prelude::*;

    fn classes() -> IndexBatch<3> {
        IndexBatch::from_indices(&[2, 0]).unwrap()
    }

    /// The first line of the only warning, without what the network is called.
    fn only(warnings: Vec<String>) -> String {
        let [warning] = warnings.as_slice() else { panic!("{warnings:?}") };
        assert!(warning.contains("\n  help: "), "{warning}");
        warning.lines().next().unwrap_or_default().to_owned()
    }

    network! {
        pub Plain(x: [4]) -> [3] { x -> fc: Dense(3) }
        pub Soft(x: [4]) -> [3] { x -> fc: Dense(3) -> Softmax }
        pub Sigm(x: [4]) -> [3] { x -> fc: Dense(3) -> Sigmoid -> Flatten }
        pub Tan(x: [4]) -> [3] { x -> fc: Dense(3) -> Tanh }
        pub Positive(x: [4]) -> [3] { x -> fc: Dense(3) -> Relu }
        pub Logs(x: [4]) -> [3] { x -> fc: Dense(3) -> Softmax -> Log }
        pub Two(x: [4]) -> (class: [3], near: [3]) { (class: x -> a: Dense(3) -> Softmax, near: x -> b: Dense(3) -> Tanh) }
        pub Same(x: [4]) -> (a: [3], b: [3]) { let y = x -> fc: Dense(3) -> Sigmoid; (a: y, b: y) }
    }

    #[test]
    fn softmax_before_cross_entropy() {
        let y = classes();
        assert_eq!(
            only(warnings::<Soft, _>(&CrossEntropy, &y)),
            "the output of Soft ends with softmax, and the loss computes softmax itself, of logits: applied twice, softmax leaves a loss that hardly falls"
        );
        assert!(
            only(warnings::<Tan, _>(&CrossEntropy.weight(2.0), &y)).contains("is from -1.0 to 1.0, and the loss takes logits")
        );
        let none = [
            warnings::<Plain, _>(&CrossEntropy, &y),
            warnings::<Positive, _>(&CrossEntropy, &y),
            warnings::<Logs, _>(&CrossEntropy, &y),
        ];
        assert_eq!(none.concat(), [""; 0]);
        let probabilities = Batch::<shape![3]>::zeros(2);
        assert_eq!(warnings::<Soft, _>(&CrossEntropy, &probabilities).len(), 1);
    }

    #[test]
    fn sigmoid_before_binary_logits() {
        let y = Batch::<shape![3]>::zeros(2);
        let warning = only(warnings::<Sigm, _>(&BceWithLogits, &y));
        assert!(warning.contains("is from 0.0 to 1.0, and the loss computes sigmoid itself"), "{warning}");
        assert!(only(warnings::<Positive, _>(&Focal, &y)).contains("is at least 0.0, and"));
        assert_eq!(warnings::<Plain, _>(&BceWithLogits, &y).len() + warnings::<Sigm, _>(&Bce, &y).len(), 0);
        assert!(only(warnings::<Plain, _>(&Bce, 1.0)).contains("may be any number, and the loss takes probabilities"));
        assert!(only(warnings::<Tan, _>(&Bce, 1.0)).contains("is from -1.0 to 1.0, and the loss takes probabilities"));
    }

    #[test]
    fn logarithms() {
        let y = classes();
        for warnings in [warnings::<Plain, _>(&Nll, &y), warnings::<Soft, _>(&Nll, &y), warnings::<Sigm, _>(&Nll, &y)] {
            assert!(only(warnings).contains("is not a logarithm"));
        }
        assert_eq!(warnings::<Logs, _>(&Nll, &y).len() + warnings::<Logs, _>(&KlDiv, &Batch::<shape![3]>::zeros(1)).len(), 0);
    }

    #[test]
    fn targets_out_of_reach() {
        let y = Batch::<shape![3]>::from_fn(2, |i, j| if (i, j) == (1, 2) { 5.0 } else { 0.5 });
        assert_eq!(
            only(warnings::<Tan, _>(&Mse, &y)),
            "the output of Tan is from -1.0 to 1.0 by its last activation, and targets are from 0.5 to 5.0: some are never reached"
        );
        assert!(only(warnings::<Sigm, _>(&L1, -1.0)).contains("targets are from -1.0 to -1.0"));
        assert!(only(warnings::<Positive, _>(&Huber, -0.5)).contains("is at least 0.0 by"));
        // A target at the border is approached, NaN is another error's, and any number reaches any.
        let border = Batch::<shape![3]>::from_fn(2, |_, j| [-1.0, 1.0, f32::NAN][j]);
        assert_eq!(warnings::<Tan, _>(&Mse, &border).len() + warnings::<Plain, _>(&Mse, &y).len(), 0);
    }

    #[test]
    fn each_output_by_its_own_loss() {
        let (y, near) = (classes(), Batch::<shape![3]>::from_fn(2, |_, _| 7.0));
        let both = warnings::<Two, _>(&(CrossEntropy, Mse.weight(0.5)), (&y, &near));
        assert_eq!(both.len(), 2);
        assert!(both[0].starts_with("the output `class` of Two ends with softmax"));
        assert!(both[1].starts_with("the output `near` of Two is from -1.0 to 1.0"));
        // The copy between two outputs of one value hides nothing.
        assert_eq!(warnings::<Same, _>(&(BceWithLogits, BceWithLogits), (&near, &near)).len(), 2);
    }
}
