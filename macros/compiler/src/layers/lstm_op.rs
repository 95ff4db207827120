//! What an `Lstm` runs: one call for each layer and direction, with memory of its own between them.

use super::tokens::float;
use crate::graph::{Arg, BackwardStep, Call, Count, Geometry, Infer, Op, Packed, Panel, Purpose, Step, Symbols, When};
use quote::quote;
use std::rc::Rc;

/// All numbers of an `Lstm`.
#[derive(Debug, Clone)]
pub(super) struct LstmOp {
    pub describe: String,
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

impl LstmOp {
    /// Fewer steps do not pay for laying out a weight.
    const FEW: usize = 4;

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

    fn gates(run: usize) -> Arg {
        Arg::Kept(2 * run)
    }

    fn cells(run: usize) -> Arg {
        Arg::Kept(2 * run + 1)
    }

    /// What a layer yields, all steps.
    fn y(&self, layer: usize) -> Arg {
        if layer + 1 == self.layers && !self.last { Arg::Output(0) } else { Arg::Kept(2 * self.runs() + layer) }
    }

    /// What a layer reads.
    fn x(&self, layer: usize, training: bool) -> Arg {
        match layer.checked_sub(1) {
            None => Arg::Input(0),
            Some(before) if training && self.dropout > 0.0 => Arg::Kept(2 * self.runs() + self.layers + before),
            Some(before) => self.y(before),
        }
    }

    fn dgates(run: usize) -> Arg {
        Arg::Work(3 * run)
    }

    fn dh(run: usize) -> Arg {
        Arg::Work(3 * run + 1)
    }

    fn dc(run: usize) -> Arg {
        Arg::Work(3 * run + 2)
    }

    /// The gradient of what a layer yields.
    fn dy(&self, layer: usize) -> Arg {
        if layer + 1 == self.layers && !self.last { Arg::GradOutput(0) } else { Arg::Work(3 * self.runs() + layer) }
    }

    /// The gradient of what a layer reads from the one before.
    fn dx(&self, layer: usize) -> Arg {
        if self.dropout > 0.0 { Arg::Work(3 * self.runs() + self.layers + layer - 1) } else { self.dy(layer - 1) }
    }

    /// weight_ih, weight_hh, bias_ih, bias_hh of a run.
    fn params(&self, run: usize, of: fn(usize) -> Arg) -> [Arg; 4] {
        let first = run * if self.bias { 4 } else { 2 };
        let bias = |i| if self.bias { of(first + i) } else { Arg::Null };
        [of(first), of(first + 1), bias(2), bias(3)]
    }

    fn carried(&self, before: bool, which: usize) -> Arg {
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
                let x = [Arg::GeometryAt(run), self.x(layer, training), self.carried(true, 0), self.carried(true, 1)];
                let y = [self.y(layer), self.carried(false, 0), self.carried(false, 1)];
                let own = [Self::gates(run), Self::cells(run)];
                calls.push(if packed {
                    let args = x.into_iter().chain([Arg::Panel(run)]).chain(y).chain([Self::cells(run)]);
                    Call::new("lstm_forward_packed", args)
                } else if let (true, Some((symbols, rows))) = (training, self.embedded(layer)) {
                    let [at, x, h0, c0] = x;
                    let args = [at, symbols, x, Arg::Param(rows), h0, c0].into_iter().chain(self.params(run, Arg::Param));
                    Call::new("lstm_embedded_forward", args.chain(y).chain(own).chain([Arg::Scratch]))
                } else {
                    let args = x.into_iter().chain(self.params(run, Arg::Param)).chain(y).chain(own);
                    Call::new("lstm_forward", args.chain([if training { self.panels() } else { Arg::Null }]))
                });
            }
            if training && self.dropout > 0.0 && layer + 1 < self.layers {
                calls.extend(self.dropout(layer, "lstm_dropout_forward", "affine", [self.y(layer), self.x(layer + 1, true)]));
            }
        }
        if self.last {
            let (width, from) = (self.width(), times(&[self.time - 1, self.width()]));
            let blocks = quote!(&__f::k::Blocks { outer: 1, len: #width, from: #from, from_stride: 0, to: 0, to_stride: 0 });
            let args = [Arg::Value(blocks), self.y(self.layers - 1), Arg::Output(0), Arg::Value(quote!(false))];
            calls.push(Call::new("copy_blocks", args));
        }
        calls
    }

    /// Dropout after a layer when training, a copy when evaluating.
    fn dropout(&self, layer: usize, kernel: &'static str, copy: &'static str, [from, to]: [Arg; 2]) -> [Call; 2] {
        let (probability, len) = (float(self.dropout), times(&[self.time, self.width()]));
        let geometry = Arg::GeometryAt(layer * self.directions);
        let which = [Arg::Node, Arg::Key, Arg::FirstSample, Arg::Count];
        let drop = [geometry, Arg::Value(quote!(#probability))].into_iter().chain(which).chain([from.clone(), to.clone()]);
        let [scale, shift] = [quote!(1.0), quote!(0.0)].map(Arg::Value);
        let same = if copy == "affine" {
            vec![Arg::Value(quote!(#len)), scale, shift, from, to]
        } else {
            vec![Arg::Value(quote!(#len)), scale, from, to, Arg::Value(quote!(false))]
        };
        [Call::new(kernel, drop).only(When::Train), Call::new(copy, same).only(When::Eval)]
    }
}

impl Op for LstmOp {
    fn describe(&self) -> String {
        self.describe.clone()
    }

    fn macs(&self) -> Count {
        let layer = |l| times(&[self.directions, self.time, 4, self.hidden, self.inputs(l).saturating_add(self.hidden)]);
        (0..self.layers).fold(0, |sum: usize, l| sum.saturating_add(layer(l))).into()
    }

    fn geometry(&self) -> Option<Geometry> {
        let (time, hidden, width) = (self.time, self.hidden, self.width());
        let runs = (0..self.runs()).map(|row| {
            let (inputs, offset) = (self.inputs(row / self.directions), times(&[row % self.directions, self.hidden]));
            let reverse = offset > 0;
            quote!(__f::k::Lstm {
                time: #time, inputs: #inputs, hidden: #hidden, reverse: #reverse, width: #width, offset: #offset, row: #row
            })
        });
        let count = self.runs();
        Some(Geometry::new(quote!([__f::k::Lstm; #count]), quote!([#(#runs),*])))
    }

    fn forward(&self) -> Vec<Step> {
        self.calls(true, false).into_iter().map(Step::Micro).collect()
    }

    fn infer(&self) -> Infer {
        Infer::Calls(self.calls(false, false))
    }

    fn packed(&self) -> Option<Packed> {
        let panels = (0..self.runs()).map(|run| {
            let args = [Arg::GeometryAt(run)].into_iter().chain(self.params(run, Arg::Param)).chain([Arg::PackedOut]);
            Panel { len: quote!(__f::k::lstm_packed_len(&GEOMETRY[#run])), pack: Call::new("lstm_pack", args) }
        });
        Some(Packed { panels: panels.collect(), calls: self.calls(false, true) })
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let any = |call| BackwardStep::any(Step::Micro(call));
        let mut steps = Vec::new();
        if self.last {
            let args = [Arg::GeometryAt(0), Arg::GradOutput(0), self.dy(self.layers - 1)];
            steps.push(any(Call::new("lstm_backward_last", args)));
        }
        let after = |i: usize| if self.state_out { Arg::GradOutput(1 + i) } else { Arg::Null };
        for layer in (0..self.layers).rev() {
            for (direction, run) in self.of(layer).enumerate() {
                let at = Arg::GeometryAt(run);
                let embedded = self.embedded(layer);
                let [w_ih, w_hh, ..] = self.params(run, Arg::Param);
                let [dw_ih, dw_hh, db_ih, db_hh] = self.params(run, Arg::GradParam);
                let args = [
                    at.clone(),
                    self.carried(true, 1),
                    w_hh,
                    Self::gates(run),
                    Self::cells(run),
                    self.dy(layer),
                    after(0),
                    after(1),
                    Self::dgates(run),
                    Self::dh(run),
                    Self::dc(run),
                    self.panels(),
                ];
                steps.push(any(Call::new("lstm_backward", args)));
                let (x, h0, y) = (self.x(layer, true), self.carried(true, 0), self.y(layer));
                let after_y = [Self::dgates(run), dw_ih, dw_hh, db_ih, db_hh];
                steps.push(BackwardStep::params(if let Some((symbols, rows)) = &embedded {
                    let before = [at.clone(), symbols.clone(), x, Arg::Param(*rows), w_ih.clone(), h0, y];
                    let args = before.into_iter().chain(after_y).chain([Arg::GradParam(*rows), Arg::Scratch]);
                    Call::new("lstm_embedded_backward_weight", args)
                } else {
                    let args = [at.clone(), x, h0, y].into_iter().chain(after_y).chain([Arg::Scratch]);
                    Call::new("lstm_backward_weight", args)
                }));
                if self.state_in {
                    for (i, from) in [(1, Self::dh(run)), (2, Self::dc(run))] {
                        let args = [at.clone(), from, Arg::GradInput(i), Arg::Accumulate(i)];
                        steps.push(BackwardStep::input(i, Call::new("lstm_backward_state", args)));
                    }
                }
                if embedded.is_some() {
                    continue;
                }
                // Both directions read the same: the second one adds.
                let second = Arg::Value(quote!(true));
                let (to, accumulate, for_) = match (layer, direction) {
                    (0, 0) => (Arg::GradInput(0), Arg::Accumulate(0), Purpose::Input(0)),
                    (0, _) => (Arg::GradInput(0), second, Purpose::Input(0)),
                    (_, 0) => (self.dx(layer), Arg::Value(quote!(false)), Purpose::Any),
                    (_, _) => (self.dx(layer), second, Purpose::Any),
                };
                let call = Call::new("lstm_backward_input", [at, Self::dgates(run), w_ih, to, accumulate]);
                steps.push(BackwardStep { for_, step: Step::Micro(call) });
            }
            if self.dropout > 0.0 && layer > 0 {
                let ends = [self.dx(layer), self.dy(layer - 1)];
                steps.extend(self.dropout(layer - 1, "lstm_dropout_backward", "affine_backward", ends).map(any));
            }
        }
        steps
    }

    fn scratch(&self) -> Count {
        // As `Lstm::panels` and `Symbols::scratch` of the kernels, which a test compares.
        let (inputs, hidden) = (self.features, self.hidden);
        let turned = times(&[inputs.max(self.width()), 16, 8]);
        let panels = |results: usize, sources: usize| times(&[results.saturating_add(15), sources]);
        let gates = hidden.saturating_mul(4);
        let panels = panels(gates, hidden).max(panels(hidden, gates));
        let tables = self.symbols.map_or(0, |symbols| {
            times(&[symbols.bound.next_multiple_of(16), hidden.saturating_mul(8).saturating_add(inputs.saturating_mul(3))])
        });
        turned.max(panels).saturating_add(tables).into()
    }

    fn joined(&self, before: &dyn Op) -> Option<Rc<dyn Op>> {
        // A table of products is made for each micro-batch: it must be smaller than the products themselves.
        let symbols = before.symbols().filter(|symbols| symbols.bound <= self.time.saturating_mul(8))?;
        (!self.step && self.time >= Self::FEW).then(|| Rc::new(Self { symbols: Some(symbols), ..self.clone() }) as Rc<dyn Op>)
    }

    fn kept(&self) -> Vec<Count> {
        let own = [times(&[4, self.time, self.hidden]), times(&[self.time, self.hidden])];
        let between = std::iter::repeat_n(times(&[self.time, self.width()]), 2 * self.layers);
        std::iter::repeat_n(own, self.runs()).flatten().chain(between).map(Count::from).collect()
    }

    fn work(&self) -> Vec<Count> {
        let own = [times(&[4, self.time, self.hidden]), self.hidden, self.hidden];
        let between = std::iter::repeat_n(times(&[self.time, self.width()]), 2 * self.layers);
        std::iter::repeat_n(own, self.runs()).flatten().chain(between).map(Count::from).collect()
    }

    fn state(&self) -> usize {
        if self.step { times(&[2, self.runs(), self.hidden]) } else { 0 }
    }

    fn output_groups(&self) -> Option<&'static [usize]> {
        self.state_out.then_some(&[1, 2])
    }
}
