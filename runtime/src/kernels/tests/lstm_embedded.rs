//! The LSTM's other ways, packed recurrent weights and products per symbol, against the plain one, which golden vectors hold.

use super::{Numbers, assert_close, at_each_level, wide};
use crate::kernels::geometry::{Dense, Embedding, Lstm, Symbols};
use crate::kernels::lanes;
use crate::simd::LANES;
use core::ptr::{null, null_mut};
use std::vec::Vec;
use std::{format, vec};

/// What both ways yield, forward and backward.
#[derive(Default)]
struct Found(Vec<(&'static str, Vec<f32>)>);

struct Case {
    g: Lstm,
    s: Symbols,
    x: Vec<u32>,
    rows: Vec<f32>,
    weights: [Vec<f32>; 4],
    states: [Vec<f32>; 2],
    dy: Vec<f32>,
}

impl Case {
    fn new(g: Lstm, s: Symbols, seed: usize) -> Self {
        let mut numbers = Numbers::new(seed);
        let x = (0..g.time * LANES).map(|_| numbers.next() % s.bound as u32).collect();
        let (rows, dy) = (numbers.take(s.bound * g.inputs), numbers.take(g.time * g.width * LANES));
        let weights = [4 * g.hidden * g.inputs, 4 * g.hidden * g.hidden, 4 * g.hidden, 4 * g.hidden].map(|len| numbers.take(len));
        let states = [(); 2].map(|()| numbers.take((g.row + 1) * g.hidden * LANES));
        Self { g, s, x, rows, weights, states, dy }
    }

    fn run(&self, packed: bool, embedded: bool) -> Found {
        let (g, s, x) = (&self.g, &self.s, self.x.as_ptr().cast::<f32>());
        let vectors = |len: usize| vec![f32::NAN; len * LANES];
        let zeros = |len: usize| vec![0.0_f32; len];
        let [w_ih, w_hh, b_ih, b_hh] = self.weights.each_ref().map(|w| w.as_ptr());
        let [h0, c0] = self.states.each_ref().map(|state| state.as_ptr());
        let (mut inputs, mut y) = (vectors(g.time * g.inputs), vectors(g.time * g.width));
        let (mut gates, mut cells, mut dgates) =
            (vectors(4 * g.time * g.hidden), vectors(g.time * g.hidden), vectors(4 * g.time * g.hidden));
        let (mut dh, mut dc, mut dx) = (vectors(g.hidden), vectors(g.hidden), vectors(g.time * g.inputs));
        let mut grads = [self.weights[0].len(), self.weights[1].len(), 4 * g.hidden, 4 * g.hidden, self.rows.len()].map(zeros);
        let mut panels = vec![f32::NAN; g.panels()];
        let mut scratch = vec![f32::NAN; s.scratch(g).max(Dense::ROWS * Dense::SCRATCH * g.inputs.max(g.width))];
        let look = Embedding { len: g.time, features: g.inputs, padding_index: s.padding_index };
        // SAFETY: buffers are as long as the geometry says.
        unsafe {
            let panels = if packed { panels.as_mut_ptr() } else { null_mut() };
            let (inputs, y, gates, cells) = (inputs.as_mut_ptr(), y.as_mut_ptr(), gates.as_mut_ptr(), cells.as_mut_ptr());
            let (dgates, dy, rows, scratch) = (dgates.as_mut_ptr(), self.dy.as_ptr(), self.rows.as_ptr(), scratch.as_mut_ptr());
            let [dw_ih, dw_hh, db_ih, db_hh, drows] = grads.each_mut().map(|grad| grad.as_mut_ptr());
            let none = null_mut();
            if embedded {
                lanes::lstm_embedded_forward(g, s, x, rows, h0, c0, w_ih, w_hh, b_ih, b_hh, y, none, none, gates, cells, scratch);
            } else {
                lanes::embedding_forward(&look, x, rows, inputs);
                lanes::lstm_forward(g, inputs, h0, c0, w_ih, w_hh, b_ih, b_hh, y, none, none, gates, cells, panels);
            }
            let (dh, dc) = (dh.as_mut_ptr(), dc.as_mut_ptr());
            lanes::lstm_backward(g, c0, w_hh, gates, cells, dy, null(), null(), dgates, dh, dc, panels);
            if embedded {
                lanes::lstm_embedded_backward_weight(
                    g, s, x, rows, w_ih, h0, y, dgates, dw_ih, dw_hh, db_ih, db_hh, drows, scratch,
                );
            } else {
                lanes::lstm_backward_weight(g, inputs, h0, y, dgates, dw_ih, dw_hh, db_ih, db_hh, scratch);
                lanes::lstm_backward_input(g, dgates, w_ih, dx.as_mut_ptr(), false);
                lanes::embedding_backward(&look, x, dx.as_ptr(), drows);
            }
        }
        let [dw_ih, dw_hh, db_ih, db_hh, drows] = grads;
        let all = [
            ("y", y),
            ("cells", cells),
            ("dh", dh),
            ("dc", dc),
            ("dw_ih", dw_ih),
            ("dw_hh", dw_hh),
            ("db_ih", db_ih),
            ("db_hh", db_hh),
            ("drows", drows),
        ];
        Found(all.into())
    }
}

#[test]
fn as_the_plain_one() {
    at_each_level(|| {
        for (inputs, hidden, bound) in [(1, 1, 1), (3, 5, 16), (20, 17, 33), (16, 32, 7)] {
            for (time, reverse) in [(1, false), (5, true), (9, false)] {
                let g =
                    Lstm { time, inputs, hidden, reverse, width: 2 * hidden, offset: if reverse { hidden } else { 0 }, row: 1 };
                let padding_index = if bound > 4 { 3 } else { usize::MAX };
                let case = Case::new(g, Symbols { bound, padding_index }, hidden + time);
                let plain = case.run(false, false);
                for (packed, embedded) in [(true, false), (true, true)] {
                    for ((what, found), (_, wanted)) in case.run(packed, embedded).0.iter().zip(&plain.0) {
                        // Half of y is the other direction's, and stays as it was.
                        let there = |values: &[f32]| wide(values).into_iter().map(|v| if v.is_nan() { 7.0 } else { v });
                        let terms = 16 * time * (inputs + 4 * hidden);
                        assert_close(there(found), there(wanted), terms, &format!("{what} of {g:?}, embedded: {embedded}"));
                    }
                }
            }
        }
    });
}
