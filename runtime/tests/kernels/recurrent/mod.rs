//! Recurrent layers: all cells, and a layer and direction with what it reads and yields.

mod across;
mod forms;
mod formulas;
mod gates;
mod lengths;

use super::{Numbers, sample, wide};
use crate::kernels::geometry::Symbols;
use crate::kernels::geometry::{CellKind, Recurrent};
use crate::kernels::{chw, chwn16};
use core::ptr::{null, null_mut};
use std::vec;

type In = *const f32;
type Out = *mut f32;
type Forward = unsafe fn(&Recurrent, In, In, In, *const u32, In, In, In, In, Out, Out, Out, Out, Out, Out);
type Backward = unsafe fn(&Recurrent, In, *const u32, In, In, In, In, In, In, In, Out, Out, Out, Out, Out, Out);
type EmbeddedForward = unsafe fn(&Recurrent, &Symbols, *const u32, In, In, In, In, In, In, In, Out, Out, Out, Out, Out, Out);
type ForwardPacked = unsafe fn(&Recurrent, In, In, In, *const u32, In, Out, Out, Out, Out);

/// The kernels of a cell: of a single sample, of sixteen.
pub(super) struct Kernels {
    pub kind: CellKind,
    pub forward: [Forward; 2],
    pub backward: [Backward; 2],
    pub embedded_forward: EmbeddedForward,
    pub forward_packed: ForwardPacked,
}

macro_rules! kernels {
    ($($kind:ident: $forward:ident, $backward:ident, $embedded_forward:ident, $forward_packed:ident;)*) => {
        [$(Kernels {
            kind: CellKind::$kind,
            forward: [chw::$forward, chwn16::$forward],
            backward: [chw::$backward, chwn16::$backward],
            embedded_forward: chwn16::$embedded_forward,
            forward_packed: chw::$forward_packed,
        }),*]
    };
}

pub(super) const CELLS: [Kernels; 4] = kernels! {
    Lstm: lstm_forward, lstm_backward, lstm_embedded_forward, lstm_forward_packed;
    Gru: gru_forward, gru_backward, gru_embedded_forward, gru_forward_packed;
    RnnTanh: rnn_tanh_forward, rnn_tanh_backward, rnn_tanh_embedded_forward, rnn_tanh_forward_packed;
    RnnRelu: rnn_relu_forward, rnn_relu_backward, rnn_relu_embedded_forward, rnn_relu_forward_packed;
};

/// A layer and direction with all that it reads, `width` samples side by side.
pub(super) struct Case {
    pub g: Recurrent,
    pub width: usize,
    pub x: Vec<f32>,
    /// w_ih, w_hh, b_ih, b_hh.
    pub weights: [Vec<f32>; 4],
    pub states: Option<[Vec<f32>; 2]>,
    pub dy: Vec<f32>,
    pub dstates: Option<[Vec<f32>; 2]>,
    pub bias: bool,
    /// How many steps of each lane are there; empty for all.
    pub steps: Vec<u32>,
}

/// What it yields: y, h, c; then what backward does.
#[derive(Default)]
pub(super) struct Found {
    pub y: Vec<f32>,
    pub after: [Vec<f32>; 2],
    pub saved: Vec<f32>,
    pub dgates: [Vec<f32>; 2],
    pub dstates: [Vec<f32>; 2],
    pub dx: Vec<f32>,
    /// Of w_ih, w_hh, b_ih, b_hh.
    pub dweights: [Vec<f32>; 4],
    /// Of an embedding.
    pub drows: Vec<f32>,
}

fn at(there: Option<&Vec<f32>>) -> *const f32 {
    there.map_or(null(), |numbers| numbers.as_ptr())
}

impl Case {
    /// `flags`: states in, gradients of states after, biases.
    pub fn new(g: Recurrent, width: usize, flags: [bool; 3], seed: usize) -> Self {
        let mut numbers = Numbers::new(seed);
        let x = numbers.take(g.time * g.inputs * width);
        let weights = [g.gates() * g.inputs, g.gates() * g.hidden, g.gates(), g.gates()].map(|len| numbers.take(len));
        let mut states = || [(); 2].map(|()| numbers.take((g.row + 1) * g.hidden * width));
        let (states, dstates) = (flags[0].then(&mut states), flags[1].then(&mut states));
        let dy = Numbers::new(seed + 1).take(g.time * g.width * width);
        Self { g, width, x, weights, states, dy, dstates, bias: flags[2], steps: Vec::new() }
    }

    fn biases(&self) -> [*const f32; 2] {
        [2, 3].map(|i| if self.bias { self.weights[i].as_ptr() } else { null() })
    }

    fn steps(&self) -> *const u32 {
        if self.steps.is_empty() { null() } else { self.steps.as_ptr() }
    }

    fn before(&self) -> [*const f32; 2] {
        [0, 1].map(|i| at(self.states.as_ref().map(|states| &states[i])))
    }

    /// The state after: in a place of its own.
    fn after(&self) -> [Vec<f32>; 2] {
        [(); 2].map(|()| vec![7.0; (self.g.row + 1) * self.g.hidden * self.width])
    }

    /// Forward, with or without panels.
    pub fn forward(&self, cell: &Kernels, panels: bool) -> (Found, Vec<f32>, Vec<f32>) {
        let g = &self.g;
        let vectors = |len: usize| vec![f32::NAN; len * self.width];
        let (mut gates, mut saved) = (vectors(g.time * g.gates()), vectors(g.time * g.cell.saved() * g.hidden));
        let mut found = Found { y: vec![7.0; g.time * g.width * self.width], after: self.after(), ..Found::default() };
        let mut room = vec![f32::NAN; g.panels()];
        let ([h0, c0], [b_ih, b_hh]) = (self.before(), self.biases());
        let [hn, cn] = found.after.each_mut().map(|state| state.as_mut_ptr());
        let cn = if g.cell.states() > 1 { cn } else { null_mut() };
        let panels = if panels { room.as_mut_ptr() } else { null_mut() };
        let [w_ih, w_hh] = [0, 1].map(|i| self.weights[i].as_ptr());
        let (gates_at, saved_at) = (gates.as_mut_ptr(), saved.as_mut_ptr());
        let forward = cell.forward[usize::from(self.width > 1)];
        // SAFETY: buffers are as long as the geometry says.
        unsafe {
            forward(
                g,
                self.x.as_ptr(),
                h0,
                c0,
                self.steps(),
                w_ih,
                w_hh,
                b_ih,
                b_hh,
                found.y.as_mut_ptr(),
                hn,
                cn,
                gates_at,
                saved_at,
                panels,
            );
        }
        (found, gates, saved)
    }

    /// Forward and backward.
    pub fn train(&self, cell: &Kernels, panels: bool) -> Found {
        let (found, gates, saved) = self.forward(cell, panels);
        self.backward(cell, panels, found, gates, saved, None)
    }

    /// The same, where x are symbols.
    fn train_embedded(&self, cell: &Kernels, s: &Symbols, x: &[u32], rows: &[f32]) -> Found {
        let g = &self.g;
        let vectors = |len: usize| vec![f32::NAN; len * self.width];
        let (mut gates, mut saved) = (vectors(g.time * g.gates()), vectors(g.time * g.cell.saved() * g.hidden));
        let mut found = Found { y: vec![7.0; g.time * g.width * self.width], after: self.after(), ..Found::default() };
        let mut scratch = vec![f32::NAN; s.scratch(g)];
        let ([h0, c0], [b_ih, b_hh]) = (self.before(), self.biases());
        let [hn, cn] = found.after.each_mut().map(|state| state.as_mut_ptr());
        let cn = if g.cell.states() > 1 { cn } else { null_mut() };
        let [w_ih, w_hh] = [0, 1].map(|i| self.weights[i].as_ptr());
        // SAFETY: buffers are as long as the geometry says.
        unsafe {
            (cell.embedded_forward)(
                g,
                s,
                x.as_ptr(),
                rows.as_ptr(),
                h0,
                c0,
                w_ih,
                w_hh,
                b_ih,
                b_hh,
                found.y.as_mut_ptr(),
                hn,
                cn,
                gates.as_mut_ptr(),
                saved.as_mut_ptr(),
                scratch.as_mut_ptr(),
            );
        }
        self.backward(cell, true, found, gates, saved, Some((s, x, rows)))
    }

    fn backward(
        &self,
        cell: &Kernels,
        panels: bool,
        mut found: Found,
        gates: Vec<f32>,
        saved: Vec<f32>,
        embedded: Option<(&Symbols, &[u32], &[f32])>,
    ) -> Found {
        let (g, width) = (&self.g, self.width);
        let vectors = |len: usize| vec![f32::NAN; len * width];
        found.dgates = [1, g.cell.apart()].map(|times| vectors(times * g.time * g.gates()));
        found.dstates = [1, g.cell.states() - 1].map(|times| vectors(times * g.hidden));
        found.dx = vectors(g.time * g.inputs);
        found.dweights = self.weights.each_ref().map(|weights| vec![0.0; weights.len()]);
        let mut room = vec![f32::NAN; g.panels()];
        let mut scratch = vec![f32::NAN; embedded.map_or(g.weight_scratch(), |(s, ..)| s.scratch(g))];
        let panels = if panels { room.as_mut_ptr() } else { null_mut() };
        let [h0, c0] = self.before();
        let before = if g.cell.states() > 1 { c0 } else { h0 };
        let [dhn, dcn] = [0, 1].map(|i| at(self.dstates.as_ref().map(|states| &states[i])));
        let [w_ih, w_hh] = [0, 1].map(|i| self.weights[i].as_ptr());
        let (gates, saved_at, y) = (gates.as_ptr(), saved.as_ptr(), found.y.as_ptr());
        let [dgates, dgates_h] = found.dgates.each_mut().map(|d| d.as_mut_ptr());
        let [dh, dc] = found.dstates.each_mut().map(|d| d.as_mut_ptr());
        let [dw_ih, dw_hh, db_ih, db_hh] = found.dweights.each_mut().map(|d| d.as_mut_ptr());
        let (scratch, dx) = (scratch.as_mut_ptr(), found.dx.as_mut_ptr());
        let mut held = vectors(g.cell.states() * g.hidden);
        let held = if self.steps.is_empty() { null_mut() } else { held.as_mut_ptr() };
        let backward = cell.backward[usize::from(width > 1)];
        // SAFETY: buffers are as long as the geometry says.
        unsafe {
            backward(
                g,
                before,
                self.steps(),
                w_hh,
                gates,
                saved_at,
                y,
                self.dy.as_ptr(),
                dhn,
                dcn,
                dgates,
                dgates_h,
                dh,
                dc,
                held,
                panels,
            )
        };
        if let Some((s, x, rows)) = embedded {
            found.drows = vec![0.0; rows.len()];
            let (x, rows, drows) = (x.as_ptr(), rows.as_ptr(), found.drows.as_mut_ptr());
            // SAFETY: the same.
            unsafe {
                chwn16::recurrent_embedded_backward_weight(
                    g, s, x, rows, w_ih, h0, y, dgates, dgates_h, dw_ih, dw_hh, db_ih, db_hh, drows, scratch,
                );
            }
        } else {
            let x = self.x.as_ptr();
            call!(width, recurrent_backward_weight(g, x, h0, y, dgates, dgates_h, dw_ih, dw_hh, db_ih, db_hh, scratch));
            call!(width, recurrent_backward_input(g, dgates, w_ih, dx, false));
        }
        found.saved = saved;
        found
    }

    /// One lane's y, h and c by the formulas, in f64, after `nudge` was added to one of its numbers.
    fn formulas(&self, lane: usize, nudge: Option<(Of, usize, f64)>) -> [Vec<f64>; 3] {
        let g = &self.g;
        let (hidden, inputs) = (g.hidden, g.inputs);
        let nudged = |of: Of, mut numbers: Vec<f64>| {
            if let Some((_, i, by)) = nudge.filter(|(which, ..)| *which == of) {
                numbers[i] += by;
            }
            numbers
        };
        let x = nudged(Of::X, sample(&self.x, lane, self.width));
        let weights = [0, 1, 2, 3].map(|i| {
            let zeros = i >= 2 && !self.bias;
            nudged(Of::Weight(i), wide(&self.weights[i]).into_iter().map(|w| if zeros { 0.0 } else { w }).collect())
        });
        let states = [0, 1].map(|i| {
            let zeros = || vec![0.0; (g.row + 1) * hidden];
            nudged(Of::State(i), self.states.as_ref().map_or_else(zeros, |states| sample(&states[i], lane, self.width)))
        });
        let [mut h, mut c] = states.map(|state| state[g.row * hidden..].to_vec());
        let mut y = vec![7.0; g.time * g.width];
        let sigma = |x: f64| 1.0 / (1.0 + (-x).exp());
        for n in 0..g.time {
            let t = if g.reverse { g.time - 1 - n } else { n };
            if self.steps.get(lane).is_some_and(|steps| t >= *steps as usize) {
                // The state stays, and is the output.
                y[t * g.width + g.offset..][..hidden].copy_from_slice(&h);
                continue;
            }
            // The products of gate k and unit j, with x and with h.
            let with_x = |k: usize, j: usize| {
                let row = k * hidden + j;
                (0..inputs).map(|i| weights[0][row * inputs + i] * x[t * inputs + i]).sum::<f64>() + weights[2][row]
            };
            let with_h = |k: usize, j: usize| {
                let row = k * hidden + j;
                (0..hidden).map(|i| weights[1][row * hidden + i] * h[i]).sum::<f64>() + weights[3][row]
            };
            let sum = |k: usize, j: usize| with_x(k, j) + with_h(k, j);
            let mut next = vec![(0.0, 0.0); hidden];
            for (j, next) in next.iter_mut().enumerate() {
                *next = match g.cell {
                    CellKind::Lstm => {
                        let cell = sigma(sum(1, j)) * c[j] + sigma(sum(0, j)) * sum(2, j).tanh();
                        (sigma(sum(3, j)) * cell.tanh(), cell)
                    }
                    CellKind::Gru => {
                        let (r, z) = (sigma(sum(0, j)), sigma(sum(1, j)));
                        let fresh = (with_x(2, j) + r * with_h(2, j)).tanh();
                        ((1.0 - z) * fresh + z * h[j], 0.0)
                    }
                    CellKind::RnnTanh => (sum(0, j).tanh(), 0.0),
                    CellKind::RnnRelu => (sum(0, j).max(0.0), 0.0),
                };
            }
            (h, c) = next.into_iter().unzip();
            y[t * g.width + g.offset..][..hidden].copy_from_slice(&h);
        }
        [y, h, c]
    }

    /// The gradients of this one's numbers that differences of the formulas give, of the sum of all outputs times `dy` and all states
    /// after times `dstates`.
    fn differences(&self, of: Of, len: usize) -> Vec<Vec<f64>> {
        const BY: f64 = 1e-6;
        let g = &self.g;
        let loss = |lane: usize, i: usize, by: f64| {
            let [y, h, c] = self.formulas(lane, Some((of, i, by)));
            let dy = sample(&self.dy, lane, self.width);
            let mut loss: f64 = y.iter().zip(&dy).filter(|(y, _)| **y != 7.0).map(|(y, d)| y * d).sum();
            for (state, d) in [h, c].iter().zip(self.dstates.iter().flatten()) {
                let d = &sample(d, lane, self.width)[g.row * g.hidden..];
                loss += state.iter().zip(d).map(|(s, d)| s * d).sum::<f64>();
            }
            loss
        };
        let slope = |lane, i| (loss(lane, i, BY) - loss(lane, i, -BY)) / (2.0 * BY);
        (0..self.width).map(|lane| (0..len).map(|i| slope(lane, i)).collect()).collect()
    }
}

/// Numbers of a [`Case`].
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    X,
    Weight(usize),
    State(usize),
}

/// One layer and direction of two.
fn direction(cell: CellKind, time: usize, inputs: usize, hidden: usize, reverse: bool) -> Recurrent {
    let offset = if reverse { hidden } else { 0 };
    Recurrent { cell, time, inputs, hidden, reverse, width: 2 * hidden, offset, row: 1 }
}
