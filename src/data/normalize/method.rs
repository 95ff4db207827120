//! The kinds of normalization.

use super::normal;

/// What a number becomes. (Azure Machine Learning's *Normalize Data* has the same five; logistic and tanh here take the number of deviations from the mean, and not the plain number.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// `z = (x - mean) / deviation` (parameters `[mean, deviation]`, the deviation that of a population; 1 where all numbers are equal).
    ZScore,
    /// `(x - min) / (max - min)`, 0…1 on the data that it was fit to (parameters `[min, max - min]`; 1 where all numbers are equal).
    MinMax,
    /// `1 / (1 + exp(-z))`, between 0 and 1 (parameters as for z-score).
    Logistic,
    /// The share of a log-normal distribution below x, `Φ((ln x - μ) / σ)`, between 0 and 1, of numbers greater than 0 (parameters `[μ, σ]`: mean and deviation of the
    /// logarithms). What is not greater than 0 becomes 0.
    LogNormal,
    /// `tanh(z)`, between -1 and 1 (parameters as for z-score).
    Tanh,
}

impl Method {
    /// All of them.
    pub(super) const ALL: [Self; 5] = [Self::ZScore, Self::MinMax, Self::Logistic, Self::LogNormal, Self::Tanh];

    /// As files have it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ZScore => "z-score",
            Self::MinMax => "min-max",
            Self::Logistic => "logistic",
            Self::LogNormal => "log-normal",
            Self::Tanh => "tanh",
        }
    }

    /// What is counted of a number, or why it cannot be.
    pub(super) fn takes(self, x: f32) -> Result<f64, &'static str> {
        match self {
            _ if !x.is_finite() => Err("data to normalize by is finite"),
            Self::LogNormal if x <= 0.0 => Err("a log-normal distribution is of numbers greater than 0"),
            Self::LogNormal => Ok(f64::from(x).ln()),
            _ => Ok(f64::from(x)),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "moments of f32")]
    pub(super) fn parameters(self, moments: &Moments) -> [f32; 2] {
        let not_zero = |x: f64| if x as f32 > 0.0 { x as f32 } else { 1.0 };
        match self {
            Self::MinMax => [moments.min as f32, not_zero(moments.max - moments.min)],
            _ => [moments.mean as f32, not_zero(moments.deviation())],
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "computed in f64, kept in f32")]
    pub(super) fn apply(self, x: f32, [shift, scale]: [f32; 2]) -> f32 {
        let z = (x - shift) / scale;
        match self {
            Self::ZScore | Self::MinMax => z,
            Self::Logistic => (1.0 / (1.0 + (-f64::from(z)).exp())) as f32,
            Self::LogNormal if x <= 0.0 => 0.0,
            Self::LogNormal => normal::below((f64::from(x).ln() - f64::from(shift)) / f64::from(scale)) as f32,
            Self::Tanh => f64::from(z).tanh() as f32,
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "computed in f64, kept in f32")]
    pub(super) fn invert(self, y: f32, [shift, scale]: [f32; 2]) -> f32 {
        let y = f64::from(y);
        let z = match self {
            Self::ZScore | Self::MinMax => y,
            Self::Logistic => (y / (1.0 - y)).ln(),
            Self::LogNormal => return (normal::quantile(y) * f64::from(scale) + f64::from(shift)).exp() as f32,
            Self::Tanh => y.atanh(),
        };
        (z * f64::from(scale) + f64::from(shift)) as f32
    }
}

/// Mean, deviation and bounds of numbers (Welford 1962).
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    count: f64,
    mean: f64,
    /// The sum of squared distances from the mean.
    squares: f64,
    min: f64,
    max: f64,
}

impl Moments {
    pub const fn new() -> Self {
        Self { count: 0.0, mean: 0.0, squares: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }

    pub fn add(&mut self, x: f64) {
        self.count += 1.0;
        let distance = x - self.mean;
        self.mean += distance / self.count;
        self.squares += distance * (x - self.mean);
        (self.min, self.max) = (self.min.min(x), self.max.max(x));
    }

    fn deviation(&self) -> f64 {
        (self.squares / self.count).sqrt()
    }
}
