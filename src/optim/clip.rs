//! Gradients kept small.

use crate::setting;

/// How the length of a gradient is measured.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Norm {
    /// The square root of the sum of squares.
    #[default]
    L2,
    /// The sum of the absolute values.
    L1,
    /// The largest absolute value.
    Max,
    /// The p-th root of the sum of p-th powers, for p greater than 0; with p = ∞ it is [`Norm::Max`].
    P(f32),
}

impl Norm {
    /// The length of these numbers.
    ///
    /// # Panics
    /// If it is a `P` that is not greater than 0.
    ///
    /// ```
    /// use fireclay::optim::Norm;
    /// assert_eq!(Norm::L2.of(&[3.0, -4.0]), 5.0);
    /// assert_eq!(Norm::Max.of(&[3.0, -4.0]), 4.0);
    /// ```
    #[must_use]
    #[track_caller]
    #[expect(clippy::cast_possible_truncation, reason = "rounded once, at the end")]
    pub fn of(self, numbers: &[f32]) -> f32 {
        let abs = numbers.iter().map(|x| f64::from(x.abs()));
        match self {
            Self::L2 => sum_of_squares(numbers).sqrt() as f32,
            Self::L1 => abs.sum::<f64>() as f32,
            Self::Max => largest(abs) as f32,
            Self::P(p) => {
                setting::limit("Norm: p", p);
                let most = largest(abs.clone());
                if p == f32::INFINITY || most == 0.0 || !most.is_finite() {
                    return most as f32;
                }
                // Of numbers up to 1, whose powers do not overflow.
                let p = f64::from(p);
                (most * abs.map(|x| (x / most).powf(p)).sum::<f64>().powf(1.0 / p)) as f32
            }
        }
    }
}

/// Unlike with `f64::max`, NaN stays NaN.
fn largest(abs: impl Iterator<Item = f64>) -> f64 {
    abs.fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a })
}

/// In eight sums side by side: one alone would wait for each addition.
fn sum_of_squares(numbers: &[f32]) -> f64 {
    let (eights, rest) = numbers.as_chunks::<8>();
    let mut sums = [0.0_f64; 8];
    for eight in eights {
        for (sum, x) in sums.iter_mut().zip(eight) {
            *sum += f64::from(*x) * f64::from(*x);
        }
    }
    sums.iter().sum::<f64>() + rest.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>()
}

/// Scales all gradients so that together they are at most `most` long (Pascanu, Mikolov and Bengio 2013, arXiv 1211.5063), and
/// tells how long they were: `g ← g · min(1, most / (‖g‖ + 1e-6))`, as `torch.nn.utils.clip_grad_norm_`.
///
/// Give it `grads.as_mut_slice()`: all gradients of a network.
///
/// ```
/// use fireclay::optim::clip_norm;
/// let mut grads = [3.0, 4.0];
/// assert_eq!(clip_norm(&mut grads, 1.0), 5.0);
/// assert!((grads[0] - 0.6).abs() < 1e-6);
/// ```
///
/// # Panics
/// If `most` is not greater than 0 (infinity only measures).
#[track_caller]
pub fn clip_norm(grads: &mut [f32], most: f32) -> f32 {
    clip_norm_of(grads, most, Norm::L2)
}

/// As [`clip_norm`], with another measure of length.
///
/// # Panics
/// As [`clip_norm`] and [`Norm::of`].
#[track_caller]
pub fn clip_norm_of(grads: &mut [f32], most: f32, norm: Norm) -> f32 {
    setting::limit("clip_norm: most", most);
    let length = norm.of(grads);
    let scale = most / (length + 1e-6);
    // A length that is not a number shows in the gradients, as in PyTorch.
    if scale < 1.0 || scale.is_nan() {
        for g in grads {
            *g *= scale;
        }
    }
    length
}

/// Puts every number between `-most` and `most`, as `torch.nn.utils.clip_grad_value_`.
///
/// ```
/// use fireclay::optim::clip_value;
/// let mut grads = [3.0, -0.1];
/// clip_value(&mut grads, 0.5);
/// assert_eq!(grads, [0.5, -0.1]);
/// ```
///
/// # Panics
/// If `most` is not greater than 0.
#[track_caller]
pub fn clip_value(grads: &mut [f32], most: f32) {
    setting::limit("clip_value: most", most);
    for g in grads {
        // Not `max` and `min`: NaN stays NaN.
        if *g > most {
            *g = most;
        } else if *g < -most {
            *g = -most;
        }
    }
}
