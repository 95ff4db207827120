//! How well scores rank positives before negatives.

use super::{Accumulator, Score, Update, no_value, number, same_len};
use crate::{Batch, Const, Error, IndexBatch, Result};

/// The area under the receiver operating characteristic of a binary classifier, as `sklearn.metrics.roc_auc_score`: the probability that a
/// positive has a larger score than a negative, ties counting half (Mann and Whitney 1947; Fawcett 2006, "An introduction to ROC analysis").
///
/// Scores are one output, `[1]`, or two, of which the second less the first is the score (so are logits of two classes ranked as their
/// probabilities). Targets are `Index<2>`, or numbers that are 0 or 1 as `BceWithLogits` takes them. It keeps every score.
///
/// `compute` is an error where all targets are of one class, where a score is NaN, and where a target is neither 0 nor 1.
///
/// ```
/// use fireclay::{metrics::{Accumulator, RocAuc, Update}, prelude::*};
/// let scores = Batch::from_samples(&[[0.1], [0.4], [0.35], [0.8]].map(Tensor::from));
/// let targets = IndexBatch::from_samples([0, 0, 1, 1_usize].map(|class| Index::<2>::new(class).expect("0 or 1")));
/// let mut auc = RocAuc::new();
/// auc.update(&scores, &targets);
/// assert_eq!(auc.compute()?, 0.75);
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RocAuc {
    /// Each score, and whether it is a positive's.
    scores: Vec<(f64, bool)>,
    /// Targets that are neither 0 nor 1.
    unclear: usize,
}

impl RocAuc {
    /// Nothing counted yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts one score.
    pub fn add(&mut self, score: f64, positive: bool) {
        self.scores.push((score, positive));
    }

    /// A target as a number.
    fn add_number(&mut self, score: f64, target: f32) {
        if target == 0.0 || target == 1.0 {
            self.add(score, target == 1.0);
        } else {
            self.unclear += 1;
        }
    }
}

impl Accumulator for RocAuc {
    type Value = f64;

    fn merge(&mut self, other: &Self) {
        self.scores.extend_from_slice(&other.scores);
        self.unclear += other.unclear;
    }

    fn compute(&self) -> Result<f64> {
        let refuse = |reason: String| Err(no_value(self.name(), reason));
        if self.unclear > 0 {
            return refuse(format!("{} targets are neither 0 nor 1", self.unclear));
        }
        if self.scores.is_empty() {
            return Err(Error::Empty { what: self.name() });
        }
        let nan = self.scores.iter().filter(|(score, _)| score.is_nan()).count();
        if nan > 0 {
            return refuse(format!("{nan} of {} scores are NaN", self.scores.len()));
        }
        let positives = self.scores.iter().filter(|(_, positive)| *positive).count();
        let negatives = self.scores.len() - positives;
        if positives == 0 || negatives == 0 {
            let class = usize::from(negatives == 0);
            return refuse(format!("all {} targets are of class {class}, and it compares two", self.scores.len()));
        }
        let mut sorted = self.scores.clone();
        sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        // Pairs in order, twice: whole numbers, so that nothing is rounded before the end. −0 equals 0, beside which it stands.
        let (mut below, mut twice) = (0_u128, 0_u128);
        for equal in sorted.chunk_by(|a, b| a.0 == b.0) {
            let own = equal.iter().filter(|(_, positive)| *positive).count() as u128;
            let others = equal.len() as u128 - own;
            twice += own * (2 * below + others);
            below += others;
        }
        #[expect(clippy::cast_precision_loss, reason = "rounded here, once")]
        let twice = twice as f64;
        Ok(twice / (2.0 * number(positives) * number(negatives)))
    }

    fn reset(&mut self) {
        self.scores.clear();
        self.unclear = 0;
    }
}

fn one(outputs: &Batch<(Const<1>,)>, i: usize) -> f64 {
    f64::from(outputs.as_slice()[outputs.position(i, 0)])
}

impl<'a> Update<&'a Batch<(Const<1>,)>, &'a IndexBatch<2>> for RocAuc {
    #[track_caller]
    fn update(&mut self, outputs: &'a Batch<(Const<1>,)>, targets: &'a IndexBatch<2>) {
        same_len(outputs.len(), targets.len());
        for i in 0..outputs.len() {
            self.add(one(outputs, i), targets.get(i, 0).get() == 1);
        }
    }
}

impl<'a> Update<&'a Batch<(Const<1>,)>, &'a Batch<(Const<1>,)>> for RocAuc {
    #[track_caller]
    fn update(&mut self, outputs: &'a Batch<(Const<1>,)>, targets: &'a Batch<(Const<1>,)>) {
        same_len(outputs.len(), targets.len());
        for i in 0..outputs.len() {
            self.add_number(one(outputs, i), targets.as_slice()[targets.position(i, 0)]);
        }
    }
}

impl<'a> Update<&'a Batch<(Const<2>,)>, &'a IndexBatch<2>> for RocAuc {
    #[track_caller]
    fn update(&mut self, outputs: &'a Batch<(Const<2>,)>, targets: &'a IndexBatch<2>) {
        same_len(outputs.len(), targets.len());
        let number = |i, j| f64::from(outputs.as_slice()[outputs.position(i, j)]);
        for i in 0..outputs.len() {
            self.add(number(i, 1) - number(i, 0), targets.get(i, 0).get() == 1);
        }
    }
}

impl Score for RocAuc {
    fn name(&self) -> &'static str {
        "ROC-AUC"
    }
}
