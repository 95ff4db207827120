//! `argmax(x, axis = features)`: where the largest number stands; of several the first, as NumPy.

use super::over::{Extent, axes};
use crate::graph::{Arg, Attributes, BackwardStep, Call, Dispatch, Geometry, Op, ValueType, kernels};
use crate::layers::shape::parts::AXES;
use crate::layers::{Build, Built, Layer, Param};
use quote::quote;

/// The layer kind `argmax`.
#[derive(Debug)]
pub struct ArgMax;

const PARAMS: &[Param] = &[Param::named("axis").words(AXES)];

impl Layer for ArgMax {
    fn name(&self) -> &'static str {
        "argmax"
    }

    fn short(&self) -> &'static str {
        "argmax"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["the index of the largest along some axes, or of all", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let dims = cx.tensor(self, 0)?;
        let dims = cx.numbers(self, 0, &dims)?;
        let over = axes(cx, dims.len())?;
        let extent = Extent::new(&dims, &over);
        let (bound, len) = (extent.count(), extent.results());
        if u32::try_from(bound).is_err() {
            return cx.fail(cx.arg_span("axis"), format_args!("{bound} numbers are more than indices can tell apart"));
        }
        let output = if over.iter().all(|over| *over) { ValueType::Index { bound } } else { ValueType::Indices { bound, len } };
        Some(Built::new(ArgMaxOp { attributes: cx.attributes(self), extent }, [output], Vec::new()))
    }
}

#[derive(Debug)]
struct ArgMaxOp {
    attributes: Attributes,
    extent: Extent,
}

impl Op for ArgMaxOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        Some(self.extent.geometry(&quote!(Max)))
    }

    fn forward(&self) -> Vec<Dispatch> {
        vec![Dispatch::Micro(Call::from(kernels::arg_max { g: Arg::Geometry, x: Arg::Input(0), y: Arg::Output(0) }))]
    }

    /// It does not change where x changes a little.
    fn backward(&self) -> Vec<BackwardStep> {
        let call = kernels::no_gradient { len: self.extent.len(), dx: Arg::GradInput(0), accumulate: Arg::Accumulate(0) };
        vec![BackwardStep::input(0, call.into())]
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn indices() {
        assert_eq!(Case::new("argmax", &[&[10]]).gives(), "[0..10]");
        assert_eq!(Case::new("argmax(axis = features)", &[&[7, 10]]).gives(), "[0..10; 7]");
        assert_eq!(Case::new("argmax(axis = channels)", &[&[5, 4, 6]]).gives(), "[0..5; 24]");
        Case::new("argmax(axis = time)", &[&[5, 4, 6]]).complains("time", "these values have channels, height, width");
    }
}
