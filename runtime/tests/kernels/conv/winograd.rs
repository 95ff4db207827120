//! Winograd's F(4×4, 3×3) and F(4×4, 2×2) in `chwn16` against direct sums.

use super::sums::Sums;
use crate::kernels::chwn16;
use crate::kernels::geometry::winograd_weight_scratch;
use crate::kernels::geometry::{Conv, winograd_scratch};
use crate::simd::LANES;
use crate::{Numbers, assert_close, at_each_level, sample, thinned};
use core::ptr::null;
use std::format;
use std::vec;

/// Size and stride of the kernels that have one.
const WIDTHS: [[usize; 2]; 2] = [[3, 1], [4, 2]];

/// Kernels of this size and stride.
pub fn geometries([kernel, stride]: [usize; 2]) -> Vec<Conv> {
    let mut all = Vec::new();
    let sizes = [(1, 1), (2, 3), (4, 4), (5, 7), (8, 8), (13, 6)];
    for (i, (height, width)) in sizes.into_iter().enumerate() {
        for (channels, filters) in [(1, 1), (3, 5), (16, 16), (7, 33)] {
            for pad in [[0, 0], [1, 1], [2, 2], [1, kernel - 1], [0, 1]] {
                // After the map there may be less padding, or more, than before it.
                let more = [i % 2, (i + channels) % 3];
                let out = |size: usize, i: usize| (size + pad[i] + more[i]).checked_sub(kernel).map(|room| room / stride + 1);
                let (Some(out_height), Some(out_width)) = (out(height, 0), out(width, 1)) else { continue };
                all.push(Conv {
                    channels,
                    height,
                    width,
                    filters,
                    out_height,
                    out_width,
                    kernel: [kernel; 2],
                    stride: [stride; 2],
                    pad,
                    dilation: [1; 2],
                    groups: 1,
                });
            }
        }
    }
    // More channels than are taken at once, on either side, and more tiles.
    for (channels, filters, size) in [(150, 20, 17), (20, 150, 18), (70, 70, 21)] {
        let out = (size + 2 - kernel) / stride + 1;
        let (kernel, stride) = ([kernel; 2], [stride; 2]);
        let (height, width, out_height, out_width) = (size, size, out, out);
        all.push(Conv {
            channels,
            height,
            width,
            filters,
            out_height,
            out_width,
            kernel,
            stride,
            pad: [1; 2],
            dilation: [1; 2],
            groups: 1,
        });
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
    sums: Sums,
}

impl Case {
    fn new(g: Conv, seed: usize) -> Self {
        let mut numbers = Numbers::new(seed);
        Self {
            x: numbers.take(g.channels * g.height * g.width * LANES),
            y: numbers.take(g.filters * g.out_height * g.out_width * LANES),
            weight: numbers.take(g.filters * g.channels * g.kernel[0] * g.kernel[1]),
            bias: numbers.take(g.filters),
            scratch: vec![f32::NAN; winograd_scratch(&g)],
            sums: Sums::default(),
            g,
        }
    }

    /// y from x, or (not `forward`) x from y, and what is beside the sum, by its place.
    fn wanted(&self, lane: usize, forward: bool, beside: impl Fn(usize) -> f64) -> Vec<f64> {
        let from = if forward { &self.x } else { &self.y };
        let sums = self.sums.of(&self.g, from, &self.weight, lane, LANES, forward);
        sums.iter().enumerate().map(|(i, sum)| beside(i) + sum).collect()
    }
}

fn for_each_case(test: impl Fn(&mut Case)) {
    for (seed, g) in WIDTHS.into_iter().flat_map(geometries).enumerate() {
        let mut case = Case::new(g, seed);
        at_each_level(|| test(&mut case));
    }
}

/// All directions, at each level.
pub fn check(g: Conv, seed: usize) {
    let mut case = Case::new(g, seed);
    at_each_level(|| {
        check_forward(&mut case);
        check_transposed_forward(&mut case);
        {
            check_input_gradient(&mut case, false);
            check_input_gradient(&mut case, true);
            check_backward_weight(&mut case);
        }
    });
}

/// The transforms multiply by up to 8 and cancel: about forty times the error of the plain sum.
pub fn terms(sum: usize) -> usize {
    40 * sum.max(9)
}

fn check_forward(c: &mut Case) {
    let map = c.g.out_height * c.g.out_width;
    for bias in [true, false] {
        let at = if bias { c.bias.as_ptr() } else { null() };
        let mut y = vec![f32::NAN; c.y.len()];
        // SAFETY: buffers are as long as the geometry says.
        unsafe {
            chwn16::conv_winograd_forward(&c.g, c.x.as_ptr(), c.weight.as_ptr(), at, y.as_mut_ptr(), c.scratch.as_mut_ptr());
        }
        for lane in [0, 7, LANES - 1] {
            let wanted = c.wanted(lane, true, |i| if bias { f64::from(c.bias[i / map]) } else { 0.0 });
            assert_close(sample(&y, lane, LANES), wanted, terms(c.g.channels), &format!("{:?}", c.g));
        }
    }
}

#[test]
fn forward() {
    for_each_case(check_forward);
}

fn check_transposed_forward(c: &mut Case) {
    let (map, bias) = (c.g.height * c.g.width, Numbers::new(c.g.channels).take(c.g.channels));
    let mut x = vec![f32::NAN; c.x.len()];
    let (y, weight, scratch) = (c.y.as_ptr(), c.weight.as_ptr(), c.scratch.as_mut_ptr());
    // SAFETY: buffers are as long as the geometry says.
    unsafe { chwn16::conv_transpose_winograd_forward(&c.g, y, weight, bias.as_ptr(), x.as_mut_ptr(), scratch) };
    for lane in [0, 7, LANES - 1] {
        let wanted = c.wanted(lane, false, |i| f64::from(bias[i / map]));
        assert_close(sample(&x, lane, LANES), wanted, terms(c.g.filters), &format!("{:?}", c.g));
    }
}

#[test]
fn transposed_forward() {
    for_each_case(check_transposed_forward);
}

/// The input gradient of a convolution, or (`transposed`) of a transposed one.
fn check_input_gradient(c: &mut Case, transposed: bool) {
    let (from, before, sums, kernel) = if transposed {
        (&c.x, &c.y, c.g.channels, chwn16::conv_transpose_winograd_backward_input as InputGradient)
    } else {
        (&c.y, &c.x, c.g.filters, chwn16::conv_winograd_backward_input as InputGradient)
    };
    for accumulate in [false, true] {
        let mut to = if accumulate { before.clone() } else { vec![f32::NAN; before.len()] };
        // SAFETY: buffers are as long as the geometry says.
        unsafe { kernel(&c.g, from.as_ptr(), c.weight.as_ptr(), to.as_mut_ptr(), accumulate, c.scratch.as_mut_ptr()) };
        for lane in [0, 7, LANES - 1] {
            let there = sample(before, lane, LANES);
            let wanted = c.wanted(lane, transposed, |i| if accumulate { there[i] } else { 0.0 });
            assert_close(sample(&to, lane, LANES), wanted, terms(sums), &format!("{:?}", c.g));
        }
    }
}

type InputGradient = unsafe fn(&Conv, *const f32, *const f32, *mut f32, bool, *mut f32);

#[test]
fn backward_input() {
    for_each_case(|c| check_input_gradient(c, false));
}

#[test]
fn transposed_backward_input() {
    for_each_case(|c| check_input_gradient(c, true));
}

fn check_backward_weight(c: &mut Case) {
    let mut scratch = vec![f32::NAN; winograd_weight_scratch(&c.g)];
    let (x, y, scratch) = (c.x.as_ptr(), c.y.as_ptr(), scratch.as_mut_ptr());
    let (mut dweight, mut dweight_back) = (c.weight.clone(), c.weight.clone());
    let (mut dbias, mut dbias_back) = (c.bias.clone(), vec![0.0; c.g.channels]);
    // SAFETY: buffers are as long as the geometry says.
    unsafe {
        chwn16::conv_winograd_backward_weight(&c.g, x, y, dweight.as_mut_ptr(), dbias.as_mut_ptr(), scratch);
        let (dweight, dbias) = (dweight_back.as_mut_ptr(), dbias_back.as_mut_ptr());
        chwn16::conv_transpose_winograd_backward_weight(&c.g, y, x, dweight, dbias, scratch);
    }
    let sums = c.sums.of_weight(&c.g, &c.x, &c.y, LANES);
    let wanted: Vec<f64> = c.weight.iter().zip(sums).map(|(w, sum)| f64::from(*w) + sum).collect();
    let (mut bias, mut bias_back) = (crate::wide(&c.bias), vec![0.0; c.g.channels]);
    let (map, map_back) = (c.g.out_height * c.g.out_width, c.g.height * c.g.width);
    for lane in 0..LANES {
        let (x, dy) = (sample(&c.x, lane, LANES), sample(&c.y, lane, LANES));
        dy.iter().enumerate().for_each(|(o, d)| bias[o / map] += d);
        x.iter().enumerate().for_each(|(i, d)| bias_back[i / map_back] += d);
    }
    assert_close(crate::wide(&dweight), wanted.iter().copied(), terms(map * 2), &format!("{:?}", c.g));
    assert_close(crate::wide(&dweight_back), wanted, terms(map * 2), &format!("{:?}", c.g));
    assert_close(crate::wide(&dbias), bias, map * LANES, &format!("{:?}", c.g));
    assert_close(crate::wide(&dbias_back), bias_back, map_back * LANES, &format!("{:?}", c.g));
}

#[test]
fn backward_weight() {
    for_each_case(check_backward_weight);
}
