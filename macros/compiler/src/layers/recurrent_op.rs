//! What a recurrent layer runs: one call for each layer and direction, with memory of its own between them. What is the cell's alone
//! stands in [`Cell`].

use super::recurrent_cell::Cell;
use super::tokens::float;
use crate::graph::{
    Arg, Attributes, BackwardStep, Call, Count, Geometry, Infer, Memory, Op, Packed, Panel, Purpose, Step, Symbols, Traits, When,
    kernels,
};
use fireclay_ir::geometry::{Recurrent, recurrent_packed_len};
use proc_macro2::{Ident, Span};
use quote::quote;

/// All numbers of a recurrent layer.
#[derive(Debug, Clone)]
pub(crate) struct RecurrentOp {
    pub attributes: Attributes,
    pub(super) cell: &'static Cell,
    pub time: usize,
    pub features: usize,
    pub hidden: usize,
    pub layers: usize,
    pub directions: usize,
    pub bias: bool,
    pub dropout: f32,
    /// Only the last step is an output.
    pub last: bool,
    pub state_in: bool,
    pub state_out: bool,
    /// One step at a time, with a state of its own.
    pub step: bool,
    /// Joined with an embedding: what it reads are these, and the rows are its last parameter.
    pub symbols: Option<Symbols>,
}

/// A size, whatever was asked for: what is too large is refused elsewhere.
fn times(factors: &[usize]) -> usize {
    factors.iter().fold(1, |product: usize, factor| product.saturating_mul(*factor))
}

impl RecurrentOp {
    /// Fewer steps do not pay for laying out a weight.
    const FEW: usize = 4;

    /// The same over the symbols of an embedding, whose rows are its last parameter; `None` where that gains nothing.
    pub(crate) fn over_symbols(&self, symbols: Symbols) -> Option<Self> {
        // A table of products is made for each micro-batch: it must be smaller than the products themselves.
        let pays = symbols.bound <= self.time.saturating_mul(8) && self.time >= Self::FEW;
        (pays && !self.step).then(|| Self { symbols: Some(symbols), ..self.clone() })
    }

    /// One for each layer and direction.
    fn runs(&self) -> usize {
        self.layers * self.directions
    }

    fn width(&self) -> usize {
        times(&[self.hidden, self.directions])
    }

    fn inputs(&self, layer: usize) -> usize {
        if layer == 0 { self.features } else { self.width() }
    }

    /// Runs of a layer.
    fn of(&self, layer: usize) -> std::ops::Range<usize> {
        layer * self.directions..(layer + 1) * self.directions
    }

    /// Numbers of one step's gates.
    fn gate_rows(&self) -> usize {
        times(&[self.cell.kind.gates(), self.hidden])
    }

    fn gates(run: usize) -> Arg {
        Arg::Saved(2 * run)
    }

    fn saved(&self, run: usize) -> Arg {
        if self.cell.kind.saved() > 0 { Arg::Saved(2 * run + 1) } else { Arg::Null }
    }

    /// What a layer yields, all steps.
    fn y(&self, layer: usize) -> Arg {
        if layer + 1 == self.layers && !self.last { Arg::Output(0) } else { Arg::Saved(2 * self.runs() + layer) }
    }

    /// What a layer reads.
    fn x(&self, layer: usize, training: bool) -> Arg {
        match layer.checked_sub(1) {
            None => Arg::Input(0),
            Some(before) if training && self.dropout > 0.0 => Arg::Saved(2 * self.runs() + self.layers + before),
            Some(before) => self.y(before),
        }
    }

    /// Memory of a run's gradients: of the gates' products with x and, apart, with h, and of the states.
    const WORK: usize = 4;

    fn dgates(run: usize) -> Arg {
        Arg::Work(Self::WORK * run)
    }

    fn dgates_h(&self, run: usize) -> Arg {
        if self.cell.kind.apart() > 0 { Arg::Work(Self::WORK * run + 1) } else { Arg::Null }
    }

    fn dstate(&self, run: usize, which: usize) -> Arg {
        if which < self.cell.kind.states() { Arg::Work(Self::WORK * run + 2 + which) } else { Arg::Null }
    }

    /// The gradient of what a layer yields.
    fn dy(&self, layer: usize) -> Arg {
        if layer + 1 == self.layers && !self.last { Arg::GradOutput(0) } else { Arg::Work(Self::WORK * self.runs() + layer) }
    }

    /// The gradient of what a layer reads from the one before.
    fn dx(&self, layer: usize) -> Arg {
        if self.dropout > 0.0 { Arg::Work(Self::WORK * self.runs() + self.layers + layer - 1) } else { self.dy(layer - 1) }
    }

    /// weight_ih, weight_hh, bias_ih, bias_hh of a run.
    fn params(&self, run: usize, of: fn(usize) -> Arg) -> [Arg; 4] {
        let first = run * if self.bias { 4 } else { 2 };
        let bias = |i| if self.bias { of(first + i) } else { Arg::Null };
        [of(first), of(first + 1), bias(2), bias(3)]
    }

    /// A state before or after: h (0) or c (1).
    fn state_of(&self, before: bool, which: usize) -> Arg {
        if which >= self.cell.kind.states() {
            return Arg::Null;
        }
        if self.step {
            return Arg::State(times(&[which, self.runs(), self.hidden]));
        }
        match (before, self.state_in, self.state_out) {
            (true, true, _) => Arg::Input(1 + which),
            (false, _, true) => Arg::Output(1 + which),
            _ => Arg::Null,
        }
    }

    /// The symbols that a layer reads, as their kernels take them, and the parameter that has their rows.
    fn embedded(&self, layer: usize) -> Option<(Arg, usize)> {
        let Symbols { bound, padding_index } = self.symbols.filter(|_| layer == 0)?;
        let padding_index = padding_index.map_or(quote!(__f::usize::MAX), |index| quote!(#index));
        let symbols = quote!(&__f::k::Symbols { bound: #bound, padding_index: #padding_index });
        Some((Arg::Value(symbols), self.runs() * if self.bias { 4 } else { 2 }))
    }

    /// Where panels of the recurrent weight go: not worth their while for a few steps.
    fn panels(&self) -> Arg {
        if self.time >= Self::FEW { Arg::Scratch } else { Arg::Null }
    }

    fn calls(&self, training: bool, packed: bool) -> Vec<Call> {
        let mut calls = Vec::new();
        for layer in 0..self.layers {
            for run in self.of(layer) {
                let x = [Arg::GeometryAt(run), self.x(layer, training), self.state_of(true, 0), self.state_of(true, 1)];
                let y = [self.y(layer), self.state_of(false, 0), self.state_of(false, 1)];
                let own = [Self::gates(run), self.saved(run)];
                calls.push(if packed {
                    let states = if self.cell.kind.states() > 1 { self.saved(run) } else { Arg::Null };
                    let args = x.into_iter().chain([Arg::Panel(run)]).chain(y).chain([states]);
                    Call::checked(self.cell.forward_packed, args.collect())
                } else if let (true, Some((symbols, rows))) = (training, self.embedded(layer)) {
                    let [at, x, h0, c0] = x;
                    let args = [at, symbols, x, Arg::Param(rows), h0, c0].into_iter().chain(self.params(run, Arg::Param));
                    Call::checked(self.cell.embedded_forward, args.chain(y).chain(own).chain([Arg::Scratch]).collect())
                } else {
                    let args = x.into_iter().chain(self.params(run, Arg::Param)).chain(y).chain(own);
                    Call::checked(self.cell.forward, args.chain([if training { self.panels() } else { Arg::Null }]).collect())
                });
            }
            if training && self.dropout > 0.0 && layer + 1 < self.layers {
                calls.extend(self.dropout_forward(layer));
            }
        }
        if self.last {
            let (width, from) = (self.width(), times(&[self.time - 1, self.width()]));
            let blocks = quote!(&__f::k::Blocks { outer: 1, len: #width, from: #from, from_stride: 0, to: 0, to_stride: 0 });
            let (g, x, accumulate) = (Arg::Value(blocks), self.y(self.layers - 1), Arg::Value(quote!(false)));
            calls.push(kernels::copy_blocks { g, x, y: Arg::Output(0), accumulate }.into());
        }
        calls
    }

    /// What dropout takes beside the values: the layer, its probability, and the counter that decides.
    fn drawn(&self, layer: usize) -> [Arg; 6] {
        let probability = float(self.dropout);
        let geometry = Arg::GeometryAt(layer * self.directions);
        [geometry, Arg::Value(quote!(#probability)), Arg::Node, Arg::Key, Arg::FirstSample, Arg::Count]
    }

    /// Numbers that a layer yields.
    fn len(&self) -> Arg {
        let len = times(&[self.time, self.width()]);
        Arg::Value(quote!(#len))
    }

    /// Dropout after a layer when training, a copy when evaluating.
    fn dropout_forward(&self, layer: usize) -> [Call; 2] {
        let ([g, probability, node, key, first_sample, count], x, y) =
            (self.drawn(layer), self.y(layer), self.x(layer + 1, true));
        let [scale, shift] = [quote!(1.0), quote!(0.0)].map(Arg::Value);
        let copy = Call::from(kernels::affine { len: self.len(), scale, shift, x: x.clone(), y: y.clone() });
        let drop = Call::from(kernels::recurrent_dropout_forward { g, probability, node, key, first_sample, count, x, y });
        [drop.only(When::Train), copy.only(When::Eval)]
    }

    /// The gradient of what that layer yielded.
    fn dropout_backward(&self, layer: usize) -> [Call; 2] {
        let ([g, probability, node, key, first_sample, count], dy, dx) = (self.drawn(layer), self.dx(layer + 1), self.dy(layer));
        let (scale, accumulate) = (Arg::Value(quote!(1.0)), Arg::Value(quote!(false)));
        let copy = Call::from(kernels::affine_backward { len: self.len(), scale, dy: dy.clone(), dx: dx.clone(), accumulate });
        let drop = Call::from(kernels::recurrent_dropout_backward { g, probability, node, key, first_sample, count, dy, dx });
        [drop.only(When::Train), copy.only(When::Eval)]
    }

    /// The geometry of a run.
    fn run(&self, row: usize) -> Recurrent {
        let (time, hidden, width) = (self.time, self.hidden, self.width());
        let (inputs, offset) = (self.inputs(row / self.directions), times(&[row % self.directions, hidden]));
        Recurrent { cell: self.cell.kind, time, inputs, hidden, reverse: offset > 0, width, offset, row }
    }

    /// Floats of one call.
    fn scratch(&self) -> Count {
        let symbols = self.symbols.map(|Symbols { bound, padding_index }| fireclay_ir::geometry::Symbols {
            bound,
            padding_index: padding_index.unwrap_or(usize::MAX),
        });
        let of = |row| {
            let g = self.run(row);
            match &symbols {
                Some(symbols) if row < self.directions => symbols.scratch(&g),
                _ => g.weight_scratch().max(g.panels()),
            }
        };
        (0..self.runs()).map(of).max().unwrap_or(0).into()
    }

    /// What the forward pass leaves to the backward pass.
    fn saved_tensors(&self) -> Vec<Count> {
        let own = [times(&[self.time, self.gate_rows()]), times(&[self.cell.kind.saved(), self.time, self.hidden])];
        let between = std::iter::repeat_n(times(&[self.time, self.width()]), 2 * self.layers);
        std::iter::repeat_n(own, self.runs()).flatten().chain(between).map(Count::from).collect()
    }

    /// What the backward calls hand each other.
    fn work(&self) -> Vec<Count> {
        let dgates = times(&[self.time, self.gate_rows()]);
        let own = [
            dgates,
            if self.cell.kind.apart() > 0 { dgates } else { 0 },
            self.hidden,
            times(&[self.cell.kind.states() - 1, self.hidden]),
        ];
        let between = std::iter::repeat_n(times(&[self.time, self.width()]), 2 * self.layers);
        std::iter::repeat_n(own, self.runs()).flatten().chain(between).map(Count::from).collect()
    }
}

impl Op for RecurrentOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn macs(&self) -> Count {
        let layer = |l| times(&[self.directions, self.time, self.gate_rows(), self.inputs(l).saturating_add(self.hidden)]);
        (0..self.layers).fold(0, |sum: usize, l| sum.saturating_add(layer(l))).into()
    }

    fn geometry(&self) -> Option<Geometry> {
        let runs = (0..self.runs()).map(|row| {
            let Recurrent { cell, time, inputs, hidden, reverse, width, offset, row } = self.run(row);
            let cell = Ident::new(&format!("{cell:?}"), Span::mixed_site());
            quote!(__f::k::Recurrent {
                cell: __f::k::CellKind::#cell, time: #time, inputs: #inputs, hidden: #hidden, reverse: #reverse, width: #width,
                offset: #offset, row: #row
            })
        });
        let count = self.runs();
        Some(Geometry::new(quote!([__f::k::Recurrent; #count]), quote!([#(#runs),*])))
    }

    fn memory(&self) -> Memory {
        let state = if self.step { times(&[self.cell.kind.states(), self.runs(), self.hidden]) } else { 0 };
        Memory { scratch: self.scratch(), saved: self.saved_tensors(), work: self.work(), state, ..Memory::default() }
    }

    fn traits(&self) -> Traits {
        // A state of two values is a tuple of its own.
        let output_groups: Option<&[usize]> = (self.state_out && self.cell.kind.states() == 2).then_some(&[1, 2]);
        Traits { output_groups, ..Traits::default() }
    }

    fn forward(&self) -> Vec<Step> {
        self.calls(true, false).into_iter().map(Step::Micro).collect()
    }

    fn infer(&self) -> Infer {
        Infer::Calls(self.calls(false, false))
    }

    fn packed(&self) -> Option<Packed> {
        let panels = (0..self.runs()).map(|run| {
            let [w_ih, w_hh, b_ih, b_hh] = self.params(run, Arg::Param);
            let pack = kernels::recurrent_pack { g: Arg::GeometryAt(run), w_ih, w_hh, b_ih, b_hh, packed: Arg::PackedOut };
            let len = recurrent_packed_len(&self.run(run));
            Panel { len: quote!(#len), pack: pack.into() }
        });
        Some(Packed { panels: panels.collect(), calls: self.calls(false, true) })
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let any = |call| BackwardStep::any(Step::Micro(call));
        let mut steps = Vec::new();
        if self.last {
            let (g, last, dy) = (Arg::GeometryAt(0), Arg::GradOutput(0), self.dy(self.layers - 1));
            steps.push(any(kernels::recurrent_backward_last { g, last, dy }.into()));
        }
        let after = |i: usize| if self.state_out && i < self.cell.kind.states() { Arg::GradOutput(1 + i) } else { Arg::Null };
        for layer in (0..self.layers).rev() {
            for (direction, run) in self.of(layer).enumerate() {
                let at = Arg::GeometryAt(run);
                let embedded = self.embedded(layer);
                let [w_ih, w_hh, ..] = self.params(run, Arg::Param);
                let [dw_ih, dw_hh, db_ih, db_hh] = self.params(run, Arg::GradParam);
                let before = match self.cell.carried {
                    Some(which) => self.state_of(true, which),
                    None => Arg::Null,
                };
                let args = vec![
                    at.clone(),
                    before,
                    w_hh,
                    Self::gates(run),
                    self.saved(run),
                    if self.cell.carried == Some(0) { self.y(layer) } else { Arg::Null },
                    self.dy(layer),
                    after(0),
                    after(1),
                    Self::dgates(run),
                    self.dgates_h(run),
                    self.dstate(run, 0),
                    self.dstate(run, 1),
                    self.panels(),
                ];
                steps.push(any(Call::checked(self.cell.backward, args)));
                let (x, h0, y) = (self.x(layer, true), self.state_of(true, 0), self.y(layer));
                let (g, dgates, dgates_h, scratch) = (at.clone(), Self::dgates(run), self.dgates_h(run), Arg::Scratch);
                let params: Call = if let Some((s, rows)) = embedded.clone() {
                    let (rows, drows, w_ih) = (Arg::Param(rows), Arg::GradParam(rows), w_ih.clone());
                    kernels::recurrent_embedded_backward_weight {
                        g,
                        s,
                        x,
                        rows,
                        w_ih,
                        h0,
                        y,
                        dgates,
                        dgates_h,
                        dw_ih,
                        dw_hh,
                        db_ih,
                        db_hh,
                        drows,
                        scratch,
                    }
                    .into()
                } else {
                    kernels::recurrent_backward_weight { g, x, h0, y, dgates, dgates_h, dw_ih, dw_hh, db_ih, db_hh, scratch }
                        .into()
                };
                steps.push(BackwardStep::params(params));
                if self.state_in {
                    for state in 0..self.cell.kind.states() {
                        let i = 1 + state;
                        let (from, to, accumulate) = (self.dstate(run, state), Arg::GradInput(i), Arg::Accumulate(i));
                        let call = kernels::recurrent_backward_state { g: at.clone(), from, to, accumulate };
                        steps.push(BackwardStep::input(i, call.into()));
                    }
                }
                if embedded.is_some() {
                    continue;
                }
                // Both directions read the same: the second one adds.
                let second = Arg::Value(quote!(true));
                let (dx, accumulate, for_) = match (layer, direction) {
                    (0, 0) => (Arg::GradInput(0), Arg::Accumulate(0), Purpose::Input(0)),
                    (0, _) => (Arg::GradInput(0), second, Purpose::Input(0)),
                    (_, 0) => (self.dx(layer), Arg::Value(quote!(false)), Purpose::Any),
                    (_, _) => (self.dx(layer), second, Purpose::Any),
                };
                let call = kernels::recurrent_backward_input { g: at, dgates: Self::dgates(run), w_ih, dx, accumulate };
                steps.push(BackwardStep { for_, step: Step::Micro(call.into()) });
            }
            if self.dropout > 0.0 && layer > 0 {
                steps.extend(self.dropout_backward(layer - 1).map(any));
            }
        }
        steps
    }
}
