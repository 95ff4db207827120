//! `Quantize(scale, zero_point = 0)`: `f32` → `i8`; `Dequantize(scale, zero_point = 0)`: `i8` → `f32`.

use crate::graph::{Arg, Attributes, BackwardStep, Call, Count, Dispatch, Family, Geometry, Op, Traits, ValueType, kernels};
use crate::layers::support::tokens::float;
use crate::layers::{ArgValue, Build, Built, Layer, Param};
use fireclay_ir::Dtype;
use proc_macro2::Literal;
use quote::quote;

/// The layer kinds `Quantize` and `Dequantize`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantization {
    /// `f32` to `i8`.
    Quantize,
    /// `i8` to `f32`.
    Dequantize,
}

const PARAMS: &[Param] = &[Param::required("scale").fraction(), Param::positional("zero_point").int(0)];

impl Layer for Quantization {
    fn name(&self) -> &'static str {
        match self {
            Self::Quantize => "Quantize",
            Self::Dequantize => "Dequantize",
        }
    }

    fn short(&self) -> &'static str {
        match self {
            Self::Quantize => "quantize",
            Self::Dequantize => "dequantize",
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
            Self::Quantize => ["any shape; `f32` to `i8`", ""],
            Self::Dequantize => ["any shape; `i8` to `f32`", ""],
        }
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let (dims, to) = match self {
            Self::Quantize => (cx.tensor(self, 0)?, Dtype::I8),
            Self::Dequantize => match cx.inputs.first()? {
                ValueType::Typed(Dtype::I8, dims) => (dims.clone(), Dtype::F32),
                other => {
                    let text = format!("takes i8, which Quantize gives; it receives {other}{}", cx.input_line(0));
                    return cx.fail_layer(self, text);
                }
            },
        };
        let (scale, zero_point) = (scale(cx), zero_point(cx));
        let (scale, zero_point) = (scale?, zero_point?);
        let output = ValueType::tensor(to, dims);
        let op = QuantizationOp { attributes: cx.attributes(self), kind: *self, len: output.len(), scale, zero_point };
        Some(Built::new(op, [output], Vec::new()))
    }
}

/// The argument `scale`.
fn scale(cx: &mut Build<'_>) -> Option<f32> {
    let scale = cx.float("scale")?;
    if !scale.is_normal() || scale < 0.0 {
        return cx.fail(cx.arg_span("scale"), format_args!("scale = {scale:?} must be above 0, and not denormal"));
    }
    Some(scale)
}

/// The argument `zero_point`, an `i8`.
fn zero_point(cx: &mut Build<'_>) -> Option<i8> {
    let Some((value, span)) = cx.args.get("zero_point") else { return Some(0) };
    let ArgValue::Int(n) = *value else { return cx.fail(span, format_args!("zero_point takes an integer, not `{value}`")) };
    match i8::try_from(n) {
        Ok(n) => Some(n),
        Err(_) => cx.fail(span, format_args!("zero_point = {n} must be within -128 and 127")),
    }
}

#[derive(Debug)]
struct QuantizationOp {
    attributes: Attributes,
    kind: Quantization,
    len: Count,
    scale: f32,
    zero_point: i8,
}

impl Op for QuantizationOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let (len, scale) = (self.len.value(), float(self.scale));
        let (size, sign) = (Literal::u8_unsuffixed(self.zero_point.unsigned_abs()), (self.zero_point < 0).then(|| quote!(-)));
        let value = quote!(__f::k::Quant { len: #len, scale: #scale, zero_point: #sign #size });
        Some(Geometry::new(quote!(__f::k::Quant), value))
    }

    fn forward(&self) -> Vec<Dispatch> {
        let (g, x, y) = (Arg::Geometry, Arg::Input(0), Arg::Output(0));
        vec![Dispatch::Micro(match self.kind {
            Quantization::Quantize => Call::from(kernels::quantize_forward { g, x, y }),
            Quantization::Dequantize => Call::from(kernels::dequantize_forward { g, x, y }),
        })]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let (g, dy, dx, accumulate) = (Arg::Geometry, Arg::GradOutput(0), Arg::GradInput(0), Arg::Accumulate(0));
        let call = match self.kind {
            Quantization::Quantize => Call::from(kernels::quantize_backward { g, x: Arg::Input(0), dy, dx, accumulate }),
            Quantization::Dequantize => Call::from(kernels::dequantize_backward { g, dy, dx, accumulate }),
        };
        vec![BackwardStep::input(0, call)]
    }

    fn traits(&self) -> Traits {
        Traits { init: Family::Transparent, ..Traits::default() }
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{Size, ValueType};
    use crate::layers::tests::Case;
    use fireclay_ir::Dtype;

    fn integers(source: &str) -> Case {
        Case::of(source, vec![ValueType::Typed(Dtype::I8, [16, 5, 5].map(Size::Num).to_vec())])
    }

    #[test]
    fn there_and_back() {
        let quantize = Case::new("Quantize(scale = 0.05)", &[&[16, 5, 5]]);
        assert_eq!(quantize.gives(), "[16, 5, 5] i8");
        let value = quantize.built().op.geometry().expect("a constant").value.to_string();
        assert_eq!(value, "__f :: k :: Quant { len : 400 , scale : 0.05 , zero_point : 0 }");
        assert_eq!(Case::new("Quantize(1, -128)", &[&[2, 3, 4, 5]]).gives(), "[2, 3, 4, 5] i8");
        let dequantize = integers("Dequantize(0.05, zero_point = -3)");
        assert_eq!(dequantize.gives(), "[16, 5, 5]");
        let value = dequantize.built().op.geometry().expect("a constant").value.to_string();
        assert!(value.contains("zero_point : - 3"), "{value}");
        assert_eq!(integers("Flatten").gives(), "[400] i8");
        assert_eq!(integers("Reshape([_, 25])").gives(), "[16, 25] i8");
    }

    #[test]
    fn mistakes() {
        let on = |source| Case::new(source, &[&[64]]);
        on("Quantize").fails("Quantize", "Quantize: `scale` is missing");
        on("Quantize(0)").fails("0", "Quantize: scale = 0.0 must be above 0, and not denormal");
        on("Quantize(1e-42)").complains("1e-42", "and not denormal");
        on("Quantize(0.1, 128)").fails("128", "Quantize: zero_point = 128 must be within -128 and 127");
        on("Quantize(0.1, zero_point = 0.5)").fails("0.5", "Quantize: zero_point takes an integer, not `0.5`");
        on("d: Dequantize(0.1)")
            .fails("Dequantize", "d: Dequantize takes i8, which Quantize gives; it receives [64]\n  input: [64], from stage0");
        integers("fc: Dense(10)").fails(
            "Dense",
            "fc: Dense takes numbers of f32; it receives [16, 5, 5] i8\n  input: [16, 5, 5] i8, from stage0\
             \n  help: put `-> Dequantize(scale = …)` before it, with the numbers of the Quantize that it comes from",
        );
    }
}
