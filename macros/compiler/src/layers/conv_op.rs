//! The operations of convolutions: what `Conv`, `DepthwiseConv` and `ConvTranspose` become.

use super::conv_choice as choice;
use super::conv_geometry as geometry;
use super::conv_training as training;
use super::{Build, ParamSpec, init};
use crate::graph::{
    Attributes, BackwardStep, Blocked, Count, Foldable, Forward, Geometry, Infer, Init, Kernel, Op, Packed, Panel, Product, Step,
    Vectors,
};
use fireclay_ir::geometry::Conv;
use fireclay_ir::kernels::table;
use fireclay_ir::sizes::{
    conv_chw16c_fits, conv_small_channel_scratch, conv_transpose_small_channel_scratch, conv_winograd_chw16c_scratch,
    conv_winograd_row_scratch,
};
use quote::quote;

/// `weight` and `bias`: the latter has `outputs` numbers.
pub(super) fn params(
    cx: &mut Build<'_>,
    g: &Conv,
    outputs: usize,
    bias: bool,
    fan_in: usize,
    fan_out: usize,
) -> Option<Vec<ParamSpec>> {
    let init = init::read(cx, fan_in.into(), fan_out.into())?;
    let mut params = vec![ParamSpec::learnt("weight", g.weight(), init)];
    if bias {
        params.push(ParamSpec::learnt("bias", [outputs], Init::Constant(0.0)));
    }
    Some(params)
}

/// How many inputs one output of a convolution has, and how many outputs one input.
pub(super) fn fans(g: &Conv) -> (usize, usize) {
    let [channels, filters] = g.per_group();
    (channels.saturating_mul(g.area()), filters.saturating_mul(g.area()))
}

/// A convolution.
#[derive(Debug)]
pub(super) struct ConvOp {
    pub(super) attributes: Attributes,
    pub(super) g: Conv,
    /// Masks are not built yet.
    pub(super) masked: bool,
    /// `#[fireclay(exact)]`: sums as they stand, no Winograd.
    pub(super) exact: bool,
}

impl ConvOp {
    /// The form along the row.
    fn across(&self, plain: bool) -> Kernel {
        let scratch = Count::from(conv_winograd_row_scratch(&self.g, plain));
        let panel = Panel::new(
            quote!(__f::k::conv_winograd_row_len(GEOMETRY, #plain)),
            if plain { &table::conv_winograd_row_from_chw_pack } else { &table::conv_winograd_row_pack },
        );
        let [forward, pooled] = if plain {
            [&table::conv_winograd_row_from_chw, &table::conv_winograd_row_from_chw_pooled]
        } else {
            [&table::conv_winograd_row, &table::conv_winograd_row_pooled]
        };
        let pooled = Some(Forward::new(pooled, scratch.clone()));
        Kernel { pooled, ..Kernel::with_scratch(panel, forward, scratch) }
    }

    /// Positions in the lanes.
    fn few(&self) -> Kernel {
        let panel = Panel::new(quote!(__f::k::conv_small_channel_len(GEOMETRY)), &table::conv_small_channel_pack);
        let [scratch, pooling] = [false, true].map(|pooled| Count::from(conv_small_channel_scratch(&self.g, pooled)));
        let maps = Some(Forward::new(&table::conv_small_channel_to_chw, scratch.clone()));
        // Four sums for each vector: there must be enough for one.
        let (height, width) = (self.g.out_height, self.g.out_width);
        let pooled = Forward::new(&table::conv_small_channel_pooled, pooling);
        let pooled = ((height / 2).saturating_mul(width / 2) >= 16).then_some(pooled);
        Kernel { maps, pooled, ..Kernel::with_scratch(panel, &table::conv_small_channel, scratch) }
    }
}

impl Op for ConvOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn macs(&self) -> Count {
        geometry::macs(&self.g)
    }

    fn geometry(&self) -> Option<Geometry> {
        Some(geometry::tokens(&self.g))
    }

    fn forward(&self) -> Vec<Step> {
        training::CONV.forward(&self.g, self.exact)
    }

    fn infer(&self) -> Infer {
        Infer::Calls(vec![training::CONV.direct()])
    }

    fn scratch(&self) -> Count {
        choice::training_scratch(&self.g, self.exact).into()
    }

    fn backward(&self) -> Vec<BackwardStep> {
        training::CONV.backward(&self.g, self.exact)
    }

    fn packed(&self) -> Option<Packed> {
        if choice::depthwise(&self.g) {
            let panel = Panel::new(quote!(__f::k::depthwise_packed_len(GEOMETRY)), &table::depthwise_pack);
            return Some(Packed::new(panel, &table::depthwise_forward_packed));
        }
        // Packed, the output channels of a group fill vectors of 16: with fewer than four (depthwise: one) most of each were padding.
        let [_, per_group] = self.g.per_group();
        let panel = || Panel::new(quote!(__f::k::conv_packed_len(GEOMETRY)), &table::conv_pack);
        (per_group >= 4).then(|| Packed::new(panel(), &table::conv_forward_packed))
    }

    fn blocked(&self, _: &[Vectors]) -> Option<Blocked> {
        let Conv { channels, filters, groups, .. } = self.g;
        let vectors = if choice::winograd_blocked(&self.g) && !self.exact {
            let panel = Panel::new(quote!(__f::k::conv_winograd_chw16c_len(GEOMETRY)), &table::conv_winograd_chw16c_pack);
            let scratch = conv_winograd_chw16c_scratch(&self.g).into();
            Kernel::with_scratch(panel, &table::conv_winograd_chw16c, scratch).share(50)
        } else if !self.exact && choice::winograd_row(&self.g, false) {
            self.across(false)
        } else if groups > 1 && groups == channels && groups == filters {
            let panel = Panel::new(quote!(__f::k::depthwise_chw16c_len(GEOMETRY)), &table::depthwise_chw16c_pack);
            Kernel::new(panel, &table::depthwise_chw16c)
        } else if conv_chw16c_fits(&self.g) {
            let panel = Panel::new(quote!(__f::k::conv_chw16c_len(GEOMETRY, false, false)), &table::conv_chw16c_pack);
            Kernel::new(panel, &table::conv_chw16c)
        } else {
            return None;
        };
        let plain = (groups == 1 && channels < 16).then(|| {
            if choice::few(&self.g) {
                return self.few();
            }
            if !self.exact && choice::winograd_row(&self.g, true) {
                return self.across(true);
            }
            let panel = Panel::new(quote!(__f::k::conv_chw16c_len(GEOMETRY, true, false)), &table::conv_chw16c_from_chw_pack);
            Kernel::new(panel, &table::conv_chw16c_from_chw)
        });
        Some(Blocked::Product(Box::new(Product { vectors, plain })))
    }

    fn foldable(&self) -> Option<Foldable> {
        let [filters, per_group, ..] = self.g.weight();
        Some(Foldable { outer: 1, channels: filters, inner: per_group.saturating_mul(self.g.area()) })
    }

    fn not_yet(&self) -> bool {
        self.masked
    }
}

/// A transposed convolution: the input gradient of the convolution `g`, which leads from its output to its input.
#[derive(Debug)]
pub(super) struct ConvTransposeOp {
    pub(super) attributes: Attributes,
    pub(super) g: Conv,
    /// `#[fireclay(exact)]`: sums as they stand, no Winograd.
    pub(super) exact: bool,
}

impl Op for ConvTransposeOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn macs(&self) -> Count {
        geometry::macs(&self.g)
    }

    fn geometry(&self) -> Option<Geometry> {
        Some(geometry::tokens(&self.g))
    }

    fn forward(&self) -> Vec<Step> {
        training::CONV_TRANSPOSE.forward(&self.g, self.exact)
    }

    fn infer(&self) -> Infer {
        Infer::Calls(vec![training::CONV_TRANSPOSE.direct()])
    }

    fn scratch(&self) -> Count {
        choice::training_scratch(&self.g, self.exact).into()
    }

    fn backward(&self) -> Vec<BackwardStep> {
        training::CONV_TRANSPOSE.backward(&self.g, self.exact)
    }

    fn blocked(&self, _: &[Vectors]) -> Option<Blocked> {
        // The numbers are those of the convolution back: it reads what this writes.
        let plain = (self.g.groups == 1 && self.g.filters < 16).then(|| {
            let panel =
                Panel::new(quote!(__f::k::conv_chw16c_len(GEOMETRY, true, true)), &table::conv_transpose_chw16c_from_chw_pack);
            Kernel::new(panel, &table::conv_transpose_chw16c_from_chw)
        });
        let vectors = if choice::few_transposed(&self.g) {
            let panel =
                Panel::new(quote!(__f::k::conv_transpose_small_channel_len(GEOMETRY)), &table::conv_transpose_small_channel_pack);
            let scratch = Count::from(conv_transpose_small_channel_scratch(&self.g));
            let maps = Some(Forward::new(&table::conv_transpose_small_channel_to_chw, scratch.clone()));
            Kernel { maps, ..Kernel::with_scratch(panel, &table::conv_transpose_small_channel, scratch) }
        } else {
            let panel = Panel::new(quote!(__f::k::conv_chw16c_len(GEOMETRY, false, true)), &table::conv_transpose_chw16c_pack);
            Kernel::new(panel, &table::conv_transpose_chw16c)
        };
        conv_chw16c_fits(&self.g).then(|| Blocked::Product(Box::new(Product { vectors, plain })))
    }

    fn foldable(&self) -> Option<Foldable> {
        // The weight is [inputs][outputs / groups][kh][kw]: with groups the output channels are not one axis of it.
        (self.g.groups == 1).then(|| Foldable { outer: self.g.filters, channels: self.g.channels, inner: self.g.area() })
    }
}
