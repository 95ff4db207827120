//! All samples of a batch at once against one by one, whatever the number of shares.

use super::{CELLS, Case, Kernels, direction};
use crate::kernels::geometry::{CellKind, Embedding, Recurrent, Symbols};
use crate::kernels::{Samples, Share, across, chw};
use crate::{EMULATED, Numbers, assert_close, at_each_level, thinned, wide};
use core::ptr::{null, null_mut};
use std::{format, vec};

/// What stands behind the numbers of a sample.
const BEHIND: f32 = 7.5;

/// Numbers of all samples, with some behind each.
#[derive(Clone, PartialEq, Debug)]
struct Apart {
    numbers: Vec<f32>,
    len: usize,
    samples: Samples,
}

impl Apart {
    fn new(len: usize, count: usize, step: usize, start: f32) -> Self {
        let mut numbers = vec![BEHIND; count * step];
        for sample in 0..count {
            numbers[sample * step..][..len].fill(start);
        }
        Self { numbers, len, samples: Samples { count, step } }
    }

    fn of<'a>(all: impl Iterator<Item = &'a [f32]>) -> Self {
        let all: Vec<_> = all.collect();
        let (len, count) = (all[0].len(), all.len());
        let mut apart = Self::new(len, count, len + 5, 0.0);
        for (sample, numbers) in all.into_iter().enumerate() {
            apart.numbers[sample * (len + 5)..][..len].copy_from_slice(numbers);
        }
        apart
    }

    fn sample(&self, sample: usize) -> &[f32] {
        &self.numbers[sample * self.samples.step..][..self.len]
    }

    fn at(&self) -> *const f32 {
        if self.len == 0 { null() } else { self.numbers.as_ptr() }
    }

    fn at_mut(&mut self) -> *mut f32 {
        if self.len == 0 { null_mut() } else { self.numbers.as_mut_ptr() }
    }

    fn assert_untouched(&self, what: &str) {
        for sample in 0..self.samples.count {
            let behind = &self.numbers[sample * self.samples.step + self.len..(sample + 1) * self.samples.step];
            assert!(behind.iter().all(|x| *x == BEHIND), "{what}: written behind sample {sample}");
        }
    }
}

/// An embedding: its sizes and rows, and the symbols of each sample.
struct Text {
    s: Symbols,
    rows: Vec<f32>,
    x: Vec<u32>,
}

/// y, h and c after, dgates twice, dh, dc, dx of all samples.
type OfSamples = [Apart; 8];
/// Of w_ih, w_hh, b_ih, b_hh, and of an embedding.
type OfParams = [Vec<f32>; 5];

macro_rules! of_cell {
    ($kind:expr, $($Kind:ident: $name:ident),*; $args:tt) => {
        match $kind { $(CellKind::$Kind => of_cell!(@ $name $args)),* }
    };
    (@ $name:ident ($($arg:expr),* $(,)?)) => { across::$name($($arg),*) };
}

/// What gradients are added to.
fn params_before(case: &Case, text: Option<&Text>) -> OfParams {
    let [w_ih, w_hh, b_ih, b_hh] = case.weights.clone();
    [w_ih, w_hh, b_ih, b_hh, text.map_or_else(Vec::new, |text| text.rows.clone())]
}

/// All samples at once, in so many shares.
fn across_samples(cases: &[Case], text: Option<&Text>, shares: usize) -> (OfSamples, OfParams) {
    let (case, g, count) = (&cases[0], cases[0].g, cases.len());
    let own = g.time * g.gates() + 9;
    let [x, dy] = [|case: &Case| case.x.clone(), |case: &Case| case.dy.clone()]
        .map(|of| Apart::of(cases.iter().map(of).collect::<Vec<_>>().iter().map(Vec::as_slice)));
    let states = |of: Vec<&[f32]>| if of.is_empty() { Apart::new(0, count, 1, 0.0) } else { Apart::of(of.into_iter()) };
    let before = [0, 1].map(|i| states(cases.iter().filter_map(|case| Some(case.states.as_ref()?[i].as_slice())).collect()));
    let after = [0, 1].map(|i| states(cases.iter().filter_map(|case| Some(case.dstates.as_ref()?[i].as_slice())).collect()));
    let two = g.cell.states() > 1;
    let len = |there: bool, len: usize| if there { len } else { 0 };
    let of_gates = g.time * g.gates();
    let mut gates = Apart::new(of_gates, count, own, f32::NAN);
    let mut saved = Apart::new(len(g.cell.saved() > 0, g.time * g.hidden), count, own, f32::NAN);
    let of_state = (g.row + 1) * g.hidden;
    let of_y = g.time * g.width;
    let mut found: OfSamples = [
        Apart::new(of_y, count, of_y + 3, 7.0),
        Apart::new(of_state, count, of_state + 2, 7.0),
        Apart::new(len(two, of_state), count, of_state + 1, 7.0),
        Apart::new(of_gates, count, own, f32::NAN),
        Apart::new(len(g.cell.apart() > 0, of_gates), count, own, f32::NAN),
        Apart::new(g.hidden, count, own, f32::NAN),
        Apart::new(len(two, g.hidden), count, own, f32::NAN),
        Apart::new(g.time * g.inputs, count, g.time * g.inputs + 6, f32::NAN),
    ];
    let mut params = params_before(case, text);
    let scratch_len = text.map_or(g.across_scratch(), |text| text.s.across_scratch(&g));
    let mut scratch = vec![f32::NAN; scratch_len];
    let ([w_ih, w_hh, ..], [b_ih, b_hh]) = (case.weights.each_ref().map(|weight| weight.as_ptr()), case.biases());
    let samples = gates.samples;
    let text_samples = Samples { count, step: g.time };
    let [h0, c0] = &before;
    let c0 = if two { c0.at() } else { null() };
    let at = scratch.as_mut_ptr();
    let (g, all) = (&g, (0..shares).map(|index| Share { index, shares }));
    // SAFETY: buffers are as long as the geometry says; shares of a step are through before the next.
    unsafe {
        for share in all.clone() {
            match text {
                Some(text) => across::recurrent_across_embedded_input(
                    g,
                    &text.s,
                    text_samples,
                    text.x.as_ptr(),
                    text.rows.as_ptr(),
                    w_ih,
                    b_ih,
                    b_hh,
                    samples,
                    gates.at_mut(),
                    at,
                    share,
                ),
                None => {
                    across::recurrent_across_input(g, x.samples, x.at(), w_ih, b_ih, b_hh, samples, gates.at_mut(), at, share)
                }
            }
        }
        for share in all.clone() {
            let [y, hn, cn, ..] = found.each_mut();
            of_cell!(g.cell, Lstm: lstm_across_forward, Gru: gru_across_forward, RnnTanh: rnn_tanh_across_forward, RnnRelu: rnn_relu_across_forward; (
                g, h0.samples, h0.at(), before[1].samples, c0, w_hh, b_hh, y.samples, y.at_mut(), hn.samples, hn.at_mut(), cn.samples,
                cn.at_mut(), samples, gates.at_mut(), saved.at_mut(), at, share
            ));
        }
        let carried = if two { &before[1] } else { h0 };
        for share in all.clone() {
            let [y, _, _, dgates, dgates_h, dh, dc, _] = found.each_mut();
            of_cell!(g.cell, Lstm: lstm_across_backward, Gru: gru_across_backward, RnnTanh: rnn_tanh_across_backward, RnnRelu: rnn_relu_across_backward; (
                g, carried.samples, carried.at(), w_hh, y.samples, y.at(), dy.samples, dy.at(), after[0].samples, after[0].at(), after[1].samples,
                if two { after[1].at() } else { null() }, samples, gates.at(), saved.at(), dgates.at_mut(), dgates_h.at_mut(), dh.at_mut(), dc.at_mut(), at, share
            ));
        }
        for share in all {
            let [y, _, _, dgates, dgates_h, _, _, dx] = found.each_mut();
            let (dgates, dgates_h) = (dgates.at(), dgates_h.at());
            let [dw_ih, dw_hh, db_ih, db_hh, drows] = params.each_mut().map(|param| param.as_mut_ptr());
            match text {
                Some(text) => {
                    let (s, x) = (&text.s, text.x.as_ptr());
                    across::recurrent_across_embedded_backward_weight(
                        g,
                        s,
                        text_samples,
                        x,
                        text.rows.as_ptr(),
                        h0.samples,
                        h0.at(),
                        y.samples,
                        y.at(),
                        samples,
                        dgates,
                        dgates_h,
                        dw_ih,
                        dw_hh,
                        db_ih,
                        db_hh,
                        at,
                        share,
                    );
                    across::recurrent_across_embedded_backward_rows(
                        g,
                        s,
                        text_samples,
                        x,
                        w_ih,
                        samples,
                        dgates,
                        drows,
                        at,
                        share,
                    );
                }
                None => across::recurrent_across_backward_weight(
                    g,
                    x.samples,
                    x.at(),
                    h0.samples,
                    h0.at(),
                    y.samples,
                    y.at(),
                    samples,
                    dgates,
                    dgates_h,
                    dw_ih,
                    dw_hh,
                    db_ih,
                    db_hh,
                    at,
                    share,
                ),
            }
            across::recurrent_across_backward_input(g, samples, dgates, w_ih, dx.samples, dx.at_mut(), false, at, share);
        }
    }
    for (n, of) in found.iter().chain([&gates, &saved]).enumerate() {
        of.assert_untouched(&format!("{n} of {g:?}"));
    }
    (found, params)
}

/// One by one, by the plain kernels.
fn one_by_one(cell: &Kernels, cases: &[Case], text: Option<&Text>) -> (Vec<[Vec<f32>; 8]>, OfParams) {
    let g = &cases[0].g;
    let mut params = params_before(&cases[0], text);
    let all = cases.iter().enumerate().map(|(sample, case)| {
        let found = case.train(cell, false);
        for (sum, d) in params.iter_mut().zip(&found.dweights) {
            sum.iter_mut().zip(d).for_each(|(sum, d)| *sum += d);
        }
        if let Some(text) = text {
            let look = Embedding { len: g.time, features: g.inputs, padding_index: text.s.padding_index };
            // SAFETY: buffers are as long as the geometry says.
            unsafe {
                chw::embedding_backward(&look, text.x[sample * g.time..].as_ptr(), found.dx.as_ptr(), params[4].as_mut_ptr())
            };
        }
        let [h, c] = found.after;
        let c = if g.cell.states() > 1 { c } else { Vec::new() };
        let ([dgates, dgates_h], [dh, dc]) = (found.dgates, found.dstates);
        [found.y, h, c, dgates, dgates_h, dh, dc, found.dx]
    });
    (all.collect(), params)
}

fn check(cell: &Kernels, g: Recurrent, count: usize, flags: [bool; 3], bound: Option<usize>) {
    let mut cases: Vec<Case> = (0..count).map(|sample| Case::new(g, 1, flags, g.hidden + 31 * sample)).collect();
    for sample in 1..count {
        cases[sample].weights = cases[0].weights.clone();
    }
    let text = bound.map(|bound| {
        let mut numbers = Numbers::new(bound);
        let s = Symbols { bound, padding_index: if bound > 4 { 3 } else { usize::MAX } };
        let x: Vec<u32> = (0..g.time * count).map(|_| numbers.next() % bound as u32).collect();
        Text { s, rows: numbers.take(bound * g.inputs), x }
    });
    if let Some(text) = &text {
        for (sample, case) in cases.iter_mut().enumerate() {
            let look = Embedding { len: g.time, features: g.inputs, padding_index: text.s.padding_index };
            // SAFETY: buffers are as long as the geometry says.
            unsafe { chw::embedding_forward(&look, text.x[sample * g.time..].as_ptr(), text.rows.as_ptr(), case.x.as_mut_ptr()) };
        }
    }
    let (found, params) = across_samples(&cases, text.as_ref(), 1);
    let (wanted, wanted_params) = one_by_one(cell, &cases, text.as_ref());
    let terms = 16 * g.time * (g.inputs + 4 * g.hidden);
    for sample in 0..count {
        for (n, (found, wanted)) in found.iter().zip(&wanted[sample]).enumerate() {
            let what = format!("{n} of sample {sample} of {count}, {g:?}");
            assert_close(wide(found.sample(sample)), wide(wanted), terms, &what);
        }
    }
    for (n, (found, wanted)) in params.iter().zip(&wanted_params).enumerate() {
        assert_close(wide(found), wide(wanted), terms * count, &format!("parameter {n} of {count} samples of {g:?}"));
    }
    for shares in [2, 5] {
        let (shared, shared_params) = across_samples(&cases, text.as_ref(), shares);
        let bits = |numbers: &[f32]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        for (n, (shared, found)) in shared.iter().zip(&found).enumerate() {
            assert_eq!(bits(&shared.numbers), bits(&found.numbers), "{n} in {shares} shares of {g:?}");
        }
        for (n, (shared, found)) in shared_params.iter().zip(&params).enumerate() {
            assert_eq!(bits(shared), bits(found), "parameter {n} in {shares} shares of {g:?}");
        }
    }
}

#[test]
fn as_one_by_one() {
    let mut sizes = vec![
        (1, 1, 1, 1),
        (3, 5, 2, 4),
        (20, 17, 5, 3),
        (16, 32, 4, 9),
        (65, 16, 1, 2),
        (7, 48, 13, 5),
        (2, 40, 7, 6),
        (33, 130, 3, 2),
    ];
    if EMULATED {
        sizes.truncate(5);
    }
    at_each_level(|| {
        for cell in &CELLS {
            for (inputs, hidden, count, time) in thinned(sizes.clone(), 2) {
                for (reverse, flags, bound) in [
                    (false, [true, true, true], None),
                    (true, [false, false, false], None),
                    (true, [true, false, true], Some(inputs + 7)),
                    (false, [false, true, true], Some(3)),
                ] {
                    check(cell, direction(cell.kind, time, inputs, hidden, reverse), count, flags, bound);
                }
            }
        }
    });
}

/// Every number of samples has blocks of its own.
#[test]
fn any_number_of_samples() {
    at_each_level(|| {
        for count in thinned((1..=27).collect(), 1) {
            for cell in &CELLS[..2] {
                check(cell, direction(cell.kind, 2, 3, 19, false), count, [true, true, true], None);
            }
        }
    });
}
