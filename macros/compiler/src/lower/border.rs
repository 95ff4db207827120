//! The border of a network: its inputs and outputs, and the types of values.

use super::params::name_of;
use super::scope::Frame;
use super::{Lower, messages};
use crate::graph::{EqualSizes, Size, ValueId, ValueType};
use crate::syntax::ast::{self, ValueKind};
use proc_macro2::Ident;

/// The most inputs and the most outputs of a network: the library's tuples end there.
pub const BORDER: usize = 6;
/// The largest size.
pub(super) const LARGEST: usize = 1 << 30;

impl<'a> Lower<'a, '_> {
    /// Reports inputs and outputs that are too many, or that have the same name.
    pub(super) fn check_border(&mut self, network: &ast::Network) {
        if let Some(input) = network.inputs.get(BORDER) {
            self.error(input.name.span(), messages::border_too_wide("inputs", BORDER));
        }
        if let Some(output) = network.outputs.get(BORDER) {
            let span = output.name.as_ref().map_or(output.ty.span, Ident::span);
            self.error(span, messages::border_too_wide("outputs", BORDER));
        }
        if let Some(output) = network.outputs.first()
            && network.outputs.iter().all(|output| output.train)
        {
            let span = output.name.as_ref().map_or(output.ty.span, Ident::span);
            self.error(span, messages::all_for_training());
        }
        for (i, input) in network.inputs.iter().enumerate() {
            if network.inputs[..i].iter().any(|other| other.name == input.name) {
                self.error(input.name.span(), messages::input_twice(&name_of(&input.name)));
            }
        }
        for (i, output) in network.outputs.iter().enumerate() {
            if let Some(name) = &output.name
                && network.outputs[..i].iter().any(|other| other.name.as_ref() == Some(name))
            {
                self.error(name.span(), messages::output_twice(&name_of(name)));
            }
        }
    }

    /// The type of a value at a border, whose sizes are numbers and types.
    pub(super) fn border_type(&mut self, frame: &Frame<'a>, ty: &ast::ValueType) -> Option<ValueType> {
        let found = self.value_type(frame, ty)?;
        match formula(&found) {
            Some(size) => self.fail(ty.span, messages::formula_at_border(size)),
            None => Some(found),
        }
    }

    /// Whether a value is of these sizes. Where the sizes that it has are formulas of types, they are taken for those that are wanted, which is
    /// checked where the network is built.
    pub(super) fn is_of(&mut self, id: ValueId, wanted: &ValueType, what: String) -> bool {
        let got = &self.values[id].ty;
        if got == wanted {
            return true;
        }
        let (ValueType::Tensor(got), ValueType::Tensor(sizes)) = (got, wanted) else { return false };
        let may = |(got, wanted): (&Size, &Size)| got == wanted || matches!(got, Size::Formula(_)) && wanted.num().is_none();
        if got.len() != sizes.len() || !got.iter().zip(sizes).all(may) {
            return false;
        }
        self.equal.push(EqualSizes { what, got: got.clone(), wanted: sizes.clone() });
        self.values[id].ty = wanted.clone();
        true
    }

    /// The type of a value at a border, or after `as`.
    pub(super) fn value_type(&mut self, frame: &Frame<'a>, ty: &ast::ValueType) -> Option<ValueType> {
        match &ty.kind {
            ValueKind::Tensor(sizes) => {
                if let Some(text) = batch_written(sizes) {
                    return self.fail(ty.span, text);
                }
                let dims: Vec<Option<Size>> = sizes.iter().map(|size| self.size(frame, size)).collect();
                let dims: Vec<Size> = dims.into_iter().collect::<Option<_>>()?;
                let product = dims.iter().filter_map(Size::num).try_fold(1_usize, usize::checked_mul);
                if product.is_none_or(|n| n > LARGEST) {
                    return self.fail(ty.span, messages::huge("a value", &dims));
                }
                Some(ValueType::Tensor(dims))
            }
            ValueKind::Indices { low, bound, len } => {
                let low_value = self.integer(frame, low, "a bound");
                let bound = self.number_of(frame, bound);
                let len = len.as_ref().map(|len| self.number_of(frame, len));
                if low_value? != 0 {
                    return self.fail(low.span, messages::indices_from_zero());
                }
                let bound = bound?;
                Some(match len {
                    None => ValueType::Index { bound },
                    Some(len) => ValueType::Indices { bound, len: len? },
                })
            }
        }
    }

    /// A size that must be a number.
    fn number_of(&mut self, frame: &Frame<'a>, term: &ast::Term) -> Option<usize> {
        match self.size(frame, term)? {
            Size::Num(n) => Some(n),
            size => self.fail(term.span, messages::type_as_number(&size.to_string())),
        }
    }
}

/// The first size that is a formula of types.
pub(super) fn formula(ty: &ValueType) -> Option<&Size> {
    ty.dims()?.iter().find(|size| matches!(size, Size::Formula(_)))
}

/// The mistake in sizes before any is computed: too few or too many, or a batch among them.
fn batch_written(sizes: &[ast::Term]) -> Option<String> {
    let rest = sizes.get(1..).unwrap_or_default().iter().map(messages::written).collect::<Option<Vec<_>>>();
    let without = rest.map(|rest| format!("[{}]", rest.join(", ")));
    let unknown = |term: &ast::Term| match &term.kind {
        ast::TermKind::Wild => true,
        ast::TermKind::Unary(ast::UnaryOp::Neg, one) => matches!(one.kind, ast::TermKind::Int(1)),
        ast::TermKind::Name(name) => matches!(name.to_string().as_str(), "None" | "batch" | "batch_size"),
        _ => false,
    };
    match sizes {
        [] => Some(messages::rank(0, None)),
        [_, _, _, _, _] => Some(messages::rank(5, without.as_deref())),
        [_, _, _, _, _, ..] => Some(messages::rank(sizes.len(), None)),
        [first, _, ..] if unknown(first) => without.map(|without| messages::batch_written(&without)),
        _ => None,
    }
}
