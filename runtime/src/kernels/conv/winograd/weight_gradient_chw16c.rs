//! The weight gradient of one sample in `chw16c` by Winograd's transforms: each of the 36 products is a matrix product of channels × tiles by
//! tiles × filters, and their sums over some tiles become sums for taps at once.

use super::fallback_chw16c::direct_taps;
use super::place::Place;
use super::tile::Taps;
use super::train_chw16c::WHOLE;
use super::transforms::{F43, Transforms};
use super::weight_gradient::finish;
use super::weight_gradient_across::conv_winograd_across_backward_weight;
use crate::kernels::conv::weight_gradient::add_transposed::add_transposed;
use crate::kernels::conv::weight_gradient::chw16c::{Positions, multiply_all};
use crate::simd::{LANES, Vector};
use fireclay_ir::Samples;
use fireclay_ir::geometry::Conv;
use fireclay_ir::sizes::{WINOGRAD_OUT as OUT, WinogradAcross, WinogradChw16c};

const AREA: usize = 9;
const IN: usize = 6;
const PRODUCTS: usize = WinogradChw16c::PRODUCTS;
const SUMS: usize = WinogradAcross::SUMS;

/// One tile of the gradient of sixteen filters, transformed: products are `next` floats apart.
#[inline(always)]
pub(super) unsafe fn transform_gradients<V: Vector>(g: &Conv, dy: *const f32, [row, col]: [usize; 2], to: *mut f32, next: usize) {
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

/// Some tiles whose products are added up.
pub(super) struct Tiles<'a> {
    pub g: &'a Conv,
    /// Of the first sample.
    pub x: *const f32,
    pub dy: *const f32,
    /// Floats from one sample to the next.
    pub step: usize,
    pub begin: Place,
    pub count: usize,
    /// Floats from one product to the next: of inputs.
    pub inputs: usize,
    /// Of gradients.
    pub gradients: usize,
}

/// Adds the gradient of sixteen channels' and filters' weight over some tiles: of transformed inputs and gradients that lie one after the other. `sums` has
/// room for sums of products, those of taps, and these transposed.
#[inline(always)]
pub(super) unsafe fn add_block<V: Vector>(
    tiles: &Tiles<'_>,
    [channel, filter]: [usize; 2],
    [inputs, gradients]: [*const f32; 2],
    sums: *mut f32,
    dweight: *mut f32,
) {
    let Tiles { g, x, dy, step, begin, count, .. } = *tiles;
    let which = Taps { rows: [0, 1, 2], cols: [0, 1, 2] };
    let (channels, filters) = ((g.channels - channel).min(LANES), (g.filters - filter).min(LANES));
    let positions = Positions { samples: Samples::ONE, x: 0, dy: 0, rows: 1, cols: count, x_row: 0, x_next: LANES, dy_row: 0 };
    // SAFETY: the caller's promise.
    unsafe {
        let taps = sums.add(PRODUCTS * SUMS);
        let transposed = taps.add(LANES * LANES * AREA);
        for product in 0..PRODUCTS {
            let (x, dy) = (inputs.add(product * tiles.inputs), gradients.add(product * tiles.gradients));
            multiply_all::<V>(&positions, channels, x, dy, false, sums.add(product * SUMS), LANES);
        }
        for n in 0..channels {
            let to = taps.add(n * AREA * LANES);
            let all = finish::<V, F43, 6, 4, 3>(sums.add(n * LANES), SUMS, &which, 3, to);
            if !all.first(filters).finite() {
                direct_taps(g, (x, dy, step), channel + n, filter / LANES, (begin, count), to);
            }
        }
        let to = dweight.add((filter * g.channels + channel) * AREA);
        add_transposed::<V>(taps, filters, g.channels * AREA, channels * AREA, transposed, to);
    }
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
    unsafe { conv_winograd_across_backward_weight(g, Samples::ONE, x, dy, dweight, dbias, scratch, WHOLE) };
}

use super::train_chw16c::{conv_winograd_chw16c_backward_input, conv_winograd_chw16c_forward};
fireclay_ir::winograd_chw16c_train_kernels!(checked[here]);
