//! Winograd's form against plain sums.

use super::conv::products;
use super::{Numbers, assert_close, at_each_level, sample, thinned};
use crate::kernels::geometry::{Conv, winograd_scratch};
use crate::kernels::lanes;
use crate::simd::LANES;
use core::ptr::null;
use std::format;
use std::vec;
use std::vec::Vec;

pub(super) fn geometries() -> Vec<Conv> {
    let mut all = Vec::new();
    let sizes = [(1, 1), (2, 3), (4, 4), (5, 7), (8, 8), (13, 6)];
    for (i, (height, width)) in sizes.into_iter().enumerate() {
        for (channels, filters) in [(1, 1), (3, 5), (16, 16), (7, 33)] {
            for pad in [[0, 0], [1, 1], [2, 2], [1, 2], [0, 1]] {
                // After the map there may be less padding, or more, than before it.
                let more = [i % 2, (i + channels) % 3];
                let (Some(out_height), Some(out_width)) =
                    ((height + pad[0] + more[0]).checked_sub(2), (width + pad[1] + more[1]).checked_sub(2))
                else {
                    continue;
                };
                if out_height.min(out_width) == 0 {
                    continue;
                }
                all.push(Conv {
                    channels,
                    height,
                    width,
                    filters,
                    out_height,
                    out_width,
                    kernel: [3; 2],
                    stride: [1; 2],
                    pad,
                    dilation: [1; 2],
                    groups: 1,
                });
            }
        }
    }
    // Small ones under Miri.
    all.retain(|g| !cfg!(miri) || g.channels * g.filters < 16 && g.height < 6);
    thinned(all, 3)
}

struct Case {
    g: Conv,
    x: Vec<f32>,
    y: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    scratch: Vec<f32>,
}

impl Case {
    fn new(g: Conv, seed: usize) -> Self {
        let mut numbers = Numbers::new(seed);
        Self {
            x: numbers.take(g.channels * g.height * g.width * LANES),
            y: numbers.take(g.filters * g.out_height * g.out_width * LANES),
            weight: numbers.take(g.filters * g.channels * 9),
            bias: numbers.take(g.filters),
            scratch: vec![f32::NAN; winograd_scratch(&g)],
            g,
        }
    }
}

fn for_each_case(test: impl Fn(&mut Case)) {
    at_each_level(|| {
        for (seed, g) in geometries().into_iter().enumerate() {
            test(&mut Case::new(g, seed));
        }
    });
}

/// All three directions.
pub(super) fn check(g: Conv, seed: usize) {
    let mut case = Case::new(g, seed);
    check_forward(&mut case);
    #[cfg(feature = "train")]
    {
        check_backward_input(&mut case);
        check_backward_weight(&mut case);
    }
}

/// The transforms multiply by up to 8 and cancel: about forty times the error of the plain sum.
pub(super) fn terms(sum: usize) -> usize {
    40 * sum.max(9)
}

fn check_forward(c: &mut Case) {
    let (map, outputs) = (c.g.out_height * c.g.out_width, c.y.len() / LANES);
    for bias in [true, false] {
        let at = if bias { c.bias.as_ptr() } else { null() };
        let mut y = vec![f32::NAN; c.y.len()];
        // SAFETY: buffers are as long as the geometry says.
        unsafe {
            lanes::conv_winograd_forward(&c.g, c.x.as_ptr(), c.weight.as_ptr(), at, y.as_mut_ptr(), c.scratch.as_mut_ptr());
        }
        for lane in [0, 7, LANES - 1] {
            let x = sample(&c.x, lane, LANES);
            let mut wanted: Vec<f64> = (0..outputs).map(|i| if bias { f64::from(c.bias[i / map]) } else { 0.0 }).collect();
            products(&c.g, |i, o, w| wanted[o] += x[i] * f64::from(c.weight[w]));
            assert_close(sample(&y, lane, LANES), wanted, terms(c.g.channels), &format!("{:?}", c.g));
        }
    }
}

#[test]
fn forward() {
    for_each_case(check_forward);
}

#[cfg(feature = "train")]
fn check_backward_input(c: &mut Case) {
    for accumulate in [false, true] {
        let mut dx = if accumulate { c.x.clone() } else { vec![f32::NAN; c.x.len()] };
        let (dy, weight, scratch) = (c.y.as_ptr(), c.weight.as_ptr(), c.scratch.as_mut_ptr());
        // SAFETY: buffers are as long as the geometry says.
        unsafe { lanes::conv_winograd_backward_input(&c.g, dy, weight, dx.as_mut_ptr(), accumulate, scratch) };
        for lane in [0, 7, LANES - 1] {
            let dy = sample(&c.y, lane, LANES);
            let mut wanted = if accumulate { sample(&c.x, lane, LANES) } else { vec![0.0; c.x.len() / LANES] };
            products(&c.g, |i, o, w| wanted[i] += dy[o] * f64::from(c.weight[w]));
            assert_close(sample(&dx, lane, LANES), wanted, terms(c.g.filters), &format!("{:?}", c.g));
        }
    }
}

#[cfg(feature = "train")]
#[test]
fn backward_input() {
    for_each_case(check_backward_input);
}

#[cfg(feature = "train")]
fn check_backward_weight(c: &mut Case) {
    let (mut dweight, mut dbias) = (c.weight.clone(), c.bias.clone());
    // SAFETY: buffers are as long as the geometry says.
    unsafe {
        lanes::conv_winograd_backward_weight(
            &c.g,
            c.x.as_ptr(),
            c.y.as_ptr(),
            dweight.as_mut_ptr(),
            dbias.as_mut_ptr(),
            c.scratch.as_mut_ptr(),
        );
    }
    let mut wanted = super::wide(&c.weight);
    let mut bias = super::wide(&c.bias);
    let map = c.g.out_height * c.g.out_width;
    for lane in 0..LANES {
        let (x, dy) = (sample(&c.x, lane, LANES), sample(&c.y, lane, LANES));
        products(&c.g, |i, o, w| wanted[w] += x[i] * dy[o]);
        dy.iter().enumerate().for_each(|(o, d)| bias[o / map] += d);
    }
    assert_close(super::wide(&dweight), wanted, terms(map * 2), &format!("{:?}", c.g));
    assert_close(super::wide(&dbias), bias, map * LANES, &format!("{:?}", c.g));
}

#[cfg(feature = "train")]
#[test]
fn backward_weight() {
    for_each_case(check_backward_weight);
}
