//! The gradient of one window that is a whole map, as global pools have it: it goes to one place of the map, which is found first.

use super::{Window, largest, side};
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Pool;

/// The window, where it is the whole map.
#[inline(always)]
pub(super) fn window(g: &Pool) -> Option<Window> {
    if (g.out_height, g.out_width) != (1, 1) || g.dilation != [1, 1] {
        return None;
    }
    let (rows, columns) = (side(g, 0, 0), side(g, 1, 0));
    ((rows.len, columns.len) == (g.height, g.width)).then(|| Window::new(rows, columns))
}

/// The gradient of the largest numbers.
#[inline(always)]
pub(super) unsafe fn max_backward<V: Vector>(
    g: &Pool,
    window: &Window,
    x: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    let size = g.height * g.width;
    // SAFETY: the caller's promise.
    unsafe {
        for c in 0..g.channels {
            let (x, dy, dx) = (x.add(c * size * V::WIDTH), dy.add(c * V::WIDTH), dx.add(c * size * V::WIDTH));
            let (places, numbers) = first_largest::<V>(size, x);
            let places = if numbers { places } else { lanes(largest::<V>(g, x, window, |_, at| f32::from_bits(at as u32)).1) };
            if !accumulate {
                dx.write_bytes(0, size * V::WIDTH);
            }
            for (lane, place) in places.iter().enumerate().take(V::WIDTH) {
                *dx.add(*place as usize * V::WIDTH + lane) += *dy.add(lane);
            }
        }
    }
}

/// The bits of each lane.
#[inline(always)]
unsafe fn lanes<V: Vector>(v: V) -> [u32; LANES] {
    let mut lanes = [0; LANES];
    // SAFETY: the instruction set is there, and so are the lanes.
    unsafe { v.store(lanes.as_mut_ptr().cast()) };
    lanes
}

/// Of each lane the place of its largest number, the first of equals; whether all of them are numbers.
#[inline(always)]
unsafe fn first_largest<V: Vector>(size: usize, map: *const f32) -> ([u32; LANES], bool) {
    /// Numbers whose comparisons do not wait for each other.
    const CHAINS: usize = 4;
    // SAFETY: the caller's promise.
    unsafe {
        let here = |i: usize| V::splat(f32::from_bits(i as u32));
        let (mut best, mut at) = ([V::splat(f32::NEG_INFINITY); CHAINS], [V::splat(0.0); CHAINS]);
        let mut odd = V::splat(0.0);
        for first in (0..size).step_by(CHAINS) {
            for k in 0..CHAINS.min(size - first) {
                let i = first + k;
                let value = V::load(map.add(i * V::WIDTH));
                odd = value.select_nan(value, odd);
                at[k] = value.select_gt(best[k], here(i), at[k]);
                best[k] = value.select_gt(best[k], value, best[k]);
            }
        }
        let mut places = [0; LANES];
        let (at, mut most) = (at.map(|at| lanes(at)), [f32::NEG_INFINITY; LANES]);
        for (best, at) in best.into_iter().zip(at) {
            for (lane, (best, at)) in lanes(best).map(f32::from_bits).into_iter().zip(at).enumerate() {
                if best > most[lane] || (best == most[lane] && at < places[lane]) {
                    (most[lane], places[lane]) = (best, at);
                }
            }
        }
        (places, odd.finite())
    }
}
