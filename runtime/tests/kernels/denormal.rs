//! No kernel leaves denormal numbers for the next one, and products do not meet them where a loss vanishes.

use super::recurrent::{CELLS, Case};
use super::{Numbers, WIDTHS, at_each_level};
use crate::kernels::geometry::{
    AxisNorm, AxisNormKind, BatchNorm, Binary, BinaryOp, CellKind, Dropout, Glu, GroupNorm, Mean, Recurrent, Softmax,
};
use crate::simd::{TINY, TINY_ROOT};
use fireclay_ir::activation::{Exp, LeakyRelu, Relu, Sigmoid, Tanh};
use std::format;
use std::vec;

/// Numbers of all sizes from 2⁻¹⁴⁰ to 1, those that are zero too.
fn of_all_sizes(len: usize) -> Vec<f32> {
    Numbers::new(len)
        .take(len)
        .iter()
        .enumerate()
        .map(|(i, x)| if i % 17 == 0 { 0.0 } else { x * 2.0_f32.powi(-(i as i32 * 7 % 140)) })
        .collect()
}

/// Nothing is denormal, and nothing else but that is lost.
#[track_caller]
fn assert_flushed(least: f32, found: &[f32], what: &str) {
    for (i, x) in found.iter().enumerate() {
        assert!(*x == 0.0 || x.abs() >= least, "{what}: number {i} is {x:e}");
    }
    assert!(found.contains(&0.0), "{what}: the test saw nothing that was flushed");
    assert!(found.iter().any(|x| *x != 0.0), "{what}: the test saw nothing that was not flushed");
}

#[test]
fn element_wise_layers_leave_none() {
    const LEN: usize = 64;
    at_each_level(|| {
        for width in WIDTHS {
            let len = LEN * 16 / width;
            let (x, dy) = (of_all_sizes(len * width), of_all_sizes(len * width + 1)[1..].to_vec());
            // From −110 to 0: where the results are denormal and where they are zero anyway, and others.
            let low: Vec<f32> = (0..len * width).map(|i| -110.0 * (i as f32 / (len * width) as f32)).collect();
            let mut y = vec![0.0; len * width];
            for (name, kernel) in [
                ("sigmoid", (|w, len, x, y| call!(w, sigmoid(Sigmoid {}, len, x, y))) as fn(usize, usize, *const f32, *mut f32)),
                ("exp", |w, len, x, y| call!(w, exp(Exp {}, len, x, y))),
                ("softmax", |w, len, x, y| {
                    call!(w, softmax_forward(&Softmax { outer: 1, len, inner: 1, negative: false }, x, y))
                }),
            ] {
                kernel(width, len, low.as_ptr(), y.as_mut_ptr());
                assert_flushed(f32::MIN_POSITIVE, &y, name);
            }
            let plain = [len, 1, 1];
            let product = Binary { op: BinaryOp::Mul, dims: plain, a: [1, 0, 0], b: [1, 0, 0] };
            call!(width, binary(&product, x.as_ptr(), dy.as_ptr(), y.as_mut_ptr()));
            assert_flushed(f32::MIN_POSITIVE, &y, "a product");

            type Backward = fn(usize, usize, *const f32, *const f32, *mut f32, bool);
            let backward: [(&str, Backward); 17] = [
                ("relu", |w, len, y, dy, dx, add| call!(w, relu_backward(Relu {}, len, y, dy, dx, add))),
                ("leaky_relu", |w, len, y, dy, dx, add| {
                    call!(w, leaky_relu_backward(LeakyRelu { slope: 0.1 }, len, y, dy, dx, add))
                }),
                ("sigmoid", |w, len, y, dy, dx, add| call!(w, sigmoid_backward(Sigmoid {}, len, y, dy, dx, add))),
                ("tanh", |w, len, y, dy, dx, add| call!(w, tanh_backward(Tanh {}, len, y, dy, dx, add))),
                ("exp", |w, len, y, dy, dx, add| call!(w, exp_backward(Exp {}, len, y, dy, dx, add))),
                ("affine", |w, len, _, dy, dx, add| call!(w, affine_backward(len, 1e-3, dy, dx, add))),
                ("dropout", |w, len, _, dy, dx, add| {
                    call!(w, dropout_backward(&Dropout::inverted(len, 0.25, 0), 1, 0, w, dy, dx, add))
                }),
                ("mean", |w, len, _, dy, dx, add| {
                    call!(w, mean_backward(&Mean { len, values: 2, place: 0, probability: 0.0 }, dy, dx, add))
                }),
                ("softmax", |w, len, y, dy, dx, add| {
                    call!(w, softmax_backward(&Softmax { outer: len, len: 1, inner: 1, negative: false }, y, dy, dx, add))
                }),
                ("a product, left", |w, len, y, dy, dx, add| {
                    let g = Binary { op: BinaryOp::Mul, dims: [len, 1, 1], a: [1, 0, 0], b: [1, 0, 0] };
                    call!(w, binary_backward_a(&g, dy, y, y, dx, add))
                }),
                ("a product, right", |w, len, y, dy, dx, add| {
                    let g = Binary { op: BinaryOp::Mul, dims: [len, 1, 1], a: [1, 0, 0], b: [1, 0, 0] };
                    call!(w, binary_backward_b(&g, dy, y, y, dx, add))
                }),
                ("batch norm", |w, len, y, dy, dx, add| {
                    let g = BatchNorm { steps: 1, channels: 1, size: len, eps: 1e-5, momentum: 0.1 };
                    let null = core::ptr::null();
                    let samples = w;
                    call!(
                        w,
                        batch_norm_backward(
                            &g,
                            y,
                            dy,
                            null,
                            null,
                            [0.0, 1.0].as_ptr(),
                            [0.0, 0.0].as_ptr(),
                            false,
                            samples,
                            samples,
                            dx,
                            add
                        )
                    )
                }),
                ("batch norm, chw16c", |w, len, y, dy, dx, add| {
                    // As many numbers whatever the width says, sixteen channels at a time.
                    let g = BatchNorm { steps: 1, channels: 16, size: len * w / 16, eps: 1e-5, momentum: 0.1 };
                    let (shared, sums, null) = ([0.5_f32; 32], [0.0_f32; 32], core::ptr::null());
                    let (shared, sums) = (shared.as_ptr(), sums.as_ptr());
                    // SAFETY: sixteen channels fill a block.
                    unsafe {
                        crate::kernels::chw::batch_norm_chw16c_backward(
                            &g, y, dy, null, null, shared, sums, false, 1, 1, dx, add,
                        );
                    }
                }),
                ("group norm", |w, len, y, dy, dx, add| {
                    // Pairs: some whose gradients are all too small.
                    let g = GroupNorm { groups: len / 2, outer: 1, channels: len, size: 1, eps: 1e-5 };
                    let stats = vec![0.5; len * w];
                    let (stats, mut sums) = (stats.as_ptr(), vec![f32::NAN; 2 * len * w]);
                    call!(w, group_norm_backward_sums(&g, y, stats, dy, sums.as_mut_ptr()));
                    call!(w, group_norm_backward_input(&g, y, stats, sums.as_ptr(), core::ptr::null(), dy, dx, add))
                }),
                ("axis norm", |w, len, y, dy, dx, add| {
                    let g = AxisNorm { kind: AxisNormKind::Layer, outer: len / 2, len: 2, inner: 1, eps: 1e-5 };
                    let stats = vec![0.5; len * w];
                    call!(w, axis_norm_backward_input(&g, y, stats.as_ptr(), core::ptr::null(), dy, dx, add))
                }),
                ("log softmax", |w, len, y, dy, dx, add| {
                    let g = Softmax { outer: len, len: 1, inner: 1, negative: false };
                    call!(w, log_softmax_backward(&g, y, dy, dx, add))
                }),
                // Half as many results as numbers of x.
                ("glu", |w, len, x, dy, dx, add| call!(w, glu_backward(&Glu { outer: len / 2, half: 1 }, x, dy, dx, add))),
            ];
            for (name, kernel) in backward {
                for accumulate in [false, true] {
                    let mut dx = of_all_sizes(len * width + 2)[2..].to_vec();
                    kernel(width, len, x.as_ptr(), dy.as_ptr(), dx.as_mut_ptr(), accumulate);
                    assert_flushed(TINY, &dx, &format!("backward of {name}"));
                }
            }
            let mut flushed = dy.clone();
            call!(width, flush_gradient(len, flushed.as_mut_ptr()));
            for (found, was) in flushed.iter().zip(&dy) {
                assert_eq!(*found, if was.abs() < TINY { 0.0 } else { *was });
            }
        }
    });
}

#[test]
fn a_state_that_nothing_comes_into_is_empty_at_last() {
    // Gates of a half, or a weight of a half, and nothing else: 2⁻¹⁰⁰ after a hundred steps.
    for (cell, width) in CELLS.iter().flat_map(|cell| WIDTHS.map(|width| (cell, width))) {
        let g = Recurrent { cell: cell.kind, time: 300, inputs: 1, hidden: 1, reverse: false, width: 1, offset: 0, row: 0 };
        let mut case = Case::new(g, width, [true, false, false], 1);
        let weight = if g.cell.gates() == 1 { 0.5 } else { 0.0 };
        case.weights[1].fill(weight);
        case.weights[0].fill(0.0);
        if let Some([h, c]) = &mut case.states {
            h.fill(if g.cell.states() > 1 { 0.0 } else { 1.0 });
            c.fill(1.0);
        }
        let (found, _, saved) = case.forward(cell, width > 1);
        if g.cell == CellKind::Lstm {
            assert_flushed(TINY, &saved, "cells");
            assert_flushed(f32::MIN_POSITIVE, &found.y, "outputs");
            assert_eq!(saved[98 * width], 2.0_f32.powi(-99));
        } else {
            assert_flushed(TINY, &found.y, "outputs");
            assert!(found.y[60 * width] != 0.0 && found.y[110 * width] == 0.0, "{:?}", g.cell);
        }
    }
}

#[test]
fn recurrent_layers_leave_none_in_gradients() {
    for (cell, width) in CELLS.iter().flat_map(|cell| WIDTHS.map(|width| (cell, width))) {
        let g = Recurrent { cell: cell.kind, time: 5, inputs: 3, hidden: 18, reverse: false, width: 18, offset: 0, row: 0 };
        let mut case = Case::new(g, width, [true, false, true], 2);
        case.dy = of_all_sizes(case.dy.len());
        // Gradients through time would hide the small ones.
        case.weights[1].fill(0.0);
        case.states = None;
        let found = case.train(cell, width > 1);
        for dgates in found.dgates.iter().filter(|dgates| !dgates.is_empty()) {
            assert_flushed(TINY, dgates, &format!("gradients of {:?}", g.cell));
        }
    }
}

#[test]
fn moments_and_parameters_end_at_zero() {
    use crate::kernels::optim::{Adam, adam_step};
    let g =
        Adam { beta2: 0.5, rest1: 0.5, rest2: 0.5, decay: 0.0, keep: 0.5, size: 0.1, scale: 1.0, eps: 1e-8, least: TINY_ROOT };
    at_each_level(|| {
        let (mut p, mut m, mut v) = ([1.0; 17], [1e-3; 17], [1e-3; 17]);
        // The square of a gradient would be denormal.
        let grads = [1e-20; 17];
        for _ in 0..400 {
            adam_step(&g, &mut p, &grads, &mut m, &mut v, &mut []);
            for x in p.iter().chain(&m).chain(&v) {
                assert!(*x == 0.0 || x.is_normal(), "{x:e}");
            }
        }
        assert_eq!((p, m, v), ([0.0; 17], [0.0; 17], [0.0; 17]));
    });
}

/// Whether this meets denormal numbers, as operands or results: the processor's flags say so.
#[cfg(all(target_arch = "x86_64", not(miri)))]
fn meets_denormals(run: impl FnOnce()) -> bool {
    use core::arch::asm;
    const DENORMAL: u32 = 1 << 1;
    const UNDERFLOW: u32 = 1 << 4;
    let (mut before, mut after) = (0_u32, 0_u32);
    // SAFETY: the flags of exceptions are ours to clear in a block that does not promise to keep them; masks and modes stay.
    unsafe {
        asm!("stmxcsr [{}]", in(reg) &raw mut before, options(nostack));
        let clear = before & !(DENORMAL | UNDERFLOW);
        asm!("ldmxcsr [{}]", in(reg) &raw const clear, options(nostack));
    }
    run();
    // SAFETY: it only reads.
    unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut after, options(nostack)) };
    after & (DENORMAL | UNDERFLOW) != 0
}

/// Gradients down to the least that are not flushed, weights and inputs of ordinary sizes: no product is below the normal numbers.
#[test]
#[cfg(all(target_arch = "x86_64", not(miri)))]
fn products_do_not_meet_them_where_a_loss_vanishes() {
    use crate::kernels::geometry::{Conv, Dense, winograd_scratch, winograd_weight_scratch};
    let sized = |len: usize, from: f32, to: f32| -> Vec<f32> {
        Numbers::new(len).take(len).iter().map(|x| x.signum() * from * (to / from).powf(x.abs())).collect()
    };
    assert!(meets_denormals(|| {
        let mut y = [0.0; 16];
        call!(16, affine(1, 1e-20, 0.0, [1e-20; 16].as_ptr(), y.as_mut_ptr()));
        std::hint::black_box(y);
    }));
    let dense = Dense { rows: 1, inputs: 24, outputs: 10 };
    let conv = Conv {
        channels: 16,
        height: 9,
        width: 9,
        filters: 16,
        out_height: 9,
        out_width: 9,
        kernel: [3; 2],
        stride: [1; 2],
        pad: [1; 2],
        dilation: [1; 2],
        groups: 1,
    };
    at_each_level(|| {
        for width in WIDTHS {
            let (w, x) = (sized(dense.inputs * dense.outputs, 1e-6, 1.0), sized(dense.inputs * width, 1e-6, 1.0));
            let mut dy = sized(dense.outputs * width, 2.0 * TINY, 1e-25);
            dy[3 * width] = 0.0;
            let (mut dx, mut dw) = (vec![0.0; dense.inputs * width], vec![0.0; dense.inputs * dense.outputs]);
            let mut scratch = vec![0.0; dense.inputs * Dense::SCRATCH * dense.rows];
            assert!(
                !meets_denormals(|| {
                    call!(width, dense_backward_input(&dense, dy.as_ptr(), w.as_ptr(), dx.as_mut_ptr(), false));
                    call!(
                        width,
                        dense_backward_weight(
                            &dense,
                            x.as_ptr(),
                            dy.as_ptr(),
                            dw.as_mut_ptr(),
                            core::ptr::null_mut(),
                            scratch.as_mut_ptr()
                        )
                    );
                }),
                "dense, {width} wide"
            );
            let (w, x) = (sized(16 * 16 * 9, 1e-6, 1.0), sized(16 * 81 * width, 1e-6, 1.0));
            let dy = sized(16 * 81 * width, 2.0 * TINY, 1e-25);
            let (mut dx, mut dw) = (vec![0.0; 16 * 81 * width], vec![0.0; 16 * 16 * 9]);
            assert!(
                !meets_denormals(|| {
                    call!(width, conv_backward_input(&conv, dy.as_ptr(), w.as_ptr(), dx.as_mut_ptr(), false));
                    call!(width, conv_backward_weight(&conv, x.as_ptr(), dy.as_ptr(), dw.as_mut_ptr(), core::ptr::null_mut()));
                }),
                "convolution, {width} wide"
            );
        }
        let width = 16;
        // Its transforms divide weights by up to 576.
        let (w, x) = (sized(16 * 16 * 9, 1e-3, 1.0), sized(16 * 81 * width, 1e-3, 1.0));
        let dy = sized(16 * 81 * width, 2.0 * TINY, 1e-25);
        let (mut dx, mut dw) = (vec![0.0; 16 * 81 * width], vec![0.0; 16 * 16 * 9]);
        use crate::kernels::chwn16;
        let mut scratch = vec![0.0; winograd_scratch(&conv).max(winograd_weight_scratch(&conv))];
        assert!(
            !meets_denormals(|| {
                // SAFETY: the test's buffers are as long as its geometry says.
                unsafe {
                    chwn16::conv_winograd_backward_input(
                        &conv,
                        dy.as_ptr(),
                        w.as_ptr(),
                        dx.as_mut_ptr(),
                        false,
                        scratch.as_mut_ptr(),
                    );
                    chwn16::conv_winograd_backward_weight(
                        &conv,
                        x.as_ptr(),
                        dy.as_ptr(),
                        dw.as_mut_ptr(),
                        core::ptr::null_mut(),
                        scratch.as_mut_ptr(),
                    );
                }
            }),
            "Winograd"
        );
    });
}
