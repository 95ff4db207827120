//! The kernels of a product for one sample, as the algorithm chosen says.

use super::kernels::{Chw16cKernels, ProductKernel, ProductKernels, Variant};
use super::{Algorithm, Choice, conv, conv_transpose, dense, per_channel};
use crate::graph::{Call, ChannelBlocks, Count, Dispatch, Linear, Op, PackedCalls, Panel};
use fireclay_ir::geometry::Conv;
use fireclay_ir::kernels::table;
use fireclay_ir::sizes::{
    conv_small_channel_scratch, conv_transpose_small_channel_scratch, conv_winograd_chw16c_scratch, conv_winograd_row_scratch,
};
use quote::quote;

/// How an operation runs over one sample whose channels lie in vectors of sixteen; `None` where it does not.
#[must_use]
pub fn blocked(op: &dyn Op, inputs: &[ChannelBlocks]) -> Option<Chw16cKernels> {
    let product = match op.linear() {
        None => return op.over_channels(inputs).map(|op| Chw16cKernels::Channelwise(calls(&*op))),
        Some(Linear::Conv { g, exact, .. }) => {
            let from_chw16c = conv_from_chw16c(&g, conv::from_chw16c(&g, exact)?);
            ProductKernels { from_chw16c, from_chw: conv::from_chw(&g, exact).map(|choice| conv_from_chw(&g, choice)) }
        }
        Some(Linear::ConvTranspose { g, .. }) => {
            let from_chw16c = transposed_from_chw16c(&g, conv_transpose::from_chw16c(&g)?);
            ProductKernels { from_chw16c, from_chw: conv_transpose::from_chw(&g).map(transposed_from_chw) }
        }
        Some(Linear::Dense { outputs, .. }) => {
            let choice = dense::from_chw16c(outputs.num().filter(|_| inputs.len() == 1)?)?;
            let kernel = ProductKernel::new(choice, dense_panel(), &table::dense_chw16c);
            // A vector lies the same in both layouts.
            ProductKernels { from_chw: Some(kernel.clone()), from_chw16c: kernel }
        }
        Some(Linear::Conv1d { .. }) => return None,
        Some(Linear::PerChannel { channels, panel }) => {
            let choice = per_channel::from_chw16c(channels)?;
            ProductKernels { from_chw16c: ProductKernel::new(choice, panel, &table::batch_norm_chw16c), from_chw: None }
        }
    };
    Some(Chw16cKernels::Product(Box::new(product)))
}

/// What an operation calls over channels in the place of samples.
fn calls(op: &dyn Op) -> Vec<Call> {
    let geometry = op.geometry();
    let micro = op.forward().into_iter().filter_map(|step| if let Dispatch::Micro(call) = step { Some(call) } else { None });
    micro.map(|call| if let Some(geometry) = &geometry { call.with_geometry(geometry) } else { call }).collect()
}

/// How an operation runs over one sample in `chw` with packed weights; `None`: with the weights as they are.
#[must_use]
pub fn packed(op: &dyn Op) -> Option<PackedCalls> {
    match op.linear() {
        Some(Linear::Conv1d { .. }) | None => op.packed(),
        Some(Linear::Conv { g, .. }) => Some(match conv::packed(&g)?.algorithm {
            Algorithm::Depthwise => PackedCalls::new(
                Panel::new(quote!(__f::k::depthwise_packed_len(GEOMETRY)), &table::depthwise_pack),
                &table::depthwise_forward_packed,
            ),
            _ => PackedCalls::new(
                Panel::new(quote!(__f::k::conv_packed_len(GEOMETRY)), &table::conv_pack),
                &table::conv_forward_packed,
            ),
        }),
        Some(Linear::Dense { .. }) => Some(PackedCalls::new(dense_panel(), &table::dense_forward_packed)),
        Some(Linear::ConvTranspose { .. } | Linear::PerChannel { .. }) => None,
    }
}

fn dense_panel() -> Panel {
    Panel::new(quote!(__f::k::dense_packed_len(GEOMETRY)), &table::dense_pack)
}

fn conv_from_chw16c(g: &Conv, choice: Choice) -> ProductKernel {
    match choice.algorithm {
        Algorithm::Winograd => {
            let panel = Panel::new(quote!(__f::k::conv_winograd_chw16c_len(GEOMETRY)), &table::conv_winograd_chw16c_pack);
            let scratch = conv_winograd_chw16c_scratch(g).into();
            ProductKernel::with_scratch(choice, panel, &table::conv_winograd_chw16c, scratch)
        }
        Algorithm::WinogradRow => winograd_row(choice, g, false),
        Algorithm::Depthwise => {
            let panel = Panel::new(quote!(__f::k::depthwise_chw16c_len(GEOMETRY)), &table::depthwise_chw16c_pack);
            ProductKernel::new(choice, panel, &table::depthwise_chw16c)
        }
        _ => {
            let panel = Panel::new(quote!(__f::k::conv_chw16c_len(GEOMETRY, false, false)), &table::conv_chw16c_pack);
            ProductKernel::new(choice, panel, &table::conv_chw16c)
        }
    }
}

fn conv_from_chw(g: &Conv, choice: Choice) -> ProductKernel {
    match choice.algorithm {
        Algorithm::SmallChannel => small_channel(choice, g),
        Algorithm::WinogradRow => winograd_row(choice, g, true),
        _ => {
            let panel = Panel::new(quote!(__f::k::conv_chw16c_len(GEOMETRY, true, false)), &table::conv_chw16c_from_chw_pack);
            ProductKernel::new(choice, panel, &table::conv_chw16c_from_chw)
        }
    }
}

fn winograd_row(choice: Choice, g: &Conv, from_chw: bool) -> ProductKernel {
    let scratch = Count::from(conv_winograd_row_scratch(g, from_chw));
    let [pack, forward, pooled] = if from_chw {
        [&table::conv_winograd_row_from_chw_pack, &table::conv_winograd_row_from_chw, &table::conv_winograd_row_from_chw_pooled]
    } else {
        [&table::conv_winograd_row_pack, &table::conv_winograd_row, &table::conv_winograd_row_pooled]
    };
    let panel = Panel::new(quote!(__f::k::conv_winograd_row_len(GEOMETRY, #from_chw)), pack);
    let pooled = Some(Variant::new(pooled, scratch.clone()));
    ProductKernel { pooled, ..ProductKernel::with_scratch(choice, panel, forward, scratch) }
}

fn small_channel(choice: Choice, g: &Conv) -> ProductKernel {
    let panel = Panel::new(quote!(__f::k::conv_small_channel_len(GEOMETRY)), &table::conv_small_channel_pack);
    let [scratch, pooling] = [false, true].map(|pooled| Count::from(conv_small_channel_scratch(g, pooled)));
    let to_chw = Some(Variant::new(&table::conv_small_channel_to_chw, scratch.clone()));
    // Four sums for each vector: there must be enough for one.
    let pooled = Variant::new(&table::conv_small_channel_pooled, pooling);
    let pooled = ((g.out_height / 2).saturating_mul(g.out_width / 2) >= 16).then_some(pooled);
    ProductKernel { to_chw, pooled, ..ProductKernel::with_scratch(choice, panel, &table::conv_small_channel, scratch) }
}

fn transposed_from_chw16c(g: &Conv, choice: Choice) -> ProductKernel {
    if choice.algorithm == Algorithm::SmallChannel {
        let panel =
            Panel::new(quote!(__f::k::conv_transpose_small_channel_len(GEOMETRY)), &table::conv_transpose_small_channel_pack);
        let scratch = Count::from(conv_transpose_small_channel_scratch(g));
        let to_chw = Some(Variant::new(&table::conv_transpose_small_channel_to_chw, scratch.clone()));
        return ProductKernel {
            to_chw,
            ..ProductKernel::with_scratch(choice, panel, &table::conv_transpose_small_channel, scratch)
        };
    }
    let panel = Panel::new(quote!(__f::k::conv_chw16c_len(GEOMETRY, false, true)), &table::conv_transpose_chw16c_pack);
    ProductKernel::new(choice, panel, &table::conv_transpose_chw16c)
}

fn transposed_from_chw(choice: Choice) -> ProductKernel {
    let panel = Panel::new(quote!(__f::k::conv_chw16c_len(GEOMETRY, true, true)), &table::conv_transpose_chw16c_from_chw_pack);
    ProductKernel::new(choice, panel, &table::conv_transpose_chw16c_from_chw)
}
