//! A convolution whose channels are types: `Conv(C, 3, pad = 1)` of `[C, 32, 32]`. Height and width are numbers; the sums are direct ones, since no
//! algorithm can be selected before the sizes are known.

use super::op;
use crate::graph::Arg::{Geometry, Input, Output, Param};
use crate::graph::{self, Attributes, BackwardStep, Count, Dispatch, Init, Op, Size, ValueType, kernels};
use crate::layers::shape::pad::mode;
use crate::layers::support::init;
use crate::layers::support::tokens::{number, pair};
use crate::layers::support::window::Window;
use crate::layers::{ArgValue, Build, Built, Layer, ParamSpec};
use fireclay_ir::ValueRange;
use fireclay_ir::geometry::PadMode;
use quote::quote;

/// Whether the channels of its input or its own are a type.
pub(super) fn asks(cx: &Build<'_>) -> bool {
    let input = cx.inputs.first().and_then(ValueType::dims).is_some_and(|dims| matches!(dims, [Size::Type(_), _, _]));
    input || matches!(cx.args.get("channels"), Some((ArgValue::Type(_), _)))
}

/// The convolution.
pub(super) fn build(layer: &dyn Layer, cx: &mut Build<'_>) -> Option<Built> {
    cx.values(layer, 1)?;
    let dims = cx.tensor(layer, 0)?;
    let (Some(channels), Some([height, width])) = (dims.first().cloned(), map(&dims)) else {
        // The message is that of sizes that are numbers, or of a map whose sizes are types.
        cx.image(layer)?;
        return None;
    };
    let filters = cx.size("channels")?;
    let window = Window::conv(cx, [channels.num().unwrap_or(1), height, width], filters.num().unwrap_or(1))?;
    if cx.number("groups", 1)? != 1 {
        let text = format!("not yet: groups of channels that are a type\n  input: {}", cx.inputs[0]);
        return cx.fail(cx.arg_span("groups"), text);
    }
    if cx.args.get("mask").is_some() {
        return cx.fail(cx.arg_span("mask"), "not yet: a mask over channels that are a type");
    }
    if cx.args.get("colors").is_some() {
        return cx.fail(cx.arg_span("colors"), "not yet: colors among channels that are a type");
    }
    if mode(cx, "pad_mode")? != PadMode::Zeros && window.axes.iter().any(|axis| axis.before.max(axis.after) > 0) {
        return cx.fail(cx.arg_span("pad_mode"), "not yet: other padding than zeros where channels are a type");
    }
    if cx.args.get("weight").is_some() {
        return cx.fail(cx.arg_span("weight"), "not yet: the norm of a weight whose channels are a type");
    }
    let bias = cx.flag("bias")?;
    let area = Count::from(window.axes[0].kernel.saturating_mul(window.axes[1].kernel));
    let fan = |side: &Size| Count::from(side.clone()).times(&area);
    let init = init::read(cx, fan(&channels), fan(&filters))?;
    let kernel = window.axes.map(|axis| Size::Num(axis.kernel));
    let weight: Vec<Size> = [filters.clone(), channels.clone()].into_iter().chain(kernel).collect();
    let mut params = vec![ParamSpec { name: "weight".to_owned(), dims: weight, init, buffer: false, norm: None }];
    if bias {
        params.push(ParamSpec {
            name: "bias".to_owned(),
            dims: vec![filters.clone()],
            init: Init::Constant(0.0),
            buffer: false,
            norm: None,
        });
    }
    let output = ValueType::Tensor(vec![filters.clone(), Size::Num(window.out[0]), Size::Num(window.out[1])]);
    let op = TypedConvOp { attributes: cx.attributes(layer), channels, filters, map: [height, width], window };
    Some(Built::new(op, [output], params))
}

/// Height and width.
fn map(dims: &[Size]) -> Option<[usize; 2]> {
    let [_, height, width] = dims else { return None };
    Some([height.num()?, width.num()?])
}

#[derive(Debug)]
struct TypedConvOp {
    attributes: Attributes,
    channels: Size,
    filters: Size,
    map: [usize; 2],
    window: Window,
}

impl Op for TypedConvOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn macs(&self) -> Count {
        let [rows, cols] = &self.window.axes;
        let numbers = [rows.kernel, cols.kernel, self.window.out[0], self.window.out[1]].map(Size::Num);
        Count::product(&[self.channels.clone(), self.filters.clone()].into_iter().chain(numbers).collect::<Vec<_>>())
    }

    fn range(&self, _: ValueRange) -> ValueRange {
        ValueRange::Unbounded
    }

    fn geometry(&self) -> Option<graph::Geometry> {
        let [rows, cols] = &self.window.axes;
        let (channels, filters) = (self.channels.value(), self.filters.value());
        let [height, width, out_height, out_width] =
            [self.map[0], self.map[1], self.window.out[0], self.window.out[1]].map(number);
        let kernel = pair([rows.kernel, cols.kernel]);
        let stride = pair([rows.stride, cols.stride]);
        let pad = pair([rows.before, cols.before]);
        let dilation = pair([rows.dilation, cols.dilation]);
        Some(graph::Geometry::new(
            quote!(__f::k::Conv),
            quote! {
                __f::k::Conv {
                    channels: #channels, height: #height, width: #width, filters: #filters, out_height: #out_height, out_width: #out_width,
                    kernel: #kernel, stride: #stride, pad: #pad, dilation: #dilation, groups: 1,
                }
            },
        ))
    }

    fn forward(&self) -> Vec<Dispatch> {
        let y = Output(0);
        vec![Dispatch::Micro(kernels::conv_forward { g: Geometry, x: Input(0), weight: Param(0), bias: Param(1), y }.into())]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        op::direct_backward()
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{Size, ValueType};
    use crate::layers::tests::Case;
    use proc_macro2::{Ident, Span};

    fn image(channels: &str) -> Vec<ValueType> {
        let channels = Size::Type(Ident::new(channels, Span::call_site()));
        vec![ValueType::Tensor(vec![channels, Size::Num(9), Size::Num(8)])]
    }

    #[test]
    fn channels_may_be_types() {
        let conv = Case::of("c: Conv(Out, 3, stride = 2, pad = 1)", image("In"));
        assert_eq!((conv.gives().as_str(), conv.params().as_str()), ("[Out, 5, 4]", "weight[Out, In, 3, 3] bias[Out]"));
        let value = conv.built().op.geometry().expect("a constant").value.to_string();
        assert!(value.contains("channels : (1 * < In as __f :: Dim > :: N)"), "{value}");
        assert_eq!(Case::of("Conv(8, 1, bias = false)", image("In")).params(), "weight[8, In, 1, 1]");
        assert_eq!(Case::new("Conv(Out, 3)", &[&[3, 9, 8]]).gives(), "[Out, 7, 6]");
    }

    #[test]
    fn mistakes() {
        Case::of("Conv(8, 3, pad = 1, pad_mode = reflect)", image("In"))
            .complains("reflect", "not yet: other padding than zeros where channels are a type");
        Case::of("Conv(8, 3, colors = 2)", image("In")).complains("2", "not yet: colors among channels that are a type");
        Case::of("c: Conv(8, 3, groups = 2)", image("In")).complains("2", "not yet: groups of channels that are a type");
        Case::of("c: Conv(8, 3, weight = weight_norm)", image("In"))
            .complains("weight_norm", "not yet: the norm of a weight whose channels are a type");
        Case::of("c: Conv(8, 3, mask = A)", image("In")).complains("A", "not yet: a mask over channels that are a type");
        Case::of("c: Conv(8, 12)", image("In")).complains("12", "a 12×12 kernel does not fit its 9×8 input");
        let ty = |name: &str| Size::Type(Ident::new(name, Span::call_site()));
        let map = vec![ValueType::Tensor(vec![Size::Num(3), ty("H"), Size::Num(8)])];
        Case::of("c: Conv(8, 3)", map).complains("Conv", "not yet: Conv over sizes that are types");
    }
}
