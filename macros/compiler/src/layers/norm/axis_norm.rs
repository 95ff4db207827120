//! The operation of norms along an axis, `LayerNorm`, `RmsNorm` and `L2Norm`: each row of numbers is normalized by itself, then each number
//! of it scaled and shifted.

use crate::graph::{
    Arg, Attributes, BackwardStep, Call, Count, Dispatch, Family, Geometry, Init, Op, Size, Traits, ValueType, Workspace, kernels,
};
use crate::layers::support::tokens::{float, values};
use crate::layers::{Build, Built, Layer, ParamSpec};
use fireclay_ir::geometry::AxisNormKind;
use quote::quote;
use std::ops::Range;

/// The axes that `LayerNorm` and `RmsNorm` take unless they are told: the features of every step, else a whole image.
pub(super) fn usual_axes(rank: usize) -> Range<usize> {
    match rank {
        2 => 1..2,
        4 => 1..4,
        _ => 0..rank,
    }
}

/// A norm along some axes side by side. `learned` are its parameters: the name and the first value of each.
pub(super) fn built(
    cx: &mut Build<'_>,
    layer: &dyn Layer,
    kind: AxisNormKind,
    sizes: &[Size],
    axes: Range<usize>,
    learned: &[(&str, f32)],
) -> Option<Built> {
    let eps = cx.float("eps")?;
    if eps <= 0.0 {
        return cx.fail(cx.arg_span("eps"), format_args!("eps = {eps:?} must be greater than 0"));
    }
    let over = &sizes[axes.clone()];
    let params = learned.iter().map(|(name, value)| ParamSpec::learned(*name, over, Init::Constant((*value).into())));
    let op = AxisNormOp {
        attributes: cx.attributes(layer),
        kind,
        outer: Count::product(&sizes[..axes.start]).into(),
        len: Count::product(over).into(),
        inner: Count::product(&sizes[axes.end..]).into(),
        eps,
        params: learned.len(),
    };
    Some(Built::new(op, [ValueType::Tensor(sizes.to_vec())], params.collect()))
}

#[derive(Debug)]
struct AxisNormOp {
    attributes: Attributes,
    kind: AxisNormKind,
    /// The product of the sizes before the axes.
    outer: Size,
    /// The numbers of a row.
    len: Size,
    /// The product of the sizes after the axes.
    inner: Size,
    eps: f32,
    /// None, a scale, or a scale and a shift.
    params: usize,
}

impl AxisNormOp {
    /// The operand γ (0) or β (1), or its gradient; null without it.
    fn learned(&self, arg: fn(usize) -> Arg, i: usize) -> Arg {
        if i < self.params { arg(i) } else { Arg::Null }
    }
}

impl Op for AxisNormOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let kind = match self.kind {
            AxisNormKind::Layer => quote!(Layer),
            AxisNormKind::Rms => quote!(Rms),
            AxisNormKind::L2 => quote!(L2),
        };
        let [outer, len, inner] = values([&self.outer, &self.len, &self.inner]);
        let eps = float(self.eps);
        let value = quote!(
            __f::k::AxisNorm { kind: __f::k::AxisNormKind::#kind, outer: #outer, len: #len, inner: #inner, eps: #eps }
        );
        Some(Geometry::new(quote!(__f::k::AxisNorm), value))
    }

    fn workspace(&self) -> Workspace {
        let rows = Count::product(&[self.outer.clone(), self.inner.clone()]);
        Workspace { saved: vec![rows.times(&2.into())], ..Workspace::default() }
    }

    fn traits(&self) -> Traits {
        Traits { init: Family::Transparent, ..Traits::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        use Arg::{Geometry, Input, Output, Param, Saved};
        vec![Dispatch::Micro(Call::from(kernels::axis_norm_forward {
            g: Geometry,
            x: Input(0),
            gamma: self.learned(Param, 0),
            beta: self.learned(Param, 1),
            y: Output(0),
            stats: Saved(0),
        }))]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Geometry, GradInput, GradOutput, GradParam, Input, Param, Saved};
        let params = (self.params > 0).then(|| {
            BackwardStep::params(Call::from(kernels::axis_norm_backward_params {
                g: Geometry,
                x: Input(0),
                stats: Saved(0),
                dy: GradOutput(0),
                dgamma: self.learned(GradParam, 0),
                dbeta: self.learned(GradParam, 1),
            }))
        });
        let input = Call::from(kernels::axis_norm_backward_input {
            g: Geometry,
            x: Input(0),
            stats: Saved(0),
            gamma: self.learned(Param, 0),
            dy: GradOutput(0),
            dx: GradInput(0),
            accumulate: Accumulate(0),
        });
        params.into_iter().chain([BackwardStep::input(0, input)]).collect()
    }
}
