//! Samples with fewer steps than others.

use super::{CELLS, Case, direction};
use crate::kernels::chw;
use crate::{WIDTHS, assert_close, at_each_level, sample};
use std::{format, vec};

/// Every number of steps, from none on.
fn steps(time: usize, width: usize) -> Vec<u32> {
    (0..width).map(|lane| (lane % (time + 1)) as u32).collect()
}

#[test]
fn the_state_stays_beyond_the_end() {
    at_each_level(|| {
        for (cell, width) in CELLS.iter().flat_map(|cell| WIDTHS.map(|width| (cell, width))) {
            for (reverse, states) in [(false, true), (true, false), (true, true)] {
                for first in 0..if width == 1 { 5 } else { 1 } {
                    let (time, hidden) = (4, 3);
                    let mut case = Case::new(direction(cell.kind, time, 2, hidden, reverse), width, [states, false, true], 3);
                    case.steps = if width == 1 { vec![first] } else { steps(time, width) };
                    let what = format!("of {:?}, {:?}", case.g, case.steps);
                    let (found, ..) = case.forward(cell, width > 1);
                    for lane in 0..width {
                        let [y, h, c] = case.formulas(lane, None);
                        assert_close(sample(&found.y, lane, width), y, 8, &format!("y {what}"));
                        for (state, wanted) in found.after.iter().zip([h, c]).take(cell.kind.states()) {
                            assert_close(
                                sample(state, lane, width)[hidden..].iter().copied(),
                                wanted,
                                8,
                                &format!("states {what}"),
                            );
                        }
                    }
                }
            }
        }
    });
}

#[test]
fn gradients_pass_over_what_is_not_there() {
    use super::Of;
    at_each_level(|| {
        for (cell, width) in CELLS.iter().flat_map(|cell| WIDTHS.map(|width| (cell, width))) {
            for reverse in [false, true] {
                let (time, inputs, hidden) = (3, 2, 2);
                let mut case = Case::new(direction(cell.kind, time, inputs, hidden, reverse), width, [true, true, true], 5);
                case.steps = if width == 1 { vec![2] } else { steps(time, width) };
                let found = case.train(cell, width > 1);
                let what = format!("of {:?}, {:?}", case.g, case.steps);
                let by_lane = |found: &[f32], wanted: Vec<Vec<f64>>, from: usize, name: &str| {
                    for (lane, wanted) in wanted.into_iter().enumerate() {
                        assert_close(sample(found, lane, width), wanted[from..].to_vec(), 64, &format!("{name} {what}"));
                    }
                };
                by_lane(&found.dx, case.differences(Of::X, time * inputs), 0, "dx");
                for i in 0..cell.kind.states() {
                    by_lane(&found.dstates[i], case.differences(Of::State(i), 2 * hidden), hidden, "a state's gradient");
                }
                for i in 0..4 {
                    let wanted = case.differences(Of::Weight(i), case.weights[i].len());
                    let sums = (0..case.weights[i].len()).map(|n| wanted.iter().map(|lane| lane[n]).sum::<f64>());
                    let found: Vec<f64> = found.dweights[i].iter().map(|d| f64::from(*d)).collect();
                    assert_close(found, sums, 256, &format!("weight {i} {what}"));
                }
            }
        }
    });
}

#[test]
fn steps_alone_and_zeros_behind_them() {
    let (time, hidden) = (3, 2);
    for width in WIDTHS {
        let g = direction(CELLS[0].kind, time, 1, hidden, false);
        let steps = if width == 1 { vec![2] } else { steps(time, width) };
        let row = g.width * width;
        let x: Vec<f32> = (0..time * row).map(|i| 1.0 + i as f32).collect();
        let (mut all, mut last) = (vec![f32::NAN; x.len()], vec![f32::NAN; row]);
        call!(width, recurrent_length_forward(&g, steps.as_ptr(), x.as_ptr(), all.as_mut_ptr()));
        call!(width, recurrent_length_last(&g, steps.as_ptr(), x.as_ptr(), last.as_mut_ptr()));
        for (i, y) in all.iter().enumerate() {
            let (t, lane) = (i / row, i % width);
            assert_eq!(*y, if t < steps[lane] as usize { x[i] } else { 0.0 });
        }
        let wanted_last = |i: usize| (steps[i % width] as usize).checked_sub(1).map_or(0.0, |t| x[t * row + i]);
        assert!(last.iter().enumerate().all(|(i, y)| *y == wanted_last(i)));
        {
            let (mut dx, mut of_last) = (vec![f32::NAN; x.len()], vec![f32::NAN; x.len()]);
            call!(width, recurrent_length_backward(&g, steps.as_ptr(), x.as_ptr(), dx.as_mut_ptr()));
            assert_eq!(dx, all);
            call!(width, recurrent_length_last_backward(&g, steps.as_ptr(), x.as_ptr(), of_last.as_mut_ptr()));
            for (i, d) in of_last.iter().enumerate() {
                let (t, lane) = (i / row, i % width);
                assert_eq!(*d, if t + 1 == steps[lane] as usize { x[i % row] } else { 0.0 });
            }
        }
    }
}

#[test]
fn with_packed_weights() {
    at_each_level(|| {
        for cell in &CELLS {
            for (reverse, states) in [(false, true), (true, false), (true, true)] {
                for steps in 0..5 {
                    let mut case = Case::new(direction(cell.kind, 4, 2, 19, reverse), 1, [states, false, true], 7);
                    case.steps = vec![steps];
                    let (wanted, ..) = case.forward(cell, false);
                    let g = &case.g;
                    let mut packed = vec![f32::NAN; crate::kernels::geometry::recurrent_packed_len(g)];
                    let [w_ih, w_hh] = [0, 1].map(|i| case.weights[i].as_ptr());
                    let ([b_ih, b_hh], [h0, c0]) = (case.biases(), case.before());
                    let (mut y, mut after) = (vec![7.0; wanted.y.len()], case.after());
                    let mut saved = vec![f32::NAN; g.time * g.hidden];
                    let [hn, cn] = after.each_mut().map(|state| state.as_mut_ptr());
                    let (to, states_of) = (y.as_mut_ptr(), saved.as_mut_ptr());
                    // SAFETY: buffers are as long as the geometry says.
                    unsafe {
                        chw::recurrent_pack(g, w_ih, w_hh, b_ih, b_hh, packed.as_mut_ptr());
                        (cell.forward_packed)(g, case.x.as_ptr(), h0, c0, case.steps(), packed.as_ptr(), to, hn, cn, states_of);
                    }
                    let what = format!("of {g:?}, {steps} steps");
                    // What stands behind the end is nobody's.
                    let there = steps as usize * g.width;
                    assert_close(sample(&y[..there], 0, 1), sample(&wanted.y[..there], 0, 1), 32, &what);
                    for i in 0..cell.kind.states() {
                        assert_close(sample(&after[i][19..], 0, 1), sample(&wanted.after[i][19..], 0, 1), 32, &what);
                    }
                }
            }
        }
    });
}
