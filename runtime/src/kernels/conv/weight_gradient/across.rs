//! The weight gradient in `chw16c` across all samples of a batch by direct sums: each number of it is read and written once.

use super::add_transposed::add_transposed;
use super::chw16c::{block, in_rows};
use crate::kernels::bias_gradient::chwn16::add_sums_chw16c;
use crate::kernels::conv::few_positions;
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Conv;
use fireclay_ir::sizes::Chw16cWeight;
use fireclay_ir::{Samples, Share};

#[inline(always)]
unsafe fn add_weight_gradient_across<V: Vector>(
    g: &Conv,
    samples: Samples,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    scratch: *mut f32,
    share: Share,
) {
    /// Floats of sixteen channels of both that stay in the first-level cache for all taps.
    const NEAR: usize = 6 << 10;
    let (area, [channels, filters]) = (g.area(), g.per_group());
    let (x_map, y_map) = (g.height * g.width * LANES, g.out_map() * LANES);
    let g = &in_rows(g);
    let band = Chw16cWeight::new(g).band;
    let at_once = (NEAR / (x_map + y_map).max(1)).max(1);
    let blocks = filters.div_ceil(LANES);
    let (from, until) = share.evenly(g.groups * blocks);
    // SAFETY: the caller's promise: scratch holds what `conv_across_scratch` says. Groups of several fill their vectors.
    unsafe {
        let transposed = scratch.add(LANES * LANES * area);
        for at in from..until {
            let (group, filter) = (at / blocks, at % blocks * LANES);
            let live = (filters - filter).min(LANES);
            let dy = dy.add((group * filters + filter) / LANES * y_map);
            for channel in (0..channels).step_by(LANES) {
                let some = (channels - channel).min(LANES);
                let x = x.add((group * channels + channel) / LANES * x_map);
                for sample in (0..samples.count).step_by(at_once) {
                    let far = sample * samples.step;
                    let (x, dy) = (x.add(far), dy.add(far));
                    let few = Samples { count: at_once.min(samples.count - sample), ..samples };
                    // A map that fills the cache alone is cut.
                    let band = if few.count == 1 { band } else { g.out_height };
                    for row in (0..g.out_height).step_by(band) {
                        let end = g.out_height.min(row + band);
                        block::<V>(g, few, some, [row, end], x, dy, sample + row > 0, scratch);
                    }
                }
                let to = dweight.add(((group * filters + filter) * channels + channel) * area);
                add_transposed::<V>(scratch, live, channels * area, some * area, transposed, to);
            }
        }
    }
}

entries! {
    /// Adds a share of the weight gradient of a convolution.
    #[allow(dead_code, reason = "the lanes are channels here")]
    pub(super) unsafe fn add_weight_gradient_across(
        g: &Conv, samples: Samples, x: *const f32, dy: *const f32, dweight: *mut f32, scratch: *mut f32, share: Share,
    );
}

/// Adds a share of the weight gradient, by the kernel that so many positions take.
unsafe fn add_weights(
    g: &Conv,
    samples: Samples,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    scratch: *mut f32,
    share: Share,
) {
    // SAFETY: the caller's promise.
    unsafe {
        if few_positions::apply(g, samples) {
            few_positions::chwn16::few_backward_weight(g, samples, x, dy, dweight, scratch, share);
        } else {
            chwn16::add_weight_gradient_across(g, samples, x, dy, dweight, scratch, share);
        }
    }
}

/// Adds the bias gradient of sixteen filters at a time, those of a share.
pub(in crate::kernels::conv) unsafe fn add_bias(
    filters: usize,
    map: usize,
    samples: Samples,
    dy: *const f32,
    dbias: *mut f32,
    share: Share,
) {
    if dbias.is_null() {
        return;
    }
    let (from, until) = share.evenly(filters.div_ceil(LANES));
    let (from, until) = (from * LANES, filters.min(until * LANES));
    if from >= until {
        return;
    }
    for sample in 0..samples.count {
        // SAFETY: the caller's promise.
        unsafe { add_sums_chw16c(until - from, map, dy.add(sample * samples.step + from * map), dbias.add(from)) };
    }
}

/// Adds the gradients of weight and bias, which may be null.
///
/// # Safety
/// Pointers are valid for what the geometry says (`docs/kernels.md`) in each sample; scratch holds `conv_across_scratch` floats.
pub unsafe fn conv_across_backward_weight(
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
        add_weights(g, samples, x, dy, dweight, scratch, share);
        add_bias(g.filters, g.out_height * g.out_width, samples, dy, dbias, share);
    }
}

/// Adds the gradients of a transposed convolution's weight and bias, which may be null.
///
/// # Safety
/// As for the convolution.
pub unsafe fn conv_transpose_across_backward_weight(
    g: &Conv,
    samples: Samples,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    dbias: *mut f32,
    scratch: *mut f32,
    share: Share,
) {
    // SAFETY: the caller's promise. What the convolution calls x and dy are this layer's dy and x.
    unsafe {
        add_weights(g, samples, dy, x, dweight, scratch, share);
        add_bias(g.channels, g.height * g.width, samples, dy, dbias, share);
    }
}

use crate::kernels::conv::direct::across::{
    conv_across_backward_input, conv_across_forward, conv_transpose_across_backward_input, conv_transpose_across_forward,
};
fireclay_ir::conv_across_kernels!(checked[here]);
