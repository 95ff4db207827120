//! Batch norms in `chw16c`.

use crate::kernels::chw;
use crate::kernels::geometry::{BatchNorm, batch_norm_chw16c_len};
use crate::simd::LANES;
use crate::{Numbers, assert_close, at_each_level, chw16c, wide};
use core::ptr::null;
use std::format;
use std::vec;

#[test]
fn batch_norm() {
    at_each_level(|| {
        for (channels, size) in [(1, 1), (16, 1), (8, 9), (37, 20), (40, 17)] {
            let g = BatchNorm { steps: 1, channels, size, eps: 1e-5, momentum: 0.1 };
            let mut numbers = Numbers::new(channels);
            let (x, add, [gamma, beta, mean]) =
                (numbers.take(channels * size), numbers.take(channels * size), [0; 3].map(|_| numbers.take(channels)));
            let var: Vec<f32> = numbers.take(channels).iter().map(|v| v.abs() + 0.1).collect();
            let mut packed = vec![f32::NAN; batch_norm_chw16c_len(&g)];
            for (affine, low) in [(true, 0.0), (false, f32::NEG_INFINITY)] {
                let [gamma_at, beta_at] = [&gamma, &beta].map(|n| if affine { n.as_ptr() } else { null() });
                let mut y = vec![f32::NAN; channels.next_multiple_of(LANES) * size];
                let (image, added) = (chw16c(&x, channels), chw16c(&add, channels));
                let mut found = vec![f32::NAN; x.len()];
                // SAFETY: buffers are as long as the geometry says.
                unsafe {
                    chw::batch_norm_chw16c_pack(&g, gamma_at, beta_at, mean.as_ptr(), var.as_ptr(), packed.as_mut_ptr());
                    let add = if affine { added.as_ptr() } else { null() };
                    chw::batch_norm_chw16c(&g, image.as_ptr(), packed.as_ptr(), add, low, y.as_mut_ptr());
                    chw::chw16c_to_chw(channels, size, y.as_ptr(), found.as_mut_ptr());
                }
                let wanted = (0..x.len()).map(|i| {
                    let [gamma, beta, mean, var] = [&gamma, &beta, &mean, &var].map(|n| f64::from(n[i / size]));
                    let normal = (f64::from(x[i]) - mean) / (var + f64::from(g.eps)).sqrt();
                    if affine { (normal * gamma + beta + f64::from(add[i])).max(0.0) } else { normal }
                });
                assert_close(wide(&found), wanted, 4, &format!("{g:?}"));
            }
        }
    });
}
