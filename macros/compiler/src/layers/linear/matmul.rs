//! `matmul(a, b)`: the product of two values, `[n, k]` × `[k, m]` → `[n, m]`; one or two axes before these count the products, as `torch.matmul`.

use crate::graph::{Arg, Attributes, BackwardStep, Call, Count, Dispatch, Geometry, Op, kernels};
use crate::layers::support::input::product;
use crate::layers::support::tensor;
use crate::layers::support::tokens::number;
use crate::layers::{Build, Built, Layer, Param};
use proc_macro2::TokenStream;
use quote::quote;

/// The layer kind `matmul`.
#[derive(Debug)]
pub struct MatMul;

impl Layer for MatMul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn short(&self) -> &'static str {
        "matmul"
    }

    fn params(&self) -> &'static [Param] {
        &[]
    }

    fn doc(&self) -> [&'static str; 2] {
        ["the product of two values", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 2)?;
        let mut sides = Vec::new();
        for i in 0..2 {
            let dims = cx.tensor(self, i)?;
            sides.push(cx.numbers(self, i, &dims)?);
        }
        let (a, b) = (&sides[0], &sides[1]);
        let shown = format!("a is {}, b is {}", cx.inputs[0], cx.inputs[1]);
        let ([outer_a @ .., rows, inner], [outer_b @ .., under, cols]) = (a.as_slice(), b.as_slice()) else {
            let help = if a.len() == 1 { format!("Reshape([1, {}])", a[0]) } else { format!("Reshape([{}, 1])", b[0]) };
            return cx
                .fail(cx.span, format_args!("takes values of two axes or more; {shown}\n  help: {help} makes a matrix of it"));
        };
        if outer_a != outer_b {
            return cx.fail(cx.span, format_args!("the axes before the last two must be equal; {shown}"));
        }
        if inner != under {
            let last: Vec<usize> = (0..outer_b.len()).chain([outer_b.len() + 1, outer_b.len()]).collect();
            let order: Vec<String> = last.iter().map(ToString::to_string).collect();
            let turned = format!("b -> Permute({})", order.join(", "));
            let help = if inner == cols { format!("\n  help: {turned} is its transpose") } else { String::new() };
            return cx.fail(cx.span, format_args!("{inner} columns of a meet {under} rows of b; {shown}{help}"));
        }
        let output: Vec<usize> = outer_a.iter().copied().chain([*rows, *cols]).collect();
        let op = MatMulOp { attributes: cx.attributes(self), batch: product(outer_a), rows: *rows, inner: *inner, cols: *cols };
        Some(Built::new(op, [tensor(output)], Vec::new()))
    }
}

#[derive(Debug)]
struct MatMulOp {
    attributes: Attributes,
    batch: usize,
    rows: usize,
    inner: usize,
    cols: usize,
}

/// A product as the kernels take it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Product {
    pub batch: usize,
    pub rows: usize,
    pub cols: usize,
    pub inner: usize,
    pub from: [usize; 3],
    pub a: [usize; 3],
    pub b: [usize; 3],
    pub y: [usize; 3],
    pub scale: f32,
}

impl Product {
    pub(crate) fn tokens(&self) -> TokenStream {
        let [batch, rows, cols, inner] = [self.batch, self.rows, self.cols, self.inner].map(number);
        let [from, a, b, y] = [self.from, self.a, self.b, self.y].map(|numbers| {
            let numbers = numbers.map(number);
            quote!([#(#numbers),*])
        });
        let scale = crate::layers::support::tokens::float(self.scale);
        quote!(__f::k::Product {
            batch: #batch, rows: #rows, cols: #cols, inner: #inner, from: #from, a: #a, b: #b, y: #y, scale: #scale
        })
    }
}

impl MatMulOp {
    /// The product, and those of the gradients of a and b.
    fn products(&self) -> [Product; 3] {
        let Self { batch, rows, inner, cols, .. } = *self;
        let [a, b, y] = [rows.saturating_mul(inner), inner.saturating_mul(cols), rows.saturating_mul(cols)];
        let forward =
            Product { batch, rows, cols, inner, from: [0; 3], a: [a, inner, 1], b: [b, cols, 1], y: [y, cols, 1], scale: 1.0 };
        // da = dy · bᵀ, db = aᵀ · dy
        let to_a = Product { cols: inner, inner: cols, a: [y, cols, 1], b: [b, 1, cols], y: [a, inner, 1], ..forward };
        let to_b = Product { rows: inner, inner: rows, a: [a, 1, inner], b: [y, cols, 1], y: [b, cols, 1], ..forward };
        [forward, to_a, to_b]
    }
}

impl Op for MatMulOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn macs(&self) -> Count {
        product(&[self.batch, self.rows, self.inner, self.cols]).into()
    }

    fn geometry(&self) -> Option<Geometry> {
        let products = self.products().map(|sizes| sizes.tokens());
        Some(Geometry::new(quote!([__f::k::Product; 3]), quote!([#(#products),*])))
    }

    fn forward(&self) -> Vec<Dispatch> {
        use Arg::{GeometryAt, Input, Output};
        let call = kernels::product_forward { g: GeometryAt(0), a: Input(0), b: Input(1), y: Output(0) };
        vec![Dispatch::Micro(Call::from(call))]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, GeometryAt, GradInput, GradOutput, Input};
        let b = kernels::product_backward {
            g: GeometryAt(2),
            a: Input(0),
            b: GradOutput(0),
            y: GradInput(1),
            accumulate: Accumulate(1),
        };
        let a = kernels::product_backward {
            g: GeometryAt(1),
            a: GradOutput(0),
            b: Input(1),
            y: GradInput(0),
            accumulate: Accumulate(0),
        };
        vec![BackwardStep::input(1, b.into()), BackwardStep::input(0, a.into())]
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes() {
        let on = |a: &[usize], b: &[usize]| Case::new("matmul", &[a, b]);
        assert_eq!(on(&[4, 5], &[5, 3]).gives(), "[4, 3]");
        assert_eq!(on(&[2, 4, 5], &[2, 5, 3]).gives(), "[2, 4, 3]");
        assert_eq!(on(&[4, 5], &[5, 3]).built().op.macs().num(), Some(60));
    }

    #[test]
    fn mistakes() {
        let on = |a: &[usize], b: &[usize]| Case::new("matmul", &[a, b]);
        on(&[4, 5], &[3, 5]).fails(
            "matmul",
            "matmul: 5 columns of a meet 3 rows of b; a is [4, 5], b is [3, 5]\n  help: b -> Permute(1, 0) is its transpose",
        );
        on(&[2, 4, 5], &[2, 3, 5]).complains("matmul", "help: b -> Permute(0, 2, 1) is its transpose");
        on(&[2, 4, 5], &[3, 5, 3]).complains("matmul", "the axes before the last two must be equal");
        on(&[5], &[5, 3]).complains("matmul", "help: Reshape([1, 5]) makes a matrix of it");
        on(&[4, 5], &[5]).complains("matmul", "help: Reshape([5, 1]) makes a matrix of it");
    }
}
