//! The operands of a recurrent layer's calls. A *run* is one layer in one direction.

use super::op::{RecurrentOp, times};
use crate::graph::{Arg, Count, Symbols};
use quote::quote;

impl RecurrentOp {
    /// The saved gates of a run.
    pub(super) fn gates(run: usize) -> Arg {
        Arg::Saved(2 * run)
    }

    /// The other saved tensor of a run; null where the cell has none.
    pub(super) fn saved(&self, run: usize) -> Arg {
        if self.cell.kind.saved() > 0 { Arg::Saved(2 * run + 1) } else { Arg::Null }
    }

    /// Whether the output is what the last layer yields, and no part of that.
    fn whole(&self) -> bool {
        !self.last && !self.length
    }

    /// The number of steps that are there, where that is an input.
    pub(super) fn steps(&self) -> Arg {
        let states = if self.state_in { self.cell.kind.states() } else { 0 };
        if self.length { Arg::Input(1 + states) } else { Arg::Null }
    }

    /// What backward keeps of the gradients of a run's states beyond the end of a sample.
    pub(super) fn held(&self, run: usize) -> Arg {
        if self.length { Arg::Work(Self::WORK * run + 4) } else { Arg::Null }
    }

    /// The output of a layer, all steps.
    pub(super) fn y(&self, layer: usize) -> Arg {
        if layer + 1 == self.layers && self.whole() { Arg::Output(0) } else { Arg::Saved(2 * self.runs() + layer) }
    }

    /// The input of a layer.
    pub(super) fn x(&self, layer: usize, training: bool) -> Arg {
        match layer.checked_sub(1) {
            None => Arg::Input(0),
            Some(before) if training && self.dropout > 0.0 => Arg::Saved(2 * self.runs() + self.layers + before),
            Some(before) => self.y(before),
        }
    }

    /// The number of gradients of a run: of the gates' products with x, of those with h where they differ, of both states, and what is kept of those.
    const WORK: usize = 5;

    /// The gradient of the gates.
    pub(super) fn dgates(run: usize) -> Arg {
        Arg::Work(Self::WORK * run)
    }

    /// The gradient of the gates' products with h, where it differs.
    pub(super) fn dgates_h(&self, run: usize) -> Arg {
        if self.cell.kind.apart() > 0 { Arg::Work(Self::WORK * run + 1) } else { Arg::Null }
    }

    /// The gradient of a state: h (0) or c (1).
    pub(super) fn dstate(&self, run: usize, which: usize) -> Arg {
        if which < self.cell.kind.states() { Arg::Work(Self::WORK * run + 2 + which) } else { Arg::Null }
    }

    /// The gradient of the output of a layer.
    pub(super) fn dy(&self, layer: usize) -> Arg {
        if layer + 1 == self.layers && self.whole() { Arg::GradOutput(0) } else { Arg::Work(Self::WORK * self.runs() + layer) }
    }

    /// The gradient of the input of a layer that is not the first.
    pub(super) fn dx(&self, layer: usize) -> Arg {
        if self.dropout > 0.0 { Arg::Work(Self::WORK * self.runs() + self.layers + layer - 1) } else { self.dy(layer - 1) }
    }

    /// weight_ih, weight_hh, bias_ih, bias_hh of a run.
    pub(super) fn params(&self, run: usize, of: fn(usize) -> Arg) -> [Arg; 4] {
        let first = run * if self.bias { 4 } else { 2 };
        let bias = |i| if self.bias { of(first + i) } else { Arg::Null };
        [of(first), of(first + 1), bias(2), bias(3)]
    }

    /// A state before or after: h (0) or c (1).
    pub(super) fn state_of(&self, before: bool, which: usize) -> Arg {
        if which >= self.cell.kind.states() {
            return Arg::Null;
        }
        if self.step {
            return Arg::State(times(&[which, self.runs()], &self.hidden));
        }
        match (before, self.state_in, self.state_out) {
            (true, true, _) => Arg::Input(1 + which),
            (false, ..) => self.after(which).map_or(Arg::Null, Arg::Output),
            _ => Arg::Null,
        }
    }

    /// The output that is a state after: h (0) or c (1). The h of a cell by itself is its first output anyway.
    pub(super) fn after(&self, which: usize) -> Option<usize> {
        let given = self.state_out && which < self.cell.kind.states();
        if self.single { Some(which).filter(|_| given && which > 0) } else { Some(1 + which).filter(|_| given) }
    }

    /// The symbols that a layer reads, as their kernels take them, and the parameter that has their rows.
    pub(super) fn embedded(&self, layer: usize) -> Option<(Arg, usize)> {
        let Symbols { bound, padding_index } = self.symbols.filter(|_| layer == 0)?;
        let padding_index = if padding_index == usize::MAX { quote!(__f::usize::MAX) } else { quote!(#padding_index) };
        let symbols = quote!(&__f::k::Symbols { bound: #bound, padding_index: #padding_index });
        Some((Arg::Value(symbols), self.runs() * if self.bias { 4 } else { 2 }))
    }

    /// Workspace for panels of the recurrent weight; null for so few steps that packing does not pay.
    pub(super) fn panels(&self) -> Arg {
        if self.time >= Self::MIN_STEPS { Arg::Scratch } else { Arg::Null }
    }

    /// The sizes of the saved tensors: two for each run, then what each layer yields, and the same after dropout.
    pub(super) fn saved_tensors(&self) -> Vec<Count> {
        let own = [times(&[self.time], &self.gate_rows()), times(&[self.cell.kind.saved(), self.time], &self.hidden)];
        let between = std::iter::repeat_n(times(&[self.time], &self.width()), 2 * self.layers);
        std::iter::repeat_n(own, self.runs()).flatten().chain(between).collect()
    }

    /// The sizes of what the backward calls hand each other: [`Self::WORK`] for each run, then the gradients of what each layer yields, and of
    /// what dropout makes of it.
    pub(super) fn work(&self) -> Vec<Count> {
        let dgates = times(&[self.time], &self.gate_rows());
        let own = [
            dgates.clone(),
            if self.cell.kind.apart() > 0 { dgates } else { Count::default() },
            self.hidden.clone().into(),
            times(&[self.cell.kind.states() - 1], &self.hidden),
            if self.length { times(&[self.cell.kind.states()], &self.hidden) } else { Count::default() },
        ];
        let between = std::iter::repeat_n(times(&[self.time], &self.width()), 2 * self.layers);
        std::iter::repeat_n(own, self.runs()).flatten().chain(between).collect()
    }
}
