//! How far numbers lie off.

use super::{Accumulator, Score, Update, no_value, number, same_len};
use crate::{Batch, Error, Result, Shape};

/// Calls `each(j, output, target)` for the j-th number of every sample.
#[track_caller]
fn numbers<S: Shape>(outputs: &Batch<S>, targets: &Batch<S>, mut each: impl FnMut(usize, f64, f64)) {
    same_len(outputs.len(), targets.len());
    for i in 0..outputs.len() {
        for j in 0..S::LEN {
            let [x, y] = [outputs, targets].map(|batch| f64::from(batch.as_slice()[batch.position(i, j)]));
            each(j, x, y);
        }
    }
}

/// Why there is no value where some differences are no numbers.
fn not_finite(metric: &'static str, count: usize) -> Error {
    no_value(metric, format!("{count} outputs or targets are infinite or NaN"))
}

/// A mean of some function of the differences.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Differences {
    sum: f64,
    count: usize,
    not_finite: usize,
}

impl Differences {
    const NONE: Self = Self { sum: 0.0, count: 0, not_finite: 0 };

    fn add(&mut self, difference: f64) {
        self.count += 1;
        if difference.is_finite() {
            self.sum += difference;
        } else {
            self.not_finite += 1;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.sum += other.sum;
        self.count += other.count;
        self.not_finite += other.not_finite;
    }

    fn mean(&self, metric: &'static str) -> Result<f64> {
        match self {
            Self { count: 0, .. } => Err(Error::Empty { what: metric }),
            Self { not_finite: 0, .. } => Ok(self.sum / number(self.count)),
            Self { not_finite: count, .. } => Err(not_finite(metric, *count)),
        }
    }
}

macro_rules! difference_metric {
    ($(#[$doc:meta])* $name:ident, $shown:literal, |$d:ident| $of:expr, |$mean:ident| $value:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct $name(Differences);

        impl $name {
            /// Nothing counted yet.
            #[must_use]
            pub const fn new() -> Self {
                Self(Differences::NONE)
            }
        }

        impl Accumulator for $name {
            type Value = f64;
            fn merge(&mut self, other: &Self) {
                self.0.merge(&other.0);
            }
            fn compute(&self) -> Result<f64> {
                let $mean = self.0.mean(self.name())?;
                Ok($value)
            }
            fn reset(&mut self) {
                *self = Self::new();
            }
        }

        impl<'a, S: Shape> Update<&'a Batch<S>, &'a Batch<S>> for $name {
            #[track_caller]
            fn update(&mut self, outputs: &'a Batch<S>, targets: &'a Batch<S>) {
                numbers(outputs, targets, |_, x, y| {
                    let $d = x - y;
                    self.0.add($of);
                });
            }
        }

        impl Score for $name {
            fn name(&self) -> &'static str {
                $shown
            }
            fn higher_is_better(&self) -> bool {
                false
            }
            fn is_share(&self) -> bool {
                false
            }
        }
    };
}

difference_metric! {
    /// The mean absolute error over all numbers of all samples, as `sklearn.metrics.mean_absolute_error`.
    ///
    /// `compute` is an error where an output or a target is infinite or NaN.
    ///
    /// ```
    /// use fireclay::{metrics::{Accumulator, Mae, Update}, prelude::*};
    /// let [outputs, targets] = [[1.0, 2.0], [3.0, 1.0]].map(|sample| Batch::from_samples([&Tensor::from(sample)]));
    /// let mut mae = Mae::new();
    /// mae.update(&outputs, &targets);
    /// assert_eq!(mae.compute()?, 1.5);
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    Mae, "MAE", |d| d.abs(), |mean| mean
}
difference_metric! {
    /// The root of the mean squared error over all numbers of all samples, as torchmetrics' `MeanSquaredError(squared=False)`.
    ///
    /// `compute` is an error where an output or a target is infinite or NaN.
    ///
    /// ```
    /// use fireclay::{metrics::{Accumulator, Rmse, Update}, prelude::*};
    /// let [outputs, targets] = [[1.0, 8.0], [2.0, 1.0]].map(|sample| Batch::from_samples([&Tensor::from(sample)]));
    /// let mut rmse = Rmse::new();
    /// rmse.update(&outputs, &targets);
    /// assert_eq!(rmse.compute()?, 5.0);
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    Rmse, "RMSE", |d| d * d, |mean| mean.sqrt()
}

/// One output of all samples.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Column {
    /// Of the targets.
    mean: f64,
    /// Sum of the squared distances of the targets from their mean.
    spread: f64,
    /// Sum of the squared differences of outputs and targets.
    residual: f64,
}

/// The coefficient of determination, 1 − Σ(y − ŷ)² / Σ(y − ȳ)² of each number of an output, and the mean of these, as
/// `sklearn.metrics.r2_score` (Wright 1921). Where targets do not vary it is 1 if all outputs are right and 0 otherwise, as there.
///
/// `compute` is an error where there are fewer than two samples, and where an output or a target is infinite or NaN.
///
/// ```
/// use fireclay::{metrics::{Accumulator, R2, Update}, prelude::*};
/// let [outputs, targets] = [[1.0, 2.0, 4.0], [1.0, 2.0, 3.0]].map(|x| Batch::from_samples(&x.map(|x| Tensor::from([x]))));
/// let mut r2 = R2::new();
/// r2.update(&outputs, &targets);
/// assert_eq!(r2.compute()?, 0.5);
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct R2 {
    /// None before the first batch, which says how many.
    columns: Vec<Column>,
    samples: usize,
    not_finite: usize,
}

impl R2 {
    /// Nothing counted yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { columns: Vec::new(), samples: 0, not_finite: 0 }
    }
}

impl Accumulator for R2 {
    type Value = f64;

    #[track_caller]
    fn merge(&mut self, other: &Self) {
        self.not_finite += other.not_finite;
        if other.samples == 0 {
            return;
        }
        if self.samples == 0 {
            (self.columns, self.samples) = (other.columns.clone(), other.samples);
            return;
        }
        let columns = (self.columns.len(), other.columns.len());
        assert!(columns.0 == columns.1, "R2: samples of {} numbers and of {} are not merged", columns.0, columns.1);
        let [own, others] = [self.samples, other.samples].map(number);
        for (to, from) in self.columns.iter_mut().zip(&other.columns) {
            // Chan, Golub and LeVeque 1983: sums of squares, which would cancel, are never subtracted.
            let away = from.mean - to.mean;
            to.mean += away * others / (own + others);
            to.spread += from.spread + away * away * own * others / (own + others);
            to.residual += from.residual;
        }
        self.samples += other.samples;
    }

    fn compute(&self) -> Result<f64> {
        if self.not_finite > 0 {
            return Err(not_finite(self.name(), self.not_finite));
        }
        match self.samples {
            0 => return Err(Error::Empty { what: self.name() }),
            1 => return Err(no_value(self.name(), "one sample has no variance: it takes at least two")),
            _ => (),
        }
        let of = |column: &Column| match column {
            Column { spread: 0.0, residual, .. } => f64::from(u8::from(*residual == 0.0)),
            Column { spread, residual, .. } => 1.0 - residual / spread,
        };
        Ok(self.columns.iter().map(of).sum::<f64>() / number(self.columns.len()))
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}

/// Panics if an earlier batch had samples of another length.
impl<'a, S: Shape> Update<&'a Batch<S>, &'a Batch<S>> for R2 {
    #[track_caller]
    fn update(&mut self, outputs: &'a Batch<S>, targets: &'a Batch<S>) {
        if self.columns.is_empty() {
            self.columns = vec![Column::default(); S::LEN];
        }
        let columns = self.columns.len();
        assert!(columns == S::LEN, "R2: samples of {columns} numbers, then of {}", S::LEN);
        let before = self.samples;
        let mut i = 0;
        numbers(outputs, targets, |j, x, y| {
            if j == 0 {
                i += 1;
            }
            if !(x - y).is_finite() {
                self.not_finite += 1;
                return;
            }
            // Welford 1962.
            let column = &mut self.columns[j];
            let away = y - column.mean;
            column.mean += away / number(before + i);
            column.spread += away * (y - column.mean);
            column.residual += (x - y) * (x - y);
        });
        self.samples += outputs.len();
    }
}

impl Score for R2 {
    fn name(&self) -> &'static str {
        "R²"
    }
    fn is_share(&self) -> bool {
        false
    }
}
