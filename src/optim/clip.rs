//! Gradients kept small.

use crate::{Error, Result, setting};

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
/// Give it `grads.as_mut_slice()`: all gradients of a network. ([`Algorithm::clip_norm`](super::Algorithm::clip_norm) lets the optimizer do it in each
/// step.) A length of 0 leaves them as they are; an infinite one makes 0 of those that are finite and NaN of the others; one that is NaN makes NaN of
/// all. [`clip_norm_finite`] answers the last two with an error.
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
    if let Some(scale) = scale(length, most) {
        times(scale, grads);
    }
    length
}

/// As [`clip_norm_of`], and an error where the length is infinite or NaN, as `clip_grad_norm_(…, error_if_nonfinite=True)`: the gradients are then left
/// as they are.
///
/// ```
/// use fireclay::optim::{Norm, clip_norm_finite};
/// let mut grads = [3.0, f32::INFINITY];
/// let error = clip_norm_finite(&mut grads, 1.0, Norm::L2).unwrap_err().to_string();
/// assert!(error.starts_with("the norm of the gradients is inf"));
/// assert_eq!(grads, [3.0, f32::INFINITY]);
/// ```
///
/// # Errors
/// [`Error::GradientNorm`].
///
/// # Panics
/// As [`clip_norm`] and [`Norm::of`].
#[track_caller]
pub fn clip_norm_finite(grads: &mut [f32], most: f32, norm: Norm) -> Result<f32> {
    setting::limit("clip_norm: most", most);
    let length = norm.of(grads);
    if !length.is_finite() {
        return Err(Error::GradientNorm { norm: length });
    }
    if let Some(scale) = scale(length, most) {
        times(scale, grads);
    }
    Ok(length)
}

/// What gradients of this length are multiplied by, if they are too long. An infinite length makes 0 of what is finite and NaN of what is not, one that
/// is no number shows in all gradients, and one of 0 changes nothing: as in PyTorch.
pub(super) fn scale(length: f32, most: f32) -> Option<f32> {
    let scale = most / (length + 1e-6);
    (scale < 1.0 || scale.is_nan()).then_some(scale)
}

pub(super) fn times(scale: f32, grads: &mut [f32]) {
    for g in grads {
        *g *= scale;
    }
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
