//! Batches that do not fill the lanes: where dy is zero in the padding lanes, what lies there of x, finite as it is, reaches no gradient.

use super::recurrent::{CELLS, Case};
use super::{LANES, Numbers, at_each_level, thinned};
use crate::kernels::chwn16;
use crate::kernels::dense::weight_gradient::chwn16 as dense_weight;
use crate::kernels::geometry::{
    AxisNorm, AxisNormKind, BatchNorm, Binary, BinaryOp, Blocks, Conv, Conv1d, Dense, Dropout, Glu, GroupNorm, Lrn, Maxout, Mean,
    Pool, Power, Recurrent, Reduce, ReduceOp, Roi, Select, Softmax, Strided, Unpool, Upsample, WithNumber,
    conv1d_channels_last_scratch, roi_align_scratch,
};
use core::ptr::{null, null_mut};
use fireclay_ir::activation::{self, Activation, Double, Saved};
use std::vec;

const COUNT: usize = 5;

/// Values in `chwn16` whose padding lanes hold `padding`.
fn values(seed: usize, len: usize, padding: f32) -> Vec<f32> {
    let mut values = Numbers::new(seed).take(len * LANES);
    values.chunks_mut(LANES).for_each(|v| v[COUNT..].fill(padding));
    values
}

/// `kernel(x, dy, dx)`, both of x and dx of `x_len` vectors, dy of `len`.
#[track_caller]
fn assert_zero(x_len: usize, len: usize, kernel: impl Fn(*const f32, *const f32, *mut f32)) {
    at_each_level(|| {
        let dy = values(2, len, 0.0);
        for padding in thinned(vec![-3.0, 0.0, 1e4], 1) {
            let (x, mut dx) = (values(1, x_len, padding), vec![f32::NAN; x_len * LANES]);
            kernel(x.as_ptr(), dy.as_ptr(), dx.as_mut_ptr());
            for v in dx.chunks(LANES) {
                assert_eq!(v[COUNT..], [0.0; LANES - COUNT], "from {padding}");
            }
        }
    });
}

/// `kernel(x, dy, gradients)`: the gradients of `params` parameters.
#[track_caller]
fn assert_ignored(x_len: usize, len: usize, params: usize, kernel: impl Fn(*const f32, *const f32, *mut f32)) {
    at_each_level(|| {
        let dy = values(2, len, 0.0);
        let gradient = |padding: f32| {
            let mut to = vec![0.0; params];
            kernel(values(1, x_len, padding).as_ptr(), dy.as_ptr(), to.as_mut_ptr());
            to
        };
        let wanted = gradient(0.0);
        assert!(wanted.iter().all(|w| w.is_finite()) && wanted.iter().any(|w| *w != 0.0));
        for padding in thinned(vec![-3.0, 1e4], 1) {
            assert_eq!(gradient(padding), wanted, "from {padding}");
        }
    });
}

const CONV: Conv = Conv {
    channels: 4,
    height: 3,
    width: 2,
    filters: 6,
    out_height: 3,
    out_width: 2,
    kernel: [3, 3],
    stride: [1, 1],
    pad: [1, 1],
    dilation: [1, 1],
    groups: 2,
};

/// One filter for each channel.
const DEPTHWISE: Conv = Conv { filters: 4, groups: 4, ..CONV };

#[test]
fn convolutions() {
    for g in [CONV, DEPTHWISE] {
        let (x_len, len, params) = (g.channels * 6, g.filters * 6, g.filters * g.channels / g.groups * 9);
        let weight = Numbers::new(3).take(params);
        assert_zero(x_len, len, |_, dy, dx| call!(LANES, conv_backward_input(&g, dy, weight.as_ptr(), dx, false)));
        assert_zero(len, x_len, |_, dy, dx| call!(LANES, conv_transpose_backward_input(&g, dy, weight.as_ptr(), dx, false)));
        assert_ignored(x_len, len, params, |x, dy, to| call!(LANES, conv_backward_weight(&g, x, dy, to, null_mut())));
        assert_ignored(len, x_len, params, |x, dy, to| call!(LANES, conv_transpose_backward_weight(&g, x, dy, to, null_mut())));
    }
}

#[test]
fn convolutions_over_time() {
    let (time, out_time) = (6, 4);
    let g = Conv1d {
        time,
        features: 4,
        out_time,
        channels: 6,
        kernel: 3,
        stride: 2,
        pad: 2,
        dilation: 1,
        groups: 2,
        transposed: false,
    };
    let weight = Numbers::new(3).take(36);
    assert_zero(24, 24, |_, dy, dx| call!(LANES, conv1d_backward_input(&g, dy, weight.as_ptr(), dx, false)));
    assert_ignored(24, 24, 36, |x, dy, to| call!(LANES, conv1d_backward_weight(&g, x, dy, to, null_mut())));
    let g = Conv1d { groups: 1, ..g };
    assert_ignored(24, 24, 72, |x, dy, to| {
        let mut scratch = vec![f32::NAN; conv1d_channels_last_scratch(&g)];
        // SAFETY: buffers are as long as the geometry says.
        unsafe { chwn16::conv1d_channels_last_backward_weight(&g, x, dy, to, null_mut(), scratch.as_mut_ptr()) };
    });
}

#[test]
fn dense_layers() {
    let one = Dense { rows: 1, inputs: 21, outputs: 7 };
    assert_ignored(21, 7, 147, |x, dy, to| {
        let mut saved = vec![f32::NAN; one.saved_len()];
        let share = crate::kernels::Share { index: 0, shares: 1 };
        // SAFETY: a micro-batch is saved, and the gradient is as large as the weight.
        unsafe {
            dense_weight::dense_save(&one, x, dy, saved.as_mut_ptr());
            dense_weight::dense_batch_weight(&one, saved.as_ptr(), saved.len(), LANES, to, null_mut(), share);
        }
    });
    let g = Dense { rows: 2, inputs: 9, outputs: 7 };
    let weight = Numbers::new(3).take(63);
    assert_zero(18, 14, |_, dy, dx| call!(LANES, dense_backward_input(&g, dy, weight.as_ptr(), dx, false)));
    assert_ignored(18, 14, 63, |x, dy, to| {
        let mut scratch = vec![f32::NAN; 9 * Dense::SCRATCH * g.rows];
        call!(LANES, dense_backward_weight(&g, x, dy, to, null_mut(), scratch.as_mut_ptr()));
    });
    let tied = Dense { rows: 2, inputs: 7, outputs: 9 };
    assert_zero(14, 18, |_, dy, dx| call!(LANES, dense_tied_backward_input(&tied, dy, weight.as_ptr(), dx, false)));
    assert_ignored(14, 18, 63, |x, dy, to| {
        let mut scratch = vec![f32::NAN; 9 * Dense::SCRATCH * g.rows];
        call!(LANES, dense_tied_backward_weight(&tied, x, dy, to, null_mut(), scratch.as_mut_ptr()));
    });
}

#[test]
fn pools() {
    let g = Pool {
        channels: 2,
        height: 5,
        width: 5,
        out_height: 3,
        out_width: 3,
        kernel: [3, 3],
        stride: [2, 2],
        pad: [1, 1],
        pad_after: [1, 1],
        dilation: [1, 1],
        count_pad: true,
        adaptive: false,
    };
    assert_zero(50, 18, |x, dy, dx| call!(LANES, max_pool_backward(&g, x, dy, dx, false)));
    assert_zero(50, 18, |_, dy, dx| call!(LANES, avg_pool_backward(&g, dy, dx, false)));
    let four = Pool { out_height: 2, out_width: 2, kernel: [2; 2], stride: [2; 2], pad: [0; 2], pad_after: [0; 2], ..g };
    assert_zero(50, 8, |x, dy, dx| call!(LANES, max_pool_backward(&four, x, dy, dx, false)));
}

#[test]
fn upsampling() {
    let g = Upsample { channels: 2, height: 3, width: 2, out_height: 6, out_width: 4, align_corners: true };
    assert_zero(12, 48, |_, dy, dx| call!(LANES, upsample_nearest_backward(&g, dy, dx, false)));
    assert_zero(12, 48, |_, dy, dx| call!(LANES, upsample_bilinear_backward(&g, dy, dx, false)));
    assert_zero(12, 48, |_, dy, dx| call!(LANES, bed_of_nails_backward(&g, dy, dx, false)));
    let (unpool, indices) = (Unpool { channels: 2, len: 6, out_len: 24 }, [5_u32; 12 * LANES]);
    assert_zero(12, 48, |_, dy, dx| call!(LANES, max_unpool_backward(&unpool, indices.as_ptr(), dy, dx, false)));
}

/// Regions in the padding lanes may be anything.
#[test]
fn regions() {
    let g =
        Roi { regions: 2, channels: 2, height: 3, width: 4, out_height: 2, out_width: 2, scale: 0.5, sampling: 0, aligned: true };
    let rois = values(3, 8, 1e4);
    let places: Vec<f32> = (0..16 * LANES as u32).map(|i| f32::from_bits(if i % 5 == 0 { u32::MAX } else { i % 12 })).collect();
    assert_zero(24, 16, |_, dy, dx| call!(LANES, roi_pool_backward(&g, places.as_ptr(), dy, dx, false)));
    assert_zero(24, 16, |_, dy, dx| {
        let mut scratch = vec![0.0; roi_align_scratch(&g) * LANES];
        call!(LANES, roi_align_backward(&g, rois.as_ptr(), dy, dx, false, scratch.as_mut_ptr()));
    });
}

#[test]
fn element_by_element() {
    macro_rules! activations {
        ($($forward:ident $Name:ident $backward:ident;)*) => {
            $(for f in activation::examples::<activation::$Name>() {
                assert_zero(7, 7, |x, dy, dx| {
                    // SAFETY: the test's buffers are as long as its geometry says.
                    let mut saved = unsafe { core::slice::from_raw_parts(x, 7 * LANES) }.to_vec();
                    // Where the slope at zero is infinite, a sample there gives no finite gradient itself.
                    if !f.gradient(Double(0.0), Double(1.0)).0.is_finite() {
                        saved.iter_mut().for_each(|x| *x = x.abs() + 1.0);
                    }
                    // The output as it may be: that of Exp at 10⁴ would not be finite.
                    let mut y = saved.clone();
                    call!(LANES, $forward(f, 7, saved.as_ptr(), y.as_mut_ptr()));
                    if f.saved() == Saved::Output && y.iter().all(|y| y.is_finite()) {
                        saved = y;
                    }
                    call!(LANES, $backward(f, 7, saved.as_ptr(), dy, dx, false));
                });
            })*
        };
    }
    fireclay_ir::activations!(activations);
    assert_zero(7, 7, |_, dy, dx| call!(LANES, affine_backward(7, 3.0, dy, dx, false)));
    let dropout = Dropout::inverted(7, 0.5, 1);
    assert_zero(7, 7, |_, dy, dx| call!(LANES, dropout_backward(&dropout, 1, 0, COUNT, dy, dx, false)));
    let mean = Mean { len: 7, values: 2, place: 1, probability: 0.5 };
    assert_zero(7, 7, |_, dy, dx| call!(LANES, mean_backward(&mean, dy, dx, false)));
    assert_zero(7, 7, |_, dy, dx| call!(LANES, mean_drop_backward(&mean, 1, 1, 0, COUNT, dy, dx, false)));
    let blocks = Blocks { outer: 1, len: 7, from: 0, from_stride: 7, to: 0, to_stride: 7 };
    assert_zero(7, 7, |_, dy, dx| call!(LANES, copy_blocks(&blocks, dy, dx, false)));
    let moved = Strided { sizes: [1, 1, 1, 3, 2], x: [0, 0, 0, 1, 4], y: [0, 0, 0, 2, 1], from: 1, x_len: 9 };
    assert_zero(9, 6, |_, dy, dx| call!(LANES, copy_strided_backward(&moved, dy, dx, false)));
    for op in OPERATORS {
        let g = WithNumber { op, number: 0.5, first: true, len: 7 };
        // No division by what is zero in padding lanes.
        assert_zero(7, 7, |x, dy, dx| {
            if op != BinaryOp::Div {
                return call!(LANES, with_number_backward(&g, x, dy, dx, false));
            }
            call!(LANES, with_number_backward(&WithNumber { first: false, ..g }, x, dy, dx, false));
        });
    }
    assert_zero(7, 7, |x, dy, dx| call!(LANES, power_backward(&Power { exponent: 3.0, len: 7 }, x, dy, dx, false)));
    let select = Select { dims: [1, 1, 2, 3], mask: [0, 0, 3, 1], a: [0, 0, 3, 1], b: [0, 0, 0, 1] };
    assert_zero(6, 6, |mask, dy, da| call!(LANES, select_backward_a(&select, mask, dy, da, false)));
    let sum = Reduce { op: ReduceOp::Max, kept: [1, 2], kept_strides: [0, 3], reduced: [1, 3], reduced_strides: [0, 1] };
    assert_zero(6, 2, |x, dy, dx| {
        let mut y = vec![f32::NAN; 2 * LANES];
        call!(LANES, reduce_forward(&sum, x, y.as_mut_ptr()));
        call!(LANES, reduce_backward(&sum, x, y.as_ptr(), dy, dx, false));
    });
    assert_ignored(7, 7, 7, |_, dy, to| call!(LANES, param_value_backward(7, dy, to)));
    let softmax = Softmax { outer: 1, len: 7, inner: 1, negative: false };
    assert_zero(7, 7, |y, dy, dx| call!(LANES, softmax_backward(&softmax, y, dy, dx, false)));
    assert_zero(7, 7, |y, dy, dx| {
        // Logarithms of shares are not above zero.
        // SAFETY: there are seven vectors.
        let logs: Vec<f32> = unsafe { core::slice::from_raw_parts(y, 7 * LANES) }.iter().map(|y| -y.abs()).collect();
        call!(LANES, log_softmax_backward(&softmax, logs.as_ptr(), dy, dx, false))
    });
    let maxout = Maxout { outer: 1, len: 7, pieces: 2, inner: 1 };
    assert_zero(14, 7, |x, dy, dx| call!(LANES, maxout_backward(&maxout, x, dy, dx, false)));
    let glu = Glu { outer: 1, half: 7 };
    assert_zero(14, 7, |x, dy, dx| call!(LANES, glu_backward(&glu, x, dy, dx, false)));
    for op in OPERATORS {
        let whole = [6, 3, 1];
        for strides in [whole, [0, 0, 1], [3, 0, 1]] {
            let g = Binary { op, dims: [2, 2, 3], a: strides, b: whole };
            let len = (0..3).map(|axis| if strides[axis] == 0 { 1 } else { g.dims[axis] }).product();
            let transposed = Binary { a: g.b, b: g.a, ..g };
            // The other side has 12 vectors; a divisor that is zero gives no finite gradient anywhere.
            let own = |padding: *const f32| if op == BinaryOp::Div { WIDE.as_ptr() } else { padding };
            let other = |padding: *const f32| if len == 12 { own(padding) } else { WIDE.as_ptr() };
            assert_zero(len, 12, |b, dy, da| call!(LANES, binary_backward_a(&g, dy, own(b), other(b), da, false)));
            assert_zero(len, 12, |a, dy, db| call!(LANES, binary_backward_b(&transposed, dy, other(a), own(a), db, false)));
        }
    }
}

const OPERATORS: [BinaryOp; 8] = {
    use BinaryOp::{Add, Div, Greater, GreaterEqual, Max, Min, Mul, Sub};
    [Add, Sub, Mul, Div, Max, Min, Greater, GreaterEqual]
};

/// Twelve vectors.
static WIDE: [f32; 12 * LANES] = [1e4; 12 * LANES];

#[test]
fn batch_norm_by_running_statistics() {
    let (mean, var) = ([0.5, -2.0], [0.3, 4.0]);
    for [steps, size] in [[1, 6], [6, 1]] {
        let g = BatchNorm { steps, channels: 2, size, eps: 1e-3, momentum: 0.1 };
        assert_zero(12, 12, |_, dy, dx| call!(LANES, batch_norm_eval_backward(&g, dy, null(), var.as_ptr(), dx, false)));
        assert_ignored(12, 12, 4, |x, dy, to| {
            call!(LANES, batch_norm_eval_backward_params(&g, x, dy, mean.as_ptr(), var.as_ptr(), to, to.add(2)))
        });
    }
}

#[test]
fn group_norm() {
    let g = GroupNorm { groups: 2, outer: 1, channels: 4, size: 3, eps: 1e-3 };
    let gamma = [0.5, -2.0, 1.0, 3.0];
    let stats = |x: *const f32| {
        let (mut y, mut stats) = (vec![f32::NAN; 12 * LANES], vec![f32::NAN; 4 * LANES]);
        call!(LANES, group_norm_forward(&g, x, null(), null(), y.as_mut_ptr(), stats.as_mut_ptr()));
        stats
    };
    let sums = |x: *const f32, dy: *const f32| {
        let (stats, mut sums) = (stats(x), vec![f32::NAN; 8 * LANES]);
        call!(LANES, group_norm_backward_sums(&g, x, stats.as_ptr(), dy, sums.as_mut_ptr()));
        (stats, sums)
    };
    assert_zero(12, 12, |x, dy, dx| {
        let (stats, sums) = sums(x, dy);
        call!(LANES, group_norm_backward_input(&g, x, stats.as_ptr(), sums.as_ptr(), gamma.as_ptr(), dy, dx, false))
    });
    assert_ignored(12, 12, 8, |x, dy, to| {
        let (stats, sums) = sums(x, dy);
        call!(LANES, group_norm_backward_params(&g, stats.as_ptr(), sums.as_ptr(), to, to.add(4)))
    });
}

#[test]
fn lrn() {
    let g = Lrn { channels: 4, size: 3, window: 3, alpha: 0.5, beta: 0.75, k: 1.0 };
    assert_zero(12, 12, |x, dy, dx| {
        let (mut y, mut bases, mut scratch) =
            (vec![f32::NAN; 12 * LANES], vec![f32::NAN; 12 * LANES], vec![f32::NAN; 12 * LANES]);
        call!(LANES, lrn_forward(&g, x, y.as_mut_ptr(), bases.as_mut_ptr()));
        call!(LANES, lrn_backward(&g, x, bases.as_ptr(), dy, dx, false, scratch.as_mut_ptr()))
    });
}

#[test]
fn axis_norm() {
    let gamma = [0.5, -2.0, 1.0, 3.0];
    for kind in [AxisNormKind::Layer, AxisNormKind::Rms, AxisNormKind::L2] {
        let g = AxisNorm { kind, outer: 1, len: 4, inner: 3, eps: 1e-3 };
        let stats = |x: *const f32| {
            let (mut y, mut stats) = (vec![f32::NAN; 12 * LANES], vec![f32::NAN; 6 * LANES]);
            call!(LANES, axis_norm_forward(&g, x, null(), null(), y.as_mut_ptr(), stats.as_mut_ptr()));
            stats
        };
        assert_zero(12, 12, |x, dy, dx| {
            call!(LANES, axis_norm_backward_input(&g, x, stats(x).as_ptr(), gamma.as_ptr(), dy, dx, false))
        });
        assert_ignored(12, 12, 8, |x, dy, to| {
            call!(LANES, axis_norm_backward_params(&g, x, stats(x).as_ptr(), dy, to, to.add(4)))
        });
    }
}

#[test]
fn recurrent() {
    for cell in &CELLS {
        let g = Recurrent { cell: cell.kind, time: 3, inputs: 2, hidden: 3, reverse: false, width: 3, offset: 0, row: 0 };
        let steps = g.time * g.hidden;
        let train = |x: *const f32, dy: *const f32| {
            let mut case = Case::new(g, LANES, [false, false, true], 3);
            // SAFETY: as many as there are inputs, and outputs.
            unsafe {
                case.x.as_mut_ptr().copy_from_nonoverlapping(x, g.time * g.inputs * LANES);
                case.dy.as_mut_ptr().copy_from_nonoverlapping(dy, steps * LANES);
            }
            case.train(cell, true)
        };
        // SAFETY: as many as there are inputs.
        let copy = |x: Vec<f32>, to: *mut f32| unsafe { to.copy_from_nonoverlapping(x.as_ptr(), x.len()) };
        assert_zero(g.time * g.inputs, steps, |x, dy, dx| copy(train(x, dy).dx, dx));
        let params = g.gates() * (g.inputs + g.hidden + 2);
        assert_ignored(g.time * g.inputs, steps, params, |x, dy, to| copy(train(x, dy).dweights.concat(), to));
    }
}
