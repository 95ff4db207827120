//! Depthwise convolutions in training, of one sample in `chw16c`: plain weights are packed for each call. Sums are those of a lane, so that
//! what lies beside the last channel meets none.

use super::chw16c::chw::depthwise_chw16c;
use super::chw16c::{Channels, pack};
use crate::kernels::bias_gradient::add_sums_chw16c;
use crate::kernels::conv::tiling::{Positions, Tile, for_each_tile};
use crate::kernels::register_blocks::channel_blocks;
use crate::simd::{LANES, Vector};
use core::marker::PhantomData;
use core::ptr::null;
use fireclay_ir::geometry::{Axis, Conv, Taps};

/// `y = conv(x, weight) + bias`; `bias` may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `scratch` holds `depthwise_chw16c_train_scratch` floats.
pub unsafe fn depthwise_chw16c_forward(
    g: &Conv,
    x: *const f32,
    weight: *const f32,
    bias: *const f32,
    y: *mut f32,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        pack(g, weight, bias, scratch, false);
        depthwise_chw16c(g, x, scratch, null(), f32::NEG_INFINITY, y);
    }
}

/// Columns of x, a stride apart, that meet the same taps.
#[derive(Clone, Copy)]
struct Run {
    first: usize,
    count: usize,
    taps: Taps,
}

/// Most runs that are known beforehand.
const RUNS: usize = 32;

/// The runs of a row, and how many; none where there are more than [`RUNS`].
fn runs(cols: &Axis) -> ([Run; RUNS], usize) {
    let none = Run { first: 0, count: 0, taps: Taps { tap: 0, len: 0, tap_step: 1, at: 0, at_step: 0 } };
    let (mut runs, mut len) = ([none; RUNS], 0);
    for phase in 0..cols.phases() {
        let mut first = phase;
        while first < cols.results() {
            let taps = cols.taps(first);
            let (mut count, mut next) = (1, first + cols.phases());
            while next < cols.results() {
                let others = cols.taps(next);
                if others.tap != taps.tap || others.len != taps.len {
                    break;
                }
                (count, next) = (count + 1, next + cols.phases());
            }
            let Some(run) = runs.get_mut(len) else { return (runs, 0) };
            *run = Run { first, count, taps };
            (len, first) = (len + 1, next);
        }
    }
    (runs, len)
}

/// The results of a row in a run.
#[inline(always)]
unsafe fn run_of_row<V: Vector>(tile: &Channels<V, 1>, row: usize, along: &Taps, cols: &Axis, run: &Run) {
    let (phases, sources, across) = (cols.phases(), cols.sources(), &run.taps);
    let mut at = Positions {
        source: along.at * sources + across.at,
        tap: along.tap * cols.kernel + across.tap,
        rows: along.len,
        cols: across.len,
        source_row: along.at_step.wrapping_mul(sources),
        source_col: across.at_step,
        tap_row: along.tap_step * cols.kernel,
        tap_col: across.tap_step,
        source_next: 1,
        result: row * cols.results() + run.first,
        result_next: phases,
    };
    let mut left = run.count;
    macro_rules! tiles {
        ($($P:literal)*) => {$(
            while $P <= left && const { $P == 1 || $P <= V::ACCUMULATORS } {
                // SAFETY: the caller's promise.
                unsafe { tile.tile::<$P>(&at) };
                (at.source, at.result, left) = (at.source + $P, at.result + $P * phases, left - $P);
            }
        )*};
    }
    tiles!(12 6 3 1);
}

#[inline(always)]
unsafe fn depthwise_chw16c_backward_input<V: Vector>(
    g: &Conv,
    dy: *const f32,
    weight: *const f32,
    dx: *mut f32,
    accumulate: bool,
    scratch: *mut f32,
) {
    let (map, to_map, area) = (g.out_height * g.out_width, g.height * g.width, g.area());
    let blocks = g.channels.div_ceil(LANES);
    // SAFETY: the caller's promise.
    unsafe {
        if g.stride == [1, 1] && (0..2).all(|axis| g.pad[axis] <= g.reach(axis)) {
            let turned = g.back();
            pack(g, weight, null(), scratch, true);
            let add = if accumulate { dx.cast_const() } else { null() };
            return depthwise_chw16c(&turned, dy, scratch, add, f32::NEG_INFINITY, dx);
        }
        pack(g, weight, null(), scratch, false);
        let (rows, cols) = (g.rows(true), g.cols(true));
        let tile_of = |block: usize| {
            let to = dx.add(block * to_map * LANES);
            Channels::<V, 1> {
                x: dy.add(block * map * LANES),
                map,
                area,
                weights: scratch.add(block * area * LANES),
                bias: scratch.add((blocks * area + block) * LANES),
                add: if accumulate { to } else { null() },
                low: f32::NEG_INFINITY,
                y: to,
                to_map,
                vector: PhantomData,
            }
        };
        // What a column meets is the same in every row and block, and few products come of it: it is found once.
        let (runs, len) = runs(&cols);
        if len == 0 {
            for block in 0..blocks {
                for_each_tile(&tile_of(block), &rows, &cols, [0, 0], [g.height, g.width]);
            }
            return;
        }
        for row in 0..g.height {
            let along = rows.taps(row);
            for block in 0..blocks {
                let tile = tile_of(block);
                for run in &runs[..len] {
                    run_of_row(&tile, row, &along, &cols, run);
                }
            }
        }
    }
}

/// The outputs of a row (from, to) that each of `K` taps meets, and those that all of them do.
struct Columns<const K: usize> {
    of: [(usize, usize); K],
    all: (usize, usize),
}

impl<const K: usize> Columns<K> {
    /// Of the taps from `first` on.
    #[inline(always)]
    fn new(g: &Conv, first: usize) -> Self {
        let cols = g.cols(false);
        let mut of = [(0, 0); K];
        let (mut from, mut to) = (0, usize::MAX);
        for k in 0..K {
            of[k] = cols.outputs(first + k);
            (from, to) = (of[k].0.max(from), of[k].1.min(to));
        }
        Self { of, all: (from, to.max(from)) }
    }
}

/// Adds to the sums of `K` neighboring taps what a row of outputs gives, in `C` chains each. `x` is where the first tap meets the first
/// output, which may be outside.
#[inline(always)]
unsafe fn row_of_taps<V: Vector, const K: usize, const C: usize>(
    columns: &Columns<K>,
    [stride, dilation]: [usize; 2],
    x: *const f32,
    dy: *const f32,
    sums: *mut f32,
) {
    // SAFETY: the caller's promise; what lies outside is not read.
    unsafe {
        let mut acc = [[V::splat(0.0); C]; K];
        for k in 0..K {
            acc[k][0] = V::load(sums.add(k * LANES));
        }
        // A macro: a function might stay one, without the instruction set.
        macro_rules! input {
            ($k:expr, $at:expr) => {
                V::load(x.wrapping_add(($at * stride + $k * dilation) * LANES))
            };
        }
        let (from, to) = columns.all;
        let mut at = from;
        while at + C <= to {
            for c in 0..C {
                let d = V::load(dy.add((at + c) * LANES));
                for k in 0..K {
                    acc[k][c] = input!(k, (at + c)).mul_add(d, acc[k][c]);
                }
            }
            at += C;
        }
        while at < to {
            let d = V::load(dy.add(at * LANES));
            for k in 0..K {
                acc[k][0] = input!(k, at).mul_add(d, acc[k][0]);
            }
            at += 1;
        }
        for k in 0..K {
            let (first, last) = columns.of[k];
            for at in first..from.min(last) {
                acc[k][0] = input!(k, at).mul_add(V::load(dy.add(at * LANES)), acc[k][0]);
            }
            for at in to.max(first)..last {
                acc[k][0] = input!(k, at).mul_add(V::load(dy.add(at * LANES)), acc[k][0]);
            }
        }
        for k in 0..K {
            let mut sum = acc[k][0];
            for c in 1..C {
                sum = sum.add(acc[k][c]);
            }
            sum.store(sums.add(k * LANES));
        }
    }
}

/// The sums of `K` neighboring columns of taps from `first` on, of sixteen channels: `[tap][16]`.
#[inline(always)]
unsafe fn columns_of_taps<V: Vector, const K: usize, const C: usize>(
    g: &Conv,
    first: usize,
    x: *const f32,
    dy: *const f32,
    sums: *mut f32,
) {
    let columns = Columns::<K>::new(g, first);
    let before = (first * g.dilation[1]).wrapping_sub(g.pad[1]);
    // SAFETY: the caller's promise.
    unsafe {
        for row in 0..g.out_height {
            for ky in 0..g.kernel[0] {
                let from = (row * g.stride[0] + ky * g.dilation[0]).wrapping_sub(g.pad[0]);
                if from < g.height {
                    let x = x.wrapping_add((from * g.width).wrapping_add(before).wrapping_mul(LANES));
                    let (dy, sums) = (dy.add(row * g.out_width * LANES), sums.add((ky * g.kernel[1] + first) * LANES));
                    row_of_taps::<V, K, C>(&columns, [g.stride[1], g.dilation[1]], x, dy, sums);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn depthwise_chw16c_backward_weight<V: Vector>(
    g: &Conv,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    dbias: *mut f32,
    scratch: *mut f32,
) {
    let (map, out_map, area) = (g.height * g.width, g.out_height * g.out_width, g.area());
    // SAFETY: the caller's promise: scratch holds sixteen floats for each tap.
    unsafe {
        for channel in (0..g.channels).step_by(LANES) {
            let (x, dy, live) = (x.add(channel * map), dy.add(channel * out_map), (g.channels - channel).min(LANES));
            scratch.write_bytes(0, area * LANES);
            channel_blocks!(V, g.kernel[1], |first, K| {
                // Chains enough that sums need not wait for each other.
                if const { V::ACCUMULATORS >= 4 * K } {
                    columns_of_taps::<V, K, 4>(g, first, x, dy, scratch);
                } else if const { V::ACCUMULATORS >= 2 * K } {
                    columns_of_taps::<V, K, 2>(g, first, x, dy, scratch);
                } else {
                    columns_of_taps::<V, K, 1>(g, first, x, dy, scratch);
                }
            });
            for lane in 0..live {
                let to = dweight.add((channel + lane) * area);
                for tap in 0..area {
                    *to.add(tap) += *scratch.add(tap * LANES + lane);
                }
            }
            if !dbias.is_null() {
                add_sums_chw16c::<V>(live, out_map, dy, dbias.add(channel));
            }
        }
    }
}

#[expect(dead_code, reason = "the lanes are channels here, so that only one of both entries is used")]
mod entry {
    use super::{depthwise_chw16c_backward_input, depthwise_chw16c_backward_weight};
    fireclay_ir::depthwise_chw16c_backward_kernels!(declared);
}

/// What runs on a single sample.
pub mod chw {
    pub use super::depthwise_chw16c_forward;
    pub use super::entry::chwn16::*;
}

fireclay_ir::depthwise_chw16c_forward_kernels!(checked[by_layout]);
