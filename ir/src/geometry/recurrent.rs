//! Recurrent layers: their sizes, and the lengths of the memory that their kernels take.

use super::Dense;
use crate::LANES;
use crate::arithmetic::{max, product, sum, whole_vectors};
use crate::sizes::{panels_len, rows_scratch, step_panels_len};

/// The kind of a cell: its gates, and the states that one step hands to the next.
///
/// A *gate* is a row of weights for each hidden unit: the weights of all gates stand below each other, in PyTorch's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    /// Long short-term memory (Hochreiter and Schmidhuber 1997): gates i, f, g, o; states h and c.
    Lstm,
    /// Gated recurrent unit (Cho et al. 2014): gates r, z, n; state h.
    Gru,
    /// Elman's recurrent layer (Elman 1990) with tanh: state h.
    RnnTanh,
    /// The same with a ReLU.
    RnnRelu,
}

impl CellKind {
    /// The number of gates.
    #[inline]
    #[must_use]
    pub const fn gates(self) -> usize {
        match self {
            Self::Lstm => 4,
            Self::Gru => 3,
            Self::RnnTanh | Self::RnnRelu => 1,
        }
    }

    /// The number of gates, the last ones, that use their products with x and with h apart instead of their sum: a GRU's n is
    /// `tanh(W x + b + r · (U h + c))`. The gradients of the two products differ then, and so do those of the two biases.
    #[inline]
    #[must_use]
    pub const fn apart(self) -> usize {
        matches!(self, Self::Gru) as usize
    }

    /// The number of states: h, or h and c.
    #[inline]
    #[must_use]
    pub const fn states(self) -> usize {
        1 + matches!(self, Self::Lstm) as usize
    }

    /// The numbers of each hidden unit that a step saves for the backward pass beside the gates: an LSTM's c, a GRU's `U h + c` of n.
    #[inline]
    #[must_use]
    pub const fn saved(self) -> usize {
        matches!(self, Self::Lstm | Self::Gru) as usize
    }

    /// The number of vectors of hidden units that a packed step computes at once: four registers of sums, one for each gate or each vector.
    #[inline]
    #[must_use]
    pub const fn vectors(self) -> usize {
        if self.gates() == 1 { 4 } else { 1 }
    }
}

/// The sizes of one layer in one direction: x `[time][inputs]`, y `[time][width]`, of which this direction has `hidden` from `offset` on;
/// states are `[rows][hidden]`, of which `row` is this one's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recurrent {
    /// The kind of the cell.
    pub cell: CellKind,
    /// The number of steps.
    pub time: usize,
    /// The features of x.
    pub inputs: usize,
    /// The features of h.
    pub hidden: usize,
    /// Whether it runs from the last step to the first.
    pub reverse: bool,
    /// The features of y: `hidden` for each direction.
    pub width: usize,
    /// The position of this direction in the features of y.
    pub offset: usize,
    /// The row of the states that is this one's.
    pub row: usize,
}

impl Recurrent {
    /// The numbers in one step's gates.
    #[inline]
    #[must_use]
    pub const fn gates(&self) -> usize {
        product([self.cell.gates(), self.hidden])
    }

    /// The numbers in the gates whose products with x and with h are summed.
    #[inline]
    #[must_use]
    pub const fn summed(&self) -> usize {
        self.gates().saturating_sub(self.apart())
    }

    /// The numbers in the gates where the two products stay apart.
    #[inline]
    #[must_use]
    pub const fn apart(&self) -> usize {
        product([self.cell.apart(), self.hidden])
    }

    /// The products with x, as a dense layer over all steps.
    #[inline]
    #[must_use]
    pub const fn inner(&self) -> Dense {
        Dense { rows: self.time, inputs: self.inputs, outputs: self.gates() }
    }

    /// The products with h, as a dense layer of one step and some of the gates.
    #[inline]
    #[must_use]
    pub const fn recurrent(&self, gates: usize) -> Dense {
        Dense { rows: 1, inputs: self.hidden, outputs: gates }
    }

    /// Floats of the panels of the recurrent weight in training: enough for both passes and any instruction set.
    #[inline]
    #[must_use]
    pub const fn panels(&self) -> usize {
        let apart = if self.apart() > 0 { panels_len(self.apart(), self.hidden) } else { 0 };
        let there = sum([panels_len(self.summed(), self.hidden), apart]);
        max(there, panels_len(self.hidden, self.gates()))
    }

    /// Floats of scratch that the weight gradient takes: x or h transposed.
    #[inline]
    #[must_use]
    pub const fn weight_scratch(&self) -> usize {
        product([Dense::ROWS, Dense::SCRATCH, max(self.inputs, self.width)])
    }

    /// Floats of scratch of the kernels across samples, for each share: the packed recurrent weight, or a part of what products over rows read.
    #[inline]
    #[must_use]
    pub const fn across_scratch(&self) -> usize {
        let there = sum([step_panels_len(self.summed(), self.hidden), step_panels_len(self.apart(), self.hidden)]);
        let steps = max(there, step_panels_len(self.hidden, self.gates()));
        max(steps, rows_scratch(max(self.inputs, self.hidden)))
    }

    /// The time of the n-th step.
    #[inline]
    #[must_use]
    pub const fn at(&self, n: usize) -> usize {
        if self.reverse { self.time - 1 - n } else { n }
    }
}

/// Floats of the packed weights of one layer in one direction.
#[inline]
#[must_use]
pub const fn recurrent_packed_len(g: &Recurrent) -> usize {
    let (whole, eight) = g.unit_vectors();
    sum([product([whole, g.packed_vector()]), if eight { g.packed_eight() } else { 0 }])
}

/// The hidden units of half a vector.
pub const HALF_LANES: usize = LANES / 2;

/// The layout of packed weights.
impl Recurrent {
    /// The number of vectors of sixteen hidden units, and whether eight units follow, whose gates take two vectors together instead of one each.
    #[inline]
    #[must_use]
    pub const fn unit_vectors(&self) -> (usize, bool) {
        match self.hidden % LANES {
            1..=HALF_LANES if self.cell.gates() > 2 => (self.hidden / LANES, true),
            _ => (self.hidden.div_ceil(LANES), false),
        }
    }

    /// Floats of sixteen hidden units: each gate's weights of x and of h, and the biases, apart where the products are.
    #[inline]
    #[must_use]
    pub const fn packed_vector(&self) -> usize {
        let (gates, apart) = (self.cell.gates(), self.cell.apart());
        product([sum([product([sum([self.inputs, self.hidden]), gates]), gates, apart]), LANES])
    }

    /// Floats of eight hidden units.
    #[inline]
    #[must_use]
    pub const fn packed_eight(&self) -> usize {
        product([sum([self.inputs, self.hidden, 1]), 2, LANES])
    }

    /// The first of the n-th sixteen units. The last sixteen may share some with those before: they come out the same.
    #[inline]
    #[must_use]
    pub const fn first_unit(&self, n: usize) -> usize {
        let last = self.hidden.saturating_sub(LANES);
        if n * LANES < last || self.unit_vectors().1 { n * LANES } else { last }
    }
}

/// The indices of an embedding that x is looked up in, each below `bound`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbols {
    /// The number of rows of the embedding.
    pub bound: usize,
    /// The row that is never learned; `usize::MAX` for none.
    pub padding_index: usize,
}

impl Symbols {
    /// The number of groups of sixteen symbols.
    #[inline]
    #[must_use]
    pub const fn groups(&self) -> usize {
        self.bound.div_ceil(LANES)
    }

    /// Floats of a table with this many numbers for each symbol of all groups.
    #[inline]
    #[must_use]
    pub const fn table(&self, numbers: usize) -> usize {
        product([self.groups(), LANES, numbers])
    }

    /// Floats of scratch of the kernels over an embedding. In front of the tables lies the scratch of a step: the panels of the recurrent
    /// weight, or the operand that the weight gradient transposes.
    #[inline]
    #[must_use]
    pub const fn scratch(&self, g: &Recurrent) -> usize {
        sum([self.front(g), product([2, self.table(g.gates())]), product([3, self.table(g.inputs)])])
    }

    /// Floats of scratch of the kernels across samples over an embedding, for each share: for each symbol a row of gates and one of the embedding, two
    /// numbers by which symbols that occur are found, and behind them what the layer takes.
    #[inline]
    #[must_use]
    pub const fn across_scratch(&self, g: &Recurrent) -> usize {
        sum([self.across_front(g), g.across_scratch()])
    }

    /// Floats in front of the layer's.
    #[inline]
    #[must_use]
    pub const fn across_front(&self, g: &Recurrent) -> usize {
        whole_vectors(product([self.bound, sum([g.gates(), g.inputs, 2])]))
    }

    /// Floats in front of the tables.
    #[inline]
    #[must_use]
    pub const fn front(&self, g: &Recurrent) -> usize {
        max(g.weight_scratch(), g.panels())
    }
}
