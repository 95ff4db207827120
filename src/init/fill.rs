//! The numbers that tensors start as.

use crate::Rng;
use crate::network::Init;

impl Init {
    /// Fills a tensor of these extents: what [`Initialize::init`](crate::Initialize::init) does to each.
    ///
    /// ```
    /// use fireclay::{Init, prelude::*};
    /// network! { pub Line(x: [3]) -> [3] { x -> fc: Dense(3) } }
    /// let mut net = Line::init(&mut rng(1));
    /// Init::Orthogonal { gain: 1.0 }.fill(&[3, 3], net.fc.weight.as_mut_slice(), &mut rng(2));
    /// let y = net.predict(&Tensor::from([0.0, 3.0, 4.0]));
    /// let length = y.as_slice().iter().map(|x| x * x).sum::<f32>().sqrt();
    /// assert!((length - 5.0).abs() < 1e-5); // a rotation
    /// ```
    #[expect(clippy::cast_precision_loss, reason = "a fan of more than 2^24 is rounded")]
    pub fn fill(self, dims: &[usize], numbers: &mut [f32], rng: &mut Rng) {
        match self {
            Self::Constant(value) => numbers.fill(value),
            Self::ButZeros { rest, first, len } => {
                rest.fill(dims, numbers, rng);
                numbers[first..first + len].fill(0.0);
            }
            Self::Normal { mean, variance } => normal(numbers, rng, mean, variance.sqrt()),
            Self::Uniform { low, high } => uniform(numbers, rng, low, high),
            Self::VarianceNormal { gain, fan } => normal(numbers, rng, 0.0, (gain / fan as f32).sqrt()),
            Self::VarianceUniform { gain, fan } => {
                let bound = (3.0 * gain / fan as f32).sqrt();
                uniform(numbers, rng, -bound, bound);
            }
            Self::TruncatedNormal { mean, deviation, low, high } => {
                numbers.iter_mut().for_each(|x| *x = truncated_normal(rng, mean, deviation, low, high));
            }
            Self::Orthogonal { gain } => orthogonal(numbers, dims.first().copied().unwrap_or(1), gain, rng),
        }
    }
}

fn normal(numbers: &mut [f32], rng: &mut Rng, mean: f32, deviation: f32) {
    for x in numbers {
        *x = mean + deviation * rng.normal();
    }
}

fn uniform(numbers: &mut [f32], rng: &mut Rng, low: f32, high: f32) {
    for x in numbers {
        *x = low + (high - low) * rng.uniform();
    }
}

/// Draws again what does not fit: from the normal distribution, or, where the bounds are so near that much of it lies beyond, evenly between the bounds; where
/// they lie far apart on one side of the mean, from an exponential distribution that begins at the nearer one (Robert 1995, "Simulation of truncated normal variables").
fn truncated_normal(rng: &mut Rng, mean: f32, deviation: f32, low: f32, high: f32) -> f32 {
    let drawn = deviation > 0.0 && deviation.is_finite() && mean.is_finite() && low < high;
    if !drawn {
        return mean.max(low.min(high)).min(high.max(low));
    }
    let near = if low > mean { (low - mean) / deviation } else { (mean - high) / deviation };
    // What is drawn beyond the nearer bound, in deviations: its rate makes most of it fit.
    let rate = (near + (near * near + 4.0).sqrt()) / 2.0;
    let one_side = near > 0.0 && (high - low) / deviation > 1.0 / rate;
    loop {
        if one_side {
            let x = near - (1.0 - rng.uniform()).ln() / rate;
            let fits = rng.uniform() < (-0.5 * (x - rate) * (x - rate)).exp();
            let x = if low > mean { mean + deviation * x } else { mean - deviation * x };
            if fits && (low..=high).contains(&x) {
                return x;
            }
        } else if near <= 0.0 && high - low > deviation {
            let x = mean + deviation * rng.normal();
            if (low..=high).contains(&x) {
                return x;
            }
        } else {
            let x = low + (high - low) * rng.uniform();
            let away = (x - mean) / deviation;
            if rng.uniform() < (-0.5 * (away * away - near.max(0.0).powi(2))).exp() {
                return x;
            }
        }
    }
}

/// Random directions, of which each is made orthogonal to those before it (Gram and Schmidt, twice: rounding leaves nothing then): uniformly distributed, as PyTorch's by QR.
fn orthogonal(numbers: &mut [f32], rows: usize, gain: f32, rng: &mut Rng) {
    let rows = rows.max(1);
    let columns = numbers.len() / rows;
    let (count, len) = (rows.min(columns), rows.max(columns));
    let mut directions: Vec<f64> = (0..count * len).map(|_| f64::from(rng.normal())).collect();
    for i in 0..count {
        let (before, own) = directions.split_at_mut(i * len);
        let own = &mut own[..len];
        for other in before.chunks_exact(len).chain(before.chunks_exact(len)) {
            let along = dot(own, other);
            own.iter_mut().zip(other).for_each(|(x, other)| *x -= along * other);
        }
        let length = dot(own, own).sqrt();
        // Twice the same direction has no chance to be drawn; nothing is divided by zero even so.
        let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
        own.iter_mut().for_each(|x| *x *= scale);
    }
    for (at, x) in numbers[..rows * columns].iter_mut().enumerate() {
        let (row, column) = (at / columns, at % columns);
        let place = if rows <= columns { row * len + column } else { column * len + row };
        #[expect(clippy::cast_possible_truncation, reason = "weights are f32")]
        let rounded = (f64::from(gain) * directions[place]) as f32;
        *x = rounded;
    }
}

/// Eight sums side by side, each waiting only for itself.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a, b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f64>() + rest
}
