//! The geometry of a convolution: from the arguments of a layer, and to tokens of emitted code.

use crate::graph::{Count, Geometry, Size};
use crate::layers::support::formula::Axis;
use crate::layers::support::input::ImageSizes;
use crate::layers::support::tokens::{pair, values};
use fireclay_ir::geometry::Conv;
use quote::quote;

/// The sizes of a convolution, any of which may be a type.
#[derive(Debug, Clone)]
pub(super) struct Sizes {
    input: ImageSizes,
    output: ImageSizes,
    axes: [Axis; 2],
    groups: Size,
    /// The channels and the filters of one group.
    per_group: [Size; 2],
}

impl Sizes {
    /// The convolution from `input` to `output`, all channels of which see each other, or so many groups of them, each with so many channels and
    /// filters.
    pub(super) fn new(
        input: &ImageSizes,
        output: &ImageSizes,
        axes: &[Axis; 2],
        groups: impl Into<Size>,
        per_group: [Size; 2],
    ) -> Self {
        Self { input: input.clone(), output: output.clone(), axes: *axes, groups: groups.into(), per_group }
    }

    /// Those that are numbers.
    pub(super) fn numbers(&self) -> Option<Conv> {
        let [rows, cols] = &self.axes;
        Some(Conv {
            channels: self.input[0].num()?,
            height: self.input[1].num()?,
            width: self.input[2].num()?,
            filters: self.output[0].num()?,
            out_height: self.output[1].num()?,
            out_width: self.output[2].num()?,
            kernel: [rows.kernel, cols.kernel],
            stride: [rows.stride, cols.stride],
            pad: [rows.before, cols.before],
            dilation: [rows.dilation, cols.dilation],
            groups: self.groups.num()?,
        })
    }

    /// The geometry as emitted: `__f::k::Conv { … }`.
    pub(super) fn tokens(&self) -> Geometry {
        let [channels, height, width] = values(self.input.each_ref());
        let [filters, out_height, out_width] = values(self.output.each_ref());
        let both = |field: fn(&Axis) -> usize| pair([field(&self.axes[0]), field(&self.axes[1])]);
        let [kernel, stride] = [both(|axis| axis.kernel), both(|axis| axis.stride)];
        let [pad, dilation] = [both(|axis| axis.before), both(|axis| axis.dilation)];
        let groups = self.groups.value();
        Geometry::new(
            quote!(__f::k::Conv),
            quote! {
                __f::k::Conv {
                    channels: #channels, height: #height, width: #width, filters: #filters, out_height: #out_height, out_width: #out_width,
                    kernel: #kernel, stride: #stride, pad: #pad, dilation: #dilation, groups: #groups,
                }
            },
        )
    }

    /// The shape of the weight.
    pub(super) fn weight(&self) -> [Size; 4] {
        let [rows, cols] = self.axes.map(|axis| Size::Num(axis.kernel));
        [self.output[0].clone(), self.per_group[0].clone(), rows, cols]
    }

    /// The fan-in and the fan-out: inputs of one output, outputs of one input.
    pub(super) fn fans(&self) -> [Count; 2] {
        let area = Count::from(self.axes[0].kernel.saturating_mul(self.axes[1].kernel));
        self.per_group.each_ref().map(|size| Count::from(size.clone()).times(&area))
    }

    /// The multiply-accumulates, positions in the padding included.
    pub(super) fn macs(&self) -> Count {
        let sizes: Vec<Size> = self.weight().into_iter().chain(self.output[1..].iter().cloned()).collect();
        Count::product(&sizes)
    }
}
