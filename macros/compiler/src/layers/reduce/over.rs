//! `sum(x, axis = time)`, `mean(…)`, `max(…)`, `min(…)`: one number for all along some axes; `max(a, b)` and `min(a, b)`: number by number.

use crate::graph::{Arg, Attributes, BackwardStep, Call, Dispatch, Geometry, Op, kernels};
use crate::layers::elementwise::{Binary, between, with_number};
use crate::layers::shape::parts::{AXES, axis_meant, no_axis, position, strides};
use crate::layers::support::axis::not_in_steps;
use crate::layers::support::tensor;
use crate::layers::support::tokens::{number, pair};
use crate::layers::{ArgValue, Build, Built, Layer, Param};
use proc_macro2::TokenStream;
use quote::quote;

/// The layer kinds `sum`, `mean`, `max`, `min`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    /// `sum(x)`
    Sum,
    /// `mean(x)`, of which [`mean`](crate::layers::elementwise) makes one
    Mean,
    /// `max(x)`, `max(a, b)`, `max(x, 0)`
    Max,
    /// `min(x)`, `min(a, b)`, `min(x, 1)`
    Min,
}

const AXIS: Param = Param::named("axis").words(AXES);
const KEEP: Param = Param::named("keep").flag(false);
const PARAMS: &[Param] = &[AXIS, KEEP];
/// Of what may also be of two values, one of them a number.
const OF_TWO: &[Param] = &[Param::positional("number").fraction(), AXIS, KEEP];

impl Layer for Reduction {
    fn name(&self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Max => "max",
            Self::Min => "min",
        }
    }

    fn short(&self) -> &'static str {
        self.name()
    }

    fn params(&self) -> &'static [Param] {
        match self {
            Self::Sum | Self::Mean => PARAMS,
            Self::Max | Self::Min => OF_TWO,
        }
    }

    fn doc(&self) -> [&'static str; 2] {
        ["over some axes, or all", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        if let Some(op) = self.of_two().filter(|_| cx.inputs.len() == 2 || cx.args.get("number").is_some()) {
            let name = self.name();
            for along in ["axis", "keep"] {
                if let Some((_, span)) = cx.args.get(along) {
                    return cx
                        .fail(span, format_args!("of two values it is taken number by number: {name}(a, b) has no {along}"));
                }
            }
            if cx.inputs.len() != 2 {
                return with_number(op, self, cx);
            }
            if let Some((number, span)) = cx.args.get("number") {
                return cx
                    .fail(span, format_args!("takes two values, or one and a number\n  help: {name}({name}(a, b), {number})"));
            }
            return between(op, self, cx);
        }
        reduced(*self, self, cx)
    }
}

/// Builds the reduction over the argument `axis`, for a layer.
pub(crate) fn reduced(op: Reduction, layer: &dyn Layer, cx: &mut Build<'_>) -> Option<Built> {
    cx.values(layer, 1)?;
    let dims = cx.tensor(layer, 0)?;
    let dims = cx.numbers(layer, 0, &dims)?;
    let over = axes(cx, dims.len())?;
    not_in_steps(cx, dims.len(), over[0])?;
    let keep = cx.flag("keep")?;
    let sizes = dims.iter().enumerate().filter_map(|(axis, size)| match over[axis] {
        true => keep.then_some(1),
        false => Some(*size),
    });
    let mut sizes: Vec<usize> = sizes.collect();
    if sizes.is_empty() {
        sizes.push(1);
    }
    let op = ReduceOp { attributes: cx.attributes(layer), op, extent: Extent::new(&dims, &over) };
    Some(Built::new(op, [tensor(sizes)], Vec::new()))
}

impl Reduction {
    /// What it is between two values.
    fn of_two(self) -> Option<Binary> {
        match self {
            Self::Sum | Self::Mean => None,
            Self::Max => Some(Binary::Max),
            Self::Min => Some(Binary::Min),
        }
    }
}

/// For each axis whether `axis` names it: one by name or number, or several in a tuple or list; all where it is not given.
pub(super) fn axes(cx: &mut Build<'_>, rank: usize) -> Option<Vec<bool>> {
    let args = cx.args;
    let Some((value, span)) = args.get("axis") else { return Some(vec![true; rank]) };
    let named = match value {
        ArgValue::Tuple(items) | ArgValue::List(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    if named.is_empty() {
        return cx.fail(span, "axis names no axis");
    }
    let mut over = vec![false; rank];
    for name in named {
        let Some(axis) = position(name, rank) else { return no_axis(cx, span, name, rank, &axis_meant(value, rank)) };
        if std::mem::replace(&mut over[axis], true) {
            return cx.fail(span, format_args!("{name} stands there already"));
        }
    }
    Some(over)
}

/// The sizes and strides of the axes that are kept, and of the others; neighbors of a kind are one.
#[derive(Debug, Clone)]
pub(super) struct Extent {
    kept: [[usize; 2]; 2],
    reduced: [[usize; 2]; 2],
}

impl Extent {
    pub(super) fn new(dims: &[usize], over: &[bool]) -> Self {
        let mut joined: Vec<(usize, usize, bool)> = Vec::new();
        for ((size, stride), over) in dims.iter().zip(strides(dims)).zip(over) {
            match joined.last_mut() {
                _ if *size == 1 => {}
                Some((sizes, last, same)) if same == over => (*sizes, *last) = (sizes.saturating_mul(*size), stride),
                _ => joined.push((*size, stride, *over)),
            }
        }
        // Of four axes two at most are of a kind and no neighbors.
        let of = |kind: bool| {
            let mut numbers = [[1; 2], [0; 2]];
            for (slot, (size, stride, _)) in (0..2).rev().zip(joined.iter().rev().filter(|(.., over)| *over == kind)) {
                (numbers[0][slot], numbers[1][slot]) = (*size, *stride);
            }
            numbers
        };
        Self { kept: of(false), reduced: of(true) }
    }

    pub(super) fn geometry(&self, op: &TokenStream) -> Geometry {
        let [kept, kept_strides] = self.kept.map(pair);
        let [reduced, reduced_strides] = self.reduced.map(pair);
        let value = quote!(__f::k::Reduce {
            op: __f::k::ReduceOp::#op, kept: #kept, kept_strides: #kept_strides, reduced: #reduced, reduced_strides: #reduced_strides
        });
        Geometry::new(quote!(__f::k::Reduce), value)
    }

    /// The numbers of a result.
    pub(super) fn count(&self) -> usize {
        self.reduced[0][0].saturating_mul(self.reduced[0][1])
    }

    /// The results.
    pub(super) fn results(&self) -> usize {
        self.kept[0][0].saturating_mul(self.kept[0][1])
    }

    /// The numbers of x, as an operand.
    pub(super) fn len(&self) -> Arg {
        let len = number(self.count().saturating_mul(self.results()));
        Arg::Value(quote!(#len))
    }
}

#[derive(Debug)]
struct ReduceOp {
    attributes: Attributes,
    op: Reduction,
    extent: Extent,
}

impl Op for ReduceOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let op = match self.op {
            Reduction::Sum => quote!(Sum),
            Reduction::Mean => quote!(Mean),
            Reduction::Max => quote!(Max),
            Reduction::Min => quote!(Min),
        };
        Some(self.extent.geometry(&op))
    }

    fn forward(&self) -> Vec<Dispatch> {
        let call = kernels::reduce_forward { g: Arg::Geometry, x: Arg::Input(0), y: Arg::Output(0) };
        vec![Dispatch::Micro(Call::from(call))]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Geometry, GradInput, GradOutput, Input, Null, Output};
        let (x, y) = if self.op.of_two().is_some() { (Input(0), Output(0)) } else { (Null, Null) };
        let call = kernels::reduce_backward { g: Geometry, x, y, dy: GradOutput(0), dx: GradInput(0), accumulate: Accumulate(0) };
        vec![BackwardStep::input(0, call.into())]
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes() {
        for (source, input, output) in [
            ("sum(axis = time)", &[5, 3][..], "[3]"),
            ("mean(axis = (height, width))", &[4, 5, 6], "[4]"),
            ("mean(axis = (height, width), keep = true)", &[4, 5, 6], "[4, 1, 1]"),
            ("max(axis = 1)", &[4, 5, 6], "[4, 6]"),
            ("min(axis = (regions, height))", &[3, 4, 5, 6], "[4, 6]"),
            ("sum", &[4, 5, 6], "[1]"),
        ] {
            assert_eq!(Case::new(source, &[input]).gives(), output, "{source}");
        }
        assert_eq!(Case::new("max", &[&[4, 5], &[1, 5]]).gives(), "[4, 5]");
        assert_eq!(Case::new("min(0.5)", &[&[4, 5]]).gives(), "[4, 5]");
    }

    #[test]
    fn axes_that_alternate() {
        let value =
            |source: &str| Case::new(source, &[&[3, 4, 5, 6]]).built().op.geometry().expect("a constant").value.to_string();
        let alternating = value("sum(axis = (regions, height))");
        assert!(
            alternating.contains("kept : [4 , 6] , kept_strides : [30 , 1] , reduced : [3 , 5] , reduced_strides : [120 , 6]")
        );
        let beside = value("sum(axis = (height, width))");
        assert!(
            beside.contains("kept : [1 , 12] , kept_strides : [0 , 30] , reduced : [1 , 30] , reduced_strides : [0 , 1]"),
            "{beside}"
        );
    }

    #[test]
    fn mistakes() {
        let on = |source: &str| Case::new(source, &[&[4, 5, 6]]);
        on("sum(axis = time)").fails(
            "time",
            "sum: axis = time: these values have channels, height, width, or 0..3\n  input: [4, 5, 6], from stage0",
        );
        on("mean(axis = (1, height))").complains("(1, height)", "height stands there already");
        on("max(0.5, axis = height)").complains("height", "max(a, b) has no axis");
        on("max(0.5, keep = true)").complains("true", "max(a, b) has no keep");
        Case::new("max(0)", &[&[4, 5], &[4, 5]]).complains("0", "help: max(max(a, b), 0)");
        Case::new("max", &[&[4, 5], &[3, 5]]).complains("max", "shapes differ");
    }
}
