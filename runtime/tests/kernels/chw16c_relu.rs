//! NaN stays where a product of `chw16c` ends in a ReLU.

use crate::at_each_level;
use crate::kernels::geometry::{
    BatchNorm, Conv, batch_norm_chw16c_len, conv_chw16c_len, conv_transpose_small_channel_len,
    conv_transpose_small_channel_scratch,
};
use crate::kernels::{Share, chw};
use crate::simd::LANES;
use core::ptr::null;
use std::vec;

#[test]
fn not_a_number_passes_a_relu() {
    let g = Conv {
        channels: 1,
        height: 1,
        width: 1,
        filters: 1,
        out_height: 1,
        out_width: 1,
        kernel: [1; 2],
        stride: [1; 2],
        pad: [0; 2],
        dilation: [1; 2],
        groups: 1,
    };
    at_each_level(|| {
        let mut packed = vec![0.0; conv_chw16c_len(&g, true, false)];
        let mut y = vec![0.0; LANES];
        // SAFETY: buffers are as long as the geometry says.
        unsafe {
            chw::conv_chw16c_from_chw_pack(&g, [1.0].as_ptr(), null(), packed.as_mut_ptr());
            chw::conv_chw16c_from_chw(&g, [f32::NAN].as_ptr(), packed.as_ptr(), null(), 0.0, y.as_mut_ptr(), Share::ALL);
        }
        assert!(y[0].is_nan());

        let norm = BatchNorm { steps: 1, channels: 1, size: 1, eps: 1e-5, momentum: 0.1 };
        let (x, mut y, mut map) = ([f32::NAN; LANES], [0.0; LANES], [0.0]);
        let mut packed = vec![0.0; batch_norm_chw16c_len(&norm)];
        let mut taps = vec![0.0; conv_transpose_small_channel_len(&g)];
        let mut scratch = vec![0.0; conv_transpose_small_channel_scratch(&g)];
        // SAFETY: as above.
        unsafe {
            chw::batch_norm_chw16c_pack(&norm, null(), null(), [0.0].as_ptr(), [1.0].as_ptr(), packed.as_mut_ptr());
            chw::batch_norm_chw16c(&norm, x.as_ptr(), packed.as_ptr(), null(), 0.0, y.as_mut_ptr());
            chw::conv_transpose_small_channel_pack(&g, [1.0].as_ptr(), null(), taps.as_mut_ptr());
            chw::conv_transpose_small_channel_to_chw(
                &g,
                x.as_ptr(),
                taps.as_ptr(),
                null(),
                0.0,
                map.as_mut_ptr(),
                scratch.as_mut_ptr(),
            );
        }
        assert!(y[0].is_nan() && map[0].is_nan());
    });
}
