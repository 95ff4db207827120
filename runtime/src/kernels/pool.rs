//! Pools: the largest or the mean of each window.

use super::axis::Axis;
use crate::simd::Vector;

/// Sizes of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// Of both sides.
    pub channels: usize,
    /// Of x.
    pub height: usize,
    /// Of x.
    pub width: usize,
    /// Of y.
    pub out_height: usize,
    /// Of y.
    pub out_width: usize,
    /// Height and width of a window.
    pub kernel: [usize; 2],
    /// Down and across.
    pub stride: [usize; 2],
    /// Before, down and across.
    pub pad: [usize; 2],
    /// After, down and across (it counts for the mean alone).
    pub pad_after: [usize; 2],
    /// Down and across.
    pub dilation: [usize; 2],
    /// A mean divides by the positions in the padding too.
    pub count_pad: bool,
}

/// Positions of a window: first row, rows, first column, columns, and the divisor of a mean.
struct Window {
    at: (usize, usize),
    len: (usize, usize),
    divisor: f32,
}

impl Pool {
    fn axes(&self) -> [Axis; 2] {
        let axis = |input, output, i: usize| Axis {
            input,
            output,
            kernel: self.kernel[i],
            stride: self.stride[i],
            pad: self.pad[i],
            dilation: self.dilation[i],
            backward: false,
        };
        [axis(self.height, self.out_height, 0), axis(self.width, self.out_width, 1)]
    }

    fn window(&self, oy: usize, ox: usize) -> Window {
        let [rows, cols] = self.axes();
        let (ty, tx) = (rows.taps(oy), cols.taps(ox));
        let counted = |o: usize, i: usize, size: usize, real: usize| {
            let start = o * self.stride[i];
            // PyTorch cuts a window at the end of the padding before it counts.
            let end = (start + self.kernel[i]).min(size + self.pad[i] + self.pad_after[i]);
            if self.count_pad { end - start } else { real }
        };
        let area = counted(oy, 0, self.height, ty.len) * counted(ox, 1, self.width, tx.len);
        Window { at: (ty.at, tx.at), len: (ty.len, tx.len), divisor: area as f32 }
    }

    /// Calls `f(map of x, position in y, window)` for every output.
    #[inline(always)]
    fn each(&self, mut f: impl FnMut(usize, usize, Window)) {
        for c in 0..self.channels {
            for oy in 0..self.out_height {
                for ox in 0..self.out_width {
                    let y = (c * self.out_height + oy) * self.out_width + ox;
                    f(c * self.height * self.width, y, self.window(oy, ox));
                }
            }
        }
    }

    /// Calls `f(position in the map)` for every position of a window.
    #[inline(always)]
    fn positions(&self, w: &Window, mut f: impl FnMut(usize)) {
        for r in 0..w.len.0 {
            let row = (w.at.0 + r * self.dilation[0]) * self.width + w.at.1;
            for c in 0..w.len.1 {
                f(row + c * self.dilation[1]);
            }
        }
    }
}

/// The largest of a window and where it stands: the first of equals; NaN wins.
#[inline(always)]
unsafe fn largest<V: Vector>(g: &Pool, x: *const f32, w: &Window) -> (V, V) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut best = V::splat(f32::NEG_INFINITY);
        let mut at = V::splat((w.at.0 * g.width + w.at.1) as f32);
        g.positions(w, |i| {
            let (value, here) = (V::load(x.add(i * V::WIDTH)), V::splat(i as f32));
            at = best.select_nan(at, value.select_nan(here, value.select_gt(best, here, at)));
            best = best.select_nan(best, value.select_nan(value, value.select_gt(best, value, best)));
        });
        (best, at)
    }
}

#[inline(always)]
unsafe fn max_pool_forward<V: Vector>(g: &Pool, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    g.each(|map, at, w| unsafe {
        let x = x.add(map * V::WIDTH);
        let mut best = V::splat(f32::NEG_INFINITY);
        g.positions(&w, |i| {
            let value = V::load(x.add(i * V::WIDTH));
            // `max` gives its second operand where one is NaN: a NaN found earlier stays by the selection.
            best = best.select_nan(best, best.max(value));
        });
        best.store(y.add(at * V::WIDTH));
    });
}

#[inline(always)]
unsafe fn max_pool_indices_forward<V: Vector>(g: &Pool, x: *const f32, y: *mut f32, indices: *mut f32) {
    // SAFETY: the caller's promise.
    g.each(|map, at, w| unsafe {
        let (best, index) = largest::<V>(g, x.add(map * V::WIDTH), &w);
        best.store(y.add(at * V::WIDTH));
        index.store(indices.add(at * V::WIDTH));
    });
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn max_pool_backward<V: Vector>(g: &Pool, x: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe {
        if !accumulate {
            dx.write_bytes(0, g.channels * g.height * g.width * V::WIDTH);
        }
        g.each(|map, at, w| {
            let (_, index) = largest::<V>(g, x.add(map * V::WIDTH), &w);
            let d = V::load(dy.add(at * V::WIDTH));
            let zero = V::splat(0.0);
            g.positions(&w, |i| {
                let to = dx.add((map + i) * V::WIDTH);
                let here = V::splat(i as f32);
                // Equal: neither larger nor smaller.
                let d = index.select_gt(here, zero, here.select_gt(index, zero, d));
                V::load(to).add(d).store(to);
            });
        });
    }
}

#[inline(always)]
unsafe fn avg_pool_forward<V: Vector>(g: &Pool, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    g.each(|map, at, w| unsafe {
        let x = x.add(map * V::WIDTH);
        let mut sum = V::splat(0.0);
        g.positions(&w, |i| sum = sum.add(V::load(x.add(i * V::WIDTH))));
        sum.div(V::splat(w.divisor)).store(y.add(at * V::WIDTH));
    });
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn avg_pool_backward<V: Vector>(g: &Pool, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe {
        if !accumulate {
            dx.write_bytes(0, g.channels * g.height * g.width * V::WIDTH);
        }
        g.each(|map, at, w| {
            let d = V::load(dy.add(at * V::WIDTH)).div(V::splat(w.divisor));
            g.positions(&w, |i| {
                let to = dx.add((map + i) * V::WIDTH);
                V::load(to).add(d).store(to);
            });
        });
    }
}

entries! {
    /// The largest of each window; NaN wins.
    pub unsafe fn max_pool_forward(g: &Pool, x: *const f32, y: *mut f32);
    /// The same, and where it stands: `row · width + column`, the first of equals.
    pub unsafe fn max_pool_indices_forward(g: &Pool, x: *const f32, y: *mut f32, indices: *mut f32);
    /// The mean of each window.
    pub unsafe fn avg_pool_forward(g: &Pool, x: *const f32, y: *mut f32);
    /// The gradient goes to the largest of each window.
    #[cfg(feature = "train")]
    pub unsafe fn max_pool_backward(g: &Pool, x: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool);
    /// The gradient is shared among each window's positions.
    #[cfg(feature = "train")]
    pub unsafe fn avg_pool_backward(g: &Pool, dy: *const f32, dx: *mut f32, accumulate: bool);
}
