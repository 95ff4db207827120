//! `Glu(axis)`: the first half of the channels (or features) times the sigmoid of the second (Dauphin et al. 2016, arXiv 1612.08083).

use crate::graph::{Arg, Attributes, BackwardStep, Call, ChannelBlocks, Dispatch, Geometry, Op, kernels};
use crate::layers::shape::parts::AXES;
use crate::layers::support::axis::whole_axis;
use crate::layers::support::input::product;
use crate::layers::support::tensor;
use crate::layers::support::tokens::number;
use crate::layers::{Build, Built, Layer, Param};
use fireclay_ir::LANES;
use quote::quote;
use std::rc::Rc;

/// The layer kind `Glu`.
#[derive(Debug)]
pub struct Glu;

const PARAMS: &[Param] = &[Param::named("axis").words(AXES)];

impl Layer for Glu {
    fn name(&self) -> &'static str {
        "Glu"
    }

    fn short(&self) -> &'static str {
        "glu"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "`[c, h, w]` → `[c / 2, h, w]`, `[f]` → `[f / 2]`: `a·sigmoid(b)`, a the first half of the channels (or features), b the second (Dauphin et al. 2016, arXiv 1612.08083)",
            "",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let dims = cx.tensor(self, 0)?;
        let mut sizes = cx.numbers(self, 0, &dims)?;
        let axis = whole_axis(cx, sizes.len())?;
        let size = sizes[axis];
        if !size.is_multiple_of(2) {
            let line = cx.input_line(0);
            return cx.fail(cx.arg_span("axis"), format_args!("{size} numbers of the axis are no two halves{line}"));
        }
        sizes[axis] = size / 2;
        let (outer, half) = (product(&sizes[..axis]), product(&sizes[axis..]));
        Some(Built::new(GluOp { attributes: cx.attributes(self), outer, half }, [tensor(sizes)], Vec::new()))
    }
}

#[derive(Debug, Clone)]
struct GluOp {
    attributes: Attributes,
    outer: usize,
    /// The numbers of a half.
    half: usize,
}

impl Op for GluOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let (outer, half) = (number(self.outer), number(self.half));
        Some(Geometry::new(quote!(__f::k::Glu), quote!(__f::k::Glu { outer: #outer, half: #half })))
    }

    fn forward(&self) -> Vec<Dispatch> {
        vec![Dispatch::Micro(Call::from(kernels::glu_forward { g: Arg::Geometry, x: Arg::Input(0), y: Arg::Output(0) }))]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Geometry, GradInput, GradOutput, Input};
        let call = Call::from(kernels::glu_backward {
            g: Geometry,
            x: Input(0),
            dy: GradOutput(0),
            dx: GradInput(0),
            accumulate: Accumulate(0),
        });
        vec![BackwardStep::input(0, call)]
    }

    /// Where channels are halved, and no vector has some of both halves.
    fn over_channels(&self, inputs: &[ChannelBlocks]) -> Option<Rc<dyn Op>> {
        let ChannelBlocks { channels, map } = *inputs.first()?;
        let over_them = self.outer == 1 && self.half * 2 == channels * map && channels.is_multiple_of(2 * LANES);
        over_them.then(|| Rc::new(Self { half: self.half / LANES, ..self.clone() }) as _)
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::ChannelBlocks;
    use crate::layers::tests::Case;

    #[test]
    fn halves_of_channels_or_features() {
        for (source, input, output, geometry) in [
            ("Glu", &[6, 4, 5][..], "[3, 4, 5]", "outer : 1 , half : 60"),
            ("Glu", &[7, 6], "[7, 3]", "outer : 7 , half : 3"),
            ("Glu(axis = width)", &[3, 4, 10], "[3, 4, 5]", "outer : 12 , half : 5"),
        ] {
            let case = Case::new(source, &[input]);
            assert_eq!(case.gives(), output, "{source}");
            let value = case.built().op.geometry().expect("a constant").value.to_string();
            assert!(value.contains(geometry), "{value}");
        }
        for (source, channels, over) in [("Glu", 64, true), ("Glu", 48, false), ("Glu(axis = width)", 64, false)] {
            let built = Case::new(source, &[&[channels, 4, 6]]).built();
            let in_vectors = built.op.over_channels(&[ChannelBlocks { channels, map: 24 }]);
            assert_eq!(in_vectors.is_some(), over, "{source} of {channels} channels");
        }
        Case::new("g: Glu", &[&[5]]).fails("Glu", "g: 5 numbers of the axis are no two halves\n  input: [5], from stage0");
    }
}
