//! Outputs against the formulas in f64, and gradients against differences of those.

use super::{CELLS, Case, Of, direction};
use crate::{WIDTHS, assert_close, at_each_level, sample, thinned, wide};
use std::{format, vec};

#[test]
fn as_the_formulas() {
    at_each_level(|| {
        for (cell, width) in CELLS.iter().flat_map(|cell| WIDTHS.map(|width| (cell, width))) {
            for (inputs, hidden) in thinned(vec![(1, 1), (3, 5), (2, 16), (7, 19)], 1) {
                for (time, reverse, states, bias) in [(1, false, true, true), (4, true, false, true), (3, false, true, false)] {
                    let case =
                        Case::new(direction(cell.kind, time, inputs, hidden, reverse), width, [states, false, bias], hidden);
                    for panels in [false, true] {
                        let (found, ..) = case.forward(cell, panels);
                        for lane in 0..width {
                            let [y, h, c] = case.formulas(lane, None);
                            let what = format!("of {:?}, panels: {panels}", case.g);
                            assert_close(sample(&found.y, lane, width), y, inputs + hidden, &format!("y {what}"));
                            for (state, wanted) in found.after.iter().zip([h, c]).take(cell.kind.states()) {
                                let state = &sample(state, lane, width)[hidden..];
                                assert_close(state.iter().copied(), wanted, inputs + hidden, &format!("states {what}"));
                            }
                        }
                    }
                }
            }
        }
    });
}

#[test]
fn gradients_agree_with_differences() {
    at_each_level(|| {
        for (cell, width) in CELLS.iter().flat_map(|cell| WIDTHS.map(|width| (cell, width))) {
            for (inputs, hidden, time, reverse, flags) in thinned(
                vec![
                    (2, 3, 1, false, [true, true, true]),
                    (1, 2, 4, true, [false, true, true]),
                    (2, 4, 3, false, [true, false, false]),
                ],
                1,
            ) {
                let case = Case::new(direction(cell.kind, time, inputs, hidden, reverse), width, flags, hidden);
                let found = case.train(cell, width > 1);
                let what = format!("of {:?}, {flags:?}", case.g);
                let by_lane = |found: &[f32], wanted: Vec<Vec<f64>>, from: usize, name: &str| {
                    for (lane, wanted) in wanted.into_iter().enumerate() {
                        let wanted = wanted[from..].to_vec();
                        assert_close(sample(found, lane, width), wanted, 64, &format!("{name} {what}"));
                    }
                };
                by_lane(&found.dx, case.differences(Of::X, time * inputs), 0, "dx");
                for i in 0..if flags[0] { cell.kind.states() } else { 0 } {
                    let wanted = case.differences(Of::State(i), 2 * hidden);
                    by_lane(&found.dstates[i], wanted, hidden, "a state's gradient");
                }
                for i in 0..if flags[2] { 4 } else { 2 } {
                    let lanes = case.differences(Of::Weight(i), case.weights[i].len());
                    let sums = (0..case.weights[i].len()).map(|w| lanes.iter().map(|lane| lane[w]).sum());
                    assert_close(wide(&found.dweights[i]), sums, 64 * width, &format!("weight {i} {what}"));
                }
            }
        }
    });
}
