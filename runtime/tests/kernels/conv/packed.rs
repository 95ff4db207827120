//! Convolutions of one sample in `chw` with packed weights: direct and depthwise ones.

use crate::kernels::chw;
use crate::kernels::geometry::{Conv, conv_packed_len, depthwise_fits, depthwise_packed_len};
use crate::{Numbers, assert_close, at_each_level, wide};
use core::ptr::null;
use std::format;
use std::vec;

#[test]
fn convolutions() {
    at_each_level(|| {
        for (seed, g) in super::direct::geometries().into_iter().enumerate() {
            let mut numbers = Numbers::new(seed);
            let terms = g.channels / g.groups * g.kernel[0] * g.kernel[1];
            let x = numbers.take(g.channels * g.height * g.width);
            let (weight, bias) = (numbers.take(g.filters * terms), numbers.take(g.filters));
            for with_bias in [true, false] {
                let mut packed = vec![f32::NAN; conv_packed_len(&g)];
                let mut y = vec![f32::NAN; g.filters * g.out_height * g.out_width];
                let mut wanted: Vec<f64> = vec![0.0; y.len()];
                if with_bias {
                    let map = g.out_height * g.out_width;
                    wanted.iter_mut().enumerate().for_each(|(i, w)| *w = f64::from(bias[i / map]));
                }
                super::sums::products(&g, |i, o, w| wanted[o] += f64::from(x[i]) * f64::from(weight[w]));
                // SAFETY: buffers are as long as the geometry says.
                unsafe {
                    chw::conv_pack(&g, weight.as_ptr(), if with_bias { bias.as_ptr() } else { null() }, packed.as_mut_ptr());
                    chw::conv_forward_packed(&g, x.as_ptr(), packed.as_ptr(), y.as_mut_ptr());
                }
                assert_close(wide(&y), wanted, terms, &format!("{g:?}"));
            }
        }
    });
}

#[test]
fn depthwise_convolutions() {
    let mut all: Vec<_> =
        super::direct::geometries().into_iter().filter(|g| g.groups == g.channels && depthwise_fits(g)).collect();
    let from_chw = |channels, size: [usize; 2], kernel: [usize; 2], stride, pad: [usize; 2], dilation: usize| {
        let out = |i: usize| (size[i] + 2 * pad[i] - dilation * (kernel[i] - 1) - 1) / stride + 1;
        Conv {
            channels,
            height: size[0],
            width: size[1],
            filters: 2 * channels,
            out_height: out(0),
            out_width: out(1),
            kernel,
            stride: [stride; 2],
            pad,
            dilation: [dilation; 2],
            groups: channels,
        }
    };
    all.extend([
        from_chw(3, [25, 5], [3, 3], 1, [1, 1], 1),
        from_chw(2, [48, 48], [3, 3], 2, [1, 1], 1),
        from_chw(1, [100, 200], [5, 5], 1, [2, 2], 1), // several bands
        from_chw(1, [70, 260], [3, 5], 3, [2, 1], 2),
        from_chw(2, [7, 40], [7, 7], 1, [6, 6], 1),
    ]);
    if cfg!(miri) {
        all.truncate(2);
    }
    at_each_level(|| {
        for (seed, g) in all.iter().enumerate() {
            let mut numbers = Numbers::new(seed);
            let area = g.kernel[0] * g.kernel[1];
            let x = numbers.take(g.channels * g.height * g.width);
            let (weight, bias) = (numbers.take(g.filters * area), numbers.take(g.filters));
            let map = g.out_height * g.out_width;
            let mut packed = vec![f32::NAN; depthwise_packed_len(g)];
            let mut y = vec![f32::NAN; g.filters * map];
            let mut wanted: Vec<f64> = (0..y.len()).map(|i| f64::from(bias[i / map])).collect();
            super::sums::products(g, |i, o, w| wanted[o] += f64::from(x[i]) * f64::from(weight[w]));
            // SAFETY: buffers are as long as the geometry says, which fits.
            unsafe {
                chw::depthwise_pack(g, weight.as_ptr(), bias.as_ptr(), packed.as_mut_ptr());
                chw::depthwise_forward_packed(g, x.as_ptr(), packed.as_ptr(), y.as_mut_ptr());
            }
            assert_close(wide(&y), wanted, area, &format!("{g:?}"));
        }
    });
}
