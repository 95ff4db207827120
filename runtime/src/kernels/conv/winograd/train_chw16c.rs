//! Training of one sample in `chw16c` by F(4×4, 3×3): the weight, as it is, is transformed for each call. The gradient of x is the convolution of
//! that of y by the kernel turned around.

use super::chw16c::{finish, from_packed};
use super::fallback_chw16c::DirectSums;
use super::tile::{Maps, Taps, transform_tile, transform_weight};
use super::transforms::F43;
use crate::kernels::conv::direct::train_chw16c::{accumulated, square};
use crate::kernels::conv::product::{Source, matrix, pack_bias};
use crate::simd::{LANES, Vector};
use core::ptr::null;
use fireclay_ir::geometry::Conv;
use fireclay_ir::sizes::{WINOGRAD_OUT as OUT, WinogradChw16c, WinogradChw16cPanels};

const AREA: usize = 9;
const PRODUCTS: usize = WinogradChw16c::PRODUCTS;

/// Transforms the weight of sixteen filters from `filter` on: products are `next` floats apart. What lies beside the last channel is not written, for
/// nobody reads it.
#[inline(always)]
unsafe fn forward_panel<V: Vector>(g: &Conv, weight: *const f32, filter: usize, to: *mut f32, next: usize) {
    let which = Taps { rows: [0, 1, 2], cols: [0, 1, 2] };
    let (row, rows) = (g.channels * AREA, (g.filters - filter).min(LANES));
    let mut taps = [0.0_f32; AREA * LANES * LANES];
    // SAFETY: the caller's promise.
    unsafe {
        let end = weight.add(g.filters * row);
        for channel in (0..g.channels).step_by(LANES) {
            let channels = (g.channels - channel).min(LANES);
            let from = weight.add(filter * row + channel * AREA);
            for at in (0..channels * AREA).step_by(LANES) {
                let len = (channels * AREA - at).min(LANES);
                square::<V>(from.add(at), rows, row, len, end, taps.as_mut_ptr().add(at * LANES));
            }
            transform_weight::<V, F43, 6, 4, 3>(channels, taps.as_ptr(), &which, [3, AREA], to.add(channel * LANES), next);
        }
    }
}

/// The same of the convolution back: `g` is the convolution from the gradient of y, whose channels the weight's filters are.
#[inline(always)]
unsafe fn turned_panel<V: Vector>(g: &Conv, weight: *const f32, filter: usize, to: *mut f32, next: usize) {
    let which = Taps { rows: [2, 1, 0], cols: [2, 1, 0] };
    let rows = (g.filters - filter).min(LANES);
    let mut taps = [0.0_f32; LANES * LANES];
    // SAFETY: the caller's promise.
    unsafe {
        let end = weight.add(g.channels * g.filters * AREA);
        for channel in 0..g.channels {
            let from = weight.add((channel * g.filters + filter) * AREA);
            square::<V>(from, rows, AREA, AREA, end, taps.as_mut_ptr());
            transform_weight::<V, F43, 6, 4, 3>(1, taps.as_ptr(), &which, [3, AREA], to.add(channel * LANES), next);
        }
    }
}

/// Transforms and packs a weight as `conv_winograd_chw16c_pack` does.
#[inline(always)]
unsafe fn pack_transformed<V: Vector>(g: &Conv, weight: *const f32, turned: bool, to: *mut f32) {
    let (next, panel) = (WinogradChw16c::new(g).panels, g.channels.next_multiple_of(LANES) * LANES);
    for filter in (0..g.filters).step_by(LANES) {
        // SAFETY: the caller's promise.
        unsafe {
            let to = to.add(filter / LANES * panel);
            if turned {
                turned_panel::<V>(g, weight, filter, to, next);
            } else {
                forward_panel::<V>(g, weight, filter, to, next);
            }
        }
    }
}

/// A convolution of all tiles at once, sixteen filters at a time.
#[inline(always)]
unsafe fn by_filters<V: Vector>(direct: &DirectSums<'_>, scratch: *mut f32) {
    let (g, weight) = (direct.g, direct.weight);
    let plan = WinogradChw16cPanels::new(g);
    let from = Maps::padded(g.channels.div_ceil(LANES), [g.height, g.width], g.pad, direct.x);
    let next_tile = |[row, col]: [usize; 2]| if col + OUT < g.out_width { [row, col + OUT] } else { [row + OUT, 0] };
    // SAFETY: the caller's promise: scratch holds what the plan says.
    unsafe {
        let weights = scratch.add(PRODUCTS * plan.inputs);
        let products = weights.add(PRODUCTS * plan.weights);
        let mut place = [0; 2];
        for tile in 0..plan.tiles {
            transform_tile::<V, F43, 6, 4, 3>(&from, place, scratch.add(tile * LANES), [plan.inputs, plan.tiles * LANES]);
            place = next_tile(place);
        }
        for filter in (0..g.filters).step_by(LANES) {
            if direct.turned {
                turned_panel::<V>(g, weight, filter, weights, plan.weights);
            } else {
                forward_panel::<V>(g, weight, filter, weights, plan.weights);
            }
            for product in 0..PRODUCTS {
                let from = Source::chw16c(scratch.add(product * plan.inputs), g.channels, plan.tiles);
                matrix::<V>(from, 1, weights.add(product * plan.weights), plan.tiles, products.add(product * plan.results));
            }
            let mut place = [0; 2];
            for tile in 0..plan.tiles {
                finish::<V>(direct, filter / LANES, place, products.add(tile * LANES), plan.results);
                place = next_tile(place);
            }
        }
    }
}

entries! {
    /// Transforms and packs a weight.
    #[allow(dead_code, reason = "the lanes are channels here")]
    pub(super) unsafe fn pack_transformed(g: &Conv, weight: *const f32, turned: bool, to: *mut f32);
    /// A convolution of all tiles at once.
    #[allow(dead_code, reason = "the lanes are channels here")]
    pub(super) unsafe fn by_filters(direct: &DirectSums<'_>, scratch: *mut f32);
}

/// A convolution, or that back, with what is added to it.
unsafe fn run(
    g: &Conv,
    x: *const f32,
    (weight, turned): (*const f32, bool),
    bias: *const f32,
    add: *const f32,
    y: *mut f32,
    scratch: *mut f32,
) {
    let low = f32::NEG_INFINITY;
    // SAFETY: the caller's promise.
    unsafe {
        if WinogradChw16cPanels::new(g).at_once {
            pack_bias(g.filters, bias, scratch);
            let direct = DirectSums { g, x, from_chw: false, weight, turned, bias: scratch, add, low, y };
            chwn16::by_filters(&direct, scratch.add(g.filters.next_multiple_of(LANES)));
        } else {
            let biases = scratch.add(PRODUCTS * WinogradChw16c::new(g).panels);
            chwn16::pack_transformed(g, weight, turned, scratch);
            pack_bias(g.filters, bias, biases);
            let rest = biases.add(g.filters.next_multiple_of(LANES));
            from_packed(g, x, scratch, (weight, turned), add, low, y, rest);
        }
    }
}

/// As [`conv_chw16c_forward`](crate::kernels::chw::conv_chw16c_forward), for a 3×3 kernel of stride 1, dilation 1, one group.
///
/// # Safety
/// Pointers are valid for what the geometry says (`docs/kernels.md`); scratch holds `conv_winograd_chw16c_train_scratch` floats.
pub unsafe fn conv_winograd_chw16c_forward(
    g: &Conv,
    x: *const f32,
    weight: *const f32,
    bias: *const f32,
    y: *mut f32,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe { run(g, x, (weight, false), bias, null(), y, scratch) };
}

/// As [`conv_chw16c_backward_input`](crate::kernels::chw::conv_chw16c_backward_input), for such a kernel with a padding of at most 2.
///
/// # Safety
/// As for the forward pass.
pub unsafe fn conv_winograd_chw16c_backward_input(
    g: &Conv,
    dy: *const f32,
    weight: *const f32,
    dx: *mut f32,
    accumulate: bool,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let back = &g.back();
        run(back, dy, (weight, true), null(), accumulated(dx, accumulate), dx, scratch);
    }
}
