//! The weight gradient in `chw16c` across all samples of a batch by Winograd's transforms: as that of
//! [one sample](super::weight_gradient_chw16c), whose tiles may be too few to add up before their sums become those of taps.

use super::across::transform_tiles;
use super::place::Place;
use super::weight_gradient_chw16c::{Tiles, add_block, transform_gradients};
use crate::kernels::conv::few_positions;
use crate::kernels::conv::weight_gradient::across::add_bias;
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Conv;
use fireclay_ir::sizes::{WinogradAcross, WinogradChw16c};
use fireclay_ir::{Samples, Share};

const PRODUCTS: usize = WinogradChw16c::PRODUCTS;

#[inline(always)]
unsafe fn winograd_weight_across<V: Vector>(
    g: &Conv,
    samples: Samples,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    scratch: *mut f32,
    share: Share,
) {
    let (from, until) = share.evenly(g.filters.div_ceil(LANES));
    let (y_map, step) = (g.out_map() * LANES, samples.step);
    let (mut begin, mut left) = (Place::FIRST, samples.count * WinogradAcross::tiles(g));
    let plan = WinogradAcross::of_weight(g).most(left);
    // SAFETY: the caller's promise: scratch holds what the plan says.
    unsafe {
        let gradients = scratch.add(PRODUCTS * plan.inputs(plan.at_once));
        let sums = gradients.add(PRODUCTS * plan.results(plan.at_once));
        while left > 0 && from < until {
            let count = plan.next(left);
            let (inputs, results) = (plan.inputs(count), plan.results(count));
            let end = transform_tiles::<V>(g, x, step, (begin, count), scratch, inputs);
            let tiles = Tiles { g, x, dy, step, begin, count, inputs, gradients: results };
            for at in (from..until).step_by(plan.panels) {
                let some = (until - at).min(plan.panels);
                let mut place = begin;
                for tile in 0..count {
                    for n in 0..some {
                        let dy = dy.add(place.sample * step + (at + n) * y_map);
                        transform_gradients::<V>(g, dy, place.tile, gradients.add((n * count + tile) * LANES), results);
                    }
                    place = place.next(g);
                }
                // The inputs of sixteen channels stay in the second-level cache for these panels.
                for channel in (0..g.channels).step_by(LANES) {
                    for n in 0..some {
                        let (inputs, gradients) = (scratch.add(channel * count), gradients.add(n * count * LANES));
                        add_block::<V>(&tiles, [channel, (at + n) * LANES], [inputs, gradients], sums, dweight);
                    }
                }
            }
            (begin, left) = (end, left - count);
        }
    }
}

entries! {
    /// Adds the weight gradient of a 3×3 convolution of stride 1.
    #[allow(dead_code, reason = "the lanes are channels here")]
    pub(super) unsafe fn winograd_weight_across(
        g: &Conv, samples: Samples, x: *const f32, dy: *const f32, dweight: *mut f32, scratch: *mut f32, share: Share,
    );
}

/// As [`conv_winograd_chw16c_backward_weight`](crate::kernels::chw::conv_winograd_chw16c_backward_weight), across samples: this share's filters.
///
/// # Safety
/// Pointers are valid for what the geometry and the samples say (`docs/kernels.md`); scratch holds `conv_winograd_across_scratch` floats.
pub unsafe fn conv_winograd_across_backward_weight(
    g: &Conv,
    samples: Samples,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    dbias: *mut f32,
    scratch: *mut f32,
    share: Share,
) {
    // SAFETY: the caller's promise.
    unsafe {
        if few_positions::apply(g, samples) {
            few_positions::chwn16::few_backward_weight(g, samples, x, dy, dweight, scratch, share);
        } else {
            chwn16::winograd_weight_across(g, samples, x, dy, dweight, scratch, share);
        }
        add_bias(g.filters, g.out_map(), samples, dy, dbias, share);
    }
}
