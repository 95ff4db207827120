//! Gradients kept small.

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
    /// The p-th root of the sum of p-th powers.
    P(f32),
}

impl Norm {
    /// The length of these numbers.
    ///
    /// ```
    /// use fireclay::optim::Norm;
    /// assert_eq!(Norm::L2.of(&[3.0, -4.0]), 5.0);
    /// assert_eq!(Norm::Max.of(&[3.0, -4.0]), 4.0);
    /// ```
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "rounded once, at the end")]
    pub fn of(self, numbers: &[f32]) -> f32 {
        let abs = numbers.iter().map(|x| f64::from(x.abs()));
        match self {
            Self::L2 => sum_of_squares(numbers).sqrt() as f32,
            Self::L1 => abs.sum::<f64>() as f32,
            // Unlike `f64::max`, NaN stays NaN.
            Self::Max => abs.fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a }) as f32,
            Self::P(p) => abs.map(|x| x.powf(f64::from(p))).sum::<f64>().powf(1.0 / f64::from(p)) as f32,
        }
    }
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
pub fn clip_norm(grads: &mut [f32], most: f32) -> f32 {
    clip_norm_of(grads, most, Norm::L2)
}

/// As [`clip_norm`], with another measure of length.
pub fn clip_norm_of(grads: &mut [f32], most: f32, norm: Norm) -> f32 {
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
pub fn clip_value(grads: &mut [f32], most: f32) {
    for g in grads {
        // Not `max` and `min`: NaN stays NaN.
        if *g > most {
            *g = most;
        } else if *g < -most {
            *g = -most;
        }
    }
}
