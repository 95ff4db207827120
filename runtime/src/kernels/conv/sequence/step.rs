//! One step of a causal convolution of stride 1. Its state is a ring of the inputs before, as many as it reaches back to, behind the number of the
//! oldest one: all zero at first, as the padding before a sequence.

use super::windows::{Windows, vectors, with_vectors};
use crate::kernels::rows::block::store_row;
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Conv1d;
use fireclay_ir::sizes::CONV1D_VECTORS;

/// The inputs that a step meets.
struct Ring {
    x: *const f32,
    before: *const f32,
    features: usize,
    reach: usize,
    oldest: usize,
}

impl Ring {
    /// `state` holds `Conv1d::state_len` floats.
    unsafe fn new(g: &Conv1d, x: *const f32, state: *const f32) -> Self {
        let reach = g.reach();
        // SAFETY: the caller's promise.
        let (oldest, before) = unsafe { (*state as usize, state.add(1)) };
        Self { x, before, features: g.features, reach, oldest: if oldest < reach { oldest } else { 0 } }
    }

    /// The input so many steps before this one.
    fn back(&self, steps: usize) -> *const f32 {
        if steps == 0 {
            return self.x;
        }
        // The input before lies before the oldest.
        let place = self.oldest + self.reach - steps;
        self.before.wrapping_add(if place < self.reach { place } else { place - self.reach } * self.features)
    }

    /// Keeps x in the place of the oldest.
    unsafe fn keep(&self, state: *mut f32) {
        if self.reach == 0 {
            return;
        }
        // SAFETY: the caller's promise.
        unsafe {
            state.add(1 + self.oldest * self.features).copy_from_nonoverlapping(self.x, self.features);
            *state = if self.oldest + 1 < self.reach { (self.oldest + 1) as f32 } else { 0.0 };
        }
    }
}

/// `y = conv(x and those before, weight) + bias`; `bias` may be null.
///
/// # Safety
/// Pointers are valid for a step of the geometry; `state` holds `Conv1d::state_len` floats.
pub unsafe fn conv1d_step(g: &Conv1d, x: *const f32, weight: *const f32, bias: *const f32, state: *mut f32, y: *mut f32) {
    let [sources, results] = g.conv().per_group();
    // SAFETY: the caller's promise.
    unsafe {
        let ring = Ring::new(g, x, state);
        for channel in 0..g.channels {
            let group = fireclay_ir::div(channel, results);
            let weight = weight.add(channel * sources * g.kernel);
            let mut sum = if bias.is_null() { 0.0 } else { *bias.add(channel) };
            for tap in 0..g.kernel {
                let x = ring.back((g.kernel - 1 - tap) * g.dilation).wrapping_add(group * sources);
                for source in 0..sources {
                    sum += *x.add(source) * *weight.add(source * g.kernel + tap);
                }
            }
            *y.add(channel) = sum;
        }
        ring.keep(state);
    }
}

#[inline(always)]
unsafe fn vectors_of<V: Vector, const N: usize>(
    g: &Conv1d,
    windows: &Windows,
    ring: &Ring,
    group: usize,
    panels: *const f32,
    (y, live): (*mut f32, usize),
) {
    let (sources, panel) = (windows.sources, windows.panel());
    // SAFETY: the caller's promise.
    unsafe {
        let mut acc = [V::splat(0.0); N];
        for n in 0..N {
            acc[n] = V::load(panels.add((n + 1) * panel - LANES));
        }
        for tap in 0..g.kernel {
            let x = ring.back((g.kernel - 1 - tap) * g.dilation).wrapping_add(group * sources);
            for source in 0..sources {
                let (input, at) = (V::splat(*x.add(source)), (tap * sources + source) * LANES);
                for n in 0..N {
                    acc[n] = input.mul_add(V::load(panels.add(n * panel + at)), acc[n]);
                }
            }
        }
        store_row(acc, y, live);
    }
}

#[inline(always)]
unsafe fn step_packed<V: Vector>(g: &Conv1d, x: *const f32, packed: *const f32, state: *mut f32, y: *mut f32) {
    let windows = Windows::new(g, false);
    let mut panels = packed;
    // SAFETY: the caller's promise.
    unsafe {
        let ring = Ring::new(g, x, state);
        for group in 0..windows.groups {
            let mut first = 0;
            while first < windows.results {
                let (live, y) = (windows.results - first, y.add(group * windows.results + first));
                let count = vectors::<V>(live);
                with_vectors!(V, count, |N| {
                    vectors_of::<V, N>(g, &windows, &ring, group, panels, (y, live.min(N * LANES)));
                });
                panels = panels.add(count * windows.panel());
                first += count * LANES;
            }
        }
        ring.keep(state);
    }
}

#[expect(dead_code, reason = "the lanes are results here, so that only one of both entries is used")]
mod entry {
    use super::{Conv1d, step_packed};
    entries! {
        /// A step from packed weights.
        pub(in crate::kernels::conv) unsafe fn step_packed(g: &Conv1d, x: *const f32, packed: *const f32, state: *mut f32, y: *mut f32);
    }
}

/// The same from packed weights.
///
/// # Safety
/// As [`conv1d_step`]; `packed` is what `conv1d_pack` wrote.
pub unsafe fn conv1d_step_packed(g: &Conv1d, x: *const f32, packed: *const f32, state: *mut f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { entry::chwn16::step_packed(g, x, packed, state, y) };
}

/// The kernels of one sample.
pub mod chw {
    pub use super::{conv1d_step, conv1d_step_packed};
}

fireclay_ir::conv1d_step_kernels!(checked[by_layout]);
