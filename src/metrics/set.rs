//! Metrics that training watches: one, or several as a tuple.

use super::{Metric, Score, Update};
use crate::trainer::ShownMetric;
use crate::{Batch, Index, IndexBatch, Indices, IndicesBatch, Leaf, Result, Shape, Tensor, Values, narrow};

/// Metrics that validation takes at most.
pub const MOST_METRICS: usize = 8;

/// How a [`Metric`] is watched: by the mean of its scores.
#[derive(Debug, Clone, Copy)]
pub struct PerSample;

/// How an [`Accumulator`](super::Accumulator) is watched.
#[derive(Debug, Clone, Copy)]
pub struct Accumulated;

/// What [`Trainer::validate`](crate::trainer::Trainer::validate) takes: a [`Metric`], an accumulator whose value is a number ([`Score`]), or a
/// tuple of up to eight of these, of which the first says which epoch is the best. `How` tells the kinds apart; rustc infers it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot score outputs `{O}` against targets `{T}`",
    label = "neither a metric nor a tuple of metrics that fit these outputs and targets",
    note = "`Accuracy`, `F1::<K>::new()` and other metrics of classes take scores of K classes, `[K]`, against `Index<K>`; `Mae::new()`, `Rmse::new()` and `R2::new()` take tensors",
    note = "each metric of a tuple looks at all outputs; for one of several, and for others, implement `Metric`, or `Update` and `Score`, on a type of your own"
)]
pub trait MetricSet<O: Values, T: Values, How> {
    /// What is counted beside what the metrics count themselves.
    #[doc(hidden)]
    type State;

    /// What they are called.
    #[doc(hidden)]
    fn shown(&self, to: &mut Vec<ShownMetric>);

    /// Forgets all that was counted.
    #[doc(hidden)]
    fn begin(&mut self) -> Self::State;

    /// Counts a batch.
    #[doc(hidden)]
    fn see<'a>(&mut self, state: &mut Self::State, outputs: O::Refs<'a>, targets: T::Refs<'a>);

    /// The values of all batches.
    #[doc(hidden)]
    fn values(&self, state: &Self::State, to: &mut Vec<f32>) -> Result<()>;
}

/// The mean of scores so far, and where samples are put for a metric to see.
#[derive(Debug)]
pub struct Mean<O, T> {
    sum: f64,
    count: usize,
    output: Box<O>,
    target: Box<T>,
}

impl<O: Values, T: Values, M: Metric<O, T>> MetricSet<O, T, PerSample> for M {
    type State = Mean<O, T>;

    fn shown(&self, to: &mut Vec<ShownMetric>) {
        to.push(ShownMetric { name: self.name(), share: self.is_share(), higher_is_better: self.higher_is_better() });
    }

    fn begin(&mut self) -> Mean<O, T> {
        Mean { sum: 0.0, count: 0, output: O::boxed(), target: T::boxed() }
    }

    fn see<'a>(&mut self, state: &mut Mean<O, T>, outputs: O::Refs<'a>, targets: T::Refs<'a>) {
        let count = O::samples(outputs);
        for i in 0..count {
            O::read(outputs, i, &mut state.output);
            T::read(targets, i, &mut state.target);
            state.sum += f64::from(self.score(&state.output, &state.target));
        }
        state.count += count;
    }

    fn values(&self, state: &Mean<O, T>, to: &mut Vec<f32>) -> Result<()> {
        to.push(narrow(state.sum / super::number(state.count)));
        Ok(())
    }
}

/// An accumulator of outputs `O` against targets `T`, in batches of any lifetime.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot count outputs `{O}` against targets `{T}`",
    label = "this metric does not fit these outputs and targets"
)]
pub trait Counts<O: Values, T: Values>: Score {
    /// Counts a batch.
    #[doc(hidden)]
    fn count<'a>(&mut self, outputs: O::Refs<'a>, targets: T::Refs<'a>);
}

/// One implementation for each kind of outputs and targets, though all are the same: with a single one rustc would look for the metric before it
/// knows the outputs, and give up.
macro_rules! counts {
    ($([$($output:tt)*], $outputs:ty, $output_refs:ty;)+) => {
        $(
            counts!(@ [$($output)*, Z: Shape], $outputs, $output_refs, Tensor<Z>, &'a Batch<Z>);
            counts!(@ [$($output)*, const BOUND: usize], $outputs, $output_refs, Index<BOUND>, &'a IndexBatch<BOUND>);
            counts!(@ [$($output)*, const BOUND: usize, const LEN: usize], $outputs, $output_refs, Indices<BOUND, LEN>, &'a IndicesBatch<BOUND, LEN>);
            counts!(@ [$($output)*, U: Leaf], $outputs, $output_refs, (U,), (U::Refs<'a>,));
            counts!(@ [$($output)*, U: Leaf, V: Leaf], $outputs, $output_refs, (U, V), (U::Refs<'a>, V::Refs<'a>));
            counts!(@ [$($output)*, U: Leaf, V: Leaf, W: Leaf], $outputs, $output_refs, (U, V, W), (U::Refs<'a>, V::Refs<'a>, W::Refs<'a>));
            counts!(
                @ [$($output)*, U: Leaf, V: Leaf, W: Leaf, X: Leaf], $outputs, $output_refs,
                (U, V, W, X), (U::Refs<'a>, V::Refs<'a>, W::Refs<'a>, X::Refs<'a>)
            );
            counts!(
                @ [$($output)*, U: Leaf, V: Leaf, W: Leaf, X: Leaf, Y: Leaf], $outputs, $output_refs,
                (U, V, W, X, Y), (U::Refs<'a>, V::Refs<'a>, W::Refs<'a>, X::Refs<'a>, Y::Refs<'a>)
            );
            counts!(
                @ [$($output)*, U: Leaf, V: Leaf, W: Leaf, X: Leaf, Y: Leaf, Z: Leaf], $outputs, $output_refs,
                (U, V, W, X, Y, Z), (U::Refs<'a>, V::Refs<'a>, W::Refs<'a>, X::Refs<'a>, Y::Refs<'a>, Z::Refs<'a>)
            );
        )+
    };
    (@ [$($generics:tt)*], $outputs:ty, $output_refs:ty, $targets:ty, $target_refs:ty) => {
        #[diagnostic::do_not_recommend]
        impl<M: Score + for<'a> Update<$output_refs, $target_refs>, $($generics)*> Counts<$outputs, $targets> for M {
            fn count<'a>(&mut self, outputs: $output_refs, targets: $target_refs) {
                self.update(outputs, targets);
            }
        }
    };
}
counts! {
    [S: Shape], Tensor<S>, &'a Batch<S>;
    [A: Leaf, B: Leaf], (A, B), (A::Refs<'a>, B::Refs<'a>);
    [A: Leaf, B: Leaf, C: Leaf], (A, B, C), (A::Refs<'a>, B::Refs<'a>, C::Refs<'a>);
    [A: Leaf, B: Leaf, C: Leaf, D: Leaf], (A, B, C, D), (A::Refs<'a>, B::Refs<'a>, C::Refs<'a>, D::Refs<'a>);
    [A: Leaf, B: Leaf, C: Leaf, D: Leaf, E: Leaf], (A, B, C, D, E), (A::Refs<'a>, B::Refs<'a>, C::Refs<'a>, D::Refs<'a>, E::Refs<'a>);
    [A: Leaf, B: Leaf, C: Leaf, D: Leaf, E: Leaf, F: Leaf], (A, B, C, D, E, F),
        (A::Refs<'a>, B::Refs<'a>, C::Refs<'a>, D::Refs<'a>, E::Refs<'a>, F::Refs<'a>);
}

impl<O: Values, T: Values, M: Counts<O, T>> MetricSet<O, T, Accumulated> for M {
    type State = ();

    fn shown(&self, to: &mut Vec<ShownMetric>) {
        to.push(ShownMetric { name: self.name(), share: self.is_share(), higher_is_better: self.higher_is_better() });
    }

    fn begin(&mut self) {
        self.reset();
    }

    fn see<'a>(&mut self, (): &mut (), outputs: O::Refs<'a>, targets: T::Refs<'a>) {
        self.count(outputs, targets);
    }

    fn values(&self, (): &(), to: &mut Vec<f32>) -> Result<()> {
        to.push(narrow(self.compute()?));
        Ok(())
    }
}

macro_rules! tuples {
    ($($M:ident $H:ident $i:tt),+) => {
        impl<O: Values, T: Values, $($H, $M: MetricSet<O, T, $H>),+> MetricSet<O, T, ($($H,)+)> for ($($M,)+) {
            type State = ($($M::State,)+);
            fn shown(&self, to: &mut Vec<ShownMetric>) {
                $(self.$i.shown(to);)+
            }
            fn begin(&mut self) -> Self::State {
                ($(self.$i.begin(),)+)
            }
            fn see<'a>(&mut self, state: &mut Self::State, outputs: O::Refs<'a>, targets: T::Refs<'a>) {
                $(self.$i.see(&mut state.$i, outputs, targets);)+
            }
            fn values(&self, state: &Self::State, to: &mut Vec<f32>) -> Result<()> {
                $(self.$i.values(&state.$i, to)?;)+
                Ok(())
            }
        }
    };
}
tuples!(A HA 0, B HB 1);
tuples!(A HA 0, B HB 1, C HC 2);
tuples!(A HA 0, B HB 1, C HC 2, D HD 3);
tuples!(A HA 0, B HB 1, C HC 2, D HD 3, E HE 4);
tuples!(A HA 0, B HB 1, C HC 2, D HD 3, E HE 4, F HF 5);
tuples!(A HA 0, B HB 1, C HC 2, D HD 3, E HE 4, F HF 5, G HG 6);
tuples!(A HA 0, B HB 1, C HC 2, D HD 3, E HE 4, F HF 5, G HG 6, H HH 7);
