//! Dropout.

use crate::kernels::geometry::Dropout;
use crate::simd::LANES;
use crate::{Numbers, WIDTHS, at_each_level};
use std::vec;

const KEY: u64 = 0x0123_4567_89AB_CDEF;

/// What ones become in one call: `[len][width]`.
fn mask(g: &Dropout, key: u64, first_sample: usize, width: usize) -> Vec<f32> {
    let (x, mut y) = (vec![1.0; g.len * width], vec![f32::NAN; g.len * width]);
    call!(width, dropout_forward(g, key, first_sample, width, x.as_ptr(), y.as_mut_ptr()));
    y
}

#[test]
fn the_rate_is_the_probability() {
    at_each_level(|| {
        for probability in [0.0, 0.1, 0.5, 0.8, 0.99] {
            let g = Dropout::inverted(if cfg!(miri) { 40 } else { 2500 }, probability, 3);
            let y = mask(&g, KEY, 0, LANES);
            let dropped = y.iter().filter(|y| **y == 0.0).count() as f64;
            let (n, p) = (y.len() as f64, f64::from(probability));
            assert!((dropped - n * p).abs() <= 4.0 * (n * p * (1.0 - p)).sqrt(), "{dropped} of {n} at {p}");
            // What is kept makes good for the rest.
            let kept = 1.0 / (1.0 - probability);
            assert!(y.iter().all(|y| *y == 0.0 || *y == kept), "at {p}");
        }
    });
}

/// The same samples dealt otherwise: in full micro-batches, from another first sample, one by one.
#[test]
fn a_mask_is_the_sample_s() {
    at_each_level(|| {
        let g = Dropout::inverted(if cfg!(miri) { 6 } else { 37 }, 0.4, 9);
        let of = |first: usize, sample: usize| -> Vec<f32> {
            mask(&g, KEY, first, LANES).chunks(LANES).map(|v| v[sample - first]).collect()
        };
        for sample in 16..32 {
            let wanted = of(16, sample);
            assert_eq!(of(sample, sample), wanted);
            assert_eq!(of(sample - 15, sample), wanted);
            assert_eq!(mask(&g, KEY, sample, 1), wanted);
        }
        assert_eq!(mask(&g, KEY, 16, LANES), mask(&g, KEY, 16, LANES));
    });
}

/// A padding lane is a copy of the last sample, and so is what it drops.
#[test]
fn padding_lanes_drop_what_the_last_sample_drops() {
    at_each_level(|| {
        let g = Dropout::inverted(if cfg!(miri) { 6 } else { 37 }, 0.4, 9);
        let full = mask(&g, KEY, 32, LANES);
        for count in 1..=LANES {
            let (x, mut y) = (vec![1.0; g.len * LANES], vec![f32::NAN; g.len * LANES]);
            call!(LANES, dropout_forward(&g, KEY, 32, count, x.as_ptr(), y.as_mut_ptr()));
            {
                let mut dx = vec![f32::NAN; g.len * LANES];
                call!(LANES, dropout_backward(&g, KEY, 32, count, x.as_ptr(), dx.as_mut_ptr(), false));
                assert_eq!(dx, y);
            }
            for (y, full) in y.chunks(LANES).zip(full.chunks(LANES)) {
                assert_eq!(y[..count], full[..count]);
                assert!(y[count..].iter().all(|y| *y == full[count - 1]));
            }
        }
    });
}

/// Masks of other samples, positions, nodes and keys have no more in common than chance.
#[test]
fn masks_are_independent() {
    let g = Dropout::inverted(if cfg!(miri) { 40 } else { 4000 }, 0.5, 5);
    let wanted = mask(&g, KEY, 0, LANES);
    let alike = |other: &[f32], what: &str| {
        let n = other.len() as f64;
        let same = other.iter().zip(&wanted).filter(|(a, b)| a == b).count() as f64;
        assert!((same - n / 2.0).abs() <= 4.0 * (n / 4.0).sqrt(), "{what}: {same} of {n} are the same");
    };
    alike(&wanted[1..], "the next sample");
    alike(&wanted[LANES..], "the next position");
    alike(&wanted[17 * LANES..], "a later position");
    alike(&mask(&g, KEY, LANES, LANES), "the next micro-batch");
    alike(&mask(&g, KEY, 1 << 20, LANES), "a far micro-batch");
    alike(&mask(&g, KEY + 1, 0, LANES), "the next key");
    alike(&mask(&g, KEY ^ 1 << 40, 0, LANES), "a key with other upper bits");
    alike(&mask(&Dropout { node: 6, ..g }, KEY, 0, LANES), "the next node");
    alike(&mask(&Dropout { node: 5 ^ 1 << 16, ..g }, KEY, 0, LANES), "the next layer of an LSTM");
}

#[test]
fn numbers_are_scaled() {
    at_each_level(|| {
        for width in WIDTHS {
            let g = Dropout::inverted(19, 0.25, 1);
            let mut x = Numbers::new(2).take(19 * width);
            let wanted: Vec<f32> = x.iter().zip(mask(&g, KEY, 4, width)).map(|(x, m)| x * m).collect();
            // In place.
            let at = x.as_mut_ptr();
            call!(width, dropout_forward(&g, KEY, 4, width, at, at));
            assert_eq!(x, wanted);
        }
    });
}

#[test]
fn backward_drops_the_same() {
    at_each_level(|| {
        for width in WIDTHS {
            for probability in [0.0, 0.3, 0.5] {
                let g = Dropout::inverted(23, probability, 2);
                let dy = Numbers::new(8).take(23 * width);
                let mask = mask(&g, KEY, 31, width);
                let wanted: Vec<f64> = dy.iter().zip(mask).map(|(d, m)| f64::from(*d) * f64::from(m)).collect();
                crate::assert_gradient(&wanted, 0, "dropout", |dx, accumulate| {
                    call!(width, dropout_backward(&g, KEY, 31, width, dy.as_ptr(), dx, accumulate));
                });
            }
        }
    });
}

/// Channels of an image, features of a sequence, whole samples: together.
#[test]
fn what_is_dropped_together() {
    at_each_level(|| {
        for (outer, len, inner, width) in
            [(1, 12, 5), (4, 12, 1), (1, 1, 9)].into_iter().flat_map(|(o, l, i)| WIDTHS.map(|width| (o, l, i, width)))
        {
            let g = Dropout { outer, len, inner, scale: 3.0, ..Dropout::inverted(len, 0.5, 7) };
            let (x, mut y) = (vec![1.0; outer * len * inner * width], vec![f32::NAN; outer * len * inner * width]);
            call!(width, dropout_forward(&g, KEY, 3, width, x.as_ptr(), y.as_mut_ptr()));
            // As each number by itself, one for each of them.
            let one = mask(&Dropout { scale: 3.0, ..Dropout::inverted(len, 0.5, 7) }, KEY, 3, width);
            for (i, y) in y.iter().enumerate() {
                let (place, lane) = (i / width / inner % len, i % width);
                assert_eq!(*y, one[place * width + lane]);
            }
        }
    });
}

/// Of numbers with mean 0 and variance 1 it keeps both, and puts one number in place of what is dropped. (PyTorch's formula in f64.)
#[test]
fn alpha_dropout_keeps_mean_and_variance() {
    at_each_level(|| {
        for probability in [0.0_f32, 0.1, 0.5, 0.8] {
            let (p, alpha) = (f64::from(probability), -1.758_099_340_847_376_6_f64);
            let scale = 1.0 / ((1.0 - p) * (1.0 + p * alpha * alpha)).sqrt();
            let g = Dropout { scale: scale as f32, ..Dropout::inverted(if cfg!(miri) { 4 } else { 2500 }, probability, 3) };
            // One and minus one: mean 0, variance 1.
            let x: Vec<f32> = (0..g.len * LANES).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
            let mut y = vec![f32::NAN; x.len()];
            call!(LANES, alpha_dropout_forward(&g, KEY, 0, LANES, x.as_ptr(), y.as_mut_ptr()));
            let drops = mask(&g, KEY, 0, LANES);
            for ((y, x), kept) in y.iter().zip(&x).zip(&drops) {
                let value = if *kept == 0.0 { alpha } else { f64::from(*x) };
                assert!((f64::from(*y) - (scale * value - scale * alpha * p)).abs() < 1e-6, "{y} of {x} at {p}");
            }
            let n = y.len() as f64;
            let mean = y.iter().map(|y| f64::from(*y)).sum::<f64>() / n;
            let variance = y.iter().map(|y| (f64::from(*y) - mean).powi(2)).sum::<f64>() / n;
            assert!(cfg!(miri) || mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance} at {p}");
        }
    });
}
