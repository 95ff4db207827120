//! The operation of recurrent layers: one run for each layer and direction, every run a call with memory of its own. What differs between
//! cells stands in [`Cell`].

use super::cell::Cell;
use crate::graph::{
    Arg, Attributes, BackwardStep, Count, Dispatch, Geometry, Inference, Op, PackedCalls, Panel, Symbols, Traits, Workspace,
    kernels,
};
use fireclay_ir::geometry::{Recurrent, recurrent_packed_len};
use proc_macro2::{Ident, Span};
use quote::quote;

/// A recurrent layer, all sizes settled.
#[derive(Debug, Clone)]
pub(crate) struct RecurrentOp {
    pub(super) attributes: Attributes,
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
    /// The last input is the number of steps that are there.
    pub length: bool,
    pub state_out: bool,
    /// It runs step by step, with a state of its own.
    pub step: bool,
    /// It is the cell by itself: one step of a vector, whose outputs are the states after it.
    pub single: bool,
    /// The indices that it reads where an embedding was joined with it, whose rows are the last parameter then.
    pub symbols: Option<Symbols>,
}

/// A product that saturates: sizes that are too large are refused elsewhere.
pub(super) fn times(factors: &[usize]) -> usize {
    factors.iter().fold(1, |product: usize, factor| product.saturating_mul(*factor))
}

impl RecurrentOp {
    /// The fewest steps for which laying out a weight pays.
    pub(crate) const MIN_STEPS: usize = 4;

    /// The operation over the symbols of an embedding, whose rows are its last parameter.
    pub(crate) fn over_symbols(&self, symbols: Symbols) -> Self {
        Self { symbols: Some(symbols), ..self.clone() }
    }

    /// The number of runs: one for each layer and direction.
    pub(super) fn runs(&self) -> usize {
        self.layers * self.directions
    }

    /// The features that a layer yields: those of both directions.
    pub(super) fn width(&self) -> usize {
        times(&[self.hidden, self.directions])
    }

    /// The features that a layer reads.
    fn inputs(&self, layer: usize) -> usize {
        if layer == 0 { self.features } else { self.width() }
    }

    /// The runs of a layer.
    pub(super) fn runs_of(&self, layer: usize) -> std::ops::Range<usize> {
        layer * self.directions..(layer + 1) * self.directions
    }

    /// The numbers in one step's gates.
    pub(super) fn gate_rows(&self) -> usize {
        times(&[self.cell.kind.gates(), self.hidden])
    }

    /// The geometry of a run.
    fn run(&self, row: usize) -> Recurrent {
        let (time, hidden, width) = (self.time, self.hidden, self.width());
        let (inputs, offset) = (self.inputs(row / self.directions), times(&[row % self.directions, hidden]));
        Recurrent { cell: self.cell.kind, time, inputs, hidden, reverse: offset > 0, width, offset, row }
    }

    /// The geometries of all runs, and whether each is one of the first layer.
    pub(crate) fn geometries(&self) -> impl Iterator<Item = (Recurrent, bool)> {
        (0..self.runs()).map(|row| (self.run(row), row < self.directions))
    }

    /// Floats of one call.
    fn scratch(&self) -> Count {
        let of = |row| {
            let g = self.run(row);
            match &self.symbols {
                Some(symbols) if row < self.directions => symbols.scratch(&g),
                _ => g.weight_scratch().max(g.panels()),
            }
        };
        (0..self.runs()).map(of).max().unwrap_or(0).into()
    }
}

impl RecurrentOp {
    /// Floats that each share of a call across samples takes.
    pub(super) fn across_scratch(&self) -> Count {
        let of = |row| {
            let g = self.run(row);
            self.symbols.filter(|_| row < self.directions).map_or(g.across_scratch(), |symbols| symbols.across_scratch(&g))
        };
        (0..self.runs()).map(of).max().unwrap_or(0).into()
    }

    /// The memory of training.
    pub(super) fn workspace_of_training(&self) -> Workspace {
        Workspace { saved: self.saved_tensors(), work: self.work(), ..Workspace::default() }
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

    fn workspace(&self) -> Workspace {
        let state = if self.step { times(&[self.cell.kind.states(), self.runs(), self.hidden]) } else { 0 };
        Workspace { scratch: self.scratch(), state, ..self.workspace_of_training() }
    }

    fn traits(&self) -> Traits {
        // A state of two values is a tuple of its own.
        let state_of_two = self.state_out && !self.single && self.cell.kind.states() == 2;
        let output_groups: Option<&[usize]> = state_of_two.then_some(&[1, 2]);
        Traits { output_groups, ..Traits::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        self.calls(true, false).into_iter().map(Dispatch::Micro).collect()
    }

    fn infer(&self) -> Inference {
        Inference::Calls(self.calls(false, false))
    }

    fn packed(&self) -> Option<PackedCalls> {
        let panels = (0..self.runs()).map(|run| {
            let [w_ih, w_hh, b_ih, b_hh] = self.params(run, Arg::Param);
            let pack = kernels::recurrent_pack { g: Arg::GeometryAt(run), w_ih, w_hh, b_ih, b_hh, packed: Arg::PackedOut };
            let len = recurrent_packed_len(&self.run(run));
            Panel { len: quote!(#len), pack: pack.into() }
        });
        Some(PackedCalls { panels: panels.collect(), calls: self.calls(false, true) })
    }

    fn backward(&self) -> Vec<BackwardStep> {
        self.backward_steps()
    }
}
