//! Masked convolutions as plain convolutions whose weights are zero under the mask.

use crate::kernels::geometry::{Conv, Mask};
use crate::{Numbers, WIDTHS, assert_close, at_each_level, wide};
use std::vec;

fn cases() -> Vec<(Conv, Mask)> {
    let of = |colors: usize, channels: usize, filters: usize, kernel: [usize; 2], dilation: usize, sizes: [usize; 2]| Conv {
        channels: colors * channels,
        filters: colors * filters,
        height: sizes[0],
        width: sizes[1],
        out_height: sizes[0],
        out_width: sizes[1],
        kernel,
        stride: [1, 1],
        pad: [kernel[0] / 2 * dilation, kernel[1] / 2 * dilation],
        dilation: [dilation; 2],
        groups: 1,
    };
    let sizes = [
        (1, of(1, 1, 5, [7, 7], 1, [9, 8])),
        (1, of(1, 3, 4, [3, 5], 2, [5, 7])),
        (3, of(3, 1, 2, [5, 3], 1, [6, 5])),
        (3, of(3, 2, 3, [3, 3], 1, [2, 4])),
        (2, of(2, 7, 9, [1, 1], 1, [3, 3])),
        (4, of(4, 1, 1, [1, 3], 1, [1, 6])),
    ];
    sizes.into_iter().flat_map(|(colors, g)| [false, true].map(|own| (g, Mask { colors, own }))).collect()
}

#[test]
fn as_zeros_under_the_mask() {
    for (g, mask) in cases() {
        let mut numbers = Numbers::new(g.channels * 31 + g.area());
        let weight = numbers.take(g.filters * g.channels * g.area());
        let mut masked = weight.clone();
        call!(1, conv_mask(&g, &mask, masked.as_mut_ptr()));
        let kept = |i: usize| mask.keeps(&g, i / g.area() / g.channels, i / g.area() % g.channels, i % g.area());
        assert!(masked.iter().zip(&weight).enumerate().all(|(i, (m, w))| *m == if kept(i) { *w } else { 0.0 }));
        // What lies there is not read.
        let unread: Vec<f32> = weight.iter().enumerate().map(|(i, w)| if kept(i) { *w } else { f32::NAN }).collect();
        let bias = numbers.take(g.filters);
        for width in WIDTHS {
            let map = g.out_map() * width;
            let (x, dy) = (numbers.take(g.channels * map), numbers.take(g.filters * map));
            at_each_level(|| {
                let mut wanted = vec![0.0; g.filters * map];
                call!(width, conv_forward(&g, x.as_ptr(), masked.as_ptr(), bias.as_ptr(), wanted.as_mut_ptr()));
                let mut y = vec![f32::NAN; g.filters * map];
                call!(width, conv_masked_forward(&g, &mask, x.as_ptr(), unread.as_ptr(), bias.as_ptr(), y.as_mut_ptr()));
                let what = format!("{g:?} {mask:?}");
                assert_close(wide(&y), wide(&wanted), g.channels * g.area(), &what);
                {
                    let mut wanted = vec![0.0; g.channels * map];
                    call!(width, conv_backward_input(&g, dy.as_ptr(), masked.as_ptr(), wanted.as_mut_ptr(), false));
                    crate::assert_gradient(&wide(&wanted), g.filters * g.area(), &what, |dx, add| {
                        call!(width, conv_masked_backward_input(&g, &mask, dy.as_ptr(), unread.as_ptr(), dx, add));
                    });
                }
            });
        }
    }
}
