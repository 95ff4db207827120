//! Adam against its formula in f64.

use crate::kernels::optim::{Adam, adam_step};
use crate::simd::TINY;
use crate::{Numbers, at_each_level};

#[test]
fn against_the_formula() {
    let g =
        Adam { beta2: 0.999, rest1: 0.1, rest2: 0.001, decay: 0.01, keep: 0.99, size: 0.02, scale: 3.0, eps: 1e-8, least: TINY };
    at_each_level(|| {
        for len in [0, 1, 15, 16, 17, 40] {
            for amsgrad in [false, true] {
                let mut numbers = Numbers::new(len);
                let (params, grads, m) = (numbers.take(len), numbers.take(len), numbers.take(len));
                let v: std::vec::Vec<f32> = numbers.take(len).iter().map(|v| v * v).collect();
                let most: std::vec::Vec<f32> = if amsgrad { numbers.take(len) } else { std::vec::Vec::new() };
                let (mut p2, mut m2, mut v2, mut most2) = (params.clone(), m.clone(), v.clone(), most.clone());
                adam_step(&g, &mut p2, &grads, &mut m2, &mut v2, &mut most2);
                for i in 0..len {
                    let d = f64::from(grads[i]) + f64::from(g.decay) * f64::from(params[i]);
                    let first = f64::from(m[i]) + f64::from(g.rest1) * (d - f64::from(m[i]));
                    let second = f64::from(g.beta2) * f64::from(v[i]) + f64::from(g.rest2) * d * d;
                    let largest = if amsgrad { second.max(f64::from(most[i])) } else { second };
                    let below = largest.sqrt() * f64::from(g.scale) + f64::from(g.eps);
                    let wanted = f64::from(g.keep) * f64::from(params[i]) - f64::from(g.size) * first / below;
                    for (found, wanted) in [(p2[i], wanted), (m2[i], first), (v2[i], second)] {
                        assert!((f64::from(found) - wanted).abs() <= 1e-6 * (1.0 + wanted.abs()), "{found}, not {wanted}");
                    }
                    if amsgrad {
                        assert!((f64::from(most2[i]) - largest).abs() <= 1e-6);
                    }
                }
            }
        }
    });
}

#[test]
fn not_a_number_stays() {
    let g = Adam { beta2: 0.9, rest1: 0.1, rest2: 0.1, decay: 0.0, keep: 1.0, size: 0.1, scale: 1.0, eps: 1e-8, least: TINY };
    at_each_level(|| {
        let (mut p, mut m, mut v, mut most) = ([1.0; 3], [0.0; 3], [0.0; 3], [0.0; 3]);
        adam_step(&g, &mut p, &[f32::NAN, 1.0, 1.0], &mut m, &mut v, &mut most);
        assert!(p[0].is_nan() && most[0].is_nan() && p[1].is_finite());
    });
}
