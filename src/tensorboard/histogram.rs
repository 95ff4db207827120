//! How numbers are distributed, in the buckets that TensorFlow and PyTorch's `SummaryWriter` take.

/// Counts of numbers in buckets.
pub(super) struct Histogram {
    pub min: f64,
    pub max: f64,
    pub count: f64,
    pub sum: f64,
    pub sum_of_squares: f64,
    /// The upper end of each bucket. The first bucket is empty: its end is where the second begins.
    pub limits: Vec<f64>,
    pub buckets: Vec<f64>,
}

/// The smallest limit above zero, by what each is larger than the one before, and where they end.
const FIRST: f64 = 1e-12;
const GROWTH: f64 = 1.1;
const END: f64 = 1e20;

/// The limits in order: those below zero, zero, those above, and one beyond every number on either side.
fn limits() -> Vec<f64> {
    let above: Vec<f64> = std::iter::successors(Some(FIRST), |x| Some(x * GROWTH)).take_while(|x| *x < END).collect();
    let below = above.iter().rev().map(|x| -x);
    let below = std::iter::once(f64::MIN).chain(below);
    below.chain([0.0]).chain(above.iter().copied()).chain([f64::MAX]).collect()
}

impl Histogram {
    /// Of those numbers that are finite; `None` if none is.
    pub fn of(numbers: &[f32]) -> Option<Self> {
        let limits = limits();
        let mut counts = vec![0.0; limits.len() - 1];
        let (mut min, mut max, mut count, mut sum, mut sum_of_squares) = (f64::INFINITY, f64::NEG_INFINITY, 0.0, 0.0, 0.0);
        for x in numbers.iter().filter(|x| x.is_finite()).map(|x| f64::from(*x)) {
            // Bucket i begins at limit i, which belongs to it.
            counts[limits.partition_point(|limit| *limit <= x) - 1] += 1.0;
            (min, max) = (x.min(min), x.max(max));
            (count, sum, sum_of_squares) = (count + 1.0, sum + x, sum_of_squares + x * x);
        }
        let first = counts.iter().position(|count| *count > 0.0)?;
        let last = counts.iter().rposition(|count| *count > 0.0)?;
        let buckets = std::iter::once(0.0).chain(counts[first..=last].iter().copied()).collect();
        Some(Self { min, max, count, sum, sum_of_squares, limits: limits[first..=last + 1].to_vec(), buckets })
    }
}
