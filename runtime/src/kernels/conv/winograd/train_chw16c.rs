//! Training of one sample in `chw16c` by F(4×4, 3×3), which is a batch of [one](super::across): the weight, as it is, is transformed for each call. The
//! gradient of x is the convolution of that of y by the kernel turned around.

use super::across::{conv_winograd_across_backward_input, conv_winograd_across_forward};
use super::tile::{Taps, transform_weight};
use super::transforms::F43;
use crate::kernels::conv::direct::train_chw16c::square;
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Conv;
use fireclay_ir::{Samples, Share};

const AREA: usize = 9;
/// All that there is to do.
pub(super) const WHOLE: Share = Share { index: 0, shares: 1 };

/// Transforms the weight of sixteen filters from `filter` on and of channels `[from, until)`, the first of which is a multiple of sixteen: products are
/// `next` floats apart. What lies beside the last channel is not written, for nobody reads it.
#[inline(always)]
pub(super) unsafe fn forward_panel<V: Vector>(
    g: &Conv,
    weight: *const f32,
    filter: usize,
    [from, until]: [usize; 2],
    to: *mut f32,
    next: usize,
) {
    let which = Taps { rows: [0, 1, 2], cols: [0, 1, 2] };
    let (row, rows) = (g.channels * AREA, (g.filters - filter).min(LANES));
    let mut taps = [0.0_f32; AREA * LANES * LANES];
    // SAFETY: the caller's promise.
    unsafe {
        let end = weight.add(g.filters * row);
        for channel in (from..until).step_by(LANES) {
            let channels = (until - channel).min(LANES);
            let first = weight.add(filter * row + channel * AREA);
            for at in (0..channels * AREA).step_by(LANES) {
                let len = (channels * AREA - at).min(LANES);
                square::<V>(first.add(at), rows, row, len, end, taps.as_mut_ptr().add(at * LANES));
            }
            transform_weight::<V, F43, 6, 4, 3>(
                channels,
                taps.as_ptr(),
                &which,
                [3, AREA],
                to.add((channel - from) * LANES),
                next,
            );
        }
    }
}

/// The same of the convolution back: `g` is the convolution from the gradient of y, whose channels the weight's filters are.
#[inline(always)]
pub(super) unsafe fn turned_panel<V: Vector>(
    g: &Conv,
    weight: *const f32,
    filter: usize,
    [from, until]: [usize; 2],
    to: *mut f32,
    next: usize,
) {
    let which = Taps { rows: [2, 1, 0], cols: [2, 1, 0] };
    let rows = (g.filters - filter).min(LANES);
    let mut taps = [0.0_f32; LANES * LANES];
    // SAFETY: the caller's promise.
    unsafe {
        let end = weight.add(g.channels * g.filters * AREA);
        for channel in from..until {
            let from_row = weight.add((channel * g.filters + filter) * AREA);
            square::<V>(from_row, rows, AREA, AREA, end, taps.as_mut_ptr());
            transform_weight::<V, F43, 6, 4, 3>(1, taps.as_ptr(), &which, [3, AREA], to.add((channel - from) * LANES), next);
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
    unsafe { conv_winograd_across_forward(g, Samples::ONE, x, weight, bias, y, scratch, WHOLE) };
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
    unsafe { conv_winograd_across_backward_input(g, Samples::ONE, dy, weight, dx, accumulate, scratch, WHOLE) };
}
