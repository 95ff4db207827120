//! Outputs for a whole data set, and what metrics say of them.

use super::{Metric, Update};
use crate::data::Dataset;
use crate::layout::Layout;
use crate::{Infer, LANES, Network, Values};

/// Samples that are sent through a network at once where nobody says otherwise.
const BATCH: usize = 256;

/// Numbers that such a batch holds at most, where its samples are large.
const NUMBERS: usize = 1 << 24;

/// Calls `each(number of the sample, its output)` for a whole data set, in order.
pub(super) fn outputs<N: Network, D: Dataset<N::Input>>(net: &N, data: &D, mut each: impl FnMut(usize, &N::Output)) {
    let mut output = N::Output::boxed();
    batches(net, data, &mut (), |first, count, outputs, ()| {
        for i in 0..count {
            N::Output::read(outputs, i, &mut output);
            each(first + i, &output);
        }
    });
}

/// Calls `each(number of the first sample, how many, their outputs, beside)` for the batches of a data set, in order. What lies `beside` is
/// lent for as long as the outputs are.
fn batches<N: Network, D: Dataset<N::Input>, B>(
    net: &N,
    data: &D,
    beside: &mut B,
    mut each: impl for<'a> FnMut(usize, usize, <N::Output as Values>::Refs<'a>, &'a mut B),
) {
    let sample: usize = N::Input::TYPES.iter().chain(N::Output::TYPES).map(crate::ValueType::numbers).sum();
    let most = (NUMBERS / sample.max(1)).next_multiple_of(LANES).clamp(LANES, BATCH);
    let size = data.len().min(most);
    if size == 0 {
        return;
    }
    let mut memory = N::infer_memory_for(size);
    let mut batch = N::Input::in_layout(size, Layout::default());
    for first in (0..data.len()).step_by(size) {
        let count = (data.len() - first).min(size);
        N::Input::set_samples(&mut batch, count);
        for i in 0..count {
            N::Input::put(&mut batch, i, data.input(first + i));
        }
        each(first, count, net.infer_batch(N::Input::refs(&batch), &mut memory), beside);
    }
}

/// Testing, for every network.
pub trait Evaluate: Network {
    /// The mean score over a data set; NaN where it is empty.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Linear(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) } }
    /// let (_, test) = Digits::split()?;
    /// let chance = Linear::init(&mut rng(1)).evaluate(&test, Accuracy);
    /// assert!((0.0..0.5).contains(&chance));
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    fn evaluate<D: Dataset<Self::Input>>(&self, data: &D, metric: impl Metric<Self::Output, D::Target>) -> f32 {
        let mut sum = 0.0_f64;
        outputs(self, data, |i, output| sum += f64::from(metric.score(output, data.target(i))));
        #[expect(clippy::cast_possible_truncation, reason = "a mean of f32")]
        let mean = (sum / data.len() as f64) as f32;
        mean
    }

    /// The metric, or each of a tuple of metrics, with a whole data set counted. The network runs once.
    ///
    /// ```
    /// use fireclay::{metrics::{ConfusionMatrix, F1}, prelude::*};
    /// network! { pub Linear(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) } }
    /// let (_, test) = Digits::split()?;
    /// let (f1, matrix) = Linear::init(&mut rng(1)).measure(&test, (F1::<10>::new(), ConfusionMatrix::<10>::new()));
    /// assert!((0.0..0.5).contains(&f1.compute()?));
    /// assert_eq!(matrix.total(), test.len());
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    fn measure<D, M>(&self, data: &D, mut metric: M) -> M
    where
        D: Dataset<Self::Input>,
        M: for<'a> Update<<Self::Output as Values>::Refs<'a>, <D::Target as Values>::Refs<'a>>,
    {
        batches(self, data, &mut None, |first, count, outputs, targets| {
            // The first batch is the largest.
            let targets = targets.get_or_insert_with(|| D::Target::in_layout(count, Layout::default()));
            D::Target::set_samples(targets, count);
            for i in 0..count {
                D::Target::put(targets, i, data.target(first + i));
            }
            metric.update(outputs, D::Target::refs(targets));
        });
        metric
    }

    /// The outputs for a whole data set, in order.
    fn predict_all<D: Dataset<Self::Input>>(&self, data: &D) -> Vec<Self::Output> {
        let mut all = Self::Output::boxed_slice(data.len());
        batches(self, data, &mut (), |first, count, outputs, ()| {
            for i in 0..count {
                Self::Output::read(outputs, i, &mut all[first + i]);
            }
        });
        all.into_vec()
    }
}

impl<N: Network> Evaluate for N {}
