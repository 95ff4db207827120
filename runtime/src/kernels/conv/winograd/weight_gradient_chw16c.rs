//! The weight gradient of one sample in `chw16c` by Winograd's transforms: each of the 36 products is a matrix product of channels × tiles by
//! tiles × filters, and their sums over some tiles become sums for taps at once.

use super::fallback_chw16c::direct_taps;
use super::tile::{Maps, Taps, transform_tile};
use super::transforms::{F43, Transforms};
use super::weight_gradient::finish;
use crate::kernels::bias_gradient::chwn16::add_sums_chw16c;
use crate::kernels::conv::weight_gradient::add_transposed::add_transposed;
use crate::kernels::conv::weight_gradient::chw16c::{Positions, multiply_all};
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Conv;
use fireclay_ir::sizes::{WINOGRAD_OUT as OUT, WinogradChw16c, WinogradChw16cWeight};

const AREA: usize = 9;
const IN: usize = 6;
const PRODUCTS: usize = WinogradChw16c::PRODUCTS;

/// One tile of the gradient of sixteen filters, transformed: products are `next` floats apart.
#[inline(always)]
unsafe fn transform_gradients<V: Vector>(g: &Conv, dy: *const f32, [row, col]: [usize; 2], to: *mut f32, next: usize) {
    let (high, wide) = ((g.out_height - row).min(OUT), (g.out_width - col).min(OUT));
    // SAFETY: the caller's promise; only what is inside is read.
    unsafe {
        let mut half = [[V::splat(0.0); IN]; OUT];
        for i in 0..OUT {
            if i >= high {
                break;
            }
            let mut line = [V::splat(0.0); OUT];
            for j in 0..OUT {
                if j < wide {
                    line[j] = V::load(dy.add(((row + i) * g.out_width + col + j) * LANES));
                }
            }
            half[i] = F43::of_gradients(line);
        }
        for j in 0..IN {
            let column = F43::of_gradients([half[0][j], half[1][j], half[2][j], half[3][j]]);
            for i in 0..IN {
                column[i].store(to.add((i * IN + j) * next));
            }
        }
    }
}

#[inline(always)]
unsafe fn winograd_weight_chw16c<V: Vector>(g: &Conv, x: *const f32, dy: *const f32, dweight: *mut f32, scratch: *mut f32) {
    let plan = WinogradChw16cWeight::new(g);
    let (x_blocks, y_map) = (g.channels.div_ceil(LANES), g.out_map() * LANES);
    let maps = Maps::padded(x_blocks, [g.height, g.width], g.pad, x);
    let which = Taps { rows: [0, 1, 2], cols: [0, 1, 2] };
    let next_tile = |[row, col]: [usize; 2]| if col + OUT < g.out_width { [row, col + OUT] } else { [row + OUT, 0] };
    // SAFETY: the caller's promise: scratch holds what `conv_winograd_chw16c_train_scratch` says.
    unsafe {
        let gradients = scratch.add(PRODUCTS * plan.inputs);
        let sums = gradients.add(PRODUCTS * plan.gradients);
        let taps = sums.add(PRODUCTS * plan.sums);
        let transposed = taps.add(LANES * LANES * AREA);
        let mut begin = [0; 2];
        while begin[0] < g.out_height && g.out_width > 0 {
            let (mut count, mut end) = (0, begin);
            while count < plan.at_once && end[0] < g.out_height {
                let next = [plan.inputs, plan.at_once * LANES];
                transform_tile::<V, F43, 6, 4, 3>(&maps, end, scratch.add(count * LANES), next);
                for block in 0..g.filters.div_ceil(LANES) {
                    let to = gradients.add((block * plan.at_once + count) * LANES);
                    transform_gradients::<V>(g, dy.add(block * y_map), end, to, plan.gradients);
                }
                (count, end) = (count + 1, next_tile(end));
            }
            let tiles = Positions { x: 0, dy: 0, rows: 1, cols: count, x_row: 0, x_next: LANES, dy_row: 0 };
            for filter in (0..g.filters).step_by(LANES) {
                let filters = (g.filters - filter).min(LANES);
                for channel in (0..g.channels).step_by(LANES) {
                    let channels = (g.channels - channel).min(LANES);
                    for product in 0..PRODUCTS {
                        let x = scratch.add(product * plan.inputs + channel * plan.at_once).cast_const();
                        let dy = gradients.add(product * plan.gradients + filter * plan.at_once).cast_const();
                        let sums = sums.add(product * plan.sums);
                        multiply_all::<V>(&tiles, channels, x, dy, false, sums, LANES);
                    }
                    for n in 0..channels {
                        let to = taps.add(n * AREA * LANES);
                        let all = finish::<V, F43, 6, 4, 3>(sums.add(n * LANES), plan.sums, &which, 3, to);
                        if !all.first(filters).finite() {
                            direct_taps(g, (x, dy), channel + n, filter / LANES, (begin, count), to);
                        }
                    }
                    let to = dweight.add((filter * g.channels + channel) * AREA);
                    add_transposed::<V>(taps, filters, g.channels * AREA, channels * AREA, transposed, to);
                }
            }
            begin = end;
        }
    }
}

entries! {
    /// Adds the weight gradient of a 3×3 convolution of stride 1.
    #[allow(dead_code, reason = "the lanes are channels here")]
    pub(super) unsafe fn winograd_weight_chw16c(g: &Conv, x: *const f32, dy: *const f32, dweight: *mut f32, scratch: *mut f32);
}

/// As [`conv_chw16c_backward_weight`](crate::kernels::chw::conv_chw16c_backward_weight), for a 3×3 kernel of stride 1, dilation 1, one group.
///
/// # Safety
/// Pointers are valid for what the geometry says (`docs/kernels.md`); scratch holds `conv_winograd_chw16c_train_scratch` floats.
pub unsafe fn conv_winograd_chw16c_backward_weight(
    g: &Conv,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    dbias: *mut f32,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        chwn16::winograd_weight_chw16c(g, x, dy, dweight, scratch);
        add_sums_chw16c(g.filters, g.out_height * g.out_width, dy, dbias);
    }
}

use super::train_chw16c::{conv_winograd_chw16c_backward_input, conv_winograd_chw16c_forward};
fireclay_ir::winograd_chw16c_train_kernels!(checked[here]);
