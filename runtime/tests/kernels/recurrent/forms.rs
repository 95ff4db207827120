//! Every other way (packed weights, panels, symbols) against the plain one.

use super::{CELLS, Case, Found, direction};
use crate::kernels::chw;
use crate::kernels::geometry::recurrent_packed_len;
use crate::{assert_close, at_each_level, thinned, wide};
use core::ptr::{null, null_mut};
use std::{format, vec};

#[test]
fn packed_as_the_plain_one() {
    at_each_level(|| {
        for cell in &CELLS {
            let sizes = vec![
                (1, 1),
                (1, 16),
                (2, 24),
                (5, 7),
                (3, 64),
                (17, 40),
                (4, 33),
                (2, 8),
                (1, 29),
                (2, 13),
                (6, 100),
                (3, 48),
                (9, 80),
                (1, 130),
            ];
            for (inputs, hidden) in thinned(sizes, 4) {
                for (time, reverse, states, bias) in [(1, false, true, true), (3, true, false, true), (4, false, true, false)] {
                    let case = Case::new(direction(cell.kind, time, inputs, hidden, reverse), 1, [states, false, bias], hidden);
                    let (wanted, ..) = case.forward(cell, false);
                    let g = &case.g;
                    let mut packed = vec![f32::NAN; recurrent_packed_len(g)];
                    let ([h0, c0], [b_ih, b_hh], [w_ih, w_hh, ..]) =
                        (case.before(), case.biases(), case.weights.each_ref().map(|weight| weight.as_ptr()));
                    // States after stand where those before do.
                    let mut found = Found { y: vec![7.0; wanted.y.len()], after: case.after(), ..Found::default() };
                    if let Some(states) = &case.states {
                        found.after = states.clone();
                    }
                    let mut states_of = vec![f32::NAN; (g.cell.states() - 1) * time * hidden];
                    // SAFETY: buffers are as long as the geometry says.
                    unsafe {
                        chw::recurrent_pack(g, w_ih, w_hh, b_ih, b_hh, packed.as_mut_ptr());
                        assert!(packed.iter().all(|w| !w.is_nan()), "all of {g:?} is packed");
                        let [hn, cn] = found.after.each_mut().map(|state| state.as_mut_ptr());
                        let cn = if g.cell.states() > 1 { cn } else { null_mut() };
                        let before = |there: *const f32, at: *mut f32| if there.is_null() { null() } else { at.cast_const() };
                        let (h0, c0, y) = (before(h0, hn), before(c0, cn), found.y.as_mut_ptr());
                        (cell.forward_packed)(
                            g,
                            case.x.as_ptr(),
                            h0,
                            c0,
                            case.steps(),
                            packed.as_ptr(),
                            y,
                            hn,
                            cn,
                            states_of.as_mut_ptr(),
                        );
                    }
                    // Without a bound on the states (a ReLU) numbers grow, and what is rounded off them.
                    let largest = wanted.y.iter().fold(1.0_f32, |most, y| most.max(y.abs()));
                    let terms = (inputs + hidden) * largest as usize;
                    assert_close(wide(&found.y), wide(&wanted.y), terms, &format!("y of {g:?}"));
                    for (found, wanted) in found.after.iter().zip(&wanted.after).take(g.cell.states()) {
                        let (found, wanted) = (&found[hidden..], &wanted[hidden..]);
                        assert_close(wide(found), wide(wanted), terms, &format!("states of {g:?}"));
                    }
                }
            }
        }
    });
}

#[test]
fn symbols_and_panels_as_the_plain_one() {
    use crate::Numbers;
    use crate::kernels::chwn16;
    use crate::kernels::geometry::{Embedding, Symbols};
    use crate::simd::LANES;
    use std::vec::Vec;
    at_each_level(|| {
        for cell in &CELLS {
            for (inputs, hidden, bound) in thinned(vec![(1, 1, 1), (3, 5, 16), (20, 17, 33), (16, 32, 7)], 2) {
                for (time, reverse) in [(1, false), (5, true), (9, false)] {
                    let g = direction(cell.kind, time, inputs, hidden, reverse);
                    let s = Symbols { bound, padding_index: if bound > 4 { 3 } else { usize::MAX } };
                    let mut case = Case::new(g, LANES, [true, false, true], hidden + time);
                    let mut numbers = Numbers::new(bound);
                    let x: Vec<u32> = (0..time * LANES).map(|_| numbers.next() % bound as u32).collect();
                    let rows = numbers.take(bound * inputs);
                    let look = Embedding { len: time, features: inputs, padding_index: s.padding_index };
                    // SAFETY: buffers are as long as the geometry says.
                    unsafe { chwn16::embedding_forward(&look, x.as_ptr(), rows.as_ptr(), case.x.as_mut_ptr()) };
                    let mut plain = case.train(cell, false);
                    plain.drows = vec![0.0; rows.len()];
                    let (dx, drows) = (plain.dx.as_ptr(), plain.drows.as_mut_ptr());
                    // SAFETY: buffers are as long as the geometry says.
                    unsafe { chwn16::embedding_backward(&look, x.as_ptr(), dx, drows) };
                    let (panels, embedded) = (case.train(cell, true), case.train_embedded(cell, &s, &x, &rows));
                    let close = |name: &str, found: &[f32], wanted: &[f32]| {
                        let terms = 16 * time * (inputs + 4 * hidden);
                        assert_close(wide(found), wide(wanted), terms, &format!("{name} of {g:?}"));
                    };
                    close("dx with panels", &panels.dx, &plain.dx);
                    close("drows with symbols", &embedded.drows, &plain.drows);
                    for found in [&panels, &embedded] {
                        close("y", &found.y, &plain.y);
                        close("saved", &found.saved, &plain.saved);
                        for i in 0..2 {
                            close("a state", &found.after[i], &plain.after[i]);
                            close("a state's gradient", &found.dstates[i], &plain.dstates[i]);
                        }
                        for i in 0..4 {
                            close("a weight's gradient", &found.dweights[i], &plain.dweights[i]);
                        }
                    }
                }
            }
        }
    });
}
