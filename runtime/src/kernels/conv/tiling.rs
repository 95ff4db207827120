//! Tiling: which results of a convolution are computed together. A tile is a run of neighboring positions that meet the same taps.
//!
//! Tiles lie along the row where they can. Columns at the edges meet fewer taps each, so there tiles go down instead: on small maps the
//! edges are most of the work.

use fireclay_ir::geometry::{Axis, Taps};

/// The positions of a tile, and the taps that they meet: offsets and steps, counted in positions of a map and taps of a kernel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Positions {
    /// Of the first tap's source.
    pub source: usize,
    /// The first tap.
    pub tap: usize,
    /// Taps down and across, and the steps between them.
    pub rows: usize,
    pub cols: usize,
    pub source_row: usize,
    pub source_col: usize,
    pub tap_row: usize,
    pub tap_col: usize,
    /// From one position of the tile to the next.
    pub source_next: usize,
    /// The first result and the way to the next.
    pub result: usize,
    pub result_next: usize,
}

/// What computes the tiles.
pub(super) trait Tile {
    /// Positions that registers allow.
    const MOST: usize;

    /// Computes `P` positions.
    ///
    /// # Safety
    /// What the positions reach is valid.
    unsafe fn tile<const P: usize>(&self, positions: &Positions);
}

/// Computes, tile by tile, the results in `[from, to)` (rows, columns).
///
/// # Safety
/// What the axes say is valid for the tile's pointers.
#[inline(always)]
pub(super) unsafe fn for_each_tile<T: Tile>(tile: &T, rows: &Axis, cols: &Axis, from: [usize; 2], to: [usize; 2]) {
    for phase in 0..cols.phases() {
        let mut column = from[1] + phase;
        while column < to[1] {
            let across = cols.taps(column);
            let wide = same_taps(cols, column, &across, to[1], T::MOST);
            let down = wide == 1;
            let row_phases = if down { rows.phases() } else { 1 };
            for row_phase in 0..row_phases {
                let mut row = from[0] + row_phase;
                while row < to[0] {
                    let along = rows.taps(row);
                    let high = if down { same_taps(rows, row, &along, to[0], T::MOST) } else { 1 };
                    let positions = Positions {
                        source: along.at * cols.sources() + across.at,
                        tap: along.tap * cols.kernel + across.tap,
                        rows: along.len,
                        cols: across.len,
                        source_row: along.at_step.wrapping_mul(cols.sources()),
                        source_col: across.at_step,
                        tap_row: along.tap_step * cols.kernel,
                        tap_col: across.tap_step,
                        source_next: if down { rows.next() * cols.sources() } else { cols.next() },
                        result: row * cols.results() + column,
                        result_next: if down { rows.phases() * cols.results() } else { cols.phases() },
                    };
                    // SAFETY: the caller's promise.
                    unsafe { of_size(tile, if down { high } else { wide }, &positions) };
                    row += row_phases * high;
                }
            }
            column += wide * cols.phases();
        }
    }
}

/// Calls the tile of a size that [`same_taps`] gave.
#[inline(always)]
unsafe fn of_size<T: Tile>(tile: &T, size: usize, positions: &Positions) {
    // SAFETY: the caller's promise.
    unsafe {
        if const { is_block_size(12, T::MOST) } && size == 12 {
            tile.tile::<12>(positions);
        } else if const { is_block_size(6, T::MOST) } && size == 6 {
            tile.tile::<6>(positions);
        } else if const { is_block_size(4, T::MOST) } && size == 4 {
            tile.tile::<4>(positions);
        } else if const { is_block_size(3, T::MOST) } && size == 3 {
            tile.tile::<3>(positions);
        } else if const { is_block_size(2, T::MOST) } && size == 2 {
            tile.tile::<2>(positions);
        } else {
            tile.tile::<1>(positions);
        }
    }
}

/// Height and width of the parts of a result whose sources stay in the second-level cache while all channels are computed from them.
#[inline(always)]
pub(super) fn cached_parts(rows: &Axis, cols: &Axis, floats: usize) -> [usize; 2] {
    /// Half a megabyte.
    const CACHE: usize = 1 << 17;
    let scale = |axis: &Axis, results: usize| (results * axis.next()).checked_div(axis.phases()).unwrap_or(0) + axis.kernel;
    let (mut height, mut width) = (rows.results(), cols.results());
    while scale(rows, height) * scale(cols, width) * floats > CACHE && (height > 4 || width > 24) {
        if height > 4 && (height >= width || width <= 24) {
            height = height.div_ceil(2);
        } else {
            width = width.div_ceil(2);
        }
    }
    // Whole blocks of all phases, so that columns of a part are the same phases as columns of the map.
    let whole = |axis: &Axis, results: usize| match axis.phases() {
        0 | 1 => results.max(1),
        phases => results.max(1).next_multiple_of(phases),
    };
    [whole(rows, height), whole(cols, width)]
}

/// How many results from `position` on, [`Axis::phases`] apart and before `end`, may be computed as one tile: they meet the same
/// taps. One of the sizes that `most` accumulators allow.
#[inline]
pub(super) fn same_taps(axis: &Axis, position: usize, taps: &Taps, end: usize, most: usize) -> usize {
    for size in [12, 6, 4, 3, 2] {
        let last = position + (size - 1) * axis.phases();
        if is_block_size(size, most) && last < end {
            let same = |n: usize| {
                let other = axis.taps(position + n * axis.phases());
                other.tap == taps.tap && other.len == taps.len
            };
            // Both edges move in one direction, so that the last one speaks for those between, unless they meet nothing.
            let first = if taps.len == 0 { 1 } else { size - 1 };
            if (first..size).all(same) {
                return size;
            }
        }
    }
    1
}

/// Whether tiles of this many positions are built where registers hold `most` per channel: few sizes, to keep the machine code small.
pub(super) const fn is_block_size(size: usize, most: usize) -> bool {
    match size {
        1 => true,
        2 => most == 2 || most == 4 || most == 5,
        3 => most == 3 || most >= 6,
        4 => most == 4 || most == 5,
        6 => most >= 6,
        12 => most >= 12,
        _ => false,
    }
}
