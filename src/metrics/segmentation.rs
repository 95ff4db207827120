//! How well regions of an image are found.

use super::{Accumulator, Average, ClassScores, ConfusionMatrix, Score, Update, named, no_value, positions};
use crate::batch::IndicesBatch;
use crate::classes::Classes;
use crate::{Batch, Result};

/// The mean over the classes of intersection over union, counted by pixels over all images, as torchmetrics' `JaccardIndex` with
/// `average="macro"` (Everingham et al. 2010, "The Pascal visual object classes challenge"): of each class the pixels that were taken for it
/// rightly, divided by those that are of it or were taken for it. A class that occurs neither as target nor as prediction does not count.
///
/// Outputs are scores `[CLASSES, height, width]`, targets one class a pixel: `Indices<CLASSES, PIXELS>`, or `Indices<BOUND, PIXELS>` with one
/// class more, the last, which marks pixels that nobody has labeled (as `CrossEntropy.unlabeled()` has it): they do not count.
///
/// ```
/// use fireclay::{Batch, IndicesBatch, Indices, Tensor, metrics::{Accumulator, MeanIou, Update}, shape};
/// // Two classes, two pixels: the scores of class 0, then those of class 1.
/// let outputs = Batch::<shape![2, 1, 2]>::from_fn(1, |_, j| [0.9, 0.8, 0.1, 0.2][j]);
/// let mut targets = IndicesBatch::<2, 2>::with_capacity(1);
/// targets.set_len(1);
/// targets.set_all(0, &Indices::new(&[0, 1]).expect("0 or 1"));
/// let mut iou = MeanIou::<2>::new();
/// iou.update(&outputs, &targets);
/// assert_eq!((iou.per_class(), iou.compute()?), (vec![Some(0.5), Some(0.0)], 0.25));
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MeanIou<const CLASSES: usize> {
    matrix: ConfusionMatrix<CLASSES>,
    ignored: Option<usize>,
}

impl<const CLASSES: usize> MeanIou<CLASSES> {
    /// Nothing counted yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Pixels of this class do not count, and it is left out of the mean, as torchmetrics' `ignore_index`.
    ///
    /// # Panics
    /// If there is no such class.
    #[must_use]
    #[track_caller]
    pub fn ignore(mut self, class: usize) -> Self {
        assert!(class < CLASSES, "MeanIou: `ignore({class})` of {CLASSES} classes: they are counted from 0");
        self.ignored = Some(class);
        self
    }

    /// Of each class; `None` where it does not count.
    #[must_use]
    pub fn per_class(&self) -> Vec<Option<f64>> {
        let classes = self.matrix.per_class();
        let counts = |(i, class): &(usize, &ClassScores)| self.ignored != Some(*i) && class.occurs();
        classes.iter().enumerate().map(|class| Some(class).filter(counts).map(|(_, class)| class.iou())).collect()
    }

    /// What was counted.
    #[must_use]
    pub fn matrix(&self) -> &ConfusionMatrix<CLASSES> {
        &self.matrix
    }
}

impl<const CLASSES: usize> Accumulator for MeanIou<CLASSES> {
    type Value = f64;

    #[track_caller]
    fn merge(&mut self, other: &Self) {
        assert!(self.ignored == other.ignored, "MeanIou: two that ignore different classes are not merged");
        self.matrix.merge(&other.matrix);
    }

    fn compute(&self) -> Result<f64> {
        self.matrix.not_empty(self.name())?;
        let mut classes = self.matrix.per_class();
        if let Some(ignored) = self.ignored {
            classes.remove(ignored);
        }
        if !classes.iter().any(ClassScores::occurs) {
            return Err(no_value(self.name(), "every pixel is of the class that is ignored"));
        }
        Ok(Average::Macro.of(&classes, ClassScores::iou))
    }

    fn reset(&mut self) {
        self.matrix.reset();
    }
}

impl<'a, S: Classes, const CLASSES: usize, const BOUND: usize, const PIXELS: usize>
    Update<&'a Batch<S>, &'a IndicesBatch<BOUND, PIXELS>> for MeanIou<CLASSES>
{
    #[track_caller]
    fn update(&mut self, outputs: &'a Batch<S>, targets: &'a IndicesBatch<BOUND, PIXELS>) {
        const {
            assert!(S::CLASSES == CLASSES, "there are as many classes as scores");
            assert!(
                BOUND == CLASSES || BOUND == CLASSES + 1,
                "targets are of as many classes as scores, or of one more: not labeled"
            );
        };
        positions(outputs, targets, |scores, class| {
            if class < CLASSES && self.ignored != Some(class) {
                self.matrix.count_one(class, named(scores));
            }
        });
    }
}

impl<const CLASSES: usize> Score for MeanIou<CLASSES> {
    fn name(&self) -> &'static str {
        "mean IoU"
    }
}
