//! What `each` and `scan` are made of: the elements of a value's leading axis as values of their own, and values put together along a new one.

use super::flatten::View;
use super::parts::Blocks;
use crate::graph::{Arg, Attributes, BackwardStep, Call, Dispatch, Geometry, Op, Size, Traits, ValueType};
use crate::layers::Built;
use crate::layers::support::input::product;
use crate::layers::support::tensor;
use quote::quote;

/// All elements of a value of these sizes; one alone is the value itself, under other sizes.
pub(crate) fn apart(name: &'static str, dims: &[usize]) -> Built {
    let attributes = Attributes::new(name, Vec::new());
    let outputs = vec![tensor(dims[1..].to_vec()); dims[0]];
    if dims[0] == 1 {
        return Built::new(View { attributes }, outputs, Vec::new());
    }
    Built::new(Apart(Parts::new(attributes, dims)), outputs, Vec::new())
}

/// So many values of these sizes as the elements of one.
pub(crate) fn together(name: &'static str, count: usize, element: &[usize]) -> Built {
    let attributes = Attributes::new(name, Vec::new());
    let dims: Vec<usize> = std::iter::once(count).chain(element.iter().copied()).collect();
    let output = [tensor(dims.clone())];
    if count == 1 {
        return Built::new(View { attributes }, output, Vec::new());
    }
    Built::new(Together(Parts::new(attributes, &dims)), output, Vec::new())
}

/// The same value under other sizes.
pub(crate) fn view(attributes: Attributes, output: ValueType) -> Built {
    Built::new(View { attributes }, [output], Vec::new())
}

#[derive(Debug)]
struct Parts {
    attributes: Attributes,
    blocks: Blocks,
}

impl Parts {
    fn new(attributes: Attributes, dims: &[usize]) -> Self {
        let len = product(&dims[1..]);
        Self { attributes, blocks: Blocks::new(&[dims[0].saturating_mul(len)], 0, std::iter::repeat_n(len, dims[0])) }
    }

    fn calls(&self, call: impl Fn(usize) -> Call) -> Vec<Dispatch> {
        (0..self.blocks.count()).map(|i| Dispatch::Micro(call(i))).collect()
    }
}

#[derive(Debug)]
struct Apart(Parts);

impl Op for Apart {
    fn attributes(&self) -> &Attributes {
        &self.0.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        Some(self.0.blocks.geometry())
    }

    fn traits(&self) -> Traits {
        Traits { init: crate::graph::Family::Transparent, ..Traits::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        self.0.calls(|i| self.0.blocks.part(i, Arg::Input(0), Arg::Output(i), Arg::Value(quote!(false))))
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let copy = |i| Blocks::join(i, Arg::GradOutput(i), Arg::GradInput(0), Arg::Accumulate(0));
        (0..self.0.blocks.count()).map(|i| BackwardStep::input(0, copy(i))).collect()
    }
}

#[derive(Debug)]
struct Together(Parts);

impl Op for Together {
    fn attributes(&self) -> &Attributes {
        &self.0.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        Some(self.0.blocks.geometry())
    }

    fn forward(&self) -> Vec<Dispatch> {
        self.0.calls(|i| Blocks::join(i, Arg::Input(i), Arg::Output(0), Arg::Value(quote!(false))))
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let copy = |i| self.0.blocks.part(i, Arg::GradOutput(0), Arg::GradInput(i), Arg::Accumulate(i));
        (0..self.0.blocks.count()).map(|i| BackwardStep::input(i, copy(i))).collect()
    }
}

/// The sizes with a leading axis before them.
pub(crate) fn with_axis(count: usize, ty: &ValueType) -> Option<ValueType> {
    let ValueType::Tensor(dims) = ty else { return None };
    (dims.len() < 4).then(|| ValueType::Tensor(std::iter::once(Size::Num(count)).chain(dims.iter().cloned()).collect()))
}
