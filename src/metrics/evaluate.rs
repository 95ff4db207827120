//! Outputs for a whole data set, and what metrics say of them.

use super::{Metric, Update};
use crate::data::{Dataset, Scratch, sample_seed};
use crate::layout::Layout;
use crate::{Infer, LANES, Network, Result, Values};

/// Samples that are sent through a network at once where nobody says otherwise.
const BATCH: usize = 256;

/// Numbers that such a batch holds at most, where its samples are large.
const NUMBERS: usize = 1 << 24;

/// Calls `each(output, target)` for a whole data set, in order.
pub(super) fn outputs<N: Network, D: Dataset<N::Input>>(
    net: &N,
    data: &D,
    mut each: impl FnMut(&N::Output, &D::Target),
) -> Result<()> {
    let (mut output, mut target) = (N::Output::boxed(), None);
    batches(net, data, true, |first, count, outputs, targets| {
        for i in 0..count {
            N::Output::read(outputs, i, &mut output);
            match data.lend(first + i) {
                Some((_, target)) => each(&output, target),
                None => {
                    let target: &mut Box<_> = target.get_or_insert_with(D::Target::boxed);
                    D::Target::read(targets, i, target);
                    each(&output, target);
                }
            }
        }
    })
}

/// Calls `each(number of the first sample, how many, their outputs, their targets)` for the batches of a data set, in order. Targets that
/// nobody asks for are not there.
fn batches<N: Network, D: Dataset<N::Input>>(
    net: &N,
    data: &D,
    with_targets: bool,
    mut each: impl for<'a> FnMut(usize, usize, <N::Output as Values>::Refs<'a>, <D::Target as Values>::Refs<'a>),
) -> Result<()> {
    let sample: usize = N::Input::TYPES.iter().chain(N::Output::TYPES).map(crate::ValueType::numbers).sum();
    let most = (NUMBERS / sample.max(1)).next_multiple_of(LANES).clamp(LANES, BATCH);
    let size = data.len().min(most);
    if size == 0 {
        return Ok(());
    }
    let mut memory = N::infer_memory_for(size);
    let mut inputs = N::Input::in_layout(size, Layout::default());
    let mut targets = D::Target::in_layout(if with_targets { size } else { 0 }, Layout::default());
    let mut scratch = Scratch::new();
    for first in (0..data.len()).step_by(size) {
        let count = (data.len() - first).min(size);
        N::Input::set_samples(&mut inputs, count);
        if with_targets {
            D::Target::set_samples(&mut targets, count);
        }
        for at in 0..count {
            let i = first + at;
            scratch.with(data, i, sample_seed(0, 0, i), |input, target| {
                N::Input::put(&mut inputs, at, input);
                if with_targets {
                    D::Target::put(&mut targets, at, target);
                }
            })?;
        }
        each(first, count, net.infer_batch(N::Input::refs(&inputs), &mut memory), D::Target::refs(&targets));
    }
    Ok(())
}

/// What was asked of data that cannot fail.
///
/// # Panics
/// With the error of data that can.
#[track_caller]
pub(super) fn sure<T>(result: Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("a sample cannot be had (what begins with `try_` gives this as an error): {error}"),
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
    ///
    /// # Panics
    /// If a sample cannot be had: of files, [`try_evaluate`](Evaluate::try_evaluate).
    #[track_caller]
    fn evaluate<D: Dataset<Self::Input>>(&self, data: &D, metric: impl Metric<Self::Output, D::Target>) -> f32 {
        sure(self.try_evaluate(data, metric))
    }

    /// As [`evaluate`](Evaluate::evaluate), for data that may fail: files that are read when a sample is asked for.
    ///
    /// # Errors
    /// If a sample cannot be had.
    fn try_evaluate<D: Dataset<Self::Input>>(&self, data: &D, metric: impl Metric<Self::Output, D::Target>) -> Result<f32> {
        let mut sum = 0.0_f64;
        outputs(self, data, |output, target| sum += f64::from(metric.score(output, target)))?;
        #[expect(clippy::cast_possible_truncation, reason = "a mean of f32")]
        let mean = (sum / data.len() as f64) as f32;
        Ok(mean)
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
    ///
    /// # Panics
    /// If a sample cannot be had: of files, [`try_measure`](Evaluate::try_measure).
    #[track_caller]
    fn measure<D, M>(&self, data: &D, metric: M) -> M
    where
        D: Dataset<Self::Input>,
        M: for<'a> Update<<Self::Output as Values>::Refs<'a>, <D::Target as Values>::Refs<'a>>,
    {
        sure(self.try_measure(data, metric))
    }

    /// As [`measure`](Evaluate::measure), for data that may fail.
    ///
    /// # Errors
    /// If a sample cannot be had.
    fn try_measure<D, M>(&self, data: &D, mut metric: M) -> Result<M>
    where
        D: Dataset<Self::Input>,
        M: for<'a> Update<<Self::Output as Values>::Refs<'a>, <D::Target as Values>::Refs<'a>>,
    {
        batches(self, data, true, |_, _, outputs, targets| metric.update(outputs, targets))?;
        Ok(metric)
    }

    /// The outputs for a whole data set, in order.
    ///
    /// # Panics
    /// If a sample cannot be had: of files, [`try_predict_all`](Evaluate::try_predict_all).
    #[track_caller]
    fn predict_all<D: Dataset<Self::Input>>(&self, data: &D) -> Vec<Self::Output> {
        sure(self.try_predict_all(data))
    }

    /// As [`predict_all`](Evaluate::predict_all), for data that may fail.
    ///
    /// # Errors
    /// If a sample cannot be had.
    fn try_predict_all<D: Dataset<Self::Input>>(&self, data: &D) -> Result<Vec<Self::Output>> {
        let mut all = Self::Output::boxed_slice(data.len());
        batches(self, data, false, |first, count, outputs, _| {
            for i in 0..count {
                Self::Output::read(outputs, i, &mut all[first + i]);
            }
        })?;
        Ok(all.into_vec())
    }
}

impl<N: Network> Evaluate for N {}
