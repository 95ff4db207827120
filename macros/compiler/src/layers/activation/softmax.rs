//! `Softmax(axis)`, `Softmin(axis)` and `LogSoftmax(axis)`: over the channels of an image, else over the last axis.

use crate::graph::{Arg, Attributes, BackwardStep, Call, ChannelBlocks, Count, Dispatch, Geometry, Op, ValueType, kernels};
use crate::layers::shape::parts::AXES;
use crate::layers::support::axis::whole_axis;
use crate::layers::{Build, Built, Layer, Param};
use fireclay_ir::ValueRange;
use quote::quote;
use std::rc::Rc;

/// The layer kinds of this file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Softmax {
    /// `eˣ / Σ eˣ`
    Plain,
    /// `e⁻ˣ / Σ e⁻ˣ`
    Negative,
    /// `x − ln Σ eˣ`
    Logarithm,
}

const PARAMS: &[Param] = &[Param::named("axis").words(AXES)];

impl Layer for Softmax {
    fn name(&self) -> &'static str {
        match self {
            Self::Plain => "Softmax",
            Self::Negative => "Softmin",
            Self::Logarithm => "LogSoftmax",
        }
    }

    fn short(&self) -> &'static str {
        match self {
            Self::Plain => "softmax",
            Self::Negative => "softmin",
            Self::Logarithm => "log_softmax",
        }
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        match self {
            Self::Plain => {
                ["`eˣ / Σ eˣ` over channels of an image, else over the last axis; `axis = time`, `height`, … otherwise", ""]
            }
            Self::Negative => ["`Softmax` of −x", ""],
            Self::Logarithm => ["the logarithm of `Softmax`, `x − ln Σ eˣ`", ""],
        }
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let dims = cx.tensor(self, 0)?;
        let axis = whole_axis(cx, dims.len())?;
        let op = SoftmaxOp {
            attributes: cx.attributes(self),
            kind: *self,
            outer: Count::product(&dims[..axis]),
            len: dims[axis].clone().into(),
            inner: Count::product(&dims[axis + 1..]),
            in_vectors: false,
        };
        Some(Built::new(op, [ValueType::Tensor(dims)], Vec::new()))
    }
}

#[derive(Debug, Clone)]
struct SoftmaxOp {
    attributes: Attributes,
    kind: Softmax,
    outer: Count,
    len: Count,
    inner: Count,
    /// The numbers of the axis are channels, and those lie in vectors.
    in_vectors: bool,
}

impl Op for SoftmaxOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let (outer, len, inner) = (self.outer.value(), self.len.value(), self.inner.value());
        let negative = self.kind == Softmax::Negative;
        let value = quote!(__f::k::Softmax { outer: #outer, len: #len, inner: #inner, negative: #negative });
        Some(Geometry::new(quote!(__f::k::Softmax), value))
    }

    fn range(&self, _: ValueRange) -> ValueRange {
        match self.kind {
            Softmax::Plain | Softmax::Negative => ValueRange::Probabilities,
            Softmax::Logarithm => ValueRange::Unknown,
        }
    }

    fn forward(&self) -> Vec<Dispatch> {
        use Arg::{Geometry, Input, Output};
        let (g, x, y) = (Geometry, Input(0), Output(0));
        vec![Dispatch::Micro(match (self.kind == Softmax::Logarithm, self.in_vectors) {
            (false, false) => kernels::softmax_forward { g, x, y }.into(),
            (false, true) => kernels::softmax_chw16c_forward { g, x, y }.into(),
            (true, false) => kernels::log_softmax_forward { g, x, y }.into(),
            (true, true) => kernels::log_softmax_chw16c_forward { g, x, y }.into(),
        })]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let (g, y, dy) = (Arg::Geometry, Arg::Output(0), Arg::GradOutput(0));
        let (dx, accumulate) = (Arg::GradInput(0), Arg::Accumulate(0));
        let call = match (self.kind == Softmax::Logarithm, self.in_vectors) {
            (false, false) => Call::from(kernels::softmax_backward { g, y, dy, dx, accumulate }),
            (false, true) => kernels::softmax_chw16c_backward { g, y, dy, dx, accumulate }.into(),
            (true, false) => kernels::log_softmax_backward { g, y, dy, dx, accumulate }.into(),
            (true, true) => kernels::log_softmax_chw16c_backward { g, y, dy, dx, accumulate }.into(),
        };
        vec![BackwardStep::input(0, call)]
    }

    /// Over the channels themselves, sixteen positions at once: a single one is better read as it lies.
    fn over_channels(&self, inputs: &[ChannelBlocks]) -> Option<Rc<dyn Op>> {
        let ChannelBlocks { channels, map } = *inputs.first()?;
        let over_them = [self.outer.num(), self.len.num(), self.inner.num()] == [Some(1), Some(channels), Some(map)];
        (over_them && map > 1).then(|| Rc::new(Self { in_vectors: true, ..self.clone() }) as _)
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::ChannelBlocks;
    use crate::layers::tests::Case;

    #[test]
    fn its_axis() {
        for (source, input, geometry) in [
            ("Softmax", &[10][..], "outer : 1 , len : 10 , inner : 1 , negative : false"),
            ("Softmin", &[64, 96], "outer : 64 , len : 96 , inner : 1 , negative : true"),
            ("LogSoftmax", &[5, 32, 32], "outer : 1 , len : 5 , inner : 1024"),
            ("Softmax(axis = time)", &[64, 96], "outer : 1 , len : 64 , inner : 96"),
            ("LogSoftmax(axis = height)", &[5, 32, 16], "outer : 5 , len : 32 , inner : 16"),
            ("Softmax(axis = 2)", &[5, 32, 16], "outer : 160 , len : 16 , inner : 1"),
        ] {
            let built = Case::new(source, &[input]).built();
            let value = built.op.geometry().expect("a constant").value.to_string();
            assert!(value.contains(geometry), "{value}");
        }
        for (source, map, over) in
            [("Softmax", [4, 6], true), ("LogSoftmax(axis = height)", [4, 6], false), ("Softmax", [1, 1], false)]
        {
            let built = Case::new(source, &[&[20, map[0], map[1]]]).built();
            let in_vectors = built.op.over_channels(&[ChannelBlocks { channels: 20, map: map[0] * map[1] }]);
            assert_eq!(in_vectors.is_some(), over, "{source} over maps of {map:?}");
        }
        Case::new("Softmax(axis = channels)", &[&[9]])
            .fails("channels", "Softmax: axis = channels: these values have features, or 0..1\n  input: [9], from stage0");
    }
}
