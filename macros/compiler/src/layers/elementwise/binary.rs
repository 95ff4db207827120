//! `add`, `sub`, `mul`, `div`, `greater`, `greater_equal`: what `a + b`, `a - b`, `a * b`, `a / b`, `a > b`, `a >= b` become (`a < b` is `b > a`).
//! Equal rank; axes of size 1 stretch; one side may be a number, given as the argument `number` (with `number_first` when it stands left).

use super::{affine, with_number};
use crate::graph::{
    Arg, Attributes, BackwardStep, Call, ChannelBlocks, Count, Dispatch, Geometry, InPlace, Op, Size, Traits, ValueType, kernels,
    show,
};
use crate::layers::support::formula::Axis;
use crate::layers::support::input::product;
use crate::layers::support::tokens::number;
use crate::layers::{Build, Built, Joins, Layer, Param};
use fireclay_ir::geometry::BinaryOp as Kind;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use std::rc::Rc;

/// An operator between two values, or between a value and a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a * b`
    Mul,
    /// `a / b`
    Div,
    /// `max(a, b)`
    Max,
    /// `min(a, b)`
    Min,
    /// `a > b`
    Greater,
    /// `a >= b`
    GreaterEqual,
}

const PARAMS: &[Param] = &[Param::named("number"), Param::named("number_first").flag(false)];

impl Binary {
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Max => "max",
            Self::Min => "min",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
        }
    }

    /// As the kernels know it.
    fn kind(self) -> Kind {
        match self {
            Self::Add => Kind::Add,
            Self::Sub => Kind::Sub,
            Self::Mul => Kind::Mul,
            Self::Div => Kind::Div,
            Self::Max => Kind::Max,
            Self::Min => Kind::Min,
            Self::Greater => Kind::Greater,
            Self::GreaterEqual => Kind::GreaterEqual,
        }
    }

    /// The name of its variant in the geometry.
    pub(super) fn kernel(self) -> Ident {
        Ident::new(&format!("{:?}", self.kind()), Span::call_site())
    }
}

impl Layer for Binary {
    fn name(&self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Sub => "sub",
            Self::Mul => "mul",
            Self::Div => "div",
            Self::Max => "max",
            Self::Min => "min",
            Self::Greater => "greater",
            Self::GreaterEqual => "greater_equal",
        }
    }

    fn joins(&self) -> Option<Joins> {
        Some(Joins::Numbers)
    }

    fn short(&self) -> &'static str {
        self.name()
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["equal ranks; axes of size 1 stretch", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        if cx.args.get("number").is_some() {
            return match self {
                Self::Add | Self::Sub | Self::Mul => affine::with_number(*self, cx),
                _ => with_number::with_number(*self, self, cx),
            };
        }
        between(*self, self, cx)
    }
}

/// Builds the operator between two values, for a layer.
pub(crate) fn between(op: Binary, layer: &dyn Layer, cx: &mut Build<'_>) -> Option<Built> {
    cx.values(layer, 2)?;
    let (a, b) = (cx.tensor(layer, 0)?, cx.tensor(layer, 1)?);
    let fits = a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a == b || *a == Size::Num(1) || *b == Size::Num(1));
    if !fits {
        let text = differ(op, cx, &a, &b);
        return cx.fail(cx.span, text);
    }
    let dims: Vec<Size> = a.iter().zip(&b).map(|(a, b)| if *a == Size::Num(1) { b.clone() } else { a.clone() }).collect();
    let output = ValueType::Tensor(dims);
    if a == b {
        return Some(Built::new(
            BinaryOp { attributes: cx.attributes(layer), op, extent: Extent::Equal(output.len()) },
            [output],
            Vec::new(),
        ));
    }
    let (a, b) = (cx.numbers(layer, 0, &a)?, cx.numbers(layer, 1, &b)?);
    let Some(strides) = stretched(&a, &b) else {
        return cx.not_yet(format_args!("stretching {} to {}", cx.inputs[1], cx.inputs[0]));
    };
    Some(Built::new(BinaryOp { attributes: cx.attributes(layer), op, extent: Extent::Stretched(strides) }, [output], Vec::new()))
}

/// The sides as `dims`, strides of `a` and strides of `b`, neighboring axes joined where both sides allow it; `None` where more than three are left.
fn stretched(a: &[usize], b: &[usize]) -> Option<[[usize; 3]; 3]> {
    // (size, a is stretched, b is stretched), innermost first.
    let mut axes: Vec<(usize, bool, bool)> = Vec::new();
    for (&a, &b) in a.iter().zip(b).rev() {
        let axis = (a.max(b), a == 1 && b > 1, b == 1 && a > 1);
        match axes.last_mut() {
            _ if axis.0 == 1 => {}
            Some(last) if (last.1, last.2) == (axis.1, axis.2) => last.0 = last.0.saturating_mul(axis.0),
            _ => axes.push(axis),
        }
    }
    if axes.len() > 3 {
        return None;
    }
    let (mut dims, mut a, mut b) = ([1; 3], [0; 3], [0; 3]);
    let (mut a_len, mut b_len) = (1_usize, 1_usize);
    for (slot, (size, a_stretched, b_stretched)) in (0..3).rev().zip(axes) {
        dims[slot] = size;
        if !a_stretched {
            (a[slot], a_len) = (a_len, a_len.saturating_mul(size));
        }
        if !b_stretched {
            (b[slot], b_len) = (b_len, b_len.saturating_mul(size));
        }
    }
    Some([dims, a, b])
}

/// The message `shapes differ: main is [32, 16, 16], skip is [16, 32, 32]`, with a layer that makes them equal.
fn differ(op: Binary, cx: &Build<'_>, a: &[Size], b: &[Size]) -> String {
    let separator = format!(" {} ", op.symbol());
    let (left, right) = cx.label.split_once(&separator).unwrap_or(("the left side", "the right side"));
    let mut text = format!("shapes differ: {left} is {}, {right} is {}", show(a), show(b));
    let numbers = |dims: &[Size]| dims.iter().map(Size::num).collect::<Option<Vec<usize>>>();
    if let (Some(a), Some(b)) = (numbers(a), numbers(b)) {
        let help = match (bring(&b, &a), bring(&a, &b)) {
            (Some(layer), _) => format!("bring {right} to {}, for example with {layer}", show_numbers(&a)),
            (None, Some(layer)) => format!("bring {left} to {}, for example with {layer}", show_numbers(&b)),
            (None, None) if a.len() == b.len() => return text + "\n  sizes must be equal, or 1 on one side",
            (None, None) => return text + "\n  both must have the same number of axes",
        };
        text += &format!("\n  help: {help}");
    }
    text
}

fn show_numbers(dims: &[usize]) -> String {
    show(&dims.iter().copied().map(Size::Num).collect::<Vec<_>>())
}

/// A layer that leads from one shape to the other.
fn bring(from: &[usize], to: &[usize]) -> Option<String> {
    match (from, to) {
        (&[_], &[features]) => Some(format!("Dense({features})")),
        (&[time, _], &[to_time, features]) if time == to_time => Some(format!("Dense({features})")),
        (&[_, height, width], &[channels, to_height, to_width]) => {
            let stride = [height.div_ceil(to_height), width.div_ceil(to_width)];
            let fits =
                Axis::new(1, stride[0]).conv(height) == Some(to_height) && Axis::new(1, stride[1]).conv(width) == Some(to_width);
            fits.then(|| match stride {
                [1, 1] => format!("Conv({channels}, 1)"),
                [a, b] if a == b => format!("Conv({channels}, 1, stride = {a})"),
                [a, b] => format!("Conv({channels}, 1, stride = ({a}, {b}))"),
            })
        }
        (many @ [_, _, ..], &[n]) if product(many) == n => Some("Flatten".to_owned()),
        (from, to) if product(from) == product(to) => Some(format!("Reshape({})", show_numbers(to))),
        _ => None,
    }
}

#[derive(Debug)]
enum Extent {
    /// Both sides have this many numbers.
    Equal(Count),
    /// Sizes, strides of `a`, strides of `b`.
    Stretched([[usize; 3]; 3]),
}

#[derive(Debug)]
pub(crate) struct BinaryOp {
    attributes: Attributes,
    op: Binary,
    extent: Extent,
}

impl BinaryOp {
    /// Whether it is the sum of two values of one shape: the epilogue `Add`.
    pub(crate) fn is_sum(&self) -> bool {
        self.op == Binary::Add && matches!(self.extent, Extent::Equal(_))
    }

    fn over(&self, extent: &Extent) -> TokenStream {
        let op = self.op.kernel();
        let [dims, a, b] = match extent {
            Extent::Equal(len) => {
                let len = len.value();
                [quote!([1, 1, #len]), quote!([0, 0, 1]), quote!([0, 0, 1])]
            }
            Extent::Stretched(numbers) => numbers.map(|[x, y, z]| {
                let (x, y, z) = (number(x), number(y), number(z));
                quote!([#x, #y, #z])
            }),
        };
        quote!(__f::k::Binary { op: __f::k::BinaryOp::#op, dims: #dims, a: #a, b: #b })
    }
}

impl Op for BinaryOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        Some(Geometry::new(quote!(__f::k::Binary), self.over(&self.extent)))
    }

    fn traits(&self) -> Traits {
        let in_place = if matches!(self.extent, Extent::Equal(_)) { InPlace::Always } else { InPlace::Never };
        Traits { in_place, ..Traits::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        vec![Dispatch::Micro(Call::from(kernels::binary {
            g: Arg::Geometry,
            a: Arg::Input(0),
            b: Arg::Input(1),
            y: Arg::Output(0),
        }))]
    }

    fn over_channels(&self, inputs: &[ChannelBlocks]) -> Option<Rc<dyn Op>> {
        let [a, b] = inputs else { return None };
        let extent = match self.extent {
            Extent::Equal(_) => Extent::Equal(a.vectors().into()),
            // Channels that are weighted each by a number of its own (squeeze and excitation).
            Extent::Stretched([dims, ..]) if a.channels == b.channels => {
                let [blocks, map] = [a.channels.div_ceil(16), a.map.max(b.map)];
                // Where both are stretched, neither has the map of the result.
                if product(&dims) != a.channels.saturating_mul(map) {
                    return None;
                }
                let strides = |side: &ChannelBlocks| if side.map == map { [0, map, 1] } else { [0, 1, 0] };
                let whole = [a, b].iter().all(|side| side.map == map || side.map == 1);
                whole.then(|| Extent::Stretched([[1, blocks, map], strides(a), strides(b)]))?
            }
            Extent::Stretched(_) => return None,
        };
        Some(Rc::new(Self { attributes: self.attributes.clone(), op: self.op, extent }))
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Geometry, GradInput, GradOutput, Input, Null};
        let read = |reads: [bool; 2]| [0, 1].map(|i| if reads[i] { Input(i) } else { Null });
        let (for_a, for_b) = (read(self.op.kind().reads_for_a()), read(self.op.kind().reads_for_b()));
        let ([a, b], [own_a, own_b]) = (for_b, for_a);
        // `b` first: the gradient of `a` may overwrite that of the output.
        let b = Call::from(kernels::binary_backward_b {
            g: Geometry,
            dy: GradOutput(0),
            a,
            b,
            db: GradInput(1),
            accumulate: Accumulate(1),
        });
        let a = Call::from(kernels::binary_backward_a {
            g: Geometry,
            dy: GradOutput(0),
            a: own_a,
            b: own_b,
            da: GradInput(0),
            accumulate: Accumulate(0),
        });
        vec![BackwardStep::input(1, b), BackwardStep::input(0, a)]
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn stretching() {
        for (a, b, output, geometry) in [
            (&[6, 8, 8][..], &[6, 8, 8][..], "[6, 8, 8]", "dims : [1 , 1 , 384] , a : [0 , 0 , 1] , b : [0 , 0 , 1]"),
            (&[6, 8, 8], &[6, 1, 1], "[6, 8, 8]", "dims : [1 , 6 , 64] , a : [0 , 64 , 1] , b : [0 , 1 , 0]"),
            (&[1, 8, 1], &[6, 8, 4], "[6, 8, 4]", "dims : [6 , 8 , 4] , a : [0 , 1 , 0] , b : [32 , 4 , 1]"),
            (&[6, 1, 4], &[1, 8, 4], "[6, 8, 4]", "dims : [6 , 8 , 4] , a : [4 , 0 , 1] , b : [0 , 4 , 1]"),
            (&[1], &[9], "[9]", "dims : [1 , 1 , 9] , a : [0 , 0 , 0] , b : [0 , 0 , 1]"),
        ] {
            let built = Case::new("add", &[a, b]).built();
            assert_eq!(built.outputs[0].to_string(), output);
            let value = built.op.geometry().expect("a constant").value.to_string();
            assert!(value.contains(geometry), "{a:?} {b:?}: {value}");
            assert_eq!(built.op.traits().in_place == crate::graph::InPlace::Always, a == b);
        }
    }

    #[test]
    fn shapes_that_differ() {
        let add = |a: &[usize], b: &[usize]| Case::new("add", &[a, b]).label("main + skip");
        add(&[32, 16, 16], &[16, 32, 32]).fails(
            "add",
            "main + skip: shapes differ: main is [32, 16, 16], skip is [16, 32, 32]\
             \n  help: bring skip to [32, 16, 16], for example with Conv(32, 1, stride = 2)",
        );
        add(&[16, 32, 32], &[32, 16, 16])
            .complains("add", "help: bring main to [32, 16, 16], for example with Conv(32, 1, stride = 2)");
        add(&[10], &[12]).complains("add", "help: bring skip to [10], for example with Dense(10)");
        add(&[64], &[64, 4, 4]).complains("add", "both must have the same number of axes");
        add(&[64], &[4, 4, 4]).complains("add", "help: bring skip to [64], for example with Flatten");
        Case::new("add", &[&[3, 4], &[4, 3]]).complains("add", "the left side is [3, 4], the right side is [4, 3]");
    }
}
