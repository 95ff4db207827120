//! The geometry of a convolution: from the arguments of a layer, and to tokens of emitted code.

use crate::graph::{Count, Geometry, Size};
use crate::layers::support::formula::Axis;
use crate::layers::support::input::Image;
use crate::layers::support::tokens::{number, pair};
use fireclay_ir::geometry::{Conv, Mask};
use proc_macro2::TokenStream;
use quote::quote;

/// The convolution from `input` to `output`, with so many groups of channels that do not see each other.
pub(super) fn conv(input: Image, output: Image, [rows, cols]: &[Axis; 2], groups: usize) -> Conv {
    Conv {
        channels: input[0],
        height: input[1],
        width: input[2],
        filters: output[0],
        out_height: output[1],
        out_width: output[2],
        kernel: [rows.kernel, cols.kernel],
        stride: [rows.stride, cols.stride],
        pad: [rows.before, cols.before],
        dilation: [rows.dilation, cols.dilation],
        groups,
    }
}

/// The geometry as emitted: `__f::k::Conv { … }`.
pub(super) fn tokens(g: &Conv) -> Geometry {
    let [channels, height, width] = [g.channels, g.height, g.width].map(number);
    let [filters, out_height, out_width] = [g.filters, g.out_height, g.out_width].map(number);
    let [kernel, stride, pad, dilation] = [g.kernel, g.stride, g.pad, g.dilation].map(pair);
    let groups = number(g.groups);
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

/// A mask as emitted: `__f::k::Mask { … }`.
pub(crate) fn mask(mask: &Mask) -> TokenStream {
    let (colors, own) = (number(mask.colors), mask.own);
    quote!(__f::k::Mask { colors: #colors, own: #own })
}

/// The multiply-accumulates, positions in the padding included.
pub(super) fn macs(g: &Conv) -> Count {
    let sizes = g.weight().into_iter().chain([g.out_height, g.out_width]);
    Count::product(&sizes.map(Size::Num).collect::<Vec<_>>())
}
