//! The innermost sum of convolutions in `chw16c`: the products of a tile of positions with some vectors of sixteen filters, over taps and
//! channels.

use super::tiling::{Positions, Tile};
use crate::simd::{LANES, Vector};
use core::marker::PhantomData;
use fireclay_ir::sizes::panel_len;

/// How a source lies in memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source {
    pub at: *const f32,
    /// Channels side by side: sixteen in `chw16c`, 1 in `chw`.
    pub block: usize,
    /// Floats from one block of channels to the next.
    pub block_step: usize,
    pub channels: usize,
}

impl Source {
    /// A source in `chw16c`, over a map of so many positions.
    pub fn chw16c(at: *const f32, channels: usize, map: usize) -> Self {
        Self { at, block: LANES, block_step: map * LANES, channels }
    }

    /// A source in `chw`.
    pub fn chw(at: *const f32, channels: usize, map: usize) -> Self {
        Self { at, block: 1, block_step: map, channels }
    }
}

/// `F` times sixteen filters: `[block of channels][tap][channel of the block][16]` each.
pub(super) struct PanelProduct<V, const F: usize> {
    pub from: Source,
    /// Taps of the kernel.
    pub area: usize,
    /// Floats from one sixteen filters to the next.
    pub panel: usize,
    pub weights: *const f32,
    /// Sixteen for each panel, or null.
    pub bias: *const f32,
    /// Where the result starts, or null.
    pub add: *const f32,
    pub low: f32,
    pub to: *mut f32,
    /// Floats from one sixteen results to the next.
    pub to_step: usize,
    pub vector: PhantomData<V>,
}

impl<V: Vector, const F: usize> Tile for PanelProduct<V, F> {
    const MOST: usize = V::ACCUMULATORS / F;

    #[inline(always)]
    unsafe fn tile<const P: usize>(&self, at: &Positions) {
        let Source { block, block_step, channels, .. } = self.from;
        let next = at.source_next * block;
        let (row, col) = (at.source_row.wrapping_mul(block), at.source_col.wrapping_mul(block));
        let tap = block * LANES;
        // SAFETY: the caller's promise. Pointers past the last step are not read.
        unsafe {
            let mut acc = [[V::splat(0.0); P]; F];
            if !self.bias.is_null() {
                for f in 0..F {
                    acc[f] = [V::load(self.bias.add(f * LANES)); P];
                }
            }
            let (mut x0, mut w0) = (self.from.at.wrapping_add(at.source * block), self.weights.wrapping_add(at.tap * tap));
            let mut left = channels;
            while left > 0 {
                let live = left.min(block);
                // In `chw` a row of taps is the longest run.
                let (across, run, x_step, w_step) =
                    if block == 1 { (1, at.cols, col, at.tap_col * LANES) } else { (at.cols, live, 1, LANES) };
                let (mut x1, mut w1) = (x0, w0);
                for _ in 0..at.rows {
                    let (mut x2, mut w2) = (x1, w1);
                    for _ in 0..across {
                        let (mut x, mut w) = (x2, w2);
                        for _ in 0..run {
                            let mut weights = [V::splat(0.0); F];
                            for f in 0..F {
                                weights[f] = V::load(w.add(f * self.panel));
                            }
                            for p in 0..P {
                                let input = V::splat(*x.add(p * next));
                                for f in 0..F {
                                    acc[f][p] = input.mul_add(weights[f], acc[f][p]);
                                }
                            }
                            (x, w) = (x.wrapping_add(x_step), w.wrapping_add(w_step));
                        }
                        (x2, w2) = (x2.wrapping_add(col), w2.wrapping_add(at.tap_col * tap));
                    }
                    (x1, w1) = (x1.wrapping_add(row), w1.wrapping_add(at.tap_row * tap));
                }
                (x0, w0) = (x0.wrapping_add(block_step), w0.wrapping_add(self.area * tap));
                left -= live;
            }
            let low = V::splat(self.low);
            for f in 0..F {
                for p in 0..P {
                    let place = f * self.to_step + (at.result + p * at.result_next) * LANES;
                    let mut sum = acc[f][p];
                    if !self.add.is_null() {
                        sum = sum.add(V::load(self.add.add(place)));
                    }
                    low.max(sum).store(self.to.add(place));
                }
            }
        }
    }
}

/// Calls `$take!(F)` for as many sixteen filters at once as registers allow, until all `$panels` are done; `$first` counts them.
macro_rules! by_panels {
    ($V:ty, $panels:expr, $take:ident) => {{
        let mut first = 0;
        while first < $panels {
            let left = $panels - first;
            if const { <$V>::ACCUMULATORS >= 12 } && left >= 4 {
                $take!(4, first);
                first += 4;
            } else if const { <$V>::ACCUMULATORS >= 8 } && left >= 2 {
                $take!(2, first);
                first += 2;
            } else {
                $take!(1, first);
                first += 1;
            }
        }
    }};
}
pub(super) use by_panels;

/// A product over so many positions from the `first` on, one after the other, where only one tap is met.
///
/// # Safety
/// As for the tile.
#[inline(always)]
pub(super) unsafe fn points<T: Tile>(tile: &T, first: usize, count: usize) {
    let at = Positions {
        source: first,
        tap: 0,
        rows: 1,
        cols: 1,
        source_row: 0,
        source_col: 0,
        tap_row: 0,
        tap_col: 0,
        source_next: 1,
        result: first,
        result_next: 1,
    };
    // SAFETY: the caller's promise.
    unsafe { positions(tile, at, count, true) };
}

/// The same where all positions meet the same taps, from a place on. Some are computed `twice`, which must not be where they are added to what is there.
///
/// # Safety
/// As for the tile.
#[inline(always)]
pub(super) unsafe fn positions<T: Tile>(tile: &T, mut at: Positions, count: usize, twice: bool) {
    let mut done = 0;
    // SAFETY: the caller's promise.
    unsafe {
        while done < count {
            let left = count - done;
            // A position or two are as slow as six where a panel is alone: then some are computed twice.
            if const { T::MOST >= 12 } && twice && left < 6 && left != 3 && count >= 6 {
                let back = 6 - left;
                at.result -= back * at.result_next;
                at.source -= back * at.source_next;
                tile.tile::<6>(&at);
                return;
            }
            let size = if const { T::MOST >= 12 } && left >= 12 {
                tile.tile::<12>(&at);
                12
            } else if const { T::MOST >= 6 } && left >= 6 {
                tile.tile::<6>(&at);
                6
            } else if const { T::MOST >= 6 } && left >= 4 {
                // No longer than three take. Maps of four tiles have so many, and of sixteen so many are left.
                tile.tile::<4>(&at);
                4
            } else if const { T::MOST >= 3 } && left >= 3 {
                tile.tile::<3>(&at);
                3
            } else {
                tile.tile::<1>(&at);
                1
            };
            at.result += size * at.result_next;
            at.source += size * at.source_next;
            done += size;
        }
    }
}

/// A matrix product: `to[panel][position][16] = weights · from` over so many positions, or added to what is there.
///
/// # Safety
/// All are as large as that.
#[inline(always)]
pub(super) unsafe fn matrix<V: Vector>(
    from: Source,
    panels: usize,
    weights: *const f32,
    count: usize,
    to: *mut f32,
    there: bool,
) {
    let panel = panel_len(from.channels, from.block, 1);
    // SAFETY: the caller's promise.
    unsafe {
        macro_rules! take {
            ($F:literal, $first:ident) => {{
                let tile = PanelProduct::<V, $F> {
                    from,
                    area: 1,
                    panel,
                    weights: weights.add($first * panel),
                    bias: core::ptr::null(),
                    add: if there { to.add($first * count * LANES) } else { core::ptr::null() },
                    low: f32::NEG_INFINITY,
                    to: to.add($first * count * LANES),
                    to_step: count * LANES,
                    vector: PhantomData,
                };
                // Those of the last few are counted apart: none is computed twice where it is added.
                let whole = if there { count - count % 6 } else { count };
                points(&tile, 0, whole);
                points(&tile, whole, count - whole);
            }};
        }
        by_panels!(V, panels, take);
    }
}

/// Packs one filter after the other, sixteen side by side: `weight(filter, channel, tap)`.
///
/// # Safety
/// Room for all panels.
pub(super) unsafe fn pack_panels(
    [filters, channels, area]: [usize; 3],
    block: usize,
    weight: impl Fn(usize, usize, usize) -> f32,
    mut to: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for first in (0..filters).step_by(LANES) {
            for start in (0..channels).step_by(block) {
                for tap in 0..area {
                    for channel in start..start + block {
                        for filter in first..first + LANES {
                            let there = filter < filters && channel < channels;
                            *to = if there { weight(filter, channel, tap) } else { 0.0 };
                            to = to.add(1);
                        }
                    }
                }
            }
        }
    }
}

/// Packs biases, filled up with zeros; `bias` may be null.
///
/// # Safety
/// As many as there are filters, and room for them.
pub(super) unsafe fn pack_bias(filters: usize, bias: *const f32, to: *mut f32) {
    for filter in 0..filters.next_multiple_of(LANES) {
        // SAFETY: the caller's promise.
        unsafe { *to.add(filter) = if filter < filters && !bias.is_null() { *bias.add(filter) } else { 0.0 } };
    }
}
