//! `Conv(channels, kernel, …)`: a convolution over an image.

use super::geometry::Sizes;
use super::op::{self, ConvOp};
use super::padded;
use crate::graph::{Count, Parametrization, Size};
use crate::layers::shape::pad::MODES;
use crate::layers::support::groups::channels_of_groups;
use crate::layers::support::input::tensor_of;
use crate::layers::support::weight::Weight;
use crate::layers::support::window::Window;
use crate::layers::support::{init, pad, weight};
use crate::layers::{Build, Built, Layer, Param};
use fireclay_ir::geometry::Mask;

/// The layer kind `Conv`.
#[derive(Debug)]
pub struct Conv;

const PARAMS: &[Param] = &[
    Param::required("channels"),
    Param::required("kernel"),
    Param::named("stride").int(1),
    Param::named("pad").int(0).words(pad::WORDS),
    Param::named("pad_mode").word("zeros").words(MODES),
    Param::named("dilation").int(1),
    Param::named("groups").int(1),
    Param::named("bias").flag(true),
    Param::named("mask").one_of(&["A", "B"]),
    Param::named("colors"),
    Param::named("init").words(init::WORDS).fraction(),
    weight::PARAM,
];

impl Layer for Conv {
    fn name(&self) -> &'static str {
        "Conv"
    }

    fn short(&self) -> &'static str {
        "conv"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "`[c, h, w]` → `[channels, (h + p − K) / stride + 1, …]`; `mask = A` or `B` sees only pixels before each, of `colors` also those before it (van den Oord et al. 2016, arXiv 1601.06759)",
            "`weight [channels, c / groups, kh, kw]`, `bias`; `weight = plain`, `weight_norm` or `spectral_norm`",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let input = cx.image_sizes(self)?;
        let filters = cx.size("channels");
        // Where the channels are wrong the window is still looked at.
        let window = Window::conv(cx, &input, filters.as_ref().unwrap_or(&Size::Num(1)));
        let (filters, window) = (filters?, window?);
        let (groups, per_group) = channels_of_groups(cx, &input[0], &filters)?;
        let bias = cx.flag("bias")?;
        let mask = mask(cx, &input[0], &filters, groups, &window)?;
        let (before, input, window) = padded::image(cx, input, window)?;
        if mask.is_some() && !before.is_empty() {
            let text = "what the padding repeats may come after a pixel, and a mask hides that\n  help: pad_mode = zeros";
            return cx.fail(cx.arg_span("pad_mode"), text);
        }

        let [height, width] = window.out;
        let output = [filters, height, width];
        let g = Sizes::new(&input, &output, &window.axes, groups, per_group);
        let fans = fans(&g, mask.as_ref());
        let kind = weight::read(cx, &[])?;
        if mask.is_some() && matches!(kind, Weight::Normalized(_)) {
            return cx.fail(cx.arg_span("weight"), "not yet: the norm of a weight with a mask");
        }
        let params = op::params(cx, &g, &output[0], bias, fans)?;
        let mut params = weight::normalized(cx, &kind, false, params)?;
        if let Some(mask) = mask.filter(|mask| !mask.keeps_all()) {
            params[0].parametrization = Some(Parametrization::Mask(mask));
        }
        let op = ConvOp { attributes: cx.attributes(self), g, exact: cx.exact };
        Some(Built::new(op, [tensor_of(output)], params).behind(before))
    }
}

/// What the arguments `mask` and `colors` say.
#[expect(clippy::option_option, reason = "`None` where something was reported, as everywhere")]
fn mask(cx: &mut Build<'_>, channels: &Size, filters: &Size, groups: usize, window: &Window) -> Option<Option<Mask>> {
    let (Some(channels), Some(filters)) = (channels.num(), filters.num()) else {
        let (name, what) = match (cx.args.get("mask").is_some(), cx.args.is_own("colors")) {
            (true, _) => ("mask", "a mask over"),
            (_, true) if cx.number("colors", 1)? > 1 => ("colors", "colors among"),
            _ => return Some(None),
        };
        return cx.fail(cx.arg_span(name), format_args!("not yet: {what} channels that are a type"));
    };
    let colors = if cx.args.get("colors").is_some() { Some(cx.number("colors", 1)?) } else { None };
    let Some(word) = cx.word("mask", &["A", "B"])? else {
        // One color is none, and what a `default` says is for the masks behind it.
        return match colors.filter(|colors| *colors > 1 && cx.args.is_own("colors")) {
            Some(colors) => {
                let text = format!(
                    "colors = {colors} says how a mask goes through the channels, and there is none\n  help: mask = B, or A in a first layer"
                );
                cx.fail(cx.arg_span("colors"), text)
            }
            None => Some(None),
        };
    };
    let axes = &window.axes;
    if axes.iter().any(|axis| axis.kernel.is_multiple_of(2)) {
        return cx.fail(cx.arg_span("mask"), "a mask needs a kernel with a middle: odd in height and width");
    }
    if axes.iter().any(|axis| axis.stride > 1) {
        return cx.fail(cx.arg_span("stride"), "a mask needs an output for each pixel\n  help: stride = 1");
    }
    if axes.iter().any(|axis| [axis.before, axis.after] != [axis.extent() / 2; 2]) {
        return cx.fail(cx.arg_span("pad"), "a mask needs the middle of its kernel on the output's pixel\n  help: pad = same");
    }
    if groups > 1 {
        let text = format!(
            "groups = {groups} have no order that a mask could keep\n  help: groups = 1; colors that see those before them are `colors = 3`"
        );
        return cx.fail(cx.arg_span("groups"), text);
    }
    let colors = colors.unwrap_or(1);
    if let Some((count, what)) = [(channels, "input"), (filters, "output")].into_iter().find(|(n, _)| !n.is_multiple_of(colors)) {
        let span = cx.arg_span(if what == "input" { "colors" } else { "channels" });
        let (below, above) = (count - count % colors, count.next_multiple_of(colors));
        let way =
            if what == "output" && below > 0 { format!("channels = {below} or {above}") } else { format!("{above} channels") };
        let text =
            format!("its {count} {what} channels are not as many of each of {colors} colors{}\n  help: {way}", cx.input_line(0));
        return cx.fail(span, text);
    }
    let kernel = axes.each_ref().map(|axis| axis.kernel);
    Some(Some(Mask { filters, channels, kernel, colors, own: word == "B" }))
}

/// The fan-in and the fan-out, of the taps that a mask leaves.
fn fans(g: &Sizes, mask: Option<&Mask>) -> [Count; 2] {
    let Some(mask) = mask else { return g.fans() };
    let taps = (mask.before() + usize::from(mask.own)).max(1);
    [mask.channels, mask.filters].map(|n| n.saturating_mul(taps).into())
}

#[cfg(test)]
mod tests {
    use crate::graph::{Size, ValueType};
    use crate::layers::tests::Case;
    use proc_macro2::{Ident, Span};

    fn ty(name: &str) -> Size {
        Size::Type(Ident::new(name, Span::call_site()))
    }

    fn image(channels: &str) -> Vec<ValueType> {
        vec![ValueType::Tensor(vec![ty(channels), Size::Num(9), Size::Num(8)])]
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
    fn maps_may_be_types() {
        let on = |source: &str| Case::of(source, vec![ValueType::Tensor(vec![Size::Num(3), ty("H"), ty("W")])]);
        assert_eq!(on("Conv(8, 3, pad = 1)").gives(), "[8, H, W]");
        assert_eq!(on("Conv(8, 5, pad = same)").gives(), "[8, H, W]");
        assert_eq!(on("Conv(8, 3, stride = 2, pad = 1)").gives(), "[8, ((H - 1) / 2 + 1), ((W - 1) / 2 + 1)]");
        assert_eq!(on("ConvTranspose(8, 4, stride = 2, pad = 1)").gives(), "[8, 2 * H, 2 * W]");
        assert_eq!(on("ConvTranspose(8, 2, stride = 1, pad = 1)").gives(), "[8, (H - 2 + 1), (W - 2 + 1)]");
        let value = on("Conv(8, 3, stride = 2)").built().op.geometry().expect("a constant").value.to_string();
        assert!(value.contains("out_height : (1 * __f :: windows ((1 * < H as __f :: Dim > :: N) , 0 , 3 , 2))"), "{value}");
        on("c: Conv(8, 3, stride = 2, pad = same)")
            .fails("same", "c: not yet: pad = same with stride = 2 over H, a size that is a type\n  help: pad = 1, a number");
        on("c: Conv(8, 3, pad = 1, pad_mode = reflect)")
            .complains("reflect", "not yet: other padding than zeros where sizes are types");
        on("ConvTranspose(8, 3, stride = 2, output_pad = auto)").complains("auto", "help: output_pad = 1, a number");
    }

    #[test]
    fn mistakes_of_types() {
        Case::of("Conv(8, 3, pad = 1, pad_mode = reflect)", image("In"))
            .complains("reflect", "not yet: other padding than zeros where sizes are types");
        Case::of("c: Conv(8, 3, weight = spectral_norm)", image("In"))
            .complains("spectral_norm", "not yet: the spectral norm of a kernel over channels that are a type");
        Case::of("Conv(8, 3, colors = 2)", image("In")).complains("2", "not yet: colors among channels that are a type");
        Case::of("c: Conv(8, 3, groups = 2)", image("In")).complains("2", "not yet: groups of channels that are a type");
        Case::of("c: Conv(8, 3, mask = A)", image("In")).complains("A", "not yet: a mask over channels that are a type");
        Case::of("c: Conv(8, 12)", image("In")).complains("12", "a 12×12 kernel does not fit its 9×8 input");
    }

    #[test]
    fn sizes_and_parameters() {
        let conv1 = Case::new("conv1: Conv(6, 5, pad = 2)", &[&[1, 28, 28]]);
        assert_eq!(conv1.gives(), "[6, 28, 28]");
        assert_eq!(conv1.params(), "weight[6, 1, 5, 5] bias[6]");
        let built = conv1.built();
        assert_eq!(built.op.attributes().to_string(), "Conv(6, 5, pad = 2)");
        assert_eq!(built.op.macs().num(), Some(6 * 28 * 28 * 25));

        for (source, input, output) in [
            ("Conv(16, 5)", [6, 14, 14], "[16, 10, 10]"),
            ("Conv(64, (10, 4), stride = 2, pad = same)", [1, 49, 10], "[64, 25, 5]"),
            ("Conv(96, 11, stride = 4)", [3, 227, 227], "[96, 55, 55]"),
            ("Conv(64, 7, stride = 2, pad = 3, bias = false)", [3, 224, 224], "[64, 112, 112]"),
            ("Conv(8, (4, 7), pad = ((4, 0), 3))", [1, 28, 28], "[8, 29, 28]"),
            ("Conv(8, 3, dilation = 2, pad = full)", [1, 7, 7], "[8, 11, 11]"),
            ("Conv(8, 3, mask = A, pad = half)", [1, 7, 7], "[8, 7, 7]"),
        ] {
            assert_eq!(Case::new(source, &[&input]).gives(), output, "{source}");
        }
        assert_eq!(Case::new("Conv(256, 5, groups = 2, bias = false)", &[&[96, 27, 27]]).params(), "weight[256, 48, 5, 5]");
    }

    #[test]
    fn geometry_as_the_kernels_take_it() {
        let built = Case::new("Conv(64, (10, 4), stride = 2, pad = same)", &[&[1, 49, 10]]).built();
        let value = built.op.geometry().expect("a constant").value.to_string();
        assert_eq!(
            value,
            "__f :: k :: Conv { channels : 1 , height : 49 , width : 10 , filters : 64 , out_height : 25 , out_width : 5 , \
             kernel : [10 , 4] , stride : [2 , 2] , pad : [4 , 1] , dilation : [1 , 1] , groups : 1 , }"
        );
    }

    #[test]
    fn a_kernel_that_does_not_fit() {
        Case::new("conv2: Conv(32, 5)", &[&[16, 4, 4]]).origin("from MaxPool(2) two stages before").fails(
            "5",
            "conv2: a 5×5 kernel does not fit its 4×4 input\n  input: [16, 4, 4], from MaxPool(2) two stages before\
             \n  with pad = 0 the kernel may be at most 4×4\n  help: pad = 1 gives [32, 2, 2]; pad = same gives [32, 4, 4]",
        );
        Case::new("c: Conv(32, 3, dilation = 3)", &[&[16, 4, 9]]).complains(
            "3",
            "a 3×3 kernel reaches over 7×7, which does not fit its 4×9 input\n  input: [16, 4, 9], from stage0\
             \n  with pad = 0 the kernel may be at most 2×3\n  help: pad = 2 gives [32, 2, 7]; pad = same gives [32, 4, 9]",
        );
    }

    #[test]
    fn other_mistakes() {
        let on = |source| Case::new(source, &[&[6, 8, 8]]);
        on("c: Conv(8, 3, groups = 4)").fails(
            "4",
            "c: groups = 4 does not divide its 6 input channels\n  input: [6, 8, 8], from stage0\n  help: groups may be 1, 2",
        );
        Case::new("c: Conv(48, 3, groups = 5)", &[&[36, 8, 8]]).complains("5", "help: groups may be 1, 2, 3, 4, 6, 12");
        on("c: Conv(8, 3, stride = 0)").fails("0", "c: stride = 0 must be at least 1");
        on("c: Conv(8, 3, dilation = (1, 0))").fails("(1, 0)", "c: dilation = 0 must be at least 1");
        on("c: Conv(0, 3)").fails("0", "c: channels = 0 must be at least 1");
        on("c: Conv(8)").fails("Conv", "c: `kernel` is missing");
        on("c: Conv(8, 3, pad = -1)").complains("-1", "c: pad = -1 must be at least 0");
        on("c: Conv(8, 3, pad = B)").fails("B", "c: pad takes numbers, valid, full, half, same; not `B`");
        on("c: Conv(8, 3, bias = 1)").fails("1", "c: bias takes true or false, not `1`");
        on("c: Conv(8, 3, mask = same)").fails("same", "c: mask takes A or B, not `same`");
        on("c: Conv(8, 4, mask = A)").complains("A", "odd in height and width");
        on("c: Conv(8, 3, mask = A)").complains("Conv", "the middle of its kernel on the output's pixel\n  help: pad = same");
        on("c: Conv(8, 3, mask = A, pad = same, stride = 2)").complains("2", "help: stride = 1");
        on("c: Conv(8, 3, mask = A, pad = same, groups = 2)").complains("2", "help: groups = 1");
        on("c: Conv(8, 3, mask = A, pad = same, colors = 3)").complains("8", "help: channels = 6 or 9");
        on("c: Conv(8, 3, mask = A, pad = same, colors = 4)")
            .complains("4", "its 6 input channels are not as many of each of 4 colors");
        on("c: Conv(8, 3, mask = A, pad = same, pad_mode = reflect)").complains("reflect", "help: pad_mode = zeros");
        on("c: Conv(8, 9, pad = 8, pad_mode = reflect)").complains("8", "help: pad may be at most 7");
        on("c: Conv(8, 3, pad = same, colors = 2)").complains("2", "help: mask = B, or A in a first layer");
        on("c: Conv(8, 3, init = normal)").complains("normal", "init = (normal, 0.0, 0.02)");
        on("c: Conv(8, 3, pad = 1073741824)").fails("1073741824", "c: pad = 1073741824 is too large");
    }

    #[test]
    fn wrong_inputs() {
        Case::new("c: Conv(8, 3)", &[&[784]]).fails(
            "Conv",
            "c: Conv takes [channels, height, width]; it receives [784]\n  input: [784], from stage0\
             \n  help: put `-> Reshape([1, 28, 28])` before it, or another shape of 784 numbers",
        );
        Case::new("Conv(8, 3)", &[&[4, 4, 4], &[4, 4, 4]]).fails("Conv", "Conv takes 1 value; it receives 2");
        let indices = vec![crate::graph::ValueType::Indices { bound: 96, len: 64 }];
        Case::of("c: Conv(8, 3)", indices).complains("Conv", "it receives indices [0..96; 64]");
    }
}
