//! A step of Adam and AdamW: four reads, three writes, a root and a quotient for each parameter, which without vectors take longer than the
//! memory.

use crate::simd::{LANES, TINY, TINY_ROOT, Vector};

/// The numbers of a step (Kingma and Ba 2015, arXiv 1412.6980; Loshchilov and Hutter 2019, arXiv 1711.05101).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    /// `β₂`
    pub beta2: f32,
    /// `1 − β₁`
    pub rest1: f32,
    /// `1 − β₂`
    pub rest2: f32,
    /// How much of a parameter is added to its gradient.
    pub decay: f32,
    /// How much of a parameter is kept.
    pub keep: f32,
    /// `η / (1 − β₁ᵗ)`
    pub size: f32,
    /// `1 / √(1 − β₂ᵗ)`
    pub scale: f32,
    /// `ε`
    pub eps: f32,
    /// Parameters below this size become zero.
    pub least: f32,
}

/// One vector of parameters: the new ones, and the new moments (with the largest second one so far, if asked for).
#[inline(always)]
unsafe fn step<V: Vector>(g: &Adam, p: V, d: V, m: V, v: V, most: Option<V>) -> (V, V, V, V) {
    // SAFETY: the caller's promise.
    unsafe {
        // Neither the square of a gradient nor a moment that decays is ever denormal.
        let d = p.mul_add(V::splat(g.decay), d).flush(TINY_ROOT);
        let m = d.sub(m).mul_add(V::splat(g.rest1), m).flush(TINY);
        let v = d.mul(d).mul_add(V::splat(g.rest2), v.mul(V::splat(g.beta2))).flush(f32::MIN_POSITIVE);
        // NaN stays: `max` gives its second operand where one is.
        let second = most.map_or(v, |most| most.max(v));
        let below = second.sqrt().mul_add(V::splat(g.scale), V::splat(g.eps));
        let change = m.mul(V::splat(g.size)).div(below);
        (p.mul(V::splat(g.keep)).sub(change).flush(g.least), m, v, second)
    }
}

#[inline(always)]
unsafe fn adam<V: Vector>(g: &Adam, len: usize, params: *mut f32, grads: *const f32, m: *mut f32, v: *mut f32, most: *mut f32) {
    let whole = len - len % V::WIDTH;
    // SAFETY: the caller's promise.
    unsafe {
        macro_rules! at {
            ($params:expr, $grads:expr, $m:expr, $v:expr, $most:expr) => {{
                let largest = if most.is_null() { None } else { Some(V::load($most)) };
                let (p, first, second, largest) = step(g, V::load($params), V::load($grads), V::load($m), V::load($v), largest);
                p.store($params);
                first.store($m);
                second.store($v);
                if !most.is_null() {
                    largest.store($most);
                }
            }};
        }
        let mut i = 0;
        while i < whole {
            at!(params.add(i), grads.add(i), m.add(i), v.add(i), most.wrapping_add(i));
            i += V::WIDTH;
        }
        if i < len {
            // What is left, by way of whole vectors.
            let mut rest = [[0.0_f32; LANES]; 5];
            let all = [params, grads.cast_mut(), m, v, most];
            for (rest, from) in rest.iter_mut().zip(all).filter(|(_, from)| !from.is_null()) {
                rest.as_mut_ptr().copy_from_nonoverlapping(from.add(i), len - i);
            }
            let [p, d, first, second, largest] = &mut rest;
            at!(p.as_mut_ptr(), d.as_ptr(), first.as_mut_ptr(), second.as_mut_ptr(), largest.as_mut_ptr());
            for (rest, to) in rest.iter().zip([params, core::ptr::null_mut(), m, v, most]).filter(|(_, to)| !to.is_null()) {
                to.add(i).copy_from_nonoverlapping(rest.as_ptr(), len - i);
            }
        }
    }
}

#[expect(dead_code, reason = "the lanes are parameters here, so that only one of both entries is used")]
mod entry {
    use super::{Adam, adam};
    entries! {
        /// A step: `len` parameters, gradients, first and second moments; the largest second moments so far, or null.
        pub unsafe fn adam(
            g: &Adam, len: usize, params: *mut f32, grads: *const f32, m: *mut f32, v: *mut f32, most: *mut f32,
        );
    }
}

/// A step of Adam with this machine's vectors: `g ← g + decay·θ; m ← m + (1 − β₁)·(g − m); v ← β₂·v + (1 − β₂)·g²;
/// θ ← keep·θ − size·m / (scale·√v + ε)`, or with the largest `v` so far where `most` is not empty.
///
/// # Panics
/// If the slices are not all as long as `params` (`most` may be empty).
pub fn adam_step(g: &Adam, params: &mut [f32], grads: &[f32], m: &mut [f32], v: &mut [f32], most: &mut [f32]) {
    let len = params.len();
    assert!([grads.len(), m.len(), v.len()] == [len; 3], "one gradient and two moments for each parameter");
    assert!(most.is_empty() || most.len() == len, "one largest moment for each parameter, or none");
    let most = if most.is_empty() { core::ptr::null_mut() } else { most.as_mut_ptr() };
    // SAFETY: all are as long as they should be, and borrowed apart.
    unsafe { entry::chwn16::adam(g, len, params.as_mut_ptr(), grads.as_ptr(), m.as_mut_ptr(), v.as_mut_ptr(), most) };
}
