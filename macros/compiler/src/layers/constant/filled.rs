//! `zeros([64])`, `ones([3, 8, 8])`: values without an input.

use crate::graph::{Arg, Attributes, BackwardStep, Count, Dispatch, Op, kernels};
use crate::layers::support::tensor;
use crate::layers::support::tokens::{count, float};
use crate::layers::{ArgValue, Build, Built, Layer, Param};

/// The layer kinds `zeros` and `ones`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filled {
    /// All zero.
    Zeros,
    /// All one.
    Ones,
}

const PARAMS: &[Param] = &[Param::required("sizes")];

impl Layer for Filled {
    fn name(&self) -> &'static str {
        match self {
            Self::Zeros => "zeros",
            Self::Ones => "ones",
        }
    }

    fn short(&self) -> &'static str {
        self.name()
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["a value without input", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let sizes = sizes(cx, self)?;
        let output = tensor(sizes);
        let number = if *self == Self::Zeros { 0.0 } else { 1.0 };
        Some(Built::new(Fill { attributes: cx.attributes(self), len: output.len(), number }, [output], Vec::new()))
    }
}

/// The argument `sizes` of a layer without an input.
pub(super) fn sizes(cx: &mut Build<'_>, layer: &dyn Layer) -> Option<Vec<usize>> {
    let name = layer.name();
    if !cx.inputs.is_empty() {
        return cx.fail_layer(
            layer,
            format_args!("takes no value: it stands at the beginning of a flow\n  help: let y = {name}([64]);"),
        );
    }
    let args = cx.args;
    let Some((value, span)) = args.get("sizes") else { return cx.fail(cx.span, "`sizes` is missing") };
    let ArgValue::List(items) = value else {
        return cx.fail(span, format_args!("takes a list of sizes, not `{value}`\n  help: {name}([{value}])"));
    };
    if items.is_empty() || items.len() > 4 {
        return cx.fail(span, format_args!("takes one to four sizes, not {}", items.len()));
    }
    let mut sizes = Vec::new();
    for item in items {
        match item {
            ArgValue::Int(n) => match usize::try_from(*n) {
                Ok(n) if n > 0 => sizes.push(n),
                _ => return cx.fail(span, format_args!("a size must be at least 1, not {n}")),
            },
            ArgValue::Type(ty) => return cx.fail(span, format_args!("not yet: a size that is a type, {ty}")),
            other => return cx.fail(span, format_args!("a size is a number, not `{other}`")),
        }
    }
    Some(sizes)
}

#[derive(Debug)]
struct Fill {
    attributes: Attributes,
    len: Count,
    number: f32,
}

impl Op for Fill {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn forward(&self) -> Vec<Dispatch> {
        let call = kernels::fill { len: count(&self.len), number: Arg::Value(float(self.number)), y: Arg::Output(0) };
        vec![Dispatch::Micro(call.into())]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes() {
        assert_eq!(Case::new("zeros([8, 64])", &[]).gives(), "[8, 64]");
        assert_eq!(Case::new("ones([3])", &[]).built().op.attributes().to_string(), "ones([3])");
    }

    #[test]
    fn mistakes() {
        Case::new("zeros([8])", &[&[8]])
            .complains("zeros", "zeros takes no value: it stands at the beginning of a flow\n  help: let y = zeros([64]);");
        Case::new("zeros(8)", &[]).fails("8", "zeros: takes a list of sizes, not `8`\n  help: zeros([8])");
        Case::new("ones([0])", &[]).complains("[0]", "a size must be at least 1, not 0");
        Case::new("ones([1, 2, 3, 4, 5])", &[]).complains("[1, 2, 3, 4, 5]", "takes one to four sizes, not 5");
    }
}
