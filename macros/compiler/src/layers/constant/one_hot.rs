//! `OneHot`: an index as a row of zeros with a one; `[0..10]` → `[10]`, `[0..96; 64]` → `[64, 96]`.

use crate::graph::{Arg, Attributes, BackwardStep, Dispatch, Op, ValueType, kernels};
use crate::layers::support::tensor;
use crate::layers::support::tokens::number;
use crate::layers::{Build, Built, Layer, Param};
use fireclay_ir::ValueRange;
use quote::quote;

/// The layer kind `OneHot`.
#[derive(Debug)]
pub struct OneHot;

impl Layer for OneHot {
    fn name(&self) -> &'static str {
        "OneHot"
    }

    fn short(&self) -> &'static str {
        "one_hot"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        &[]
    }

    fn doc(&self) -> [&'static str; 2] {
        ["`[0..n]` → `[n]`, `[0..n; t]` → `[t, n]`: 1 at the index, 0 elsewhere", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let (bound, len) = match cx.inputs[0] {
            ValueType::Indices { bound, len } => (bound, Some(len)),
            ValueType::Index { bound } => (bound, None),
            ValueType::Tensor(_) | ValueType::Typed(..) => {
                let text =
                    format!("takes indices, such as [0..96; 64] or [0..10]; it receives {}{}", cx.inputs[0], cx.input_line(0));
                return cx.fail_layer(self, text);
            }
        };
        let op = OneHotOp { attributes: cx.attributes(self), bound, len: len.unwrap_or(1) };
        Some(Built::new(op, [tensor(len.into_iter().chain([bound]))], Vec::new()))
    }
}

#[derive(Debug)]
struct OneHotOp {
    attributes: Attributes,
    bound: usize,
    len: usize,
}

impl Op for OneHotOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn range(&self, _: ValueRange) -> ValueRange {
        ValueRange::Probabilities
    }

    fn forward(&self) -> Vec<Dispatch> {
        let [len, bound] = [self.len, self.bound].map(|n| {
            let n = number(n);
            Arg::Value(quote!(#n))
        });
        vec![Dispatch::Micro(kernels::one_hot { len, bound, x: Arg::Input(0), y: Arg::Output(0) }.into())]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::ValueType;
    use crate::layers::tests::Case;

    #[test]
    fn rows_of_zeros_with_a_one() {
        assert_eq!(Case::of("OneHot", vec![ValueType::Index { bound: 10 }]).gives(), "[10]");
        assert_eq!(Case::of("OneHot", vec![ValueType::Indices { bound: 96, len: 64 }]).gives(), "[64, 96]");
        Case::new("OneHot", &[&[4]]).complains("OneHot", "takes indices, such as [0..96; 64] or [0..10]; it receives [4]");
    }
}
