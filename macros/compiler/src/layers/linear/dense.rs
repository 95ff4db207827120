//! `Dense(features, …)`: every output a weighted sum of all features; over `[time, features]` at every step.

use super::tied_dense::TiedDenseOp;
use crate::graph::{
    Arg, Attributes, BackwardStep, Call, Count, Dispatch, Geometry, Init, Linear, Op, Size, ValueType, Workspace, kernels,
};
use crate::layers::support::{init, weight};
use crate::layers::{Build, Built, Layer, Param, ParamSpec};
use fireclay_ir::geometry::Dense as Sizes;
use quote::quote;

/// The layer kind `Dense`.
#[derive(Debug)]
pub struct Dense;

const PARAMS: &[Param] = &[
    Param::required("features"),
    Param::named("bias").flag(true),
    Param::named("init").words(init::WORDS).fraction(),
    weight::PARAM,
];

impl Layer for Dense {
    fn name(&self) -> &'static str {
        "Dense"
    }

    fn short(&self) -> &'static str {
        "dense"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "`[f]` → `[features]`; `[t, f]` → `[t, features]`",
            "`weight [features, f]`, `bias`; `weight = tie(label)` is that of another `Dense`, transposed, or of an `Embedding`; `weight = plain`, `weight_norm` or `spectral_norm`",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let (time, inputs) = cx.rows(self)?;
        let outputs = cx.size("features")?;
        let bias = cx.flag("bias")?;
        let kind = weight::read(cx, &["Dense", "Embedding"])?;
        let tie = kind.tie();
        let init = match tie {
            None => init::read(cx, inputs.clone().into(), outputs.clone().into())?,
            Some(_) => Init::Constant(0.0),
        };
        // The rows of an embedding are already the features of each output.
        let transposed = tie.is_some_and(|tie| tie.layer == "Dense");
        let dims = if transposed { vec![inputs.clone(), outputs.clone()] } else { vec![outputs.clone(), inputs.clone()] };
        if let Some(tie) = tie {
            weight::fits(cx, tie, &dims)?;
        }
        let own = ParamSpec { name: "weight".to_owned(), dims, init, buffer: false, parametrization: None };
        let bias = bias.then(|| ParamSpec {
            name: "bias".to_owned(),
            dims: vec![outputs.clone()],
            init: Init::Constant(0.0),
            buffer: false,
            parametrization: None,
        });
        let output = ValueType::Tensor(time.clone().into_iter().chain([outputs.clone()]).collect());
        let (attributes, rows) = (cx.attributes(self), time.unwrap_or(Size::Num(1)));
        let params = weight::normalized(cx, &kind, false, [own].into_iter().chain(bias).collect())?;
        if transposed {
            return Some(Built::new(TiedDenseOp { attributes, rows, inputs, outputs }, [output], params));
        }
        Some(Built::new(DenseOp { attributes, rows, inputs, outputs }, [output], params))
    }
}

#[derive(Debug)]
struct DenseOp {
    attributes: Attributes,
    rows: Size,
    inputs: Size,
    outputs: Size,
}

impl Op for DenseOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn macs(&self) -> Count {
        Count::product(&[self.rows.clone(), self.inputs.clone(), self.outputs.clone()])
    }

    fn linear(&self) -> Option<Linear> {
        Some(Linear::Dense { rows: self.rows.clone(), inputs: self.inputs.clone(), outputs: self.outputs.clone() })
    }

    fn geometry(&self) -> Option<Geometry> {
        let (rows, inputs, outputs) = (self.rows.value(), self.inputs.value(), self.outputs.value());
        Some(Geometry::new(quote!(__f::k::Dense), quote!(__f::k::Dense { rows: #rows, inputs: #inputs, outputs: #outputs })))
    }

    fn workspace(&self) -> Workspace {
        let rows = self.rows.num().map_or(Sizes::ROWS, |rows| rows.min(Sizes::ROWS));
        let scratch = Count::from(self.inputs.clone()).times(&(Sizes::SCRATCH * rows).into());
        Workspace { scratch, ..Workspace::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        use Arg::{Geometry, Input, Output, Param};
        vec![Dispatch::Micro(Call::from(kernels::dense_forward {
            g: Geometry,
            x: Input(0),
            weight: Param(0),
            bias: Param(1),
            y: Output(0),
        }))]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Geometry, GradInput, GradOutput, GradParam, Input, Param, Scratch};
        let params = kernels::dense_backward_weight {
            g: Geometry,
            x: Input(0),
            dy: GradOutput(0),
            dweight: GradParam(0),
            dbias: GradParam(1),
            scratch: Scratch,
        };
        let input = kernels::dense_backward_input {
            g: Geometry,
            dy: GradOutput(0),
            weight: Param(0),
            dx: GradInput(0),
            accumulate: Accumulate(0),
        };
        vec![BackwardStep::params(params.into()), BackwardStep::input(0, input.into())]
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{Size, ValueType};
    use crate::layers::tests::Case;
    use proc_macro2::{Ident, Span};

    #[test]
    fn sizes_and_parameters() {
        let fc1 = Case::new("fc1: Dense(120)", &[&[400]]);
        assert_eq!((fc1.gives().as_str(), fc1.params().as_str()), ("[120]", "weight[120, 400] bias[120]"));
        assert_eq!(fc1.built().op.macs().num(), Some(48_000));
        let training = crate::passes::select::training::of(fc1.built().op);
        assert_eq!((training.workspace().scratch.num(), training.workspace().stats.num()), (Some(0), Some(16 * 520)));
        let rows = Case::new("Dense(96, bias = false)", &[&[64, 256]]);
        assert_eq!((rows.gives().as_str(), rows.params().as_str()), ("[64, 96]", "weight[96, 256]"));
        let value = rows.built().op.geometry().expect("a constant").value.to_string();
        assert_eq!(value, "__f :: k :: Dense { rows : 64 , inputs : 256 , outputs : 96 }");
    }

    #[test]
    fn sizes_may_be_types() {
        let input = ValueType::Tensor(vec![Size::Type(Ident::new("In", Span::call_site()))]);
        let fc = Case::of("fc: Dense(Out)", vec![input]);
        assert_eq!((fc.gives().as_str(), fc.params().as_str()), ("[Out]", "weight[Out, In] bias[Out]"));
        assert!(fc.built().op.geometry().expect("a constant").value.to_string().contains("< In as __f :: Dim > :: N"));
    }

    #[test]
    fn mistakes() {
        Case::new("fc1: Dense(10)", &[&[16, 5, 5]]).fails(
            "Dense",
            "fc1: Dense takes [features] or [time, features]; it receives [16, 5, 5]\n  input: [16, 5, 5], from stage0\
             \n  help: put `-> Flatten` before it: it gives [400]",
        );
        Case::new("fc1: Dense(0)", &[&[16]]).fails("0", "fc1: features = 0 must be at least 1");
        Case::new("fc1: Dense", &[&[16]]).fails("Dense", "fc1: `features` is missing");
        Case::new("fc1: Dense(-3)", &[&[16]]).fails("-3", "fc1: features = -3 must be at least 1");
        Case::new("fc1: Dense(2.5)", &[&[16]]).fails("2.5", "fc1: features takes a number, not `2.5`");
    }
}
