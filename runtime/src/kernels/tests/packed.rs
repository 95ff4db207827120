//! The one-sample form with packed weights, and folding of batch norm.

use super::{Numbers, assert_close, at_each_level, wide};
use crate::kernels::chw;
use crate::kernels::geometry::{Conv, Fold, conv_packed_len, dense_packed_len, depthwise_fits, depthwise_packed_len};
use core::ptr::null;
use std::format;
use std::vec;
use std::vec::Vec;

#[test]
fn convolutions() {
    at_each_level(|| {
        for (seed, g) in super::conv::geometries().into_iter().enumerate() {
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
                super::conv::products(&g, |i, o, w| wanted[o] += f64::from(x[i]) * f64::from(weight[w]));
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
    let mut all: Vec<_> = super::conv::geometries().into_iter().filter(|g| g.groups == g.channels && depthwise_fits(g)).collect();
    let plain = |channels, size: [usize; 2], kernel: [usize; 2], stride, pad: [usize; 2], dilation: usize| {
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
        plain(3, [25, 5], [3, 3], 1, [1, 1], 1),
        plain(2, [48, 48], [3, 3], 2, [1, 1], 1),
        plain(1, [100, 200], [5, 5], 1, [2, 2], 1), // several bands
        plain(1, [70, 260], [3, 5], 3, [2, 1], 2),
        plain(2, [7, 40], [7, 7], 1, [6, 6], 1),
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
            super::conv::products(g, |i, o, w| wanted[o] += f64::from(x[i]) * f64::from(weight[w]));
            // SAFETY: buffers are as long as the geometry says, which fits.
            unsafe {
                chw::depthwise_pack(g, weight.as_ptr(), bias.as_ptr(), packed.as_mut_ptr());
                chw::depthwise_forward_packed(g, x.as_ptr(), packed.as_ptr(), y.as_mut_ptr());
            }
            assert_close(wide(&y), wanted, area, &format!("{g:?}"));
        }
    });
}

#[test]
fn dense_layers() {
    at_each_level(|| {
        for (seed, g) in super::dense::geometries().into_iter().enumerate() {
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
