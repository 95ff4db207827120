//! What `scan` is step by step: states that come from the step before, and a result with which the next ones are kept.

use crate::graph::{Arg, Attributes, BackwardStep, Call, Count, Dispatch, Geometry, Op, Size, ValueType, Workspace, kernels};
use crate::layers::Built;
use quote::quote;

/// A state of this shape, as the step before left it; zeros before the first.
pub(crate) fn carried(dims: &[Size]) -> Built {
    let op = Carried { attributes: Attributes::new("scan", Vec::new()), len: Count::product(dims) };
    Built::new(op, [ValueType::Tensor(dims.to_vec())], Vec::new())
}

/// The result of a step as a sequence of one, of the inputs `result, next, carried, next, carried, …`: each `next` becomes what the node that gave the `carried` after it
/// gives in the next step.
pub(crate) fn stepped(result: &[Size], states: &[Vec<Size>]) -> Built {
    let lens = std::iter::once(result).chain(states.iter().map(Vec::as_slice)).map(Count::product).collect();
    let dims = std::iter::once(Size::Num(1)).chain(result.iter().cloned()).collect();
    Built::new(Stepped { attributes: Attributes::new("scan", Vec::new()), lens }, [ValueType::Tensor(dims)], Vec::new())
}

/// Copies of so many numbers each.
fn copies(lens: &[Count]) -> Geometry {
    let each = lens.iter().map(Count::value);
    let count = lens.len();
    let each = each.map(|len| quote!(__f::k::Blocks { outer: 1, len: #len, from: 0, from_stride: #len, to: 0, to_stride: #len }));
    Geometry::new(quote!([__f::k::Blocks; #count]), quote!([#(#each),*]))
}

fn copy(i: usize, from: Arg, to: Arg) -> Dispatch {
    let call = kernels::copy_blocks { g: Arg::GeometryAt(i), x: from, y: to, accumulate: Arg::Value(quote!(false)) };
    Dispatch::Micro(Call::from(call))
}

#[derive(Debug)]
struct Carried {
    attributes: Attributes,
    len: Count,
}

impl Op for Carried {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        Some(copies(std::slice::from_ref(&self.len)))
    }

    fn workspace(&self) -> Workspace {
        Workspace { state: self.len.clone(), ..Workspace::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        vec![copy(0, Arg::State(Count::default()), Arg::Output(0))]
    }

    /// Steps do not train.
    fn backward(&self) -> Vec<BackwardStep> {
        Vec::new()
    }
}

#[derive(Debug)]
struct Stepped {
    attributes: Attributes,
    /// The numbers of the result, and of each state.
    lens: Vec<Count>,
}

impl Op for Stepped {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        Some(copies(&self.lens))
    }

    fn forward(&self) -> Vec<Dispatch> {
        let states = (1..self.lens.len()).map(|i| copy(i, Arg::Input(2 * i - 1), Arg::StateOf(2 * i)));
        std::iter::once(copy(0, Arg::Input(0), Arg::Output(0))).chain(states).collect()
    }

    /// Steps do not train.
    fn backward(&self) -> Vec<BackwardStep> {
        Vec::new()
    }
}
