//! `Dense(784, weight = tie(fc))`: the weight of another dense layer, transposed.

use crate::graph::{Arg, Attributes, BackwardStep, Call, Count, Dispatch, Geometry, Op, Size, Workspace, kernels};
use fireclay_ir::ValueRange;
use fireclay_ir::geometry::Dense as Sizes;
use quote::quote;

/// A product with a transposed weight, by direct sums.
#[derive(Debug)]
pub(super) struct TiedDenseOp {
    pub(super) attributes: Attributes,
    pub(super) rows: Size,
    pub(super) inputs: Size,
    pub(super) outputs: Size,
}

impl Op for TiedDenseOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn macs(&self) -> Count {
        Count::product(&[self.rows.clone(), self.inputs.clone(), self.outputs.clone()])
    }

    fn range(&self, _: ValueRange) -> ValueRange {
        ValueRange::Unbounded
    }

    fn geometry(&self) -> Option<Geometry> {
        let (rows, inputs, outputs) = (self.rows.value(), self.inputs.value(), self.outputs.value());
        Some(Geometry::new(quote!(__f::k::Dense), quote!(__f::k::Dense { rows: #rows, inputs: #inputs, outputs: #outputs })))
    }

    fn workspace(&self) -> Workspace {
        let rows = self.rows.num().map_or(Sizes::ROWS, |rows| rows.min(Sizes::ROWS));
        let scratch = Count::from(self.outputs.clone()).times(&(Sizes::SCRATCH * rows).into());
        Workspace { scratch, ..Workspace::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        use Arg::{Geometry, Input, Output, Param};
        vec![Dispatch::Micro(Call::from(kernels::dense_tied_forward {
            g: Geometry,
            x: Input(0),
            weight: Param(0),
            bias: Param(1),
            y: Output(0),
        }))]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Geometry, GradInput, GradOutput, GradParam, Input, Param, Scratch};
        let params = kernels::dense_tied_backward_weight {
            g: Geometry,
            x: Input(0),
            dy: GradOutput(0),
            dweight: GradParam(0),
            dbias: GradParam(1),
            scratch: Scratch,
        };
        let input = kernels::dense_tied_backward_input {
            g: Geometry,
            dy: GradOutput(0),
            weight: Param(0),
            dx: GradInput(0),
            accumulate: Accumulate(0),
        };
        vec![BackwardStep::params(params.into()), BackwardStep::input(0, input.into())]
    }
}
