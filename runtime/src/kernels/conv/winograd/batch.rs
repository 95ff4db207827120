//! Winograd's F(4×4, 3×3) and F(4×4, 2×2) in `chwn16`, where the transforms are sums of vectors of samples: forward pass and input gradient
//! of 3×3 kernels of stride 1, and of 4×4 kernels of stride 2.
//!
//! A 4×4 kernel of stride 2 is four 2×2 kernels of stride 1, one for each *phase*: the rows and columns of x with the same parity. Forward the
//! phases of x are as many more channels; of the input gradient each phase is a convolution of dy of its own.

use super::tile::{Maps, Results, Taps, finish_tile, transform_tile, transform_weight, transpose_rows};
use super::transforms::{F42, F43, Transforms};
use crate::kernels::conv::direct::sums::DirectConv;
use crate::kernels::register_blocks::{Start, channel_blocks};
use crate::simd::Vector;
use fireclay_ir::div_ceil;
use fireclay_ir::geometry::Conv;
use fireclay_ir::sizes::{WINOGRAD_OUT as OUT, Winograd as Sizes, product_stride};

/// A convolution, forward or transposed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Winograd<'a> {
    g: &'a Conv,
    /// From y to x.
    transposed: bool,
    source: *const f32,
    weight: *const f32,
    result: *mut f32,
    start: Start,
    scratch: *mut f32,
}

impl Winograd<'_> {
    /// The same convolution by direct sums.
    fn direct(&self) -> DirectConv {
        let Self { g, transposed, source, weight, result, start, .. } = *self;
        if transposed {
            DirectConv::transposed(g, source, weight, result, start)
        } else {
            DirectConv::forward(g, source, weight, result, start)
        }
    }

    /// What a phase of x reads, or what one of dx does.
    fn maps(&self, phases: [usize; 2], kernel: usize) -> Maps {
        if !self.transposed {
            return Maps::phase(self.g, self.source, phases);
        }
        let from = |axis: usize| (self.begin(axis, phases[axis]) as isize).wrapping_sub(kernel as isize - 1);
        let size = [self.g.out_height, self.g.out_width];
        Maps { at: self.source, channels: self.g.filters, size, from: [from(0), from(1)], step: [1; 2] }
    }

    /// The taps of a phase; those of an input gradient run backwards.
    fn taps<const KERNEL: usize>(&self, phases: [usize; 2]) -> Taps<KERNEL> {
        let mut taps = Taps::phase(self.g, phases);
        if self.transposed {
            taps.rows.reverse();
            taps.cols.reverse();
        }
        taps
    }

    /// The first `j` for which there is a `step · j + phase − pad`.
    fn begin(&self, axis: usize, phase: usize) -> usize {
        div_ceil(self.g.pad[axis].saturating_sub(phase), self.g.stride[axis])
    }

    fn results(&self, phases: [usize; 2]) -> Results {
        let Conv { stride: step, pad, .. } = *self.g;
        if self.transposed {
            let size = [self.g.height, self.g.width];
            let first = |axis: usize| (self.begin(axis, phases[axis]) * step[axis] + phases[axis]).wrapping_sub(pad[axis]);
            let count = |axis: usize| div_ceil(size[axis].saturating_sub(first(axis)), step[axis]);
            Results { at: self.result, size, first: [first(0), first(1)], step, count: [count(0), count(1)], start: self.start }
        } else {
            let size = [self.g.out_height, self.g.out_width];
            Results { at: self.result, size, first: [0; 2], step: [1; 2], count: size, start: self.start }
        }
    }

    /// The weight of some sources and up to `WIDTH` results: `[sources][area][WIDTH]`.
    #[inline(always)]
    unsafe fn transpose_weight<V: Vector>(&self, [source, sources]: [usize; 2], [result, results]: [usize; 2], to: *mut f32) {
        let area = self.g.area();
        // SAFETY: the caller's promise.
        unsafe {
            if self.transposed {
                for n in 0..sources {
                    let from = self.weight.add(((source + n) * self.g.channels + result) * area);
                    transpose_rows::<V>(from, results, area, area, to.add(n * area * V::WIDTH));
                }
            } else {
                let from = self.weight.add((result * self.g.channels + source) * area);
                transpose_rows::<V>(from, results, self.g.channels * area, sources * area, to);
            }
        }
    }
}

/// `products[r] (+)= Σ weights[s][r] · tile[s]`, `B` results at a time.
#[inline(always)]
unsafe fn multiply<V: Vector, const B: usize>(
    depth: usize,
    weight: *const f32,
    (tile, tile_next): (*const f32, usize),
    (to, to_next): (*mut f32, usize),
    add: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut acc = [V::splat(0.0); B];
        if add {
            for b in 0..B {
                acc[b] = V::load(to.add(b * to_next));
            }
        }
        let (mut w, mut x) = (weight, tile);
        for _ in 0..depth {
            let input = V::load(x);
            for b in 0..B {
                acc[b] = V::splat(*w.add(b)).mul_add(input, acc[b]);
            }
            (w, x) = (w.wrapping_add(V::WIDTH), x.wrapping_add(tile_next));
        }
        for b in 0..B {
            acc[b].store(to.add(b * to_next));
        }
    }
}

/// One phase of results from some phases of sources.
#[inline(always)]
unsafe fn convolve<V: Vector, F, const IN: usize, const OUT: usize, const KERNEL: usize>(
    g: &Winograd<'_>,
    [sources, results]: [usize; 2],
    (maps, taps): (&[Maps], &[Taps<KERNEL>]),
    to: &Results,
) where
    F: Transforms<IN, OUT, KERNEL>,
{
    let (plan, direct) = (Sizes::new(g.g, g.transposed), g.direct());
    // SAFETY: the caller's promise: scratch holds what `scratch` says.
    unsafe {
        let weight_rows = g.scratch;
        let weights = weight_rows.add(plan.transposed(g.g));
        let inputs = weights.add(plan.products * product_stride(plan.depth));
        let products = inputs.add(plan.products * product_stride(plan.depth * plan.tiles));
        let mut begin = [0; 2];
        while begin[0] < to.count[0] && to.count[1] > 0 {
            let (mut count, mut end) = (0, begin);
            while count < plan.tiles && end[0] < to.count[0] {
                (count, end) = (count + 1, next_tile(end, to));
            }
            let line = count * V::WIDTH;
            let mut first = 0;
            while first < results {
                let some = (results - first).min(plan.results);
                let next_product = product_stride(some * count);
                let mut source = 0;
                while source < sources {
                    let of = [source, (sources - source).min(plan.sources)];
                    let depth = of[1] * maps.len();
                    let (next_weight, next_input) = (product_stride(depth), product_stride(depth * count));
                    for (phase, maps) in maps.iter().enumerate() {
                        let (maps, inputs) = (maps.some::<V>(of[0], of[1]), inputs.add(phase * of[1] * line));
                        let mut tile = begin;
                        for n in 0..count {
                            let (inputs, next) = (inputs.add(n * V::WIDTH), [next_input, line]);
                            transform_tile::<V, F, IN, OUT, KERNEL>(&maps, tile, inputs, next);
                            tile = next_tile(tile, to);
                        }
                    }
                    let mut result = 0;
                    while result < some {
                        let wide = (some - result).min(V::WIDTH);
                        g.transpose_weight::<V>(of, [first + result, wide], weight_rows);
                        for (phase, taps) in taps.iter().enumerate() {
                            let (weights, shape) = (weights.add(phase * of[1] * V::WIDTH), [g.g.kernel[1], g.g.area()]);
                            transform_weight::<V, F, IN, OUT, KERNEL>(of[1], weight_rows, taps, shape, weights, next_weight);
                        }
                        for product in 0..IN * IN {
                            let weight = weights.add(product * next_weight).cast_const();
                            for n in 0..count {
                                let x = (inputs.add(product * next_input + n * V::WIDTH).cast_const(), line);
                                let to = products.add(product * next_product + result * line + n * V::WIDTH);
                                if const { V::ACCUMULATORS >= 16 } && wide == 16 {
                                    multiply::<V, 16>(depth, weight, x, (to, line), source > 0);
                                } else {
                                    channel_blocks!(V, wide, |from, B| {
                                        multiply::<V, B>(depth, weight.add(from), x, (to.add(from * line), line), source > 0);
                                    });
                                }
                            }
                        }
                        result += V::WIDTH;
                    }
                    source += plan.sources;
                }
                let mut tile = begin;
                for n in 0..count {
                    let (from, next) = (products.add(n * V::WIDTH), [next_product, line]);
                    finish_tile::<V, F, IN, OUT, KERNEL>(to, &direct, [first, some], tile, from, next);
                    tile = next_tile(tile, to);
                }
                first += plan.results;
            }
            begin = end;
        }
    }
}

/// The tile after this one.
const fn next_tile([row, col]: [usize; 2], to: &Results) -> [usize; 2] {
    if col + OUT < to.count[1] { [row, col + OUT] } else { [row + OUT, 0] }
}

#[inline(always)]
unsafe fn winograd_f43<V: Vector>(g: &Winograd<'_>) {
    let sides = if g.transposed { [g.g.filters, g.g.channels] } else { [g.g.channels, g.g.filters] };
    // SAFETY: the caller's promise.
    unsafe { convolve::<V, F43, 6, 4, 3>(g, sides, (&[g.maps([0; 2], 3)], &[g.taps([0; 2])]), &g.results([0; 2])) };
}

/// Of stride 2: the parities of rows and columns.
pub(super) const PHASES: [[usize; 2]; 4] = [[0, 0], [0, 1], [1, 0], [1, 1]];

#[inline(always)]
unsafe fn winograd_f42<V: Vector>(g: &Winograd<'_>) {
    // The other way round than in `winograd_f43`: a phase of the results at a time, or all phases of the sources.
    let (mut maps, mut taps) = ([g.maps([0; 2], 2); 4], [g.taps([0; 2]); 4]);
    for i in 0..4 {
        (maps[i], taps[i]) = (g.maps(PHASES[i], 2), g.taps(PHASES[i]));
    }
    let sides = if g.transposed { [g.g.filters, g.g.channels] } else { [g.g.channels, g.g.filters] };
    let (runs, each) = if g.transposed { (4, 1) } else { (1, 4) };
    // SAFETY: the caller's promise.
    unsafe {
        for run in 0..runs {
            let (Some(maps), Some(taps)) = (maps.get(run..run + each), taps.get(run..run + each)) else { continue };
            convolve::<V, F42, 5, 4, 2>(g, sides, (maps, taps), &g.results(PHASES[run]));
        }
    }
}

entries! {
    /// A 3×3 convolution of stride 1, forward or transposed.
    #[allow(dead_code, reason = "one sample runs other kernels")]
    pub(in crate::kernels) unsafe fn winograd_f43(g: &Winograd<'_>);
    /// A 4×4 convolution of stride 2, forward or transposed.
    #[allow(dead_code, reason = "one sample runs other kernels")]
    pub(in crate::kernels) unsafe fn winograd_f42(g: &Winograd<'_>);
}

/// F(4×4, 3×3) for 3×3 kernels, F(4×4, 2×2) for the phases of 4×4 kernels.
unsafe fn winograd(g: &Winograd<'_>) {
    // SAFETY: the caller's promise.
    unsafe {
        if g.g.kernel[0] == 3 {
            chwn16::winograd_f43(g);
        } else {
            chwn16::winograd_f42(g);
        }
    }
}

/// As [`conv_forward`](crate::kernels::chwn16::conv_forward), for a 3×3 kernel of stride 1 or a 4×4 kernel of stride 2, dilation 1, one group.
///
/// # Safety
/// Pointers are valid for what the geometry says (`docs/kernels.md`); scratch holds `winograd_scratch` floats.
pub unsafe fn conv_winograd_forward(
    g: &Conv,
    x: *const f32,
    weight: *const f32,
    bias: *const f32,
    y: *mut f32,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe { winograd(&Winograd { g, transposed: false, source: x, weight, result: y, start: Start::bias(bias), scratch }) };
}

/// As [`conv_backward_input`](crate::kernels::chwn16::conv_backward_input), for such a kernel.
///
/// # Safety
/// As for the forward pass.
#[cfg(feature = "train")]
pub unsafe fn conv_winograd_backward_input(
    g: &Conv,
    dy: *const f32,
    weight: *const f32,
    dx: *mut f32,
    accumulate: bool,
    scratch: *mut f32,
) {
    let start = Start::accumulate(accumulate);
    // SAFETY: the caller's promise.
    unsafe { winograd(&Winograd { g, transposed: true, source: dy, weight, result: dx, start, scratch }) };
}

/// As [`conv_transpose_forward`](crate::kernels::chwn16::conv_transpose_forward), for such a kernel.
///
/// # Safety
/// As for the convolution.
pub unsafe fn conv_transpose_winograd_forward(
    g: &Conv,
    x: *const f32,
    weight: *const f32,
    bias: *const f32,
    y: *mut f32,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe { winograd(&Winograd { g, transposed: true, source: x, weight, result: y, start: Start::bias(bias), scratch }) };
}

/// As [`conv_transpose_backward_input`](crate::kernels::chwn16::conv_transpose_backward_input), for such a kernel.
///
/// # Safety
/// As for the convolution.
#[cfg(feature = "train")]
pub unsafe fn conv_transpose_winograd_backward_input(
    g: &Conv,
    dy: *const f32,
    weight: *const f32,
    dx: *mut f32,
    accumulate: bool,
    scratch: *mut f32,
) {
    let start = Start::accumulate(accumulate);
    // SAFETY: the caller's promise.
    unsafe { winograd(&Winograd { g, transposed: false, source: dy, weight, result: dx, start, scratch }) };
}

fireclay_ir::conv_winograd_kernels!(checked[here]);
