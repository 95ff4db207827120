//! Central differences, and what counts as agreement with them.

/// Steps, as shares of the size of what is moved. The first that agrees decides: large ones for what rounding hides, small ones for what bends.
const STEPS: [f64; 6] = [0.1, 0.03, 0.01, 0.003, 0.001, 0.0003];

/// From this one on kinks are looked for.
const SMALL: usize = 3;

/// How much larger than that of a single sum the rounding of a deep network is.
const ROUNDING: f64 = 16.0;

/// What is moved is never taken for smaller than this.
const LEAST_SIZE: f64 = 0.1;

/// A value of the function, and how large what it is the sum of is: rounding is a share of that.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value {
    pub value: f64,
    pub size: f64,
}

/// What a gradient is held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    /// The gradient.
    pub gradient: f64,
    /// The root mean square of the tensor's gradients.
    pub typical: f64,
    /// The share that it may be off.
    pub tolerance: f64,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    Right,
    /// The function has kinks nearby, which may be why gradient and difference are apart.
    Doubtful(Nearest),
    Wrong(Nearest),
}

/// The difference that came nearest, and how far the gradient might have been from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Nearest {
    pub difference: f64,
    pub tolerance: f64,
}

/// Compares a gradient with differences of `f` around `at`, a number of a tensor whose numbers are about `size`.
///
/// The slopes on both sides, and the differences of two steps, come together with the step where a function is smooth. Where they do not, there are
/// kinks within reach: the slope of the side without is right, and the difference is not known better than the two are apart.
pub(super) fn compare(claim: Claim, at: f32, size: f64, mut f: impl FnMut(f32) -> Value) -> Verdict {
    let size = size.max(f64::from(at.abs())).max(LEAST_SIZE);
    let mut nearest = Nearest { difference: f64::NAN, tolerance: f64::NAN };
    let (mut before, mut apart) = (f64::NAN, 0.0_f64);
    for (i, step) in STEPS.into_iter().enumerate() {
        let h = crate::narrow(step * size);
        let (left, right) = (at - h, at + h);
        let (low, high) = (f(left), f(right));
        let width = f64::from(right) - f64::from(left);
        let noise = ROUNDING * f64::from(f32::EPSILON) * low.size.max(high.size) / width;
        let difference = (high.value - low.value) / width;
        let larger = claim.gradient.abs().max(difference.abs());
        let tolerance = claim.tolerance * (larger + claim.typical) + noise;
        let off = (claim.gradient - difference).abs();
        if off <= tolerance {
            return Verdict::Right;
        }
        if nearest.difference.is_nan() || off < (claim.gradient - nearest.difference).abs() {
            nearest = Nearest { difference, tolerance };
        }
        if i >= SMALL {
            let middle = f(at).value;
            let sides = [2.0 * (middle - low.value) / width, 2.0 * (high.value - middle) / width];
            if sides.iter().any(|side| (claim.gradient - side).abs() <= tolerance + noise) {
                return Verdict::Right;
            }
            apart = apart.max((sides[0] - sides[1]).abs() - 2.0 * noise).max((difference - before).abs() - 2.0 * noise);
        }
        before = difference;
        if std::env::var("DBG").is_ok() && i > 2 {
            let m = f(at).value;
            eprintln!(
                "a {:e} h {h:e} D {difference:e} L {:e} R {:e} noise {noise:e} typ {:e} apart {apart:e}",
                claim.gradient,
                2.0 * (m - low.value) / width,
                2.0 * (high.value - m) / width,
                claim.typical
            );
        }
    }
    if (claim.gradient - nearest.difference).abs() <= nearest.tolerance + apart {
        Verdict::Doubtful(nearest)
    } else {
        Verdict::Wrong(nearest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(gradient: f64, at: f32, f: impl Fn(f64) -> f64) -> Verdict {
        let value = |x: f32| Value { value: f(f64::from(x)), size: f(f64::from(x)).abs() };
        compare(Claim { gradient, typical: 0.0, tolerance: 2e-3 }, at, 0.0, value)
    }

    #[test]
    fn smooth_functions() {
        assert_eq!(verdict(1.0_f64.cos(), 1.0, f64::sin), Verdict::Right);
        assert_eq!(verdict(3.0, 1.0, |x| x.powi(3)), Verdict::Right);
        assert_eq!(verdict(0.0, 0.0, f64::cosh), Verdict::Right);
        let Verdict::Wrong(nearest) = verdict(3.2, 1.0, |x| x.powi(3)) else { panic!("it is wrong") };
        assert!((nearest.difference - 3.0).abs() < 0.1 && nearest.tolerance < 0.02);
        assert!(matches!(verdict(1.0_f64.cos() * 1.05, 1.0, f64::sin), Verdict::Wrong(_)));
    }

    #[test]
    fn kinks() {
        // At one, and beside one that only a small step does not reach.
        assert_eq!(verdict(0.0, 0.0, f64::abs), Verdict::Right);
        assert_eq!(verdict(1.0, 0.0, f64::abs), Verdict::Right);
        assert!(matches!(verdict(1.2, 0.0, f64::abs), Verdict::Doubtful(_)));
        assert_eq!(verdict(1.0, 0.001, |x| x.max(0.0)), Verdict::Right);
        assert!(matches!(verdict(0.0, 0.5, f64::abs), Verdict::Wrong(_)));
        assert!(matches!(verdict(9.0, 0.0, f64::abs), Verdict::Wrong(_)));
    }
}
