//! Weight gradients by Winograd's transforms, in `chwn16`: the same tiles and as many products as in [`batch`](super::batch), summed over
//! tiles and samples.
//!
//! dy is transposed, so that sixteen filters lie in a vector and samples are numbers: sums are blocks of channels × filters, and no lanes are
//! added. The sums of all products of a block become sums for its taps at once: those of all blocks would not stay in the caches.

use super::batch::PHASES;
use super::fallback_chwn16::direct_taps;
use super::tile::{Maps, Taps, transform_tile};
use super::transforms::{F42, F43, Transforms};
use crate::kernels::bias_gradient::chwn16::add_sums;
use crate::kernels::conv::weight_gradient::add_transposed::add_transposed;
use crate::kernels::register_blocks::channel_blocks;
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Conv;
use fireclay_ir::sizes::{self, product_stride};

const BLOCK: usize = sizes::WinogradWeight::BLOCK;

/// A weight gradient.
#[derive(Debug, Clone, Copy)]
pub(super) struct WinogradWeight<'a> {
    g: &'a Conv,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    scratch: *mut f32,
}

/// One tile of the gradient of up to sixteen filters, transposed and transformed: `[product][sample][filter]`, products `next` floats apart.
#[inline(always)]
unsafe fn transform_gradients<V: Vector, F, const IN: usize, const OUT: usize, const KERNEL: usize>(
    g: &Conv,
    dy: *const f32,
    [filter, filters]: [usize; 2],
    [row, col]: [usize; 2],
    transposed: *mut f32,
    to: *mut f32,
    next: usize,
) where
    F: Transforms<IN, OUT, KERNEL>,
{
    let (high, wide) = ((g.out_height - row).min(OUT), (g.out_width - col).min(OUT));
    let (map, all) = (g.out_height * g.out_width * V::WIDTH, V::WIDTH * V::WIDTH);
    let mut square = [0.0_f32; LANES * LANES];
    // SAFETY: the caller's promise; only what is inside is read.
    unsafe {
        for i in 0..high {
            for j in 0..wide {
                let dy = dy.add(filter * map + ((row + i) * g.out_width + col + j) * V::WIDTH);
                for n in 0..filters {
                    V::load(dy.add(n * map)).store(square.as_mut_ptr().add(n * V::WIDTH));
                }
                V::transpose(square.as_ptr(), transposed.add((i * OUT + j) * all), V::WIDTH);
            }
        }
        for sample in 0..V::WIDTH {
            let from = transposed.add(sample * V::WIDTH);
            let mut half = [[V::splat(0.0); IN]; OUT];
            for i in 0..OUT {
                if i >= high {
                    break;
                }
                let mut line = [V::splat(0.0); OUT];
                for j in 0..OUT {
                    if j < wide {
                        line[j] = V::load(from.add((i * OUT + j) * all));
                    }
                }
                half[i] = F::of_gradients(line);
            }
            for j in 0..IN {
                let mut column = [V::splat(0.0); OUT];
                for i in 0..OUT {
                    column[i] = half[i][j];
                }
                let column = F::of_gradients(column);
                for i in 0..IN {
                    column[i].store(to.add((i * IN + j) * next + sample * V::WIDTH));
                }
            }
        }
    }
}

/// `sums[b] = Σ x[b][sample] · dy[sample]` over samples of tiles, for `B` sources and a vector of filters.
#[inline(always)]
unsafe fn multiply<V: Vector, const B: usize>(tiles: usize, (x, x_next): (*const f32, usize), dy: *const f32, to: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut acc = [V::splat(0.0); B];
        let (mut x, mut dy) = (x, dy);
        for _ in 0..tiles {
            for sample in 0..V::WIDTH {
                let d = V::load(dy);
                for b in 0..B {
                    acc[b] = V::splat(*x.add(b * V::WIDTH + sample)).mul_add(d, acc[b]);
                }
                dy = dy.wrapping_add(V::WIDTH);
            }
            x = x.wrapping_add(x_next);
        }
        for b in 0..B {
            acc[b].store(to.add(b * V::WIDTH));
        }
    }
}

/// Sums for taps from the sums of products, which are `next` floats apart: to `taps[row][col]`, each a vector of filters. Gives the sum of all, which
/// is finite only where all are.
#[inline(always)]
pub(super) unsafe fn finish<V: Vector, F, const IN: usize, const OUT: usize, const KERNEL: usize>(
    sums: *const f32,
    next: usize,
    which: &Taps<KERNEL>,
    width: usize,
    taps: *mut f32,
) -> V
where
    F: Transforms<IN, OUT, KERNEL>,
{
    // SAFETY: the caller's promise.
    unsafe {
        let mut all = V::splat(0.0);
        let mut half = [[V::splat(0.0); KERNEL]; IN];
        for i in 0..IN {
            let mut line = [V::splat(0.0); IN];
            for j in 0..IN {
                line[j] = V::load(sums.add((i * IN + j) * next));
            }
            half[i] = F::of_sums(line);
        }
        for j in 0..KERNEL {
            let mut column = [V::splat(0.0); IN];
            for i in 0..IN {
                column[i] = half[i][j];
            }
            let column = F::of_sums(column);
            for i in 0..KERNEL {
                all = all.add(column[i]);
                column[i].store(taps.add((which.rows[i] * width + which.cols[j]) * V::WIDTH));
            }
        }
        all
    }
}

#[inline(always)]
unsafe fn convolve<V: Vector, F, const IN: usize, const OUT: usize, const KERNEL: usize>(
    g: &WinogradWeight<'_>,
    maps: &[Maps],
    taps: &[Taps<KERNEL>],
) where
    F: Transforms<IN, OUT, KERNEL>,
{
    let Conv { channels, filters, out_height, out_width, .. } = *g.g;
    let (plan, area, phases) = (sizes::WinogradWeight::new(g.g), g.g.area(), maps.len());
    let next_tile = |[row, col]: [usize; 2]| if col + OUT < out_width { [row, col + OUT] } else { [row + OUT, 0] };
    // SAFETY: the caller's promise: scratch holds what `winograd_weight_scratch` says.
    unsafe {
        let gradients = g.scratch;
        let inputs = gradients.add(plan.panels * plan.panel());
        let sums = inputs.add(plan.inputs());
        let tap_sums = sums.add(plan.products * product_stride(BLOCK));
        let transposed = tap_sums.add(plan.channels * area * V::WIDTH);
        let mut begin = [0; 2];
        while begin[0] < out_height && out_width > 0 {
            let (mut count, mut end) = (0, begin);
            while count < plan.tiles && end[0] < out_height {
                (count, end) = (count + 1, next_tile(end));
            }
            let next_gradient = product_stride(count * V::WIDTH);
            for panel in 0..plan.panels {
                let some = [panel * V::WIDTH, (filters - panel * V::WIDTH).min(V::WIDTH)];
                let (to, mut tile) = (gradients.add(panel * plan.panel()), begin);
                for n in 0..count {
                    let to = to.add(n * V::WIDTH * V::WIDTH);
                    transform_gradients::<V, F, IN, OUT, KERNEL>(g.g, g.dy, some, tile, transposed, to, next_gradient);
                    tile = next_tile(tile);
                }
            }
            let mut channel = 0;
            while channel < channels {
                let some = (channels - channel).min(plan.channels);
                let sources = some * phases;
                let next_input = product_stride(count * sources);
                for (phase, maps) in maps.iter().enumerate() {
                    let (maps, mut tile) = (maps.some::<V>(channel, some), begin);
                    for n in 0..count {
                        let (to, next) = (inputs.add((n * sources + phase) * V::WIDTH), [next_input, phases * V::WIDTH]);
                        transform_tile::<V, F, IN, OUT, KERNEL>(&maps, tile, to, next);
                        tile = next_tile(tile);
                    }
                }
                for panel in 0..plan.panels {
                    let (mut source, mut to_taps) = (0, tap_sums);
                    while source < sources {
                        let wide = (sources - source).min(BLOCK);
                        for product in 0..IN * IN {
                            let x = (inputs.add(product * next_input + source * V::WIDTH).cast_const(), sources * V::WIDTH);
                            let dy = gradients.add(panel * plan.panel() + product * next_gradient).cast_const();
                            let to = sums.add(product * product_stride(BLOCK));
                            if const { V::ACCUMULATORS >= 16 } && wide == BLOCK {
                                multiply::<V, BLOCK>(count, x, dy, to);
                            } else {
                                channel_blocks!(V, wide, |from, B| {
                                    multiply::<V, B>(count, (x.0.add(from * V::WIDTH), x.1), dy, to.add(from * V::WIDTH));
                                });
                            }
                        }
                        // Blocks are whole channels with all their phases.
                        let mut n = 0;
                        while n < wide {
                            let mut all = V::splat(0.0);
                            for (phase, which) in taps.iter().enumerate() {
                                let from = sums.add((n + phase) * V::WIDTH).cast_const();
                                let sum =
                                    finish::<V, F, IN, OUT, KERNEL>(from, product_stride(BLOCK), which, g.g.kernel[1], to_taps);
                                all = all.add(sum);
                            }
                            if !all.finite() {
                                let filters = [panel * V::WIDTH, (filters - panel * V::WIDTH).min(V::WIDTH)];
                                let channel = channel + (source + n) / phases;
                                direct_taps(g.g, (g.x, g.dy), channel, filters, (begin, count), to_taps);
                            }
                            (n, to_taps) = (n + phases, to_taps.wrapping_add(area * V::WIDTH));
                        }
                        source += BLOCK;
                    }
                    let to = g.dweight.add((panel * V::WIDTH * channels + channel) * area);
                    let rows = (filters - panel * V::WIDTH).min(V::WIDTH);
                    add_transposed::<V>(tap_sums, rows, channels * area, some * area, transposed, to);
                }
                channel += some;
            }
            begin = end;
        }
    }
}

#[inline(always)]
unsafe fn three_weight<V: Vector>(g: &WinogradWeight<'_>) {
    // SAFETY: the caller's promise.
    unsafe { convolve::<V, F43, 6, 4, 3>(g, &[Maps::phase(g.g, g.x, [0; 2])], &[Taps::phase(g.g, [0; 2])]) };
}

#[inline(always)]
unsafe fn two_weight<V: Vector>(g: &WinogradWeight<'_>) {
    let (mut maps, mut taps) = ([Maps::phase(g.g, g.x, [0; 2]); 4], [Taps::phase(g.g, [0; 2]); 4]);
    for i in 0..4 {
        (maps[i], taps[i]) = (Maps::phase(g.g, g.x, PHASES[i]), Taps::phase(g.g, PHASES[i]));
    }
    // SAFETY: the caller's promise.
    unsafe { convolve::<V, F42, 5, 4, 2>(g, &maps, &taps) };
}

entries! {
    /// The weight gradient of a 3×3 convolution of stride 1.
    #[allow(dead_code, reason = "one sample runs other kernels")]
    pub(in crate::kernels) unsafe fn three_weight(g: &WinogradWeight<'_>);
    /// The weight gradient of a 4×4 convolution of stride 2.
    #[allow(dead_code, reason = "one sample runs other kernels")]
    pub(in crate::kernels) unsafe fn two_weight(g: &WinogradWeight<'_>);
}

/// By F(4×4, 3×3) for 3×3 kernels, by F(4×4, 2×2) for the phases of 4×4 kernels.
unsafe fn winograd_weight(g: &WinogradWeight<'_>) {
    // SAFETY: the caller's promise.
    unsafe {
        if g.g.kernel[0] == 3 {
            chwn16::three_weight(g);
        } else {
            chwn16::two_weight(g);
        }
    }
}

/// As [`conv_backward_weight`](crate::kernels::chwn16::conv_backward_weight), for a 3×3 kernel of stride 1 or a 4×4 kernel of stride 2,
/// dilation 1, one group.
///
/// # Safety
/// Pointers are valid for what the geometry says (`docs/kernels.md`); scratch holds `winograd_weight_scratch` floats.
pub unsafe fn conv_winograd_backward_weight(
    g: &Conv,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    dbias: *mut f32,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        winograd_weight(&WinogradWeight { g, x, dy, dweight, scratch });
        add_sums(g.filters, g.out_height * g.out_width, dy, dbias);
    }
}

/// As [`conv_transpose_backward_weight`](crate::kernels::chwn16::conv_transpose_backward_weight), for such a kernel.
///
/// # Safety
/// As for the convolution.
pub unsafe fn conv_transpose_winograd_backward_weight(
    g: &Conv,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    dbias: *mut f32,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise. What the convolution calls x and dy are this layer's dy and x.
    unsafe {
        winograd_weight(&WinogradWeight { g, x: dy, dy: x, dweight, scratch });
        add_sums(g.channels, g.height * g.width, dy, dbias);
    }
}

fireclay_ir::conv_winograd_weight_kernels!(checked[here]);
