//! Training in `chw16c` across all samples of a batch by F(4×4, 3×3): tiles are counted from the first one of the first sample to the last one of the
//! last, and some panels of sixteen filters, whose weight is transformed for many tiles, are a share. A result is the same number whatever the shares are,
//! and whatever samples lie beside it.

use super::chw16c::finish;
use super::fallback_chw16c::DirectSums;
use super::place::Place;
use super::tile::{Maps, transform_tile};
use super::train_chw16c::{forward_panel, turned_panel};
use super::transforms::F43;
use crate::kernels::conv::direct::train_chw16c::accumulated;
use crate::kernels::conv::few_positions;
use crate::kernels::conv::product::{Source, matrix, pack_bias};
use crate::simd::{LANES, Vector};
use core::ptr::null;
use fireclay_ir::geometry::Conv;
use fireclay_ir::sizes::{WinogradAcross, WinogradChw16c, panel_len};
use fireclay_ir::{Samples, Share};

const PRODUCTS: usize = WinogradChw16c::PRODUCTS;

/// Some tiles of every channel, from `begin` on, transformed: products are `next` floats apart. Gives where the next tile is.
#[inline(always)]
pub(super) unsafe fn transform_tiles<V: Vector>(
    g: &Conv,
    x: *const f32,
    step: usize,
    (begin, count): (Place, usize),
    to: *mut f32,
    next: usize,
) -> Place {
    let mut place = begin;
    for tile in 0..count {
        let from = x.wrapping_add(place.sample * step);
        let maps = Maps::padded(g.channels.div_ceil(LANES), [g.height, g.width], g.pad, from);
        // SAFETY: the caller's promise.
        unsafe { transform_tile::<V, F43, 6, 4, 3>(&maps, place.tile, to.add(tile * LANES), [next, count * LANES]) };
        place = place.next(g);
    }
    place
}

#[inline(always)]
unsafe fn across<V: Vector>(first: &DirectSums<'_>, samples: Samples, scratch: *mut f32, share: Share) {
    let (g, weight) = (first.g, first.weight);
    let (from, until) = share.evenly(g.filters.div_ceil(LANES));
    let (mut begin, mut left) = (Place::FIRST, samples.count * WinogradAcross::tiles(g));
    let plan = WinogradAcross::new(g).most(left);
    // The first panel and channel whose weight is transformed.
    let mut there = [usize::MAX; 2];
    // SAFETY: the caller's promise: scratch holds what the plan says.
    unsafe {
        let weights = scratch.add(PRODUCTS * plan.inputs(plan.at_once));
        let products = weights.add(PRODUCTS * plan.weights());
        while left > 0 && from < until {
            let count = plan.next(left);
            let (inputs, results) = (plan.inputs(count), plan.results(count));
            let end = transform_tiles::<V>(g, first.x, samples.step, (begin, count), scratch, inputs);
            for at in (from..until).step_by(plan.panels) {
                let some = (until - at).min(plan.panels);
                for channel in (0..g.channels).step_by(plan.depth) {
                    let until = g.channels.min(channel + plan.depth);
                    if there != [at, channel] {
                        for n in 0..some {
                            let (filter, to) = ((at + n) * LANES, weights.add(n * panel_len(until - channel, LANES, 1)));
                            if first.turned {
                                turned_panel::<V>(g, weight, filter, [channel, until], to, plan.weights());
                            } else {
                                forward_panel::<V>(g, weight, filter, [channel, until], to, plan.weights());
                            }
                        }
                        there = [at, channel];
                    }
                    for product in 0..PRODUCTS {
                        let from = scratch.add(product * inputs + channel * count);
                        let from = Source::chw16c(from, until - channel, count);
                        let (weights, to) = (weights.add(product * plan.weights()), products.add(product * results));
                        matrix::<V>(from, some, weights, count, to, channel > 0);
                    }
                }
                let mut place = begin;
                for tile in 0..count {
                    let direct = first.further(place.sample * samples.step);
                    for n in 0..some {
                        finish::<V>(&direct, at + n, place.tile, products.add((n * count + tile) * LANES), results);
                    }
                    place = place.next(g);
                }
            }
            (begin, left) = (end, left - count);
        }
    }
}

entries! {
    /// A convolution, or that back, of all samples; `first` is that of the first one.
    #[allow(dead_code, reason = "the lanes are channels here")]
    pub(super) unsafe fn across(first: &DirectSums<'_>, samples: Samples, scratch: *mut f32, share: Share);
}

/// The same with a bias as it is.
unsafe fn run(first: DirectSums<'_>, samples: Samples, bias: *const f32, scratch: *mut f32, share: Share) {
    let filters = first.g.filters;
    // SAFETY: the caller's promise.
    unsafe {
        pack_bias(filters, bias, scratch);
        let first = DirectSums { bias: scratch, ..first };
        chwn16::across(&first, samples, scratch.add(filters.next_multiple_of(LANES)), share);
    }
}

/// As [`conv_winograd_chw16c_forward`](crate::kernels::chw::conv_winograd_chw16c_forward), across samples: this share's filters.
///
/// # Safety
/// Pointers are valid for what the geometry and the samples say (`docs/kernels.md`); scratch holds `conv_winograd_across_scratch` floats.
pub unsafe fn conv_winograd_across_forward(
    g: &Conv,
    samples: Samples,
    x: *const f32,
    weight: *const f32,
    bias: *const f32,
    y: *mut f32,
    scratch: *mut f32,
    share: Share,
) {
    if few_positions::apply(g, samples) {
        // SAFETY: the caller's promise.
        return unsafe { few_positions::chwn16::few_forward(g, samples, x, weight, bias, (y, false), scratch, share) };
    }
    let low = f32::NEG_INFINITY;
    let first = DirectSums { g, x, from_chw: false, weight, turned: false, bias: null(), add: null(), low, y };
    // SAFETY: the caller's promise.
    unsafe { run(first, samples, bias, scratch, share) };
}

/// As [`conv_winograd_chw16c_backward_input`](crate::kernels::chw::conv_winograd_chw16c_backward_input), across samples: this share's channels.
///
/// # Safety
/// As for the forward pass.
pub unsafe fn conv_winograd_across_backward_input(
    g: &Conv,
    samples: Samples,
    dy: *const f32,
    weight: *const f32,
    dx: *mut f32,
    accumulate: bool,
    scratch: *mut f32,
    share: Share,
) {
    if few_positions::apply(g, samples) {
        let (bias, dx) = (null(), (dx, accumulate));
        // SAFETY: the caller's promise.
        return unsafe { few_positions::chwn16::few_backward_input(g, samples, dy, weight, bias, dx, scratch, share) };
    }
    let (g, add, low) = (&g.back(), accumulated(dx, accumulate), f32::NEG_INFINITY);
    let first = DirectSums { g, x: dy, from_chw: false, weight, turned: true, bias: null(), add, low, y: dx };
    // SAFETY: the caller's promise.
    unsafe { run(first, samples, null(), scratch, share) };
}

pub use super::weight_gradient_across::conv_winograd_across_backward_weight;
fireclay_ir::winograd_across_kernels!(checked[here]);
