//! The operations of convolutions: what `Conv`, `DepthwiseConv` and `ConvTranspose` become.

use super::formula::Axis;
use super::input::Image;
use super::tokens::{number, pair};
use super::{Build, ParamSpec, init};
use crate::graph::{
    Arg, BackwardStep, Blocked, Call, Count, Foldable, Forward, Geometry, Infer, Init, Kernel, Op, Packed, Panel, Product, Size,
    Step, Vectors,
};
use quote::quote;

/// The numbers of a convolution, from `input` to `output`.
#[derive(Debug, Clone)]
pub(super) struct Numbers {
    /// What the convolution reads.
    pub(super) input: Image,
    /// What it writes.
    pub(super) output: Image,
    /// Height and width.
    pub(super) axes: [Axis; 2],
    /// Groups of channels that do not see each other.
    pub(super) groups: usize,
}

impl Numbers {
    /// The weight's shape: `[filters, channels / groups, kernel height, kernel width]`.
    fn weight(&self) -> [usize; 4] {
        [self.output[0], self.input[0] / self.groups, self.axes[0].kernel, self.axes[1].kernel]
    }

    pub(super) fn area(&self) -> usize {
        self.axes[0].kernel.saturating_mul(self.axes[1].kernel)
    }

    fn geometry(&self) -> Geometry {
        let [channels, height, width] = self.input.map(number);
        let [filters, out_height, out_width] = self.output.map(number);
        let both = |field: fn(&Axis) -> usize| pair([field(&self.axes[0]), field(&self.axes[1])]);
        let (kernel, stride, pad, dilation) = (both(|a| a.kernel), both(|a| a.stride), both(|a| a.before), both(|a| a.dilation));
        let groups = number(self.groups);
        Geometry {
            ty: quote!(__f::k::Conv),
            value: quote! {
                __f::k::Conv {
                    channels: #channels, height: #height, width: #width, filters: #filters, out_height: #out_height, out_width: #out_width,
                    kernel: #kernel, stride: #stride, pad: #pad, dilation: #dilation, groups: #groups,
                }
            },
        }
    }

    /// Channels in vectors of sixteen: those of a group do not share them with another's.
    fn fills_vectors(&self) -> bool {
        self.groups == 1 || [self.input[0], self.output[0]].iter().all(|n| (n / self.groups).is_multiple_of(16))
    }

    /// Floats that copies may take: where they take more, the plain form needs none.
    const MOST_COPIES: usize = 1 << 22;

    /// Where filters are so few that positions had better lie in the lanes (`conv_few` of the kernels).
    fn few(&self) -> bool {
        let [filters, height, width] = self.output;
        // A stride that leaps over most of x would have it copied all the same.
        let fits = |pooled| self.few_scratch(pooled).num().is_some_and(|floats| floats <= Self::MOST_COPIES);
        let copies = || [false, true].into_iter().all(fits);
        self.groups == 1 && filters <= 8 && height.saturating_mul(width) >= 48 && self.axes[1].stride <= 2 && copies()
    }

    /// Whether weight gradients had better have channels in the lanes: there are enough to fill vectors.
    fn turns(&self) -> bool {
        self.groups == 1 && self.input[0] >= 16
    }

    /// What training needs in either form.
    fn scratch(&self, exact: bool) -> Count {
        let winograd = || self.winograd_scratch().max(self.winograd_weight_scratch());
        (if self.minimal() && !exact { winograd() } else { self.turned_scratch() }).into()
    }

    /// Every multiplication that the weight takes part in, positions in the padding included.
    fn macs(&self, positions: [usize; 2]) -> Count {
        let weight = self.weight().map(Size::Num);
        Count::product(&weight).times(&Count::product(&positions.map(Size::Num)))
    }
}

/// `weight` and `bias`: the latter has `outputs` numbers.
pub(super) fn params(
    cx: &mut Build<'_>,
    numbers: &Numbers,
    outputs: usize,
    bias: bool,
    fan_in: usize,
    fan_out: usize,
) -> Option<Vec<ParamSpec>> {
    let init = init::read(cx, fan_in.into(), fan_out.into())?;
    let mut params = vec![ParamSpec::learnt("weight", numbers.weight(), init)];
    if bias {
        params.push(ParamSpec::learnt("bias", [outputs], Init::Constant(0.0)));
    }
    Some(params)
}

/// How many inputs one output of a convolution has, and how many outputs one input.
pub(super) fn fans(numbers: &Numbers) -> (usize, usize) {
    let per_group = |channels: usize| (channels / numbers.groups).saturating_mul(numbers.area());
    (per_group(numbers.input[0]), per_group(numbers.output[0]))
}

/// A convolution.
#[derive(Debug)]
pub(super) struct Conv {
    pub(super) describe: String,
    pub(super) numbers: Numbers,
    /// Masks are not built yet.
    pub(super) masked: bool,
    /// `#[fireclay(exact)]`: sums as they stand, no Winograd.
    pub(super) exact: bool,
}

impl Conv {
    /// Whether Winograd's form pays, with a weight transformed by each micro-batch or once.
    fn winograd(&self) -> bool {
        self.numbers.minimal() && !self.exact
    }

    /// Whether the form along the row pays: six products for ten, but sums over few numbers do not carry its transforms.
    fn minimal_across(&self, plain: bool) -> bool {
        let [rows, cols] = &self.numbers.axes;
        let least = if plain { 16 } else { 1 };
        !self.exact
            && self.numbers.groups == 1
            && cols.kernel == 5
            && [rows, cols].iter().all(|axis| axis.stride == 1 && axis.dilation == 1)
            && self.numbers.output[0] > 8
            && self.numbers.output[2] >= 4
            && self.numbers.input[0].saturating_mul(rows.kernel) >= least
    }

    /// The form along the row.
    fn across(&self, plain: bool) -> Kernel {
        let scratch = self.numbers.minimal_scratch(plain);
        let panel = Panel::new(
            quote!(__f::k::conv_blocked_minimal_len(GEOMETRY, #plain)),
            if plain { "conv_blocked_minimal_plain_pack" } else { "conv_blocked_minimal_pack" },
        );
        let [forward, pooled] = if plain {
            ["conv_blocked_minimal_plain", "conv_blocked_minimal_plain_pooled"]
        } else {
            ["conv_blocked_minimal", "conv_blocked_minimal_pooled"]
        };
        let pooled = Some(Forward { name: pooled, scratch: scratch.clone() });
        Kernel { pooled, ..Kernel::with_scratch(panel, forward, scratch).with_direct() }
    }

    /// Positions in the lanes.
    fn few(&self) -> Kernel {
        let panel = Panel::new(quote!(__f::k::conv_few_len(GEOMETRY)), "conv_few_pack");
        let [scratch, pooling] = [false, true].map(|pooled| self.numbers.few_scratch(pooled));
        let maps = Some(Forward { name: "conv_few_maps", scratch: scratch.clone() });
        // Four sums for each vector: there must be enough for one.
        let [_, height, width] = self.numbers.output;
        let pooled = Forward { name: "conv_few_pooled", scratch: pooling };
        let pooled = ((height / 2).saturating_mul(width / 2) >= 16).then_some(pooled);
        Kernel { maps, pooled, ..Kernel::with_scratch(panel, "conv_few", scratch) }
    }

    /// Whether each channel is for itself, and a few of its rows go into the band that the packed kernel works in.
    fn depthwise(&self) -> bool {
        const BAND: usize = 8000;
        let [rows, cols] = &self.numbers.axes;
        let span = |axis: &Axis| (axis.kernel - 1).saturating_mul(axis.dilation).saturating_add(1);
        let row = (self.numbers.output[2] - 1).saturating_mul(cols.stride).saturating_add(span(cols));
        self.numbers.groups == self.numbers.input[0] && self.numbers.groups > 1 && span(rows).saturating_mul(row) <= BAND
    }

    fn direct(&self) -> Call {
        use Arg::{Geometry, Input, Output, Param};
        Call::new("conv_forward", [Geometry, Input(0), Param(0), Param(1), Output(0)])
    }
}

impl Op for Conv {
    fn describe(&self) -> String {
        self.describe.clone()
    }

    fn macs(&self) -> Count {
        let [_, height, width] = self.numbers.output;
        self.numbers.macs([height, width])
    }

    fn geometry(&self) -> Option<Geometry> {
        Some(self.numbers.geometry())
    }

    fn forward(&self) -> Vec<Step> {
        use Arg::{Geometry, Input, Output, Param, Scratch};
        let winograd = || Call::new("conv_winograd_forward", [Geometry, Input(0), Param(0), Param(1), Output(0), Scratch]);
        vec![Step::Micro(if self.winograd() { winograd() } else { self.direct() })]
    }

    fn infer(&self) -> Infer {
        // Inference has no room for transformed weights.
        Infer::Calls(vec![self.direct()])
    }

    fn scratch(&self) -> Count {
        self.numbers.scratch(self.exact)
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Geometry, GradInput, GradOutput, GradParam, Input, Param, Scratch};
        let input = [Geometry, GradOutput(0), Param(0), GradInput(0), Accumulate(0)];
        let input = if self.winograd() {
            Call::new("conv_winograd_backward_input", input.into_iter().chain([Scratch]))
        } else {
            Call::new("conv_backward_input", input)
        };
        let params = [Geometry, Input(0), GradOutput(0), GradParam(0), GradParam(1)];
        let params = if self.winograd() {
            Call::new("conv_winograd_backward_weight", params.into_iter().chain([Scratch]))
        } else if self.numbers.turns() {
            Call::new("conv_turned_backward_weight", params.into_iter().chain([Scratch]))
        } else {
            Call::new("conv_backward_weight", params)
        };
        vec![BackwardStep::params(params), BackwardStep::input(0, input)]
    }

    fn packed(&self) -> Option<Packed> {
        if self.depthwise() {
            let panel = Panel::new(quote!(__f::k::depthwise_packed_len(GEOMETRY)), "depthwise_pack");
            return Some(Packed::new(panel, "depthwise_forward_packed"));
        }
        // Packed, the output channels of a group fill vectors of 16: with fewer than four (depthwise: one) most of each were padding.
        let per_group = self.numbers.output[0] / self.numbers.groups;
        let panel = || Panel::new(quote!(__f::k::conv_packed_len(GEOMETRY)), "conv_pack");
        (per_group >= 4).then(|| Packed::new(panel(), "conv_forward_packed"))
    }

    fn blocked(&self, _: &[Vectors]) -> Option<Blocked> {
        let Numbers { input: [channels, ..], output: [filters, ..], groups, .. } = self.numbers;
        let vectors = if self.numbers.minimal_blocked() && !self.exact {
            let panel = Panel::new(quote!(__f::k::conv_blocked_winograd_len(GEOMETRY)), "conv_blocked_winograd_pack");
            let scratch = self.numbers.blocked_winograd_scratch();
            Kernel::with_scratch(panel, "conv_blocked_winograd", scratch).with_direct().share(50)
        } else if self.minimal_across(false) {
            self.across(false)
        } else if groups > 1 && groups == channels && groups == filters {
            let panel = Panel::new(quote!(__f::k::depthwise_blocked_len(GEOMETRY)), "depthwise_blocked_pack");
            Kernel::new(panel, "depthwise_blocked")
        } else if self.numbers.fills_vectors() {
            let panel = Panel::new(quote!(__f::k::conv_blocked_len(GEOMETRY, false, false)), "conv_blocked_pack");
            Kernel::new(panel, "conv_blocked")
        } else {
            return None;
        };
        let plain = (groups == 1 && channels < 16).then(|| {
            if self.numbers.few() {
                return self.few();
            }
            if self.minimal_across(true) {
                return self.across(true);
            }
            let panel = Panel::new(quote!(__f::k::conv_blocked_len(GEOMETRY, true, false)), "conv_blocked_plain_pack");
            Kernel::new(panel, "conv_blocked_plain")
        });
        Some(Blocked::Product(Box::new(Product { vectors, plain })))
    }

    fn foldable(&self) -> Option<Foldable> {
        let [filters, per_group, ..] = self.numbers.weight();
        Some(Foldable { outer: 1, channels: filters, inner: per_group.saturating_mul(self.numbers.area()) })
    }

    fn not_yet(&self) -> bool {
        self.masked
    }
}

/// A transposed convolution: the input gradient of the convolution `numbers`, which leads from its output to its input.
#[derive(Debug)]
pub(super) struct ConvTranspose {
    pub(super) describe: String,
    pub(super) numbers: Numbers,
    /// `#[fireclay(exact)]`: sums as they stand, no Winograd.
    pub(super) exact: bool,
}

impl ConvTranspose {
    fn winograd(&self) -> bool {
        self.numbers.minimal() && !self.exact
    }

    /// Whether results are so few that their taps had better fill vectors: that saves most of each, but every tap is added singly.
    fn few(&self) -> bool {
        let (results, sources) = (self.numbers.input[0], self.numbers.output[0]);
        self.numbers.groups == 1
            && sources.saturating_mul(16_usize.saturating_sub(results)) > results.saturating_mul(40)
            && self.numbers.transposed_few_scratch().num().is_some_and(|floats| floats <= Numbers::MOST_COPIES)
    }

    fn direct(&self) -> Call {
        use Arg::{Geometry, Input, Output, Param};
        Call::new("conv_transpose_forward", [Geometry, Input(0), Param(0), Param(1), Output(0)])
    }
}

impl Op for ConvTranspose {
    fn describe(&self) -> String {
        self.describe.clone()
    }

    fn macs(&self) -> Count {
        let [_, height, width] = self.numbers.output;
        self.numbers.macs([height, width])
    }

    fn geometry(&self) -> Option<Geometry> {
        Some(self.numbers.geometry())
    }

    fn forward(&self) -> Vec<Step> {
        use Arg::{Geometry, Input, Output, Param, Scratch};
        let args = [Geometry, Input(0), Param(0), Param(1), Output(0), Scratch];
        vec![Step::Micro(if self.winograd() { Call::new("conv_transpose_winograd_forward", args) } else { self.direct() })]
    }

    fn infer(&self) -> Infer {
        // Inference has no room for transformed weights.
        Infer::Calls(vec![self.direct()])
    }

    fn scratch(&self) -> Count {
        self.numbers.scratch(self.exact)
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Geometry, GradInput, GradOutput, GradParam, Input, Param, Scratch};
        let params = [Geometry, Input(0), GradOutput(0), GradParam(0), GradParam(1)];
        let params = if self.winograd() {
            Call::new("conv_transpose_winograd_backward_weight", params.into_iter().chain([Scratch]))
        } else if self.numbers.turns() {
            Call::new("conv_transpose_turned_backward_weight", params.into_iter().chain([Scratch]))
        } else {
            Call::new("conv_transpose_backward_weight", params)
        };
        let input = [Geometry, GradOutput(0), Param(0), GradInput(0), Accumulate(0)];
        let input = if self.winograd() {
            Call::new("conv_transpose_winograd_backward_input", input.into_iter().chain([Scratch]))
        } else {
            Call::new("conv_transpose_backward_input", input)
        };
        vec![BackwardStep::params(params), BackwardStep::input(0, input)]
    }

    fn blocked(&self, _: &[Vectors]) -> Option<Blocked> {
        // The numbers are those of the convolution back: it reads what this writes.
        let plain = (self.numbers.groups == 1 && self.numbers.output[0] < 16).then(|| {
            let panel = Panel::new(quote!(__f::k::conv_blocked_len(GEOMETRY, true, true)), "conv_transpose_blocked_plain_pack");
            Kernel::new(panel, "conv_transpose_blocked_plain")
        });
        let vectors = if self.few() {
            let panel = Panel::new(quote!(__f::k::conv_transpose_few_len(GEOMETRY)), "conv_transpose_few_pack");
            let scratch = self.numbers.transposed_few_scratch();
            let maps = Some(Forward { name: "conv_transpose_few_maps", scratch: scratch.clone() });
            Kernel { maps, ..Kernel::with_scratch(panel, "conv_transpose_few", scratch) }
        } else {
            let panel = Panel::new(quote!(__f::k::conv_blocked_len(GEOMETRY, false, true)), "conv_transpose_blocked_pack");
            Kernel::new(panel, "conv_transpose_blocked")
        };
        self.numbers.fills_vectors().then(|| Blocked::Product(Box::new(Product { vectors, plain })))
    }

    fn foldable(&self) -> Option<Foldable> {
        // The weight is [inputs][outputs / groups][kh][kw]: with groups the output channels are not one axis of it.
        (self.numbers.groups == 1).then(|| Foldable {
            outer: self.numbers.output[0],
            channels: self.numbers.input[0],
            inner: self.numbers.area(),
        })
    }
}
