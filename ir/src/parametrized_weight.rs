//! Weights that are made of parameters: weight normalization, spectral normalization and masks. The runtime's kernels call these formulas, and so does the
//! compiler where `weights!` packs: the same numbers in the same order.

use crate::LANES;
use crate::geometry::{Mask, WeightRows};
use core::ops::Range;

/// A square root: this crate has none without `std`.
type Sqrt = fn(f32) -> f32;

/// Lengths below this are taken for it, as PyTorch does.
const EPS: f32 = 1e-12;

impl WeightRows {
    /// The places of a row's parts in the weight, and in a vector of as many numbers as a row has.
    fn parts(self, row: usize) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
        (0..self.outer).map(move |outer| {
            let (first, column) = ((outer * self.rows + row) * self.inner, outer * self.inner);
            (first..first + self.inner, column..column + self.inner)
        })
    }

    /// The product of a row of `a` with the same row of `b`.
    fn dot(self, row: usize, a: &[f32], b: &[f32]) -> f32 {
        self.parts(row).map(|(at, _)| dot(&a[at.clone()], &b[at])).sum()
    }

    /// The product of a row with a vector.
    fn times(self, row: usize, weight: &[f32], v: &[f32]) -> f32 {
        self.parts(row).map(|(at, column)| dot(&weight[at], &v[column])).sum()
    }
}

/// Sixteen sums side by side: vectors, where the machine has them.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// What the mask leaves of a weight, and zeros.
pub fn mask(mask: &Mask, from: &[f32], to: &mut [f32]) {
    for (place, (to, from)) in to.iter_mut().zip(from).enumerate() {
        *to = if mask.keeps(place) { *from } else { 0.0 };
    }
}

/// Adds the gradient of what the mask leaves.
pub fn mask_backward(mask: &Mask, dmasked: &[f32], dweight: &mut [f32]) {
    for (place, (dw, d)) in dweight.iter_mut().zip(dmasked).enumerate() {
        if mask.keeps(place) {
            *dw += d;
        }
    }
}

/// The lengths of the rows: what the magnitudes begin as, so that the weight is the direction as it was drawn.
pub fn row_lengths(g: &WeightRows, direction: &[f32], lengths: &mut [f32], sqrt: Sqrt) {
    for (row, length) in lengths.iter_mut().enumerate().take(g.rows) {
        *length = sqrt(g.dot(row, direction, direction));
    }
}

/// `w = g · v / ‖v‖` for each row (Salimans and Kingma 2016, arXiv 1602.07868). A row without a direction is zero.
pub fn weight_norm(g: &WeightRows, magnitude: &[f32], direction: &[f32], weight: &mut [f32], sqrt: Sqrt) {
    for (row, magnitude) in magnitude.iter().enumerate().take(g.rows) {
        let length = sqrt(g.dot(row, direction, direction));
        let scale = if length > 0.0 { magnitude / length } else { 0.0 };
        for (at, _) in g.parts(row) {
            for (w, v) in weight[at.clone()].iter_mut().zip(&direction[at]) {
                *w = v * scale;
            }
        }
    }
}

/// Adds the gradients of magnitude and direction: `dg = dw · v / ‖v‖`, `dv = g / ‖v‖ · (dw − dg · v / ‖v‖)`.
pub fn weight_norm_backward(
    g: &WeightRows,
    [magnitude, direction, dweight]: [&[f32]; 3],
    dmagnitude: &mut [f32],
    ddirection: &mut [f32],
    sqrt: Sqrt,
) {
    for row in 0..g.rows {
        let length = sqrt(g.dot(row, direction, direction));
        if length <= 0.0 {
            continue;
        }
        let along = g.dot(row, dweight, direction) / length;
        dmagnitude[row] += along;
        let (scale, back) = (magnitude[row] / length, along / length);
        for (at, _) in g.parts(row) {
            let from = dweight[at.clone()].iter().zip(&direction[at.clone()]);
            for (dv, (dw, v)) in ddirection[at].iter_mut().zip(from) {
                *dv += scale * (dw - back * v);
            }
        }
    }
}

/// One step of the power iteration: `u = W·v / ‖W·v‖`, `v = Wᵀ·u / ‖Wᵀ·u‖`. A `v` that is zero, from which nothing would come, begins with ones.
pub fn power_iteration(g: &WeightRows, weight: &[f32], u: &mut [f32], v: &mut [f32], sqrt: Sqrt) {
    if v.iter().all(|v| *v == 0.0) {
        v.fill(1.0);
    }
    for (row, u) in u.iter_mut().enumerate() {
        *u = g.times(row, weight, v);
    }
    normalize(u, sqrt);
    v.fill(0.0);
    for (row, u) in u.iter().enumerate() {
        for (at, column) in g.parts(row) {
            for (v, w) in v[column].iter_mut().zip(&weight[at]) {
                *v += u * w;
            }
        }
    }
    normalize(v, sqrt);
}

fn normalize(x: &mut [f32], sqrt: Sqrt) {
    let length = sqrt(dot(x, x)).max(EPS);
    x.iter_mut().for_each(|x| *x /= length);
}

/// `W / σ` with `σ = uᵀ·W·v`, the largest singular value as far as `u` and `v` are its vectors (Miyato et al. 2018, arXiv 1802.05957); gives σ. A weight
/// whose σ is 0 stays as it is.
pub fn spectral_norm(g: &WeightRows, original: &[f32], u: &[f32], v: &[f32], weight: &mut [f32]) -> f32 {
    let sigma: f32 = u.iter().enumerate().map(|(row, u)| u * g.times(row, original, v)).sum();
    let sigma = if sigma == 0.0 { 1.0 } else { sigma };
    for (w, original) in weight.iter_mut().zip(original) {
        *w = original / sigma;
    }
    sigma
}

/// Adds the gradient of `W`, for which `u` and `v` are constants: `dW = (dŴ − ⟨dŴ, Ŵ⟩ · u·vᵀ) / σ`. `weight` is `Ŵ = W / σ`.
pub fn spectral_norm_backward(g: &WeightRows, [weight, u, v, dweight]: [&[f32]; 4], sigma: f32, doriginal: &mut [f32]) {
    let along: f32 = (0..g.rows).map(|row| g.dot(row, dweight, weight)).sum();
    for (row, u) in u.iter().enumerate() {
        let back = along * u;
        for (at, column) in g.parts(row) {
            let from = dweight[at.clone()].iter().zip(&v[column]);
            for (dw, (dn, v)) in doriginal[at].iter_mut().zip(from) {
                *dw += (dn - back * v) / sigma;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{power_iteration, row_lengths, spectral_norm, spectral_norm_backward, weight_norm, weight_norm_backward};
    use crate::geometry::WeightRows;
    use std::vec;
    use std::vec::Vec;

    const ROWS: [WeightRows; 3] = [
        WeightRows { outer: 1, rows: 5, inner: 37 },
        WeightRows { outer: 6, rows: 4, inner: 9 },
        WeightRows { outer: 3, rows: 1, inner: 17 },
    ];

    fn numbers(len: usize, salt: usize) -> Vec<f32> {
        (0..len).map(|i| ((i * 7919 + salt * 104_729 + 13) % 2003) as f32 / 1001.0 - 1.0).collect()
    }

    fn row(g: &WeightRows, at: usize) -> usize {
        at / g.inner % g.rows
    }

    fn column(g: &WeightRows, at: usize) -> usize {
        at / g.inner / g.rows * g.inner + at % g.inner
    }

    #[track_caller]
    fn close(found: &[f32], wanted: impl IntoIterator<Item = f64>) {
        let wanted: Vec<f64> = wanted.into_iter().collect();
        assert_eq!(found.len(), wanted.len());
        let largest = wanted.iter().fold(1e-3_f64, |most, x| most.max(x.abs()));
        for (i, (f, w)) in found.iter().zip(wanted).enumerate() {
            assert!((f64::from(*f) - w).abs() < 2e-6 * largest, "number {i}: {f}, not {w}");
        }
    }

    #[test]
    fn weight_norms() {
        for g in ROWS {
            let (magnitude, direction, dw) = (numbers(g.rows, 1), numbers(g.numbers(), 2), numbers(g.numbers(), 3));
            let sum = |r: usize, f: &dyn Fn(usize) -> f64| (0..g.numbers()).filter(|at| row(&g, *at) == r).map(f).sum::<f64>();
            let (v, d) = (|at: usize| f64::from(direction[at]), |at: usize| f64::from(dw[at]));
            let length: Vec<f64> = (0..g.rows).map(|r| sum(r, &|at| v(at).powi(2)).sqrt()).collect();
            let mut lengths = vec![0.0; g.rows];
            row_lengths(&g, &direction, &mut lengths, f32::sqrt);
            close(&lengths, length.iter().copied());

            let mut weight = vec![0.0; g.numbers()];
            weight_norm(&g, &magnitude, &direction, &mut weight, f32::sqrt);
            let m = |r: usize| f64::from(magnitude[r]);
            close(&weight, (0..g.numbers()).map(|at| m(row(&g, at)) * v(at) / length[row(&g, at)]));

            // Added to what is there.
            let (mut dg, mut dv) = (vec![1.0; g.rows], vec![1.0; g.numbers()]);
            weight_norm_backward(&g, [&magnitude, &direction, &dw], &mut dg, &mut dv, f32::sqrt);
            let along: Vec<f64> = (0..g.rows).map(|r| sum(r, &|at| d(at) * v(at)) / length[r]).collect();
            close(&dg, along.iter().map(|along| 1.0 + along));
            close(
                &dv,
                (0..g.numbers()).map(|at| {
                    let r = row(&g, at);
                    1.0 + m(r) / length[r] * (d(at) - along[r] * v(at) / length[r])
                }),
            );
        }
    }

    #[test]
    fn a_row_without_a_direction_is_zero() {
        let g = WeightRows { outer: 1, rows: 2, inner: 3 };
        let direction = [0.0, 0.0, 0.0, 0.0, 3.0, 4.0];
        let (mut weight, mut dg, mut dv) = ([9.0; 6], [0.0; 2], [0.0; 6]);
        weight_norm(&g, &[1.0, 2.0], &direction, &mut weight, f32::sqrt);
        assert_eq!(weight, [0.0, 0.0, 0.0, 0.0, 1.2, 1.6]);
        weight_norm_backward(&g, [&[1.0, 2.0], &direction, &[1.0; 6]], &mut dg, &mut dv, f32::sqrt);
        assert!(dv.iter().chain(&dg).all(|x| x.is_finite()) && dg[0] == 0.0 && dg[1] > 0.0);
    }

    #[test]
    fn a_spectral_norm_divides_by_the_largest_singular_value() {
        for g in ROWS {
            let original = numbers(g.numbers(), 4);
            let (mut u, mut v) = (vec![0.0; g.rows], vec![0.0; g.columns()]);
            // From nothing: it begins by itself.
            for _ in 0..300 {
                power_iteration(&g, &original, &mut u, &mut v, f32::sqrt);
            }
            let mut weight = vec![0.0; g.numbers()];
            let sigma = spectral_norm(&g, &original, &u, &v, &mut weight);
            // No direction is stretched by more, and u is stretched so.
            let stretched = |u: &[f64]| {
                let mut to = vec![0.0_f64; g.columns()];
                (0..g.numbers()).for_each(|at| to[column(&g, at)] += u[row(&g, at)] * f64::from(original[at]));
                to.iter().map(|x| x * x).sum::<f64>().sqrt() / u.iter().map(|x| x * x).sum::<f64>().sqrt()
            };
            let wide: Vec<f64> = u.iter().map(|u| f64::from(*u)).collect();
            assert!((stretched(&wide) / f64::from(sigma) - 1.0).abs() < 1e-4);
            for salt in 0..50 {
                let other: Vec<f64> = numbers(g.rows, salt).iter().map(|u| f64::from(*u)).collect();
                assert!(stretched(&other) < f64::from(sigma) * 1.0001);
            }
            close(&weight, original.iter().map(|w| f64::from(*w) / f64::from(sigma)));
        }
    }

    #[test]
    fn the_gradient_of_a_spectral_norm_holds_u_and_v() {
        for g in ROWS {
            let (original, dw) = (numbers(g.numbers(), 5), numbers(g.numbers(), 6));
            let (u, v) = (numbers(g.rows, 7), numbers(g.columns(), 8));
            let mut weight = vec![0.0; g.numbers()];
            let sigma = spectral_norm(&g, &original, &u, &v, &mut weight);
            let mut found = vec![1.0; g.numbers()];
            spectral_norm_backward(&g, [&weight, &u, &v, &dw], sigma, &mut found);
            // ⟨dw, W / σ⟩, its derivative by differences in f64.
            let uv = |at: usize| f64::from(u[row(&g, at)]) * f64::from(v[column(&g, at)]);
            let value = |moved: usize, by: f64| {
                let w = |at: usize| f64::from(original[at]) + if at == moved { by } else { 0.0 };
                let sigma: f64 = (0..g.numbers()).map(|at| uv(at) * w(at)).sum();
                (0..g.numbers()).map(|at| f64::from(dw[at]) * w(at)).sum::<f64>() / sigma
            };
            for at in (0..g.numbers()).step_by(7) {
                let wanted = 1.0 + (value(at, 1e-5) - value(at, -1e-5)) / 2e-5;
                assert!((f64::from(found[at]) - wanted).abs() < 2e-4 * wanted.abs().max(1.0), "{} {wanted}", found[at]);
            }
        }
    }

    #[test]
    fn zeros_stay_zeros() {
        let g = ROWS[0];
        let (original, mut u, mut v) = (vec![0.0; g.numbers()], vec![0.0; g.rows], vec![0.0; g.columns()]);
        power_iteration(&g, &original, &mut u, &mut v, f32::sqrt);
        let mut weight = vec![1.0; g.numbers()];
        assert_eq!(spectral_norm(&g, &original, &u, &v, &mut weight), 1.0);
        assert!(weight.iter().all(|w| *w == 0.0));
    }
}
