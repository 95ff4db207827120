//! Dense layers of one sample with packed weights.

use crate::kernels::chw;
use crate::kernels::geometry::dense_packed_len;
use crate::{Numbers, assert_close, at_each_level, wide};
use std::format;
use std::vec;

#[test]
fn dense_layers() {
    at_each_level(|| {
        for (seed, g) in super::geometries().into_iter().enumerate() {
            let mut numbers = Numbers::new(seed);
            let x = numbers.take(g.rows * g.inputs);
            let (weight, bias) = (numbers.take(g.outputs * g.inputs), numbers.take(g.outputs));
            let mut packed = vec![f32::NAN; dense_packed_len(&g)];
            let mut y = vec![f32::NAN; g.rows * g.outputs];
            // SAFETY: buffers are as long as the geometry says.
            unsafe {
                chw::dense_pack(&g, weight.as_ptr(), bias.as_ptr(), packed.as_mut_ptr());
                chw::dense_forward_packed(&g, x.as_ptr(), packed.as_ptr(), y.as_mut_ptr());
            }
            let wanted = (0..y.len()).map(|i| {
                let (row, o) = (i / g.outputs, i % g.outputs);
                let (x, w) = (&x[row * g.inputs..][..g.inputs], &weight[o * g.inputs..][..g.inputs]);
                f64::from(bias[o]) + wide(x).iter().zip(wide(w)).map(|(x, w)| x * w).sum::<f64>()
            });
            assert_close(wide(&y), wanted, g.inputs, &format!("{g:?}"));
        }
    });
}
