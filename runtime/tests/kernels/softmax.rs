//! Softmax, softmin, and the logarithm of softmax.

use super::{Numbers, WIDTHS, assert_close, at_each_level, thinned, wide};
use crate::kernels::geometry::Softmax;
use std::format;
use std::vec;

/// `test(geometry, width, what)`
fn for_each_case(test: impl Fn(&Softmax, usize, &str)) {
    at_each_level(|| {
        for (i, (outer, len, inner)) in thinned(
            vec![
                (1, 1, 1),
                (1, 10, 1),
                (1, 3, 5),
                (2, 4, 3),
                (4, 7, 1),
                (3, 17, 2),
                (2, 83, 1),
                (2, 5, 37),
                (1, 4, 48),
                (1, 3, 530),
            ],
            2,
        )
        .into_iter()
        .enumerate()
        {
            for width in WIDTHS {
                let g = Softmax { outer, len, inner, negative: i % 2 == 1 };
                test(&g, width, &format!("{:?}, {g:?}, width {width}", crate::simd::Level::current()));
            }
        }
    });
}

/// The places of the numbers of each row.
fn rows(g: &Softmax, width: usize) -> Vec<Vec<usize>> {
    let mut rows = Vec::new();
    for o in 0..g.outer {
        for i in 0..g.inner {
            for lane in 0..width {
                rows.push((0..g.len).map(|k| ((o * g.len + k) * g.inner + i) * width + lane).collect());
            }
        }
    }
    rows
}

fn sign(g: &Softmax) -> f64 {
    if g.negative { -1.0 } else { 1.0 }
}

fn wanted(g: &Softmax, width: usize, x: &[f32]) -> Vec<f64> {
    let mut y = vec![0.0; x.len()];
    let x: Vec<f64> = x.iter().map(|x| f64::from(*x) * sign(g)).collect();
    for row in rows(g, width) {
        let most = row.iter().map(|i| x[*i]).fold(f64::NEG_INFINITY, f64::max);
        row.iter().for_each(|i| y[*i] = (x[*i] - most).exp());
        let sum: f64 = row.iter().map(|i| y[*i]).sum();
        row.iter().for_each(|i| y[*i] /= sum);
    }
    y
}

#[test]
fn forward() {
    for_each_case(|g, width, what| {
        // Shifted so far that exponentials without the largest taken off would be infinite, or all zero.
        for (scale, shift) in [(1.0, 0.0), (10.0, 0.0), (4.0, 2000.0), (4.0, -2000.0)] {
            let mut x = Numbers::new(g.len).take(g.outer * g.len * g.inner * width);
            x.iter_mut().for_each(|x| *x = *x * scale + shift);
            let mut y = vec![f32::NAN; x.len()];
            call!(width, softmax_forward(g, x.as_ptr(), y.as_mut_ptr()));
            assert_close(wide(&y), wanted(g, width, &x), 1, what);
            let sums = rows(g, width).into_iter().map(|row| row.iter().map(|i| f64::from(y[*i])).sum());
            assert_close(sums, rows(g, width).iter().map(|_| 1.0), 1, what);
        }
    });
}

#[test]
fn excluded_numbers_and_nan() {
    for_each_case(|g, width, what| {
        let mut x = Numbers::new(g.len).take(g.outer * g.len * g.inner * width);
        for row in rows(g, width) {
            // All but the last: probability 1 is left to it.
            row[..g.len - 1].iter().for_each(|i| x[*i] = f32::NEG_INFINITY * sign(g) as f32);
        }
        let mut y = vec![f32::NAN; x.len()];
        call!(width, softmax_forward(g, x.as_ptr(), y.as_mut_ptr()));
        for row in rows(g, width) {
            assert!(row[..g.len - 1].iter().all(|i| y[*i] == 0.0) && y[row[g.len - 1]] == 1.0, "{what}");
        }
        // NaN takes its row with it, and no other.
        let row = rows(g, width).remove(width / 2);
        for at in [0, g.len - 1] {
            let mut x = Numbers::new(g.len).take(x.len());
            x[row[at]] = f32::NAN;
            call!(width, softmax_forward(g, x.as_ptr(), y.as_mut_ptr()));
            for i in 0..y.len() {
                assert_eq!(y[i].is_nan(), row.contains(&i), "{what}, {i}");
            }
        }
    });
}

#[test]
fn backward() {
    for_each_case(|g, width, what| {
        let mut numbers = Numbers::new(g.len);
        let x = numbers.take(g.outer * g.len * g.inner * width);
        let (y, dy) = (wanted(g, width, &x), numbers.take(x.len()));
        let mut dx = vec![0.0; x.len()];
        for row in rows(g, width) {
            let dot: f64 = row.iter().map(|i| y[*i] * f64::from(dy[*i])).sum();
            row.iter().for_each(|i| dx[*i] = sign(g) * y[*i] * (f64::from(dy[*i]) - dot));
        }
        let y: Vec<f32> = y.iter().map(|y| *y as f32).collect();
        super::assert_gradient(&dx, 1, what, |dx, accumulate| {
            call!(width, softmax_backward(g, y.as_ptr(), dy.as_ptr(), dx, accumulate));
        });
    });
}

/// x less the logarithm of the sum of exponentials: right where the share itself would be zero; of −∞ it is −∞, and NaN takes its row with it.
#[test]
fn logarithm() {
    for_each_case(|g, width, what| {
        let g = Softmax { negative: false, ..*g };
        for (scale, shift) in [(1.0, 0.0), (100.0, -2000.0)] {
            let mut x = Numbers::new(g.len).take(g.outer * g.len * g.inner * width);
            x.iter_mut().for_each(|x| *x = *x * scale + shift);
            let log = |x: &[f32]| {
                let mut y = vec![f32::NAN; x.len()];
                call!(width, log_softmax_forward(&g, x.as_ptr(), y.as_mut_ptr()));
                y
            };
            let mut wanted = vec![0.0; x.len()];
            for row in rows(&g, width) {
                let most = row.iter().map(|i| f64::from(x[*i])).fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = row.iter().map(|i| (f64::from(x[*i]) - most).exp()).sum();
                row.iter().for_each(|i| wanted[*i] = f64::from(x[*i]) - most - sum.ln());
            }
            assert_close(
                wide(&log(&x)).into_iter().map(|y| y / f64::from(scale)),
                wanted.iter().map(|y| y / f64::from(scale)),
                1,
                what,
            );
            let row = rows(&g, width).remove(width / 2);
            x[row[0]] = f32::NEG_INFINITY;
            assert!(g.len == 1 || log(&x)[row[0]] == f32::NEG_INFINITY && log(&x)[row[g.len - 1]].is_finite(), "{what}");
            x[row[0]] = f32::NAN;
            let y = log(&x);
            assert!((0..y.len()).all(|i| y[i].is_nan() == row.contains(&i)), "{what}");
        }
        {
            let mut numbers = Numbers::new(g.len);
            let x = numbers.take(g.outer * g.len * g.inner * width);
            let (shares, dy) = (wanted(&g, width, &x), numbers.take(x.len()));
            let mut dx = vec![0.0; x.len()];
            for row in rows(&g, width) {
                let sum: f64 = row.iter().map(|i| f64::from(dy[*i])).sum();
                row.iter().for_each(|i| dx[*i] = f64::from(dy[*i]) - shares[*i] * sum);
            }
            let y: Vec<f32> = shares.iter().map(|share| share.ln() as f32).collect();
            super::assert_gradient(&dx, g.len, what, |dx, accumulate| {
                call!(width, log_softmax_backward(&g, y.as_ptr(), dy.as_ptr(), dx, accumulate));
            });
        }
    });
}

/// Sixteen numbers of one sample in a vector, as one by one; what is no number makes the sum none.
#[test]
fn rows_side_by_side() {
    use crate::kernels::chw;
    at_each_level(|| {
        for len in [2, 15, 16, 17, 31, 32, 50, 96] {
            for special in [None, Some(f32::NAN), Some(f32::NEG_INFINITY), Some(1e30)] {
                let mut x = Numbers::new(len).take(len);
                if let Some(number) = special {
                    x[len / 2] = number;
                }
                let largest = x.iter().fold(f32::NEG_INFINITY, |most, x| most.max(*x));
                let (mut y, mut most, mut sum) = (vec![7.0_f32; len + 1], 0.0_f32, 0.0_f32);
                // SAFETY: there are so many numbers.
                unsafe { chw::softmax_row(len, 1, x.as_ptr(), y.as_mut_ptr(), &raw mut most, &raw mut sum) };
                assert!(y[len] == 7.0, "nothing behind the row is written");
                // Of nothing but −∞ there is no share either.
                if special.is_some_and(f32::is_nan) || largest == f32::NEG_INFINITY {
                    assert!(sum.is_nan());
                    continue;
                }
                assert!(most == largest);
                let wanted: Vec<f64> = x.iter().map(|x| (f64::from(*x) - f64::from(largest)).exp()).collect();
                assert_close(wide(&y[..len]), wanted.iter().copied(), 4, "a row");
                assert_close([f64::from(sum)], [wanted.iter().sum::<f64>()], len, "its sum");
            }
        }
    });
}

/// Channels in vectors: as those of a sample in `chw`.
#[test]
fn channels_in_vectors() {
    use super::{chw16c_nan, from_chw16c};
    use crate::kernels::chw;
    type Forward = unsafe fn(&Softmax, *const f32, *mut f32);
    type Backward = unsafe fn(&Softmax, *const f32, *const f32, *mut f32, bool);
    let [plain, logarithm]: [(Forward, Forward, Backward, Backward); 2] = [
        (chw::softmax_forward, chw::softmax_chw16c_forward, chw::softmax_backward, chw::softmax_chw16c_backward),
        (chw::log_softmax_forward, chw::log_softmax_chw16c_forward, chw::log_softmax_backward, chw::log_softmax_chw16c_backward),
    ];
    at_each_level(|| {
        for (len, inner) in thinned(vec![(1, 5), (3, 40), (16, 17), (21, 16), (47, 31), (64, 2), (33, 1)], 2) {
            for ((forward, forward16, backward, backward16), negative) in [(plain, false), (plain, true), (logarithm, false)] {
                let g = Softmax { outer: 1, len, inner, negative };
                let what = format!("{:?}, {g:?}", crate::simd::Level::current());
                let mut numbers = Numbers::new(len);
                let mut x = numbers.take(len * inner);
                x.iter_mut().for_each(|x| *x = *x * 10.0 - 40.0);
                let dy = numbers.take(x.len());
                for nan in [None, Some((inner / 2) + inner * (len / 2))] {
                    nan.into_iter().for_each(|at| x[at] = f32::NAN);
                    let mut y = vec![0.0; x.len()];
                    // SAFETY: there are so many numbers.
                    unsafe { forward(&g, x.as_ptr(), y.as_mut_ptr()) };
                    let x16 = chw16c_nan(&x, len);
                    let mut y16 = vec![7.0; x16.len()];
                    // SAFETY: as above, with those behind the channels.
                    unsafe { forward16(&g, x16.as_ptr(), y16.as_mut_ptr()) };
                    let got = from_chw16c(&y16, len);
                    for (i, (got, wanted)) in got.iter().zip(&y).enumerate() {
                        assert_eq!(got.is_nan(), wanted.is_nan(), "{what}, {i}");
                        assert!(
                            wanted.is_nan() || (got - wanted).abs() <= 2e-6 * (1.0 + wanted.abs()),
                            "{what}, {i}: {got}, {wanted}"
                        );
                    }
                    if nan.is_some() {
                        continue;
                    }
                    let dy16 = chw16c_nan(&dy, len);
                    for accumulate in [false, true] {
                        let (mut dx, mut dx16) = (vec![0.5; x.len()], vec![0.5; x16.len()]);
                        // SAFETY: as above.
                        unsafe {
                            backward(&g, y.as_ptr(), dy.as_ptr(), dx.as_mut_ptr(), accumulate);
                            backward16(&g, y16.as_ptr(), dy16.as_ptr(), dx16.as_mut_ptr(), accumulate);
                        }
                        assert_close(wide(&from_chw16c(&dx16, len)), wide(&dx), len, &what);
                    }
                }
            }
        }
    });
}
