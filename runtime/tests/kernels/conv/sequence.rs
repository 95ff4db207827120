//! Convolutions over sequences, and transposed ones, as plain sums: side by side, packed, across samples, step by step.

use crate::kernels::geometry::{Conv1d, conv1d_channels_last_scratch, conv1d_channels_last_steps, conv1d_packed_len};
use crate::kernels::{chw, chwn16};
use crate::simd::LANES;
use crate::{EMULATED, Numbers, WIDTHS, assert_close, at_each_level, sample, thinned, wide};
use std::{format, vec};

/// All kinds of geometries, the same each time.
fn geometries() -> Vec<Conv1d> {
    let mut numbers = Numbers::new(3);
    let mut pick = |from: &[usize]| from[numbers.next() as usize % from.len()];
    let mut all = Vec::new();
    while all.len() < 60 {
        let groups = pick(&[1, 1, 1, 2, 3]);
        let (features, channels) = (groups * pick(&[1, 2, 5, 16, 19]), groups * pick(&[1, 3, 16, 17, 40, 70]));
        let (input, kernel) = (pick(&[1, 2, 5, 9, 15, 150]), pick(&[1, 2, 3, 5]));
        let (stride, dilation, pad, after) = (pick(&[1, 1, 2, 3]), pick(&[1, 1, 2, 4]), pick(&[0, 1, 2, 6]), pick(&[0, 1, 3]));
        let room = (input + pad + after).checked_sub(dilation * (kernel - 1) + 1);
        let Some(output) = room.map(|room| room / stride + 1) else { continue };
        if features * channels * output > 20_000 {
            continue;
        }
        let g = Conv1d {
            time: input,
            features,
            out_time: output,
            channels,
            kernel,
            stride,
            pad,
            dilation,
            groups,
            transposed: false,
        };
        all.push(g);
        all.push(Conv1d { time: output, features: channels, out_time: input, channels: features, transposed: true, ..g });
    }
    thinned(all, 4)
}

/// For each weight with the numbers that it connects: of x, of y, of the weight.
fn for_each_weight(g: &Conv1d, mut f: impl FnMut(usize, usize, usize)) {
    let c = g.conv();
    let [channels, filters] = c.per_group();
    for o in 0..c.out_width {
        for (filter, tap) in (0..c.filters).flat_map(|filter| (0..g.kernel).map(move |tap| (filter, tap))) {
            let Some(i) = (o * g.stride + tap * g.dilation).checked_sub(g.pad).filter(|i| *i < c.width) else { continue };
            for channel in 0..channels {
                let from = i * c.channels + filter / filters * channels + channel;
                let to = o * c.filters + filter;
                let (x, y) = if g.transposed { (to, from) } else { (from, to) };
                f(x, y, (filter * channels + channel) * g.kernel + tap);
            }
        }
    }
}

struct Case {
    g: Conv1d,
    weight: Vec<f32>,
    bias: Vec<f32>,
    terms: usize,
}

impl Case {
    fn new(g: Conv1d) -> Self {
        let mut numbers = Numbers::new(g.features * 7 + g.channels + g.time);
        let [channels, filters] = g.conv().per_group();
        let weight = numbers.take(g.features * g.channels / g.groups * g.kernel);
        Self { g, weight, bias: numbers.take(g.channels), terms: channels.max(filters) * g.kernel }
    }

    fn lens(&self) -> [usize; 2] {
        [self.g.time * self.g.features, self.g.out_time * self.g.channels]
    }

    fn forward(&self, x: &[f64]) -> Vec<f64> {
        let mut y: Vec<f64> = (0..self.lens()[1]).map(|i| f64::from(self.bias[i % self.g.channels])).collect();
        for_each_weight(&self.g, |from, to, w| y[to] += x[from] * f64::from(self.weight[w]));
        y
    }

    fn backward_input(&self, dy: &[f64]) -> Vec<f64> {
        let mut dx = vec![0.0; self.lens()[0]];
        for_each_weight(&self.g, |to, from, w| dx[to] += dy[from] * f64::from(self.weight[w]));
        dx
    }

    /// Of weight and bias.
    fn add_params(&self, x: &[f64], dy: &[f64], dweight: &mut [f64], dbias: &mut [f64]) {
        for_each_weight(&self.g, |from, to, w| dweight[w] += x[from] * dy[to]);
        dy.iter().enumerate().for_each(|(i, d)| dbias[i % self.g.channels] += d);
    }
}

#[test]
fn side_by_side_as_plain_sums() {
    for g in geometries().into_iter().step_by(3) {
        let case = Case::new(g);
        let [x_len, y_len] = case.lens();
        for width in WIDTHS {
            let x = Numbers::new(1).take(x_len * width);
            let lanes = 0..if x_len * y_len > 20_000 { 1 } else { width };
            at_each_level(|| {
                let mut y = vec![f32::NAN; y_len * width];
                let (w, b) = (case.weight.as_ptr(), case.bias.as_ptr());
                call!(width, conv1d_forward(&g, x.as_ptr(), w, b, y.as_mut_ptr()));
                for lane in lanes.clone() {
                    assert_close(sample(&y, lane, width), case.forward(&sample(&x, lane, width)), case.terms, &format!("{g:?}"));
                }
            });
            side_by_side_backward(&case, width, &x);
        }
    }
}

fn side_by_side_backward(case: &Case, width: usize, x: &[f32]) {
    let (g, [x_len, y_len]) = (case.g, case.lens());
    let dy = Numbers::new(2).take(y_len * width);
    let mut wanted_dx = vec![0.0; x_len * width];
    let (mut dweight, mut dbias) = (wide(&case.weight), wide(&case.bias));
    for lane in 0..width {
        let (x, dy) = (sample(x, lane, width), sample(&dy, lane, width));
        for (i, d) in case.backward_input(&dy).into_iter().enumerate() {
            wanted_dx[i * width + lane] = d;
        }
        case.add_params(&x, &dy, &mut dweight, &mut dbias);
    }
    at_each_level(|| {
        let what = format!("{g:?}");
        crate::assert_gradient(&wanted_dx, case.terms, &what, |dx, add| {
            call!(width, conv1d_backward_input(&g, dy.as_ptr(), case.weight.as_ptr(), dx, add));
        });
        let (mut w, mut b) = (case.weight.clone(), case.bias.clone());
        call!(width, conv1d_backward_weight(&g, x.as_ptr(), dy.as_ptr(), w.as_mut_ptr(), b.as_mut_ptr()));
        let terms = g.time.max(g.out_time) * width;
        assert_close(wide(&w), dweight.iter().copied(), terms, &what);
        assert_close(wide(&b), dbias.iter().copied(), terms, &what);
        if width > 1 && g.groups == 1 {
            let (mut w, mut b) = (case.weight.clone(), case.bias.clone());
            features_last(&g, x, &dy, &mut w, &mut b);
            assert_close(wide(&w), dweight.iter().copied(), terms, &what);
            assert_close(wide(&b), dbias.iter().copied(), terms, &what);
        }
    });
}

/// The gradients of weight and bias from an x with its features last.
fn features_last(g: &Conv1d, x: &[f32], dy: &[f32], w: &mut [f32], b: &mut [f32]) {
    let mut scratch = vec![f32::NAN; conv1d_channels_last_scratch(g)];
    let (w, b) = (w.as_mut_ptr(), b.as_mut_ptr());
    // SAFETY: buffers are as long as the geometry says.
    unsafe { chwn16::conv1d_channels_last_backward_weight(g, x.as_ptr(), dy.as_ptr(), w, b, scratch.as_mut_ptr()) };
}

/// So many features that steps are taken in several strips.
#[test]
fn features_last_in_strips() {
    let g = Conv1d {
        time: 140,
        features: 300,
        out_time: 71,
        channels: 9,
        kernel: 3,
        stride: 2,
        pad: 3,
        dilation: 2,
        groups: 1,
        transposed: false,
    };
    let back = Conv1d { time: 71, features: 9, out_time: 140, channels: 300, transposed: true, ..g };
    for g in thinned(vec![g, back], 1) {
        assert!(conv1d_channels_last_steps(&g) < 71);
        let case = Case::new(g);
        let [x_len, y_len] = case.lens();
        let (x, dy) = (Numbers::new(1).take(x_len * LANES), Numbers::new(2).take(y_len * LANES));
        let (mut wanted_w, mut wanted_b) = (wide(&case.weight), wide(&case.bias));
        let (mut w, mut b) = (case.weight.clone(), case.bias.clone());
        for lane in 0..LANES {
            case.add_params(&sample(&x, lane, LANES), &sample(&dy, lane, LANES), &mut wanted_w, &mut wanted_b);
        }
        features_last(&g, &x, &dy, &mut w, &mut b);
        assert_close(wide(&w), wanted_w, 140 * LANES, &format!("{g:?}"));
        assert_close(wide(&b), wanted_b, 140 * LANES, &format!("{g:?}"));
    }
}

#[test]
fn packed_as_plain_sums() {
    for g in geometries() {
        let case = Case::new(g);
        let [x_len, y_len] = case.lens();
        let x = Numbers::new(1).take(x_len);
        let wanted = case.forward(&wide(&x));
        at_each_level(|| {
            let mut packed = vec![f32::NAN; conv1d_packed_len(&g)];
            let mut y = vec![f32::NAN; y_len];
            // SAFETY: buffers are as long as the geometry says.
            unsafe {
                chw::conv1d_pack(&g, case.weight.as_ptr(), case.bias.as_ptr(), packed.as_mut_ptr());
                chw::conv1d_forward_packed(&g, x.as_ptr(), packed.as_ptr(), y.as_mut_ptr());
            }
            assert_close(wide(&y), wanted.iter().copied(), case.terms, &format!("{g:?}"));
        });
    }
}

/// Causal ones of stride 1: a step at a time they give what they give for the whole sequence.
#[test]
fn step_by_step_as_at_once() {
    for g in geometries().into_iter().filter(|g| !g.transposed) {
        let (reach, time) = (g.reach(), 11);
        let whole = Conv1d { time, out_time: time, stride: 1, pad: reach, ..g };
        let (case, step) = (Case::new(whole), Conv1d { time: 1, out_time: 1, ..whole });
        let x = Numbers::new(1).take(time * g.features);
        let wanted = case.forward(&wide(&x));
        at_each_level(|| {
            let mut packed = vec![f32::NAN; conv1d_packed_len(&step)];
            // SAFETY: buffers are as long as the geometry says.
            unsafe { chw::conv1d_pack(&step, case.weight.as_ptr(), case.bias.as_ptr(), packed.as_mut_ptr()) };
            for is_packed in [false, true] {
                let (mut state, mut y) = (vec![0.0; step.state_len()], vec![f32::NAN; time * g.channels]);
                for t in 0..time {
                    let (x, y) = (x[t * g.features..].as_ptr(), y[t * g.channels..].as_mut_ptr());
                    // SAFETY: as above.
                    unsafe {
                        if is_packed {
                            chw::conv1d_step_packed(&step, x, packed.as_ptr(), state.as_mut_ptr(), y);
                        } else {
                            chw::conv1d_step(&step, x, case.weight.as_ptr(), case.bias.as_ptr(), state.as_mut_ptr(), y);
                        }
                    }
                }
                assert_close(wide(&y), wanted.iter().copied(), case.terms, &format!("{step:?}"));
            }
        });
    }
}

#[test]
fn across_samples_as_plain_sums_in_any_shares() {
    use crate::kernels::geometry::conv1d_scratch;
    use crate::kernels::{Samples, Share, across};
    let count = 2;
    for g in geometries().into_iter().step_by(if EMULATED { 5 } else { 1 }) {
        let case = Case::new(g);
        let [x_len, y_len] = case.lens();
        let [of_x, of_y] = [x_len + 7, y_len + 3].map(|step| Samples { count, step });
        let mut numbers = Numbers::new(5);
        let (x, dy) = (numbers.take(count * of_x.step), numbers.take(count * of_y.step));
        let before = [dy.clone(), x.clone(), x.clone(), numbers.take(case.weight.len()), numbers.take(g.channels)];
        let mut wanted = before.each_ref().map(|numbers| wide(numbers));
        for sample in 0..count {
            let (at_x, at_y) = (sample * of_x.step, sample * of_y.step);
            let (x, dy) = (wide(&x[at_x..][..x_len]), wide(&dy[at_y..][..y_len]));
            wanted[0][at_y..][..y_len].copy_from_slice(&case.forward(&x));
            let dx = case.backward_input(&dy);
            wanted[1][at_x..][..x_len].copy_from_slice(&dx);
            wanted[2][at_x..][..x_len].iter_mut().zip(&dx).for_each(|(to, d)| *to += d);
            let [_, _, _, dweight, dbias] = &mut wanted;
            case.add_params(&x, &dy, dweight, dbias);
        }
        at_each_level(|| {
            let run = |shares: usize| {
                let mut found = before.clone();
                let mut scratch = vec![f32::NAN; conv1d_scratch(&g)];
                let at = scratch.as_mut_ptr();
                let [y, dx, added, dweight, dbias] = found.each_mut().map(|numbers| numbers.as_mut_ptr());
                let (x, dy, weight, bias) = (x.as_ptr(), dy.as_ptr(), case.weight.as_ptr(), case.bias.as_ptr());
                for share in (0..shares).map(|index| Share { index, shares }) {
                    // SAFETY: buffers hold as many samples as there are, so far apart.
                    unsafe {
                        across::conv1d_across_forward(&g, of_x, x, weight, bias, of_y, y, at, share);
                        across::conv1d_across_backward_input(&g, of_y, dy, weight, of_x, dx, false, at, share);
                        across::conv1d_across_backward_input(&g, of_y, dy, weight, of_x, added, true, at, share);
                        across::conv1d_across_backward_weight(&g, of_x, x, of_y, dy, dweight, dbias, at, share);
                    }
                }
                found
            };
            let found = run(1);
            for (n, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
                let terms = case.terms + count * g.time.max(g.out_time);
                assert_close(wide(found), wanted.iter().copied(), terms, &format!("{g:?}: {n}"));
            }
            for shares in [2, 5] {
                for (n, (shared, found)) in run(shares).iter().zip(&found).enumerate() {
                    let same = shared.iter().zip(found).all(|(a, b)| a.to_bits() == b.to_bits());
                    assert!(same, "{g:?}, {shares} shares: {n}");
                }
            }
        });
    }
}
