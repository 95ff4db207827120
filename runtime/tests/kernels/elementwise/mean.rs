//! The mean of several values.

use crate::kernels::geometry::Mean;
use crate::simd::LANES;
use crate::{Numbers, WIDTHS, at_each_level};
use std::vec;

const KEY: u64 = 0x0123_4567_89AB_CDEF;

fn geometry(len: usize, values: usize, probability: f32) -> Vec<Mean> {
    (0..values).map(|place| Mean { len, values, place, probability }).collect()
}

#[test]
fn nothing_dropped() {
    at_each_level(|| {
        let mut numbers = Numbers::new(5);
        for (width, values) in WIDTHS.into_iter().flat_map(|width| [1, 2, 5].map(|values| (width, values))) {
            let (len, gs) = (7, geometry(7, values, 0.0));
            let xs: Vec<Vec<f32>> = gs.iter().map(|_| numbers.take(len * width)).collect();
            let mut y = vec![f32::NAN; len * width];
            for (g, x) in gs.iter().zip(&xs) {
                call!(width, mean_forward(g, x.as_ptr(), y.as_mut_ptr()));
            }
            for (i, y) in y.iter().enumerate() {
                let wanted = xs.iter().map(|x| f64::from(x[i])).sum::<f64>() / values as f64;
                assert!((f64::from(*y) - wanted).abs() < 1e-6, "{y} {wanted}");
            }
            for accumulate in [false, true] {
                let mut dx = vec![if accumulate { 1.0 } else { f32::NAN }; len * width];
                call!(width, mean_backward(&gs[0], xs[0].as_ptr(), dx.as_mut_ptr(), accumulate));
                let add = f32::from(u8::from(accumulate));
                assert!(dx.iter().zip(&xs[0]).all(|(dx, dy)| (dx - add - dy / values as f32).abs() < 1e-6));
            }
        }
    });
}

/// What each value of ones gives a sample in one call for each: the weights, `[place][lane]`.
fn weights(gs: &[Mean], key: u64, first: usize, count: usize, width: usize) -> Vec<Vec<f32>> {
    let weight = |place: usize| {
        let mut y = vec![f32::NAN; width];
        for (i, g) in gs.iter().enumerate() {
            let x = vec![if i == place { 1.0 } else { 0.0 }; width];
            call!(width, mean_drop_forward(g, 3, key, first, count, x.as_ptr(), y.as_mut_ptr()));
        }
        {
            let (dy, mut dx) = (vec![1.0; width], vec![f32::NAN; width]);
            call!(width, mean_drop_backward(&gs[place], 3, key, first, count, dy.as_ptr(), dx.as_mut_ptr(), false));
            assert_eq!(dx, y);
        }
        y
    };
    (0..gs.len()).map(weight).collect()
}

#[test]
fn one_at_least_is_kept_and_the_rest_weighs_more() {
    at_each_level(|| {
        for (values, probability) in [(1, 0.9), (2, 0.5), (4, 0.15), (5, 0.9)] {
            let gs = geometry(1, values, probability);
            let (mut kept, mut samples) = (vec![0_usize; values], 0);
            for micro in 0..if cfg!(miri) { 1 } else { 250 } {
                let weights = weights(&gs, KEY, micro * LANES, LANES, LANES);
                for lane in 0..LANES {
                    let sum: f32 = weights.iter().map(|place| place[lane]).sum();
                    let many = weights.iter().filter(|place| place[lane] > 0.0).count();
                    assert!(many > 0 && (sum - 1.0).abs() < 1e-6, "{many} {sum}");
                    assert!(weights.iter().all(|place| place[lane] == 0.0 || place[lane] == 1.0 / many as f32));
                    kept.iter_mut().zip(&weights).for_each(|(kept, place)| *kept += usize::from(place[lane] > 0.0));
                    samples += 1;
                }
            }
            // Kept by itself, or as the only one of those that all would be dropped.
            let p = f64::from(probability);
            let wanted = 1.0 - p + p.powi(values as i32) / values as f64;
            for kept in kept {
                let deviation = (samples as f64 * wanted * (1.0 - wanted)).sqrt();
                assert!((kept as f64 - samples as f64 * wanted).abs() <= 4.0 * deviation + 1e-9, "{kept} of {samples}: {wanted}");
            }
        }
    });
}

/// However the samples are dealt, each drops the same; padding lanes drop what the last sample drops.
#[test]
fn what_is_dropped_is_the_sample_s() {
    let gs = geometry(1, 3, 0.5);
    let all = weights(&gs, KEY, 32, LANES, LANES);
    for lane in 0..LANES {
        for (place, one) in weights(&gs, KEY, 32 + lane, 1, 1).iter().enumerate() {
            assert_eq!(one[0], all[place][lane]);
        }
    }
    for (place, some) in weights(&gs, KEY, 32, 5, LANES).iter().enumerate() {
        assert_eq!(some[..5], all[place][..5]);
        assert!(some[5..].iter().all(|weight| *weight == all[place][4]));
    }
}
