//! The operation of recurrent layers: one run for each layer and direction, every run a call with memory of its own. What differs between
//! cells stands in [`Cell`].

use super::cell::Cell;
use crate::graph::{
    Arg, Attributes, BackwardStep, Count, Dispatch, Geometry, Inference, Op, PackedCalls, Panel, Size, Symbols, Traits,
    Workspace, kernels,
};
use fireclay_ir::geometry::{CellKind, Recurrent, recurrent_packed_len};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// A recurrent layer, all sizes settled.
#[derive(Debug, Clone)]
pub(crate) struct RecurrentOp {
    pub(super) attributes: Attributes,
    pub(super) cell: &'static Cell,
    pub time: usize,
    pub features: Size,
    pub hidden: Size,
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

/// A product of numbers and a size.
pub(super) fn times(factors: &[usize], size: &Size) -> Count {
    let numbers = factors.iter().fold(1, |product: usize, factor| product.saturating_mul(*factor));
    Count::from(size.clone()).times(&numbers.into())
}

/// A run: the sizes of one layer in one direction, which may be types.
struct Run {
    cell: CellKind,
    time: usize,
    inputs: Size,
    hidden: Size,
    reverse: bool,
    width: Size,
    offset: Count,
    row: usize,
}

impl Run {
    /// Those that are numbers.
    fn numbers(&self) -> Option<Recurrent> {
        let Self { cell, time, reverse, row, .. } = *self;
        let (inputs, hidden) = (self.inputs.num()?, self.hidden.num()?);
        Some(Recurrent { cell, time, inputs, hidden, reverse, width: self.width.num()?, offset: self.offset.num()?, row })
    }

    fn tokens(&self) -> TokenStream {
        let Self { time, reverse, row, .. } = *self;
        let cell = Ident::new(&format!("{:?}", self.cell), Span::mixed_site());
        let [inputs, hidden, width] =
            [&self.inputs, &self.hidden, &self.width].map(|size| Count::from(size.clone()).typed_value());
        let offset = self.offset.typed_value();
        quote!(__f::k::Recurrent {
            cell: __f::k::CellKind::#cell, time: #time, inputs: #inputs, hidden: #hidden, reverse: #reverse, width: #width,
            offset: #offset, row: #row
        })
    }
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
    pub(super) fn width(&self) -> Size {
        times(&[self.directions], &self.hidden).into()
    }

    /// The features that a layer reads.
    fn inputs(&self, layer: usize) -> Size {
        if layer == 0 { self.features.clone() } else { self.width() }
    }

    /// The runs of a layer.
    pub(super) fn runs_of(&self, layer: usize) -> std::ops::Range<usize> {
        layer * self.directions..(layer + 1) * self.directions
    }

    /// The numbers in one step's gates.
    pub(super) fn gate_rows(&self) -> Size {
        times(&[self.cell.kind.gates()], &self.hidden).into()
    }

    /// The sizes of a run.
    fn run(&self, row: usize) -> Run {
        let (cell, time, hidden, width) = (self.cell.kind, self.time, self.hidden.clone(), self.width());
        let (inputs, direction) = (self.inputs(row / self.directions), row % self.directions);
        let offset = times(&[direction], &hidden);
        Run { cell, time, inputs, hidden, reverse: direction > 0, width, offset, row }
    }

    /// The geometries of all runs, and whether each is one of the first layer; none where a size is a type.
    pub(crate) fn geometries(&self) -> impl Iterator<Item = (Recurrent, bool)> {
        (0..self.runs()).filter_map(|row| Some((self.run(row).numbers()?, row < self.directions)))
    }

    /// Whether all sizes are numbers.
    pub(crate) fn numeric(&self) -> bool {
        self.features.num().is_some() && self.hidden.num().is_some()
    }

    /// Floats of one call.
    fn scratch(&self) -> Count {
        if !self.numeric() {
            let lens = (0..self.runs()).map(|row| {
                let g = self.run(row).tokens();
                quote!(#g.weight_scratch(), #g.panels())
            });
            return Count::told(&quote!(__f::most([#(#lens),*]))).whole_vectors();
        }
        let of = |(g, first): (Recurrent, bool)| match &self.symbols {
            Some(symbols) if first => symbols.scratch(&g),
            _ => g.weight_scratch().max(g.panels()),
        };
        self.geometries().map(of).max().unwrap_or(0).into()
    }
}

impl RecurrentOp {
    /// Floats that each share of a call across samples takes.
    pub(super) fn across_scratch(&self) -> Count {
        let of = |(g, first): (Recurrent, bool)| {
            self.symbols.filter(|_| first).map_or(g.across_scratch(), |symbols| symbols.across_scratch(&g))
        };
        self.geometries().map(of).max().unwrap_or(0).into()
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
        let layer = |l| times(&[self.directions, self.time], &self.gate_rows().times(&self.inputs(l).plus(&self.hidden)));
        (0..self.layers).fold(Count::default(), |sum, l| sum.plus(&layer(l)))
    }

    fn geometry(&self) -> Option<Geometry> {
        let runs = (0..self.runs()).map(|row| self.run(row).tokens());
        let count = self.runs();
        Some(Geometry::new(quote!([__f::k::Recurrent; #count]), quote!([#(#runs),*])))
    }

    fn workspace(&self) -> Workspace {
        let state = if self.step { times(&[self.cell.kind.states(), self.runs()], &self.hidden) } else { Count::default() };
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
            let run = self.run(run);
            let len = match run.numbers() {
                Some(g) => {
                    let len = recurrent_packed_len(&g);
                    quote!(#len)
                }
                None => {
                    let g = run.tokens();
                    quote!(__f::k::recurrent_packed_len(&#g))
                }
            };
            Panel { len, pack: pack.into() }
        });
        Some(PackedCalls { panels: panels.collect(), calls: self.calls(false, true) })
    }

    fn backward(&self) -> Vec<BackwardStep> {
        self.backward_steps()
    }
}
