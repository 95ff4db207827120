//! `where(mask, a, b)`: a where the mask is not zero, else b, as `torch.where`. Equal ranks; axes of size 1 stretch.

use crate::graph::{Arg, Attributes, BackwardStep, Call, Count, Dispatch, Geometry, Op, ValueType, kernels};
use crate::layers::support::input::product;
use crate::layers::support::tensor;
use crate::layers::support::tokens::{count, number};
use crate::layers::{Build, Built, Layer, Param};
use quote::quote;

/// The layer kind `where`.
#[derive(Debug)]
pub struct Where;

impl Layer for Where {
    fn name(&self) -> &'static str {
        "where"
    }

    fn short(&self) -> &'static str {
        "where"
    }

    fn params(&self) -> &'static [Param] {
        &[]
    }

    fn doc(&self) -> [&'static str; 2] {
        ["one of two values, number by number", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 3)?;
        let mut sides = Vec::new();
        for i in 0..3 {
            let dims = cx.tensor(self, i)?;
            sides.push(cx.numbers(self, i, &dims)?);
        }
        let rank = sides[0].len();
        let size = |axis: usize| sides.iter().map(|side| side[axis]).find(|size| *size != 1).unwrap_or(1);
        let same_rank = sides.iter().all(|side| side.len() == rank);
        let dims: Vec<usize> = if same_rank { (0..rank).map(size).collect() } else { Vec::new() };
        let fits = |side: &Vec<usize>| side.iter().zip(&dims).all(|(a, b)| a == b || *a == 1);
        if !same_rank || !sides.iter().all(fits) {
            let shown: Vec<String> = cx.inputs.iter().map(ToString::to_string).collect();
            let text = format!(
                "shapes differ: the mask is {}, the values are {} and {}\n  sizes must be equal, or 1",
                shown[0], shown[1], shown[2]
            );
            return cx.fail(cx.span, text);
        }
        let strides = |side: &[usize]| {
            let mut strides = [0; 4];
            for axis in 0..rank {
                let stretched = side[axis] == 1;
                strides[4 - rank + axis] = if stretched { 0 } else { product(&side[axis + 1..]) };
            }
            strides
        };
        let mut sizes = [1; 4];
        sizes[4 - rank..].copy_from_slice(&dims);
        let op = Choose {
            attributes: cx.attributes(self),
            dims: sizes,
            strides: [strides(&sides[0]), strides(&sides[1]), strides(&sides[2])],
            mask: product(&sides[0]).into(),
        };
        let output: ValueType = tensor(dims);
        Some(Built::new(op, [output], Vec::new()))
    }
}

#[derive(Debug)]
struct Choose {
    attributes: Attributes,
    dims: [usize; 4],
    /// Of the mask and of both values.
    strides: [[usize; 4]; 3],
    /// The numbers of the mask.
    mask: Count,
}

impl Op for Choose {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let [mask, a, b] = self.strides;
        let [dims, mask, a, b] = [self.dims, mask, a, b].map(|numbers| {
            let numbers = numbers.map(number);
            quote!([#(#numbers),*])
        });
        Some(Geometry::new(quote!(__f::k::Select), quote!(__f::k::Select { dims: #dims, mask: #mask, a: #a, b: #b })))
    }

    fn forward(&self) -> Vec<Dispatch> {
        use Arg::{Geometry, Input, Output};
        let call = kernels::select { g: Geometry, mask: Input(0), a: Input(1), b: Input(2), y: Output(0) };
        vec![Dispatch::Micro(Call::from(call))]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Geometry, GradInput, GradOutput, Input};
        let (mask, dy) = (Input(0), GradOutput(0));
        let b = kernels::select_backward_b {
            g: Geometry,
            mask: mask.clone(),
            dy: dy.clone(),
            db: GradInput(2),
            accumulate: Accumulate(2),
        };
        let a = kernels::select_backward_a { g: Geometry, mask, dy, da: GradInput(1), accumulate: Accumulate(1) };
        let mask = kernels::no_gradient { len: count(&self.mask), dx: GradInput(0), accumulate: Accumulate(0) };
        vec![BackwardStep::input(2, b.into()), BackwardStep::input(1, a.into()), BackwardStep::input(0, mask.into())]
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn stretching() {
        let on = |mask: &[usize], a: &[usize], b: &[usize]| Case::new("where", &[mask, a, b]);
        assert_eq!(on(&[4, 5], &[4, 5], &[4, 5]).gives(), "[4, 5]");
        let some = on(&[1, 5, 6], &[4, 5, 6], &[4, 1, 1]);
        assert_eq!(some.gives(), "[4, 5, 6]");
        let value = some.built().op.geometry().expect("a constant").value.to_string();
        assert!(
            value.contains("dims : [1 , 4 , 5 , 6] , mask : [0 , 0 , 6 , 1] , a : [0 , 30 , 6 , 1] , b : [0 , 1 , 0 , 0]"),
            "{value}"
        );
    }

    #[test]
    fn mistakes() {
        Case::new("where", &[&[4], &[4], &[5]])
            .fails("where", "where: shapes differ: the mask is [4], the values are [4] and [5]\n  sizes must be equal, or 1");
        Case::new("where", &[&[4], &[4, 4], &[4, 4]]).complains("where", "shapes differ: the mask is [4]");
        Case::new("where", &[&[4], &[4]]).complains("where", "where takes 3 values; it receives 2");
    }
}
