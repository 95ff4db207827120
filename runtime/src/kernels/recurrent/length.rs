//! Samples of a batch with fewer steps than others: what is beyond their end keeps the state as it is. So the state after all steps is that after the
//! last one of the sample, in either direction, and nothing of the rest reaches a result.

use super::layout::RecurrentLayout;
use fireclay_ir::geometry::Recurrent;

/// Calls `each` with the lanes whose samples have no step `t`.
#[inline(always)]
unsafe fn beyond<F: RecurrentLayout>(t: usize, steps: *const u32, mut each: impl FnMut(usize)) {
    for lane in 0..F::WIDTH {
        // SAFETY: the caller's promise: a number for each lane.
        if t >= unsafe { *steps.add(lane) } as usize {
            each(lane);
        }
    }
}

/// In the lanes without step `t`: so many numbers of the state after it as they were before it, or zero.
pub(super) unsafe fn hold<F: RecurrentLayout>(t: usize, steps: *const u32, len: usize, before: *const f32, after: *mut f32) {
    // SAFETY: the caller's promise: as many numbers of each lane.
    unsafe {
        beyond::<F>(t, steps, |lane| {
            for at in (lane..len * F::WIDTH).step_by(F::WIDTH) {
                *after.add(at) = if before.is_null() { 0.0 } else { *before.add(at) };
            }
        });
    }
}

/// In the lanes without step `t`: the sum of two gradients.
#[cfg(feature = "train")]
pub(super) unsafe fn hold_sum<F: RecurrentLayout>(
    t: usize,
    steps: *const u32,
    len: usize,
    [a, b]: [*const f32; 2],
    sum: *mut f32,
) {
    // SAFETY: as above.
    unsafe {
        beyond::<F>(t, steps, |lane| {
            for at in (lane..len * F::WIDTH).step_by(F::WIDTH) {
                *sum.add(at) = *a.add(at) + *b.add(at);
            }
        });
    }
}

/// Copies so many numbers of each position, where `from(lane)` says from which step, or that there is none.
#[inline(always)]
unsafe fn copy_step<F: RecurrentLayout>(len: usize, x: *const f32, y: *mut f32, from: impl Fn(usize) -> Option<usize>) {
    for lane in 0..F::WIDTH {
        for i in 0..len {
            // SAFETY: the caller's promise: steps are inside.
            unsafe { *y.add(i * F::WIDTH + lane) = from(lane).map_or(0.0, |t| *x.add((t * len + i) * F::WIDTH + lane)) };
        }
    }
}

pub(super) unsafe fn recurrent_length_forward<F: RecurrentLayout>(g: &Recurrent, steps: *const u32, x: *const f32, y: *mut f32) {
    for t in 0..g.time {
        // SAFETY: the caller's promise.
        unsafe {
            let there = |lane: usize| Some(t).filter(|t| *t < *steps.add(lane) as usize);
            copy_step::<F>(g.width, x, y.add(t * g.width * F::WIDTH), there);
        }
    }
}

pub(super) unsafe fn recurrent_length_last<F: RecurrentLayout>(g: &Recurrent, steps: *const u32, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { copy_step::<F>(g.width, x, y, |lane| (*steps.add(lane) as usize).checked_sub(1)) };
}

#[cfg(feature = "train")]
pub(super) unsafe fn recurrent_length_backward<F: RecurrentLayout>(
    g: &Recurrent,
    steps: *const u32,
    dy: *const f32,
    dx: *mut f32,
) {
    // SAFETY: the caller's promise. What is left out forward is left out backward.
    unsafe { recurrent_length_forward::<F>(g, steps, dy, dx) };
}

#[cfg(feature = "train")]
pub(super) unsafe fn recurrent_length_last_backward<F: RecurrentLayout>(
    g: &Recurrent,
    steps: *const u32,
    dy: *const f32,
    dx: *mut f32,
) {
    for t in 0..g.time {
        // SAFETY: the caller's promise.
        unsafe {
            let last = |lane: usize| (t + 1 == *steps.add(lane) as usize).then_some(0);
            copy_step::<F>(g.width, dy, dx.add(t * g.width * F::WIDTH), last);
        }
    }
}
