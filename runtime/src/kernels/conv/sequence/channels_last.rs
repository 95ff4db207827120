//! Weight gradients over sequences of sixteen samples whose features fill vectors, from an x with its features last (`weight_gradient/channels_last.rs`): a strip of steps
//! at a time. (By sums over lanes each filter would meet the steps of each feature anew, which lie as far apart as all features take.)

use super::direct::{part, step_sums::chwn16::add_step_sums};
use crate::kernels::conv::map::Map;
use crate::kernels::conv::weight_gradient::channels_last::chwn16::add_weight_gradient_channels_last;
use crate::simd::LANES;
use fireclay_ir::geometry::{Conv, Conv1d};
use fireclay_ir::sizes::conv1d_channels_last_steps;

/// As [`conv1d_backward_weight`](crate::kernels::chwn16::conv1d_backward_weight), for one group.
///
/// # Safety
/// Pointers are valid for what the geometry says (`docs/kernels.md`); scratch holds `conv1d_channels_last_scratch` floats.
pub unsafe fn conv1d_channels_last_backward_weight(
    g: &Conv1d,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    dbias: *mut f32,
    scratch: *mut f32,
) {
    let (conv, steps) = (g.conv(), conv1d_channels_last_steps(g));
    let maps = [Map::sequence(conv.channels), Map::sequence(conv.filters)];
    // What the convolution calls x and dy are a transposed one's dy and x.
    let (from, to) = if g.transposed { (dy, x) } else { (x, dy) };
    // SAFETY: the caller's promise.
    unsafe {
        for first in (0..conv.out_width).step_by(steps) {
            let until = (first + steps).min(conv.out_width);
            let (part, before) = part(&conv, first, until);
            // Of x what these steps see.
            let seen = ((until - first - 1) * conv.stride[1] + conv.reach(1) + 1).saturating_sub(part.pad[1]);
            let part = Conv { width: part.width.min(seen), ..part };
            let (from, to) = (from.add(before * conv.channels * LANES), to.add(first * conv.filters * LANES));
            add_weight_gradient_channels_last(&part, maps, from, to, dweight, scratch);
        }
        add_step_sums(g.out_time, g.channels, dy, dbias);
    }
}

fireclay_ir::conv1d_channels_last_kernels!(checked[here]);
