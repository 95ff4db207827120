//! The normal distribution.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// The share of a normal distribution of mean 0 and deviation 1 that lies below `z`.
pub(super) fn below(z: f64) -> f64 {
    let x = z.abs() * FRAC_1_SQRT_2;
    let tail = 0.5 * if x < 3.0 { 1.0 - inner(x) } else { outer(x) };
    if z.is_nan() {
        z
    } else if z < 0.0 {
        tail
    } else {
        1.0 - tail
    }
}

/// The error function of a number from 0 on, by its series.
fn inner(x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (x, x, 1.0);
    while term > sum * f64::EPSILON {
        term *= 2.0 * x * x / (2.0 * n + 1.0);
        sum += term;
        n += 1.0;
    }
    2.0 / PI.sqrt() * (-x * x).exp() * sum
}

/// 1 minus the error function of a number from 3 on, by its continued fraction.
fn outer(x: f64) -> f64 {
    let fraction = (1..=60).rev().fold(x, |fraction, n| x + f64::from(n) / 2.0 / fraction);
    (-x * x).exp() / PI.sqrt() / fraction
}

/// The number below which this share lies.
pub(super) fn quantile(share: f64) -> f64 {
    if share.is_nan() || share <= 0.0 {
        return if share.is_nan() { share } else { f64::NEG_INFINITY };
    }
    if share >= 1.0 {
        return f64::INFINITY;
    }
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..64 {
        let middle = 0.5 * (low + high);
        if below(middle) < share { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_tables() {
        let table = [(0.0, 0.5), (1.0, 0.841_344_746_068_543), (-1.96, 0.024_997_895_148_220), (4.5, 0.999_996_602_326_875)];
        for (z, share) in table {
            assert!((below(z) - share).abs() < 1e-14, "{z}: {}", below(z));
            assert!((quantile(share) - z).abs() < 1e-9, "{share}: {}", quantile(share));
        }
        assert!((below(-6.0) / 9.865_876_450_376_98e-10 - 1.0).abs() < 1e-12, "{}", below(-6.0));
        assert!((below(-4.2) / 1.334_574_901_590_63e-5 - 1.0).abs() < 1e-10, "{}", below(-4.2));
        assert_eq!([quantile(0.0), quantile(1.0)], [f64::NEG_INFINITY, f64::INFINITY]);
        assert!(quantile(f64::NAN).is_nan() && below(f64::NAN).is_nan());
    }
}
