//! `Lrn(size, alpha = 1e-4, beta = 0.75, k = 1.0)`: local response normalization over neighboring channels (Krizhevsky et al. 2012).

use crate::graph::{
    Arg, Attributes, BackwardStep, Call, Count, Dispatch, Family, Geometry, Inference, Op, Traits, ValueType, Workspace, kernels,
};
use crate::layers::support::tokens::{float, number};
use crate::layers::{Build, Built, Layer, Param};
use fireclay_ir::LANES;
use quote::quote;

/// The layer kind `Lrn`.
#[derive(Debug)]
pub struct Lrn;

const PARAMS: &[Param] =
    &[Param::required("size"), Param::named("alpha").float(1e-4), Param::named("beta").float(0.75), Param::named("k").float(1.0)];

impl Layer for Lrn {
    fn name(&self) -> &'static str {
        "Lrn"
    }

    fn short(&self) -> &'static str {
        "lrn"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "`[c, h, w]`: `x / (k + alpha·Σx² / size)^beta`, the sum over `size` neighboring channels (PyTorch's `LocalResponseNorm`; Krizhevsky et al. 2012)",
            "",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let dims = cx.image_sizes(self)?;
        let window = cx.number("size", 1)?;
        let [alpha, beta, k] = [cx.float("alpha")?, cx.float("beta")?, cx.float("k")?];
        // What is raised to a power is then above zero.
        if alpha < 0.0 {
            return cx.fail(cx.arg_span("alpha"), format_args!("alpha = {alpha:?} must be at least 0"));
        }
        if k <= 0.0 {
            return cx.fail(cx.arg_span("k"), format_args!("k = {k:?} must be greater than 0"));
        }
        let (channels, size) = (Count::from(dims[0].clone()), Count::product(&dims[1..]));
        let op = LrnOp { attributes: cx.attributes(self), channels, size, window, alpha, beta, k };
        Some(Built::new(op, [ValueType::Tensor(dims.to_vec())], Vec::new()))
    }
}

#[derive(Debug)]
struct LrnOp {
    attributes: Attributes,
    channels: Count,
    /// The positions of a channel.
    size: Count,
    /// The channels that are summed over.
    window: usize,
    alpha: f32,
    beta: f32,
    k: f32,
}

impl LrnOp {
    fn call(bases: Arg) -> Call {
        Call::from(kernels::lrn_forward { g: Arg::Geometry, x: Arg::Input(0), y: Arg::Output(0), bases })
    }

    fn len(&self) -> Count {
        self.channels.times(&self.size)
    }
}

impl Op for LrnOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let (channels, size, window) = (self.channels.value(), self.size.value(), number(self.window));
        let [alpha, beta, k] = [self.alpha, self.beta, self.k].map(float);
        let value = quote!(
            __f::k::Lrn { channels: #channels, size: #size, window: #window, alpha: #alpha, beta: #beta, k: #k }
        );
        Some(Geometry::new(quote!(__f::k::Lrn), value))
    }

    fn workspace(&self) -> Workspace {
        Workspace { saved: vec![self.len()], scratch: self.len().times(&LANES.into()), ..Workspace::default() }
    }

    fn traits(&self) -> Traits {
        Traits { init: Family::Transparent, ..Traits::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        vec![Dispatch::Micro(Self::call(Arg::Saved(0)))]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Geometry, GradInput, GradOutput, Input, Saved, Scratch};
        let call = Call::from(kernels::lrn_backward {
            g: Geometry,
            x: Input(0),
            bases: Saved(0),
            dy: GradOutput(0),
            dx: GradInput(0),
            accumulate: Accumulate(0),
            scratch: Scratch,
        });
        vec![BackwardStep::input(0, call)]
    }

    fn infer(&self) -> Inference {
        Inference::Calls(vec![Self::call(Arg::Null)])
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn keeps_the_shape() {
        let lrn = Case::new("Lrn(5, alpha = 0.5, k = 2)", &[&[96, 55, 55]]);
        assert_eq!(lrn.gives(), "[96, 55, 55]");
        let value = lrn.built().op.geometry().expect("a constant").value.to_string();
        assert!(value.contains("channels : 96 , size : 3025 , window : 5 , alpha : 0.5 , beta : 0.75 , k : 2.0"), "{value}");
    }

    #[test]
    fn mistakes() {
        let on = |source| Case::new(source, &[&[96, 55, 55]]);
        on("Lrn(0)").fails("0", "Lrn: size = 0 must be at least 1");
        on("Lrn(5, k = 0)").fails("0", "Lrn: k = 0.0 must be greater than 0");
        on("Lrn(5, alpha = -1)").fails("-1", "Lrn: alpha = -1.0 must be at least 0");
        Case::new("Lrn(5)", &[&[96]]).complains("Lrn", "takes [channels, height, width]");
    }
}
