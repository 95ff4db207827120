//! Pools: the largest or the mean of each window.

mod four;
#[cfg(feature = "train")]
mod whole;

use super::strips::sixteens;
use crate::simd::Vector;
use fireclay_ir::div_ceil;
use fireclay_ir::geometry::Pool;

/// Columns of windows whose sides stand in a table at once: they are found once for all rows of all channels.
const BLOCK: usize = 64;

/// What a window sees of one axis.
#[derive(Clone, Copy)]
struct Side {
    at: usize,
    len: usize,
    /// The positions that the divisor of a mean counts.
    counted: usize,
}

/// The side of a window down (0) or across (1).
#[inline(always)]
fn side(g: &Pool, axis: usize, o: usize) -> Side {
    if g.adaptive {
        let [at, end] = g.share(axis, o);
        return Side { at, len: end - at, counted: end - at };
    }
    let taps = g.axes()[axis].taps(o);
    let counted = if taps.len == g.kernel[axis] || !g.count_pad {
        taps.len
    } else {
        // PyTorch cuts a window at the end of the padding before it counts.
        let size = [g.height, g.width][axis];
        let room = (size + g.pad[axis] + g.pad_after[axis]).saturating_sub(o * g.stride[axis]);
        g.kernel[axis].min(div_ceil(room, g.dilation[axis]))
    };
    Side { at: taps.at, len: taps.len, counted }
}

/// The pool of one sample over rows alone, whose columns (features of a sequence) fill vectors: sixteen of them count as sixteen samples.
#[inline(always)]
fn over_rows<V: Vector>(g: &Pool) -> Option<Pool> {
    let alone = g.kernel[1] == 1 && g.stride[1] == 1 && g.pad[1] == 0 && !g.adaptive;
    let width = sixteens::<V>(g.width).filter(|_| alone && g.out_width == g.width)?;
    Some(Pool { width, out_width: width, ..*g })
}

/// Positions of a window: first row, rows, first column, columns, and the divisor of a mean.
struct Window {
    at: (usize, usize),
    len: (usize, usize),
    divisor: f32,
}

impl Window {
    #[inline(always)]
    fn new(rows: Side, columns: Side) -> Self {
        let divisor = (rows.counted * columns.counted) as f32;
        Self { at: (rows.at, columns.at), len: (rows.len, columns.len), divisor }
    }
}

// Loops as macros: a closure would not take the instruction set of the entry that it is inlined into.

/// For every output: the map of x where its window lies, its position in y, the window.
macro_rules! for_each_window {
    ($g:expr, |$map:ident, $at:ident, $window:ident| $body:block) => {
        let mut table = [Side { at: 0, len: 0, counted: 0 }; BLOCK];
        for from in (0..$g.out_width).step_by(BLOCK) {
            let columns = &mut table[..BLOCK.min($g.out_width - from)];
            for (i, column) in columns.iter_mut().enumerate() {
                *column = side($g, 1, from + i);
            }
            for c in 0..$g.channels {
                let $map = c * $g.height * $g.width;
                for oy in 0..$g.out_height {
                    let row = side($g, 0, oy);
                    for (i, column) in columns.iter().enumerate() {
                        let $window = Window::new(row, *column);
                        let $at = (c * $g.out_height + oy) * $g.out_width + from + i;
                        $body
                    }
                }
            }
        }
    };
}

/// For every position of a window.
macro_rules! for_each_position {
    ($g:expr, $window:expr, |$i:ident| $body:block) => {
        for r in 0..$window.len.0 {
            let row = ($window.at.0 + r * $g.dilation[0]) * $g.width + $window.at.1;
            for c in 0..$window.len.1 {
                let $i = row + c * $g.dilation[1];
                $body
            }
        }
    };
}

/// The largest of a window and the number of its position: the first of equals, but the last NaN. `number` gives a position's, from its place
/// in the window and in the map.
#[inline(always)]
unsafe fn largest<V: Vector>(g: &Pool, x: *const f32, w: &Window, number: impl Fn(usize, usize) -> f32) -> (V, V) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut best = V::splat(f32::NEG_INFINITY);
        let mut at = V::splat(number(0, w.at.0 * g.width + w.at.1));
        let mut place = 0;
        for_each_position!(g, w, |i| {
            let (value, here) = (V::load(x.add(i * V::WIDTH)), V::splat(number(place, i)));
            place += 1;
            at = value.select_nan(here, value.select_gt(best, here, at));
            best = value.select_nan(value, value.select_gt(best, value, best));
        });
        (best, at)
    }
}

/// The larger of both, or the NaN of either.
///
/// # Safety
/// The instruction set is there.
#[inline(always)]
pub(super) unsafe fn larger<V: Vector>(a: V, b: V) -> V {
    // `max` gives its second operand where one is NaN: one found earlier stays by the selection.
    // SAFETY: the caller's promise.
    unsafe { a.select_nan(a, a.max(b)) }
}

#[inline(always)]
unsafe fn max_pool_forward<V: Vector>(g: &Pool, x: *const f32, y: *mut f32) {
    if let Some(g) = over_rows::<V>(g) {
        // SAFETY: the caller's promise, for as many numbers.
        return unsafe { chwn16::max_pool_forward(&g, x, y) };
    }
    if g.four() {
        // SAFETY: the caller's promise.
        return unsafe {
            if four::fill_vectors::<V>(g) { four::beside_forward(g, x, y) } else { four::forward::<V, false>(g, x, y) }
        };
    }
    // SAFETY: the caller's promise.
    unsafe {
        for_each_window!(g, |map, at, w| {
            let x = x.add(map * V::WIDTH);
            let mut best = V::splat(f32::NEG_INFINITY);
            for_each_position!(g, w, |i| {
                let value = V::load(x.add(i * V::WIDTH));
                best = larger(best, value);
            });
            best.store(y.add(at * V::WIDTH));
        });
    }
}

#[inline(always)]
unsafe fn max_pool_indices_forward<V: Vector>(g: &Pool, x: *const f32, y: *mut f32, indices: *mut u32) {
    if g.four() && four::fill_vectors::<V>(g) {
        // SAFETY: the caller's promise.
        return unsafe { four::beside_indices(g, x, y, indices) };
    }
    // SAFETY: the caller's promise.
    unsafe {
        for_each_window!(g, |map, at, w| {
            // A `u32` in the bits of each lane.
            let (best, index) = largest::<V>(g, x.add(map * V::WIDTH), &w, |_, at| f32::from_bits(at as u32));
            best.store(y.add(at * V::WIDTH));
            index.store(indices.add(at * V::WIDTH).cast());
        });
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn max_pool_backward<V: Vector>(g: &Pool, x: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    if let Some(g) = over_rows::<V>(g) {
        // SAFETY: the caller's promise, for as many numbers.
        return unsafe { chwn16::max_pool_backward(&g, x, dy, dx, accumulate) };
    }
    if g.four() {
        // SAFETY: the caller's promise.
        return unsafe {
            if four::fill_vectors::<V>(g) {
                four::beside_backward(g, x, dy, dx, accumulate);
            } else {
                four::backward::<V, false>(g, x, dy, dx, accumulate);
            }
        };
    }
    if let Some(window) = whole::window(g) {
        // SAFETY: the caller's promise.
        return unsafe { whole::max_backward::<V>(g, &window, x, dy, dx, accumulate) };
    }
    // SAFETY: the caller's promise.
    unsafe {
        if !accumulate {
            dx.write_bytes(0, g.channels * g.height * g.width * V::WIDTH);
        }
        let mut table = [Side { at: 0, len: 0, counted: 0 }; BLOCK];
        let mut largest = [V::splat(0.0); BLOCK];
        for from in (0..g.out_width).step_by(BLOCK) {
            let columns = &mut table[..BLOCK.min(g.out_width - from)];
            for (i, column) in columns.iter_mut().enumerate() {
                *column = side(g, 1, from + i);
            }
            for c in 0..g.channels {
                let map = c * g.height * g.width * V::WIDTH;
                for oy in 0..g.out_height {
                    let (row, dy) = (side(g, 0, oy), dy.add(((c * g.out_height + oy) * g.out_width + from) * V::WIDTH));
                    let (x, dx) = (x.add(map), dx.add(map));
                    if largest_of_row(g, x, row, columns, &mut largest) {
                        to_the_largest(g, x, row, columns, &largest, dy, dx);
                    } else {
                        to_the_places::<V>(g, x, row, columns, dy, dx);
                    }
                }
            }
        }
    }
}

/// The largest number of each window of a row; whether all are finite.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn largest_of_row<V: Vector>(g: &Pool, x: *const f32, row: Side, columns: &[Side], largest: &mut [V; BLOCK]) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let mut odd = V::splat(0.0);
        for (column, best) in columns.iter().zip(largest) {
            let w = Window::new(row, *column);
            *best = V::splat(f32::NEG_INFINITY);
            for_each_position!(g, w, |i| {
                *best = larger(*best, V::load(x.add(i * V::WIDTH)));
            });
            odd = odd.add(best.sub(*best));
        }
        odd.finite()
    }
}

/// Each window's gradient to the first position that is as large as its largest number.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn to_the_largest<V: Vector>(
    g: &Pool,
    x: *const f32,
    row: Side,
    columns: &[Side],
    largest: &[V; BLOCK],
    dy: *const f32,
    dx: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let zero = V::splat(0.0);
        for (i, (column, best)) in columns.iter().zip(largest).enumerate() {
            let (w, mut left) = (Window::new(row, *column), V::load(dy.add(i * V::WIDTH)));
            for_each_position!(g, w, |i| {
                let (x, to) = (V::load(x.add(i * V::WIDTH)), dx.add(i * V::WIDTH));
                V::load(to).add(best.select_gt(x, zero, left)).store(to);
                left = best.select_gt(x, left, zero);
            });
        }
    }
}

/// The same where numbers are not finite: the last NaN of a window has its gradient.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn to_the_places<V: Vector>(g: &Pool, x: *const f32, row: Side, columns: &[Side], dy: *const f32, dx: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        let zero = V::splat(0.0);
        for (i, column) in columns.iter().enumerate() {
            let w = Window::new(row, *column);
            let (_, index) = largest::<V>(g, x, &w, |place, _| place as f32);
            let (d, mut place) = (V::load(dy.add(i * V::WIDTH)), 0);
            for_each_position!(g, w, |i| {
                let (to, here) = (dx.add(i * V::WIDTH), V::splat(place as f32));
                place += 1;
                // Equal: neither larger nor smaller.
                let d = index.select_gt(here, zero, here.select_gt(index, zero, d));
                V::load(to).add(d).store(to);
            });
        }
    }
}

#[inline(always)]
unsafe fn avg_pool_forward<V: Vector>(g: &Pool, x: *const f32, y: *mut f32) {
    if let Some(g) = over_rows::<V>(g) {
        // SAFETY: the caller's promise, for as many numbers.
        return unsafe { chwn16::avg_pool_forward(&g, x, y) };
    }
    // SAFETY: the caller's promise.
    unsafe {
        for_each_window!(g, |map, at, w| {
            let x = x.add(map * V::WIDTH);
            let mut sum = V::splat(0.0);
            for_each_position!(g, w, |i| {
                sum = sum.add(V::load(x.add(i * V::WIDTH)));
            });
            sum.div(V::splat(w.divisor)).store(y.add(at * V::WIDTH));
        });
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn avg_pool_backward<V: Vector>(g: &Pool, dy: *const f32, dx: *mut f32, accumulate: bool) {
    if let Some(g) = over_rows::<V>(g) {
        // SAFETY: the caller's promise, for as many numbers.
        return unsafe { chwn16::avg_pool_backward(&g, dy, dx, accumulate) };
    }
    // SAFETY: the caller's promise.
    unsafe {
        if !accumulate {
            dx.write_bytes(0, g.channels * g.height * g.width * V::WIDTH);
        }
        for_each_window!(g, |map, at, w| {
            let d = V::load(dy.add(at * V::WIDTH)).div(V::splat(w.divisor));
            for_each_position!(g, w, |i| {
                let to = dx.add((map + i) * V::WIDTH);
                V::load(to).add(d).store(to);
            });
        });
    }
}

fireclay_ir::pool_kernels!(declared);
