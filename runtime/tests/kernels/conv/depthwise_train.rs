//! Depthwise convolutions in training, in `chw16c`: as the kernels of `chw` do it.

use super::direct::geometries;
use crate::kernels::chw;
use crate::kernels::geometry::{Conv, depthwise_chw16c_train_scratch};
use crate::simd::LANES;
use crate::{Numbers, assert_close, assert_gradient, at_each_level, chw16c_nan, from_chw16c, wide};
use core::ptr::null;
use std::format;
use std::string::String;
use std::vec;

struct Case {
    g: Conv,
    x: Vec<f32>,
    dy: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    what: String,
}

fn for_each_case(test: impl Fn(&Case)) {
    let one_each = |g: &Conv| Conv { channels: g.channels * 5, filters: g.channels * 5, groups: g.channels * 5, ..*g };
    let mut all: Vec<Conv> = geometries().iter().map(one_each).collect();
    // Maps of mobile networks, whose rows fill chains.
    let mobile = |size: usize, stride: usize| Conv {
        channels: 18,
        height: size,
        width: size,
        filters: 18,
        out_height: size.div_ceil(stride),
        out_width: size.div_ceil(stride),
        kernel: [3, 3],
        stride: [stride; 2],
        pad: [1, 1],
        dilation: [1, 1],
        groups: 18,
    };
    // More columns that meet taps of their own than are found beforehand.
    let wide = Conv { height: 2, out_height: 2, kernel: [1, 41], stride: [1, 2], pad: [0, 20], ..mobile(80, 2) };
    if !cfg!(miri) {
        all.extend([mobile(7, 1), mobile(14, 2), mobile(28, 1), wide]);
    }
    at_each_level(|| {
        for (seed, g) in all.iter().enumerate() {
            let mut numbers = Numbers::new(seed);
            test(&Case {
                g: *g,
                x: numbers.take(g.channels * g.height * g.width),
                dy: numbers.take(g.channels * g.out_height * g.out_width),
                weight: numbers.take(g.channels * g.area()),
                bias: numbers.take(g.channels),
                what: format!("{:?}, {g:?}", crate::simd::Level::current()),
            });
        }
    });
}

impl Case {
    fn scratch(&self) -> Vec<f32> {
        vec![f32::NAN; depthwise_chw16c_train_scratch(&self.g)]
    }
}

#[test]
fn forward() {
    for_each_case(|c| {
        let (x, weight) = (chw16c_nan(&c.x, c.g.channels), c.weight.as_ptr());
        for bias in [c.bias.as_ptr(), null()] {
            let (mut wanted, mut scratch) = (vec![f32::NAN; c.dy.len()], c.scratch());
            let mut y = vec![f32::NAN; c.dy.len() / c.g.channels * c.g.channels.next_multiple_of(LANES)];
            // SAFETY: buffers are as long as the geometry says.
            unsafe {
                chw::conv_forward(&c.g, c.x.as_ptr(), weight, bias, wanted.as_mut_ptr());
                chw::depthwise_chw16c_forward(&c.g, x.as_ptr(), weight, bias, y.as_mut_ptr(), scratch.as_mut_ptr());
            }
            assert_close(wide(&from_chw16c(&y, c.g.channels)), wide(&wanted), c.g.area(), &c.what);
        }
    });
}

#[test]
fn backward_input() {
    for_each_case(|c| {
        let (dy, weight) = (chw16c_nan(&c.dy, c.g.channels), c.weight.as_ptr());
        let mut wanted = vec![f32::NAN; c.x.len()];
        // SAFETY: buffers are as long as the geometry says.
        unsafe { chw::conv_backward_input(&c.g, c.dy.as_ptr(), weight, wanted.as_mut_ptr(), false) };
        assert_gradient(&wide(&wanted), c.g.area(), &c.what, |dx, accumulate| {
            // SAFETY: a gradient in `chw` is as long as x.
            let dx = unsafe { core::slice::from_raw_parts_mut(dx, c.x.len()) };
            let (mut found, mut scratch) = (chw16c_nan(dx, c.g.channels), c.scratch());
            let (to, scratch) = (found.as_mut_ptr(), scratch.as_mut_ptr());
            // SAFETY: as above.
            unsafe { chw::depthwise_chw16c_backward_input(&c.g, dy.as_ptr(), weight, to, accumulate, scratch) };
            dx.copy_from_slice(&from_chw16c(&found, c.g.channels));
        });
    });
}

#[test]
fn backward_weight() {
    for_each_case(|c| {
        let [x, dy] = [&c.x, &c.dy].map(|values| chw16c_nan(values, c.g.channels));
        for with_bias in [true, false] {
            let (mut wanted, mut wanted_bias) = (c.weight.clone(), c.bias.clone());
            let (mut found, mut found_bias, mut scratch) = (c.weight.clone(), c.bias.clone(), c.scratch());
            let or_null = |bias: &mut [f32]| if with_bias { bias.as_mut_ptr() } else { core::ptr::null_mut() };
            let (to, to_bias, scratch) = (found.as_mut_ptr(), or_null(&mut found_bias), scratch.as_mut_ptr());
            // SAFETY: buffers are as long as the geometry says.
            unsafe {
                let (g, to_wanted, bias) = (&c.g, wanted.as_mut_ptr(), or_null(&mut wanted_bias));
                chw::conv_backward_weight(g, c.x.as_ptr(), c.dy.as_ptr(), to_wanted, bias);
                chw::depthwise_chw16c_backward_weight(g, x.as_ptr(), dy.as_ptr(), to, to_bias, scratch);
            }
            let terms = c.g.out_height * c.g.out_width;
            assert_close(wide(&found), wide(&wanted), terms, &c.what);
            assert_close(wide(&found_bias), wide(&wanted_bias), terms, &c.what);
        }
    });
}
