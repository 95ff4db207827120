//! Convolutions and transposed convolutions.

use super::sums::Sums;
use crate::kernels::chwn16;
use crate::kernels::geometry::Conv;
use crate::kernels::geometry::channels_last_scratch;
use crate::{EMULATED, Numbers, WIDTHS, assert_close, at_each_level, sample, thinned};
use core::ptr::null;
use std::format;
use std::string::String;
use std::vec;

/// A convolution without dilation and groups.
pub fn plain(
    [channels, height, width]: [usize; 3],
    filters: usize,
    kernel: [usize; 2],
    stride: [usize; 2],
    pad: [usize; 2],
) -> Conv {
    Conv {
        channels,
        height,
        width,
        filters,
        out_height: (height + 2 * pad[0] - kernel[0]) / stride[0] + 1,
        out_width: (width + 2 * pad[1] - kernel[1]) / stride[1] + 1,
        kernel,
        stride,
        pad,
        dilation: [1, 1],
        groups: 1,
    }
}

/// All kinds of geometries, the same each time.
pub fn geometries() -> Vec<Conv> {
    let mut all = vec![
        plain([1, 28, 28], 6, [5, 5], [1, 1], [2, 2]),
        plain([6, 14, 14], 16, [5, 5], [1, 1], [0, 0]),
        plain([3, 8, 8], 16, [3, 3], [1, 1], [1, 1]),
        plain([4, 7, 7], 21, [7, 7], [1, 1], [0, 0]), // kernel = input
        plain([20, 1, 1], 9, [1, 1], [1, 1], [0, 0]), // a map of one
        plain([5, 9, 9], 3, [1, 1], [3, 3], [0, 0]),  // stride > kernel
        plain([2, 9, 8], 5, [2, 1], [4, 3], [1, 0]),
        plain([3, 4, 4], 4, [3, 3], [1, 1], [2, 2]), // full padding
        plain([2, 1, 40], 3, [1, 11], [1, 2], [0, 5]),
        plain([3, 40, 1], 2, [6, 1], [2, 1], [3, 0]),
        plain([8, 8, 8], 13, [4, 4], [2, 2], [1, 1]),
        plain([37, 6, 5], 35, [3, 3], [1, 1], [1, 1]),
        plain([1, 33, 37], 1, [3, 3], [1, 1], [1, 1]),
        Conv { groups: 6, ..plain([6, 9, 13], 6, [3, 3], [1, 1], [1, 1]) },
        Conv { groups: 4, ..plain([4, 8, 8], 12, [5, 3], [2, 1], [2, 1]) }, // multiplier 3
        Conv { groups: 2, ..plain([6, 7, 6], 36, [3, 2], [1, 1], [1, 1]) },
        // Larger than the parts that are kept in cache.
        plain([2, 96, 80], 2, [3, 3], [1, 1], [1, 1]),
        plain([40, 40, 44], 2, [2, 2], [2, 2], [0, 0]),
    ];
    let mut numbers = Numbers::new(7);
    let mut pick = |from: &[usize]| from[numbers.next() as usize % from.len()];
    while all.len() < if EMULATED { 50 } else { 160 } {
        let groups = pick(&[1, 1, 1, 2, 3]);
        let mut axis = || {
            let (input, kernel) = (pick(&[1, 2, 3, 5, 8, 9, 15]), pick(&[1, 2, 3, 4, 5, 7, 8]));
            let (stride, dilation) = (pick(&[1, 1, 2, 3, 5]), pick(&[1, 1, 2, 3]));
            let (before, after) = (pick(&[0, 1, 2, 6]), pick(&[0, 1, 3]));
            let room = (input + before + after).checked_sub(dilation * (kernel - 1) + 1);
            // What lies after is not told: sizes of y may also be smaller than what would fit.
            room.map(|room| (input, kernel, stride, dilation, before, room / stride + 1))
        };
        let (Some(rows), Some(cols)) = (axis(), axis()) else { continue };
        all.push(Conv {
            channels: groups * pick(&[1, 2, 3, 5, 8]),
            height: rows.0,
            width: cols.0,
            filters: groups * pick(&[1, 2, 3, 4, 6, 7, 13]),
            out_height: rows.5,
            out_width: cols.5,
            kernel: [rows.1, cols.1],
            stride: [rows.2, cols.2],
            pad: [rows.4, cols.4],
            dilation: [rows.3, cols.3],
            groups,
        });
    }
    // Small ones under Miri.
    let products = |g: &Conv| g.filters * g.channels / g.groups * g.out_height * g.out_width * g.kernel[0] * g.kernel[1];
    all.retain(|g| !cfg!(miri) || products(g) < 300);
    thinned(all, 6)
}

pub struct Case {
    g: Conv,
    width: usize,
    x: Vec<f32>,
    y: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    bias_x: Vec<f32>,
    terms: usize,
    sums: Sums,
}

fn for_each_case(test: impl Fn(&Case)) {
    for (seed, g) in geometries().into_iter().enumerate() {
        for width in WIDTHS {
            let case = Case::new(g, width, seed);
            at_each_level(|| test(&case));
        }
    }
}

impl Case {
    pub fn new(g: Conv, width: usize, seed: usize) -> Self {
        let mut numbers = Numbers::new(seed);
        let area = g.kernel[0] * g.kernel[1];
        Self {
            x: numbers.take(g.channels * g.height * g.width * width),
            y: numbers.take(g.filters * g.out_height * g.out_width * width),
            weight: numbers.take(g.filters * (g.channels / g.groups) * area),
            bias: numbers.take(g.filters),
            bias_x: numbers.take(g.channels),
            terms: (g.channels.max(g.filters) / g.groups) * area,
            sums: Sums::default(),
            g,
            width,
        }
    }

    fn what(&self) -> String {
        format!("{:?}, {:?}, width {}", crate::simd::Level::current(), self.g, self.width)
    }

    /// y from x, or x from y.
    fn wanted(&self, lane: usize, forward: bool, bias: Option<&[f32]>, there: Option<&[f32]>) -> Vec<f64> {
        let from = if forward { &self.x } else { &self.y };
        let sums = self.sums.of(&self.g, from, &self.weight, lane, self.width, forward);
        let map = sums.len() / if forward { self.g.filters } else { self.g.channels };
        let there = there.map(|there| sample(there, lane, self.width));
        let beside = |i: usize| bias.map_or(0.0, |bias| f64::from(bias[i / map])) + there.as_ref().map_or(0.0, |there| there[i]);
        sums.iter().enumerate().map(|(i, sum)| sum + beside(i)).collect()
    }

    fn check(&self, found: &[f32], name: &str, wanted: impl Fn(usize) -> Vec<f64>) {
        // Lanes are alike: a few are enough.
        for lane in [0, 5, 15].into_iter().filter(|lane| *lane < self.width) {
            assert_close(
                sample(found, lane, self.width),
                wanted(lane),
                self.terms,
                &format!("{name}, lane {lane}, {}", self.what()),
            );
        }
    }
}

pub fn check_forward(c: &Case) {
    let mut y = vec![f32::NAN; c.y.len()];
    call!(c.width, conv_forward(&c.g, c.x.as_ptr(), c.weight.as_ptr(), c.bias.as_ptr(), y.as_mut_ptr()));
    c.check(&y, "y", |lane| c.wanted(lane, true, Some(&c.bias), None));
    y.fill(f32::NAN);
    call!(c.width, conv_forward(&c.g, c.x.as_ptr(), c.weight.as_ptr(), null(), y.as_mut_ptr()));
    c.check(&y, "y without bias", |lane| c.wanted(lane, true, None, None));
}

#[test]
fn forward() {
    for_each_case(check_forward);
}

pub fn check_backward_input(c: &Case) {
    let mut dx = vec![f32::NAN; c.x.len()];
    call!(c.width, conv_backward_input(&c.g, c.y.as_ptr(), c.weight.as_ptr(), dx.as_mut_ptr(), false));
    c.check(&dx, "dx", |lane| c.wanted(lane, false, None, None));
    dx.copy_from_slice(&c.x);
    call!(c.width, conv_backward_input(&c.g, c.y.as_ptr(), c.weight.as_ptr(), dx.as_mut_ptr(), true));
    c.check(&dx, "dx, added", |lane| c.wanted(lane, false, None, Some(&c.x)));
}

#[test]
fn backward_input() {
    for_each_case(check_backward_input);
}

pub fn check_transposed_forward(c: &Case) {
    let mut x = vec![f32::NAN; c.x.len()];
    call!(c.width, conv_transpose_forward(&c.g, c.y.as_ptr(), c.weight.as_ptr(), c.bias_x.as_ptr(), x.as_mut_ptr()));
    c.check(&x, "transposed y", |lane| c.wanted(lane, false, Some(&c.bias_x), None));
}

#[test]
fn transposed_forward() {
    for_each_case(check_transposed_forward);
}

pub fn check_transposed_backward_input(c: &Case) {
    let mut y = vec![f32::NAN; c.y.len()];
    call!(c.width, conv_transpose_backward_input(&c.g, c.x.as_ptr(), c.weight.as_ptr(), y.as_mut_ptr(), false));
    c.check(&y, "transposed dx", |lane| c.wanted(lane, true, None, None));
    y.copy_from_slice(&c.y);
    call!(c.width, conv_transpose_backward_input(&c.g, c.x.as_ptr(), c.weight.as_ptr(), y.as_mut_ptr(), true));
    c.check(&y, "transposed dx, added", |lane| c.wanted(lane, true, None, Some(&c.y)));
}

#[test]
fn transposed_backward_input() {
    for_each_case(check_transposed_backward_input);
}

pub fn check_backward_weight(c: &Case) {
    let sums = |values: &[f32], channels: usize, start: &[f32]| -> Vec<f64> {
        let map = values.len() / channels;
        (0..channels).map(|i| f64::from(start[i]) + values[i * map..][..map].iter().map(|v| f64::from(*v)).sum::<f64>()).collect()
    };
    let plain = c.sums.of_weight(&c.g, &c.x, &c.y, c.width);
    let wanted: Vec<f64> = c.weight.iter().zip(plain).map(|(w, sum)| f64::from(*w) + sum).collect();
    let terms = c.g.out_height * c.g.out_width * c.width;
    for transposed in [false, true] {
        // Gradients of parameters are added to.
        let mut dweight = c.weight.clone();
        let (mut dbias, wanted_bias) = if transposed {
            call!(
                c.width,
                conv_transpose_backward_weight(&c.g, c.y.as_ptr(), c.x.as_ptr(), dweight.as_mut_ptr(), core::ptr::null_mut())
            );
            (c.bias_x.clone(), sums(&c.x, c.g.channels, &c.bias_x))
        } else {
            call!(c.width, conv_backward_weight(&c.g, c.x.as_ptr(), c.y.as_ptr(), dweight.as_mut_ptr(), core::ptr::null_mut()));
            (c.bias.clone(), sums(&c.y, c.g.filters, &c.bias))
        };
        assert_close(dweight.iter().map(|w| f64::from(*w)), wanted.iter().copied(), terms, &format!("dweight, {}", c.what()));
        if transposed {
            call!(
                c.width,
                conv_transpose_backward_weight(&c.g, c.y.as_ptr(), c.x.as_ptr(), dweight.as_mut_ptr(), dbias.as_mut_ptr())
            );
        } else {
            call!(c.width, conv_backward_weight(&c.g, c.x.as_ptr(), c.y.as_ptr(), dweight.as_mut_ptr(), dbias.as_mut_ptr()));
        }
        if c.width == crate::simd::LANES && c.g.groups == 1 {
            let mut found = (c.weight.clone(), if transposed { c.bias_x.clone() } else { c.bias.clone() });
            let mut scratch = vec![f32::NAN; channels_last_scratch(&c.g)];
            let (to, bias, scratch) = (found.0.as_mut_ptr(), found.1.as_mut_ptr(), scratch.as_mut_ptr());
            let (x, y) = (c.x.as_ptr(), c.y.as_ptr());
            // SAFETY: buffers are as long as the geometry says.
            unsafe {
                if transposed {
                    chwn16::conv_transpose_channels_last_backward_weight(&c.g, y, x, to, bias, scratch);
                } else {
                    chwn16::conv_channels_last_backward_weight(&c.g, x, y, to, bias, scratch);
                }
            }
            assert_close(
                found.0.iter().map(|w| f64::from(*w)),
                wanted.iter().copied(),
                terms,
                &format!("channels last, {}", c.what()),
            );
            assert_eq!(found.1, dbias, "channels last, {}", c.what());
        }
        let terms = terms.max(c.x.len() / c.g.channels);
        assert_close(dbias.iter().map(|b| f64::from(*b)), wanted_bias, terms, &format!("dbias, {}", c.what()));
    }
}

#[test]
fn backward_weight() {
    for_each_case(check_backward_weight);
}
