//! Training of one sample in `chw16c` by direct sums: the weight, as it is, is packed for each call, and the kernels of packed weights do the
//! rest.

use super::chw16c::chw as packed;
use crate::kernels::conv::product::pack_bias;
use crate::simd::{LANES, Vector};
use core::ptr::null;
use fireclay_ir::Share;
use fireclay_ir::geometry::Conv;
use fireclay_ir::sizes::panel_len;

/// `rows` rows of `len` numbers, at most sixteen of both and `step` apart, transposed: `[16][16]`, zero where there is no row. Numbers behind a row may be
/// read before `end`.
#[inline(always)]
pub(in crate::kernels::conv) unsafe fn square<V: Vector>(
    from: *const f32,
    rows: usize,
    step: usize,
    len: usize,
    end: *const f32,
    to: *mut f32,
) {
    let mut square = [0.0_f32; LANES * LANES];
    // SAFETY: the caller's promise.
    unsafe {
        for row in 0..rows {
            let (from, to) = (from.add(row * step), square.as_mut_ptr().add(row * LANES));
            if from.wrapping_add(LANES) <= end {
                V::load(from).store(to);
            } else {
                for i in 0..len {
                    *to.add(i) = *from.add(i);
                }
            }
        }
        V::transpose(square.as_ptr(), to, LANES);
    }
}

/// Packs the weight of sixteen filters of a group from `first` on as `conv_chw16c_pack` does, but for what lies beside the last channel, which nobody
/// reads.
#[inline(always)]
pub(super) unsafe fn forward_panel<V: Vector>(g: &Conv, weight: *const f32, group: usize, first: usize, to: *mut f32) {
    let (area, [channels, filters]) = (g.area(), g.per_group());
    let row = channels * area;
    let rows = (filters - first).min(LANES);
    let mut transposed = [0.0_f32; LANES * LANES];
    // SAFETY: the caller's promise.
    unsafe {
        let end = weight.add(g.filters * row);
        let from = weight.add((group * filters + first) * row);
        // Taps of a channel lie side by side, channels of a tap shall.
        let (mut block, mut channel, mut tap) = (to, 0, 0);
        for at in (0..row).step_by(LANES) {
            let len = (row - at).min(LANES);
            square::<V>(from.add(at), rows, row, len, end, transposed.as_mut_ptr());
            for i in 0..len {
                V::load(transposed.as_ptr().add(i * LANES)).store(block.add((tap * LANES + channel) * LANES));
                tap += 1;
                if tap == area {
                    (tap, channel) = (0, channel + 1);
                    if channel == LANES {
                        (channel, block) = (0, block.wrapping_add(area * LANES * LANES));
                    }
                }
            }
        }
    }
}

/// Packs the weight of sixteen channels of a group from `first` on as `conv_transpose_chw16c_pack` does, but for what lies beside the last filter.
#[inline(always)]
pub(super) unsafe fn backward_panel<V: Vector>(g: &Conv, weight: *const f32, group: usize, first: usize, to: *mut f32) {
    let (area, [channels, filters]) = (g.area(), g.per_group());
    let live = (channels - first).min(LANES);
    let mut transposed = [0.0_f32; LANES * LANES];
    // SAFETY: the caller's promise.
    unsafe {
        let end = weight.add(g.filters * channels * area);
        for filter in 0..filters {
            let from = weight.add(((group * filters + filter) * channels + first) * area);
            let to = to.add((filter / LANES * area * LANES + filter % LANES) * LANES);
            if area == 1 && live == LANES {
                V::load(from).store(to);
                continue;
            }
            for at in (0..area).step_by(LANES) {
                let len = (area - at).min(LANES);
                square::<V>(from.add(at), live, area, len, end, transposed.as_mut_ptr());
                for i in 0..len {
                    V::load(transposed.as_ptr().add(i * LANES)).store(to.add((at + i) * LANES * LANES));
                }
            }
        }
    }
}

/// Packs the whole weight of a convolution.
#[inline(always)]
unsafe fn pack_forward<V: Vector>(g: &Conv, weight: *const f32, to: *mut f32) {
    let [channels, filters] = g.per_group();
    let (panels, panel) = (filters.div_ceil(LANES), panel_len(channels, LANES, g.area()));
    for at in 0..g.groups * panels {
        // SAFETY: the caller's promise.
        unsafe { forward_panel::<V>(g, weight, at / panels, at % panels * LANES, to.add(at * panel)) };
    }
}

/// That of a transposed one.
#[inline(always)]
unsafe fn pack_backward<V: Vector>(g: &Conv, weight: *const f32, to: *mut f32) {
    let [channels, filters] = g.per_group();
    let (panels, panel) = (channels.div_ceil(LANES), panel_len(filters, LANES, g.area()));
    for at in 0..g.groups * panels {
        // SAFETY: the caller's promise.
        unsafe { backward_panel::<V>(g, weight, at / panels, at % panels * LANES, to.add(at * panel)) };
    }
}

entries! {
    /// The weight of a convolution.
    #[allow(dead_code, reason = "the lanes are channels here")]
    pub(super) unsafe fn pack_forward(g: &Conv, weight: *const f32, to: *mut f32);
    /// That of a transposed one.
    #[allow(dead_code, reason = "the lanes are channels here")]
    pub(super) unsafe fn pack_backward(g: &Conv, weight: *const f32, to: *mut f32);
}

/// As [`conv_chw16c`](packed::conv_chw16c), packed or transposed, from a weight as it is; adds to what `add` points to.
unsafe fn run(
    g: &Conv,
    transposed: bool,
    x: *const f32,
    weight: *const f32,
    bias: *const f32,
    add: *const f32,
    y: *mut f32,
    scratch: *mut f32,
) {
    let low = f32::NEG_INFINITY;
    let [channels, filters] = g.per_group();
    // SAFETY: the caller's promise: scratch holds what `conv_chw16c_train_scratch` says.
    unsafe {
        if transposed {
            chwn16::pack_backward(g, weight, scratch);
            let panels = g.groups * channels.div_ceil(LANES);
            pack_bias(g.channels, bias, scratch.add(panels * panel_len(filters, LANES, g.area())));
            packed::conv_transpose_chw16c(g, x, scratch, add, low, y, Share::ALL);
        } else {
            chwn16::pack_forward(g, weight, scratch);
            let panels = g.groups * filters.div_ceil(LANES);
            pack_bias(g.filters, bias, scratch.add(panels * panel_len(channels, LANES, g.area())));
            packed::conv_chw16c(g, x, scratch, add, low, y, Share::ALL);
        }
    }
}

/// What a gradient is added to.
pub(in crate::kernels::conv) fn accumulated(dx: *mut f32, accumulate: bool) -> *const f32 {
    if accumulate { dx } else { null() }
}

macro_rules! kernels {
    ($($forward:ident, $backward_input:ident, $transposed:literal;)*) => {
        $(
            /// The sums and the bias, which may be null.
            ///
            /// # Safety
            /// Pointers are valid for the geometry (`docs/kernels.md`); scratch holds `conv_chw16c_train_scratch` floats.
            pub unsafe fn $forward(g: &Conv, x: *const f32, weight: *const f32, bias: *const f32, y: *mut f32, scratch: *mut f32) {
                // SAFETY: the caller's promise.
                unsafe { run(g, $transposed, x, weight, bias, null(), y, scratch) };
            }

            /// The gradient of x, or added to it.
            ///
            /// # Safety
            /// As for the forward pass.
            pub unsafe fn $backward_input(
                g: &Conv,
                dy: *const f32,
                weight: *const f32,
                dx: *mut f32,
                accumulate: bool,
                scratch: *mut f32,
            ) {
                // SAFETY: the caller's promise.
                unsafe { run(g, !$transposed, dy, weight, null(), accumulated(dx, accumulate), dx, scratch) };
            }
        )*
    };
}

kernels! {
    conv_chw16c_forward, conv_chw16c_backward_input, false;
    conv_transpose_chw16c_forward, conv_transpose_chw16c_backward_input, true;
}

fireclay_ir::conv_chw16c_train_kernels!(checked[here]);
