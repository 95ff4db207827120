//! Tensors in a few numbers, as `tests/golden/generate/digest.py` makes them, and how far they lie off.

use crate::exact::{positions, units};
use crate::reference::Group;

/// In float64 what is zero by its formula is below this share of the other tensors of its group.
const VANISHED: f64 = 1e-10;

/// Norm, product with the numbers of the name, and `count` numbers.
#[must_use]
pub fn digest(name: &str, numbers: &[f32], count: usize) -> Vec<f64> {
    let (mut square, mut product) = (0.0, 0.0);
    for (x, unit) in numbers.iter().zip(units(&format!("{name}.product"))) {
        let x = f64::from(*x);
        square += x * x;
        product += x * f64::from(unit);
    }
    let kept = positions(name, numbers.len(), count).into_iter().map(|at| f64::from(numbers[at]));
    let mut digest: Vec<f64> = [square.sqrt(), product].into_iter().chain(kept).collect();
    digest.resize(count + 2, 0.0);
    digest
}

/// The deviations of a group of tensors.
#[derive(Debug, Clone, Default)]
pub struct Deviations {
    /// The largest,
    pub largest: f64,
    /// and of which tensor.
    pub name: String,
    /// The one that half of them exceed.
    pub median: f64,
    /// PyTorch's largest in float32.
    pub torch_largest: f64,
    /// PyTorch's median.
    pub torch_median: f64,
}

impl Deviations {
    /// The worse of both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let median = worse(self.median, other.median);
        let (torch_largest, torch_median) =
            (self.torch_largest.max(other.torch_largest), self.torch_median.max(other.torch_median));
        let worst = if self.largest.is_nan() || self.largest > other.largest { self } else { other };
        Self { median, torch_largest, torch_median, ..worst }
    }
}

/// The larger of two; what is no number is worse than any, which `max` would pass over.
fn worse(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

/// Compares tensors, by the names of their digests, with those of a group.
///
/// # Errors
/// When there are not as many.
pub fn compare(group: &Group, network: &str, own: &[(String, &[f32])]) -> Result<Deviations, String> {
    if group.rows().len() != own.len() {
        return Err(format!("{} tensors, PyTorch has {}", own.len(), group.rows().len()));
    }
    let scales: Vec<f64> = group.rows().zip(own).map(|(row, (_, numbers))| f64::from(row.digest[0]) / root(numbers)).collect();
    let largest = scales.iter().copied().fold(0.0, f64::max);
    let mut result = Deviations::default();
    let (mut all, mut torch) = (Vec::new(), Vec::new());
    for ((row, (name, numbers)), scale) in group.rows().zip(own).zip(scales) {
        let scale = if scale > VANISHED * largest { scale } else { largest };
        let digest = digest(&format!("{network}.{name}"), numbers, row.digest.len() - 2);
        let differences = digest.iter().zip(row.digest).enumerate().map(|(i, (own, wanted))| {
            let difference = (own - f64::from(*wanted)).abs();
            if i < 2 { difference / root(numbers) } else { difference }
        });
        let difference = differences.fold(0.0, worse);
        let deviation = if difference == 0.0 { 0.0 } else { difference / scale };
        all.push(deviation);
        torch.push(f64::from(row.torch));
        result = result.or(Deviations {
            largest: deviation,
            name: name.clone(),
            torch_largest: row.torch.into(),
            ..Deviations::default()
        });
    }
    Ok(Deviations { median: median(all), torch_median: median(torch), ..result })
}

/// The root of how many there are: a norm over it is the root of the mean square.
#[expect(clippy::cast_precision_loss, reason = "fewer than a float tells apart")]
fn root(numbers: &[f32]) -> f64 {
    (numbers.len() as f64).sqrt()
}
