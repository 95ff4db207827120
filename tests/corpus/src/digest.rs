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

/// The worst of a group.
#[derive(Debug, Clone, Default)]
pub struct Worst {
    /// The largest deviation,
    pub own: f64,
    /// and of which tensor.
    pub name: String,
    /// PyTorch's largest in float32.
    pub torch: f64,
    /// How many tensors were compared.
    pub tensors: usize,
}

impl Worst {
    /// The worse of two.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let tensors = self.tensors + other.tensors;
        let torch = self.torch.max(other.torch);
        // What is no number is worse than any.
        let worse = if self.own.is_nan() || self.own > other.own { self } else { other };
        Self { tensors, torch, ..worse }
    }
}

/// Compares tensors, by the names of their digests, with those of a group.
///
/// # Errors
/// When there are not as many.
pub fn compare(group: &Group, network: &str, own: &[(String, &[f32])]) -> Result<Worst, String> {
    if group.rows().len() != own.len() {
        return Err(format!("{} tensors, PyTorch has {}", own.len(), group.rows().len()));
    }
    let scales: Vec<f64> = group.rows().zip(own).map(|(row, (_, numbers))| f64::from(row.digest[0]) / root(numbers)).collect();
    let largest = scales.iter().fold(0.0, |largest: f64, scale| largest.max(*scale));
    let mut worst = Worst::default();
    for ((row, (name, numbers)), scale) in group.rows().zip(own).zip(scales) {
        let scale = if scale > VANISHED * largest { scale } else { largest };
        let digest = digest(&format!("{network}.{name}"), numbers, row.digest.len() - 2);
        let differences = digest.iter().zip(row.digest).enumerate().map(|(i, (own, wanted))| {
            let difference = (own - f64::from(*wanted)).abs();
            if i < 2 { difference / root(numbers) } else { difference }
        });
        // `max` passes over what is no number.
        let difference = differences.fold(0.0, |worst: f64, next| {
            if next.is_nan() {
                next
            } else if worst.is_nan() {
                worst
            } else {
                worst.max(next)
            }
        });
        let own = if difference == 0.0 { 0.0 } else { difference / scale };
        worst = worst.or(Worst { own, name: name.clone(), torch: row.torch.into(), tensors: 1 });
    }
    Ok(worst)
}

/// The root of how many there are: a norm over it is the root of the mean square.
#[expect(clippy::cast_precision_loss, reason = "fewer than a float tells apart")]
fn root(numbers: &[f32]) -> f64 {
    (numbers.len() as f64).sqrt()
}
