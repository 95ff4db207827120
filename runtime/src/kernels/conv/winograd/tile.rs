//! Winograd's transforms of whole tiles: of inputs, of weights, and of products back to results.

use super::fallback_chwn16::direct_tile;
use super::transforms::Transforms;
use crate::kernels::conv::direct::sums::DirectConv;
use crate::kernels::register_blocks::Start;
use crate::simd::Vector;
use fireclay_ir::div_ceil;
use fireclay_ir::geometry::Conv;

/// What tiles are cut from: maps, or every other row and column of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Maps {
    pub at: *const f32,
    pub channels: usize,
    pub size: [usize; 2],
    /// The row and the column where the first tile begins; there may be none there.
    pub from: [isize; 2],
    /// To the next row and column that is seen.
    pub step: [usize; 2],
}

impl Maps {
    /// Maps as they lie, with this much padding before them.
    pub const fn padded(channels: usize, size: [usize; 2], pad: [usize; 2], at: *const f32) -> Self {
        Self { at, channels, size, from: [(pad[0] as isize).wrapping_neg(), (pad[1] as isize).wrapping_neg()], step: [1; 2] }
    }

    /// The rows and columns of x that a phase of its convolution sees: with stride 2 every other one.
    pub fn phase(g: &Conv, x: *const f32, phases: [usize; 2]) -> Self {
        let from = |axis: usize| (phases[axis] as isize).wrapping_sub(g.pad[axis] as isize);
        Self { at: x, channels: g.channels, size: [g.height, g.width], from: [from(0), from(1)], step: g.stride }
    }

    /// Some of the channels.
    pub const fn some<V: Vector>(self, first: usize, channels: usize) -> Self {
        Self { at: self.at.wrapping_add(first * self.size[0] * self.size[1] * V::WIDTH), channels, ..self }
    }

    /// Where inputs of a tile lie along an axis, and which of them exist.
    const fn inside<const IN: usize>(&self, axis: usize, tile: usize) -> (isize, usize, usize) {
        let (step, size) = (self.step[axis], self.size[axis] as isize);
        let from = self.from[axis].wrapping_add((tile * step) as isize);
        let first = if from < 0 { div_ceil(from.unsigned_abs(), step) } else { 0 };
        let end = if from < size { div_ceil((size - from) as usize, step) } else { 0 };
        let end = if end < IN { end } else { IN };
        (from, if first < end { first } else { end }, end)
    }
}

/// Where results go: maps, or every other row and column of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Results {
    pub at: *mut f32,
    pub size: [usize; 2],
    /// The first row and column.
    pub first: [usize; 2],
    /// To the next ones.
    pub step: [usize; 2],
    /// How many.
    pub count: [usize; 2],
    pub start: Start,
}

/// One tile of every channel, transformed: products are `next[0]` floats apart, channels `next[1]`.
#[inline(always)]
pub(super) unsafe fn transform_tile<V: Vector, F, const IN: usize, const OUT: usize, const KERNEL: usize>(
    g: &Maps,
    tile: [usize; 2],
    to: *mut f32,
    next: [usize; 2],
) where
    F: Transforms<IN, OUT, KERNEL>,
{
    let zero = [0.0_f32; crate::simd::LANES];
    let map = g.size[0] * g.size[1] * V::WIDTH;
    let (row, top, bottom) = g.inside::<IN>(0, tile[0]);
    let (col, left, right) = g.inside::<IN>(1, tile[1]);
    let whole = left == 0 && right == IN;
    let place = |i: usize, j: usize| {
        let row = row.wrapping_add((i * g.step[0]) as isize).wrapping_mul(g.size[1] as isize);
        row.wrapping_add(col).wrapping_add((j * g.step[1]) as isize).wrapping_mul(V::WIDTH as isize)
    };
    // SAFETY: the caller's promise; only what is inside is read.
    unsafe {
        for channel in 0..g.channels {
            let x = g.at.wrapping_add(channel * map);
            let mut half = [[V::splat(0.0); IN]; IN];
            for i in 0..IN {
                if i < top || i >= bottom {
                    continue;
                }
                let line = x.wrapping_offset(place(i, 0));
                let mut d = [V::splat(0.0); IN];
                if whole {
                    for j in 0..IN {
                        d[j] = V::load(line.add(j * g.step[1] * V::WIDTH));
                    }
                } else {
                    for j in 0..IN {
                        // Chosen, not branched: tiles at the edge are most of a small map's.
                        let there = line.wrapping_add(j * g.step[1] * V::WIDTH);
                        d[j] = V::load(if j >= left && j < right { there } else { zero.as_ptr() });
                    }
                }
                half[i] = F::of_inputs(d);
            }
            let to = to.add(channel * next[1]);
            for j in 0..IN {
                let mut column = [V::splat(0.0); IN];
                for i in 0..IN {
                    column[i] = half[i][j];
                }
                let column = F::of_inputs(column);
                for i in 0..IN {
                    column[i].store(to.add((i * IN + j) * next[0]));
                }
            }
        }
    }
}

/// `WIDTH` rows at a time: the numbers at `row · step + at` go to `[at][WIDTH]`, zero where there are fewer rows. Writes whole squares.
#[inline(always)]
pub(super) unsafe fn transpose_rows<V: Vector>(from: *const f32, rows: usize, step: usize, len: usize, to: *mut f32) {
    let mut square = [0.0_f32; crate::simd::LANES * crate::simd::LANES];
    // SAFETY: the caller's promise.
    unsafe {
        let mut at = 0;
        while at < len {
            let (from, to, wide) = (from.add(at), to.add(at * V::WIDTH), (len - at).min(V::WIDTH));
            if rows == V::WIDTH && wide == V::WIDTH {
                if step == V::WIDTH {
                    V::transpose(from, to, V::WIDTH);
                    at += V::WIDTH;
                    continue;
                }
                for row in 0..V::WIDTH {
                    V::load(from.add(row * step)).store(square.as_mut_ptr().add(row * V::WIDTH));
                }
            } else {
                for row in 0..rows {
                    for i in 0..wide {
                        square[row * V::WIDTH + i] = *from.add(row * step + i);
                    }
                }
            }
            V::transpose(square.as_ptr(), to, V::WIDTH);
            at += V::WIDTH;
        }
    }
}

/// Some taps of a kernel: which row and column each is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taps<const KERNEL: usize> {
    pub rows: [usize; KERNEL],
    pub cols: [usize; KERNEL],
}

impl<const KERNEL: usize> Taps<KERNEL> {
    /// Those that a phase of x meets.
    pub fn phase(g: &Conv, phases: [usize; 2]) -> Self {
        let mut taps = Self { rows: [0; KERNEL], cols: [0; KERNEL] };
        for i in 0..KERNEL {
            (taps.rows[i], taps.cols[i]) = (g.stride[0] * i + phases[0], g.stride[1] * i + phases[1]);
        }
        taps
    }
}

/// Turned taps `[sources][area][WIDTH]`, transformed: `[product][sources][WIDTH]`, products `next` floats apart.
#[inline(always)]
pub(super) unsafe fn transform_weight<V: Vector, F, const IN: usize, const OUT: usize, const KERNEL: usize>(
    sources: usize,
    taps: *const f32,
    which: &Taps<KERNEL>,
    [width, area]: [usize; 2],
    to: *mut f32,
    next: usize,
) where
    F: Transforms<IN, OUT, KERNEL>,
{
    // SAFETY: the caller's promise.
    unsafe {
        for source in 0..sources {
            let taps = taps.add(source * area * V::WIDTH);
            let mut half = [[V::splat(0.0); IN]; KERNEL];
            for i in 0..KERNEL {
                let mut line = [V::splat(0.0); KERNEL];
                for j in 0..KERNEL {
                    line[j] = V::load(taps.add((which.rows[i] * width + which.cols[j]) * V::WIDTH));
                }
                half[i] = F::of_kernel(line);
            }
            let to = to.add(source * V::WIDTH);
            // Not known to be the same for each source: else the compiler keeps one address for each product, on the stack.
            let next = core::hint::black_box(next);
            for j in 0..IN {
                let mut column = [V::splat(0.0); KERNEL];
                for i in 0..KERNEL {
                    column[i] = half[i][j];
                }
                let column = F::of_kernel(column);
                for i in 0..IN {
                    column[i].store(to.add((i * IN + j) * next));
                }
            }
        }
    }
}

/// The outputs of one tile from its products, which are `next[0]` floats apart, channels `next[1]`. The channels begin with `first`. What is not
/// finite then is computed by `direct` sums.
#[inline(always)]
pub(super) unsafe fn finish_tile<V: Vector, F, const IN: usize, const OUT: usize, const KERNEL: usize>(
    g: &Results,
    direct: &DirectConv,
    [first, channels]: [usize; 2],
    [row, col]: [usize; 2],
    products: *const f32,
    next: [usize; 2],
) where
    F: Transforms<IN, OUT, KERNEL>,
{
    let map = g.size[0] * g.size[1] * V::WIDTH;
    let (high, wide) = (g.count[0].saturating_sub(row).min(OUT), g.count[1].saturating_sub(col).min(OUT));
    let begin = (g.first[0] + row * g.step[0]) * g.size[1] + g.first[1] + col * g.step[1];
    // Where results are added, a tile waits until it is known to be finite.
    let adds = matches!(g.start, Start::There);
    let mut waiting = core::mem::MaybeUninit::<[f32; 16 * crate::simd::LANES]>::uninit();
    // SAFETY: the caller's promise; only what is inside is written, and of what waits only that is read.
    unsafe {
        for channel in 0..channels {
            let products = products.add(channel * next[1]);
            let mut half = [[V::splat(0.0); OUT]; IN];
            for i in 0..IN {
                let mut m = [V::splat(0.0); IN];
                for j in 0..IN {
                    m[j] = V::load(products.add((i * IN + j) * next[0]));
                }
                half[i] = F::of_products(m);
            }
            let to = g.at.wrapping_add((first + channel) * map + begin * V::WIDTH);
            let (down, across) = (g.step[0] * g.size[1] * V::WIDTH, g.step[1] * V::WIDTH);
            let (out, out_down, out_across) =
                if adds { (waiting.as_mut_ptr().cast(), OUT * V::WIDTH, V::WIDTH) } else { (to, down, across) };
            let mut all = V::splat(0.0);
            let bias = match g.start {
                Start::Bias(bias) => V::splat(*bias.add(first + channel)),
                _ => V::splat(0.0),
            };
            // The bounds of these loops are known, so that `half` stays in registers.
            for j in 0..OUT {
                if j >= wide {
                    break;
                }
                let mut column = [V::splat(0.0); IN];
                for i in 0..IN {
                    column[i] = half[i][j];
                }
                let column = F::of_products(column);
                let mut sum = column[0];
                for i in 1..OUT {
                    sum = sum.add(column[i]);
                }
                all = all.add(sum);
                for i in 0..OUT {
                    if i >= high {
                        break;
                    }
                    let result = if adds { column[i] } else { column[i].add(bias) };
                    result.store(out.add(i * out_down + j * out_across));
                }
            }
            if !all.finite() {
                let from = [g.first[0] + row * g.step[0], g.first[1] + col * g.step[1]];
                direct_tile(direct, first + channel, from, g.step, [high, wide]);
            } else if adds {
                for (i, j) in (0..high).flat_map(|i| (0..wide).map(move |j| (i, j))) {
                    let to = to.add(i * down + j * across);
                    V::load(out.add(i * out_down + j * out_across)).add(V::load(to)).store(to);
                }
            }
        }
    }
}
