//! Batch norms folded into a weight.

use crate::kernels::chw;
use crate::kernels::geometry::Fold;
use crate::{Numbers, assert_close, wide};
use core::ptr::null;
use std::vec;

#[test]
fn a_folded_batch_norm_computes_the_same() {
    let g = Fold { outer: 2, channels: 3, inner: 5, eps: 1e-3 };
    let mut numbers = Numbers::new(1);
    let weight = numbers.take(30);
    let [bias, gamma, beta, mean] = core::array::from_fn(|_| numbers.take(3));
    let var: Vec<f32> = numbers.take(3).iter().map(|v| v + 1.5).collect();
    for given in [true, false] {
        let or_null = |v: &[f32]| if given { v.as_ptr() } else { null() };
        let (mut to_weight, mut to_bias) = (vec![0.0; 30], vec![0.0; 3]);
        // SAFETY: buffers are as long as the geometry says.
        unsafe {
            chw::fold_batch_norm(
                &g,
                weight.as_ptr(),
                or_null(&bias),
                or_null(&gamma),
                or_null(&beta),
                mean.as_ptr(),
                var.as_ptr(),
                to_weight.as_mut_ptr(),
                to_bias.as_mut_ptr(),
            );
        }
        let value = |v: &[f32], c: usize, missing: f64| if given { f64::from(v[c]) } else { missing };
        let scale = |c: usize| value(&gamma, c, 1.0) / (f64::from(var[c]) + f64::from(g.eps)).sqrt();
        let wanted = (0..30).map(|i| f64::from(weight[i]) * scale(i / 5 % 3));
        assert_close(wide(&to_weight), wanted, 1, "weight");
        let wanted = (0..3).map(|c| (value(&bias, c, 0.0) - f64::from(mean[c])) * scale(c) + value(&beta, c, 0.0));
        assert_close(wide(&to_bias), wanted, 1, "bias");
    }
}
