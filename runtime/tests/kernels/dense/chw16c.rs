//! Dense layers in `chw16c`.

use crate::kernels::chw;
use crate::kernels::geometry::dense_packed_len;
use crate::simd::LANES;
use crate::{Numbers, assert_close, at_each_level, in_shares, wide};
use std::format;
use std::vec;

#[test]
fn dense_layers() {
    at_each_level(|| {
        for (seed, g) in super::geometries().into_iter().filter(|g| g.rows == 1).enumerate() {
            let mut numbers = Numbers::new(seed);
            let (x, weight) = (numbers.take(g.inputs), numbers.take(g.outputs * g.inputs));
            let (bias, add) = (numbers.take(g.outputs), numbers.take(g.outputs.next_multiple_of(LANES)));
            let mut packed = vec![f32::NAN; dense_packed_len(&g)];
            let mut y = vec![f32::NAN; add.len()];
            let row = |o: usize| (0..g.inputs).map(|i| f64::from(weight[o * g.inputs + i]) * f64::from(x[i])).sum::<f64>();
            let wanted: Vec<f64> = (0..g.outputs).map(|o| (row(o) + f64::from(bias[o]) + f64::from(add[o])).max(0.0)).collect();
            // SAFETY: buffers are as long as the geometry says.
            unsafe {
                chw::dense_pack(&g, weight.as_ptr(), bias.as_ptr(), packed.as_mut_ptr());
                in_shares(y.len(), y.as_mut_ptr(), |y, share| {
                    chw::dense_chw16c(&g, x.as_ptr(), packed.as_ptr(), add.as_ptr(), 0.0, y, share);
                });
            }
            assert_close(wide(&y[..g.outputs]), wanted, g.inputs, &format!("{g:?}"));
        }
    });
}
