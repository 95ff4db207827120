//! Activations with a learned parameter, one for all numbers or one per channel. Their formulas stand in [`fireclay_ir::activation`].

use super::real::Lanes;
#[cfg(feature = "train")]
use crate::kernels::gradient::put_gradient;
#[cfg(feature = "train")]
use crate::kernels::strips::along;
use crate::kernels::strips::sixteens;
use crate::simd::Vector;
use fireclay_ir::activation::{Learned, PRelu};
use fireclay_ir::geometry::PerChannel;

/// Runs `$body` for every vector `$i` of channel `$c`. (A closure would be called for each: it does not take the instruction set of the entry.)
macro_rules! of_channel {
    ($g:expr, $c:expr, |$i:ident| $body:block) => {
        for outer in 0..$g.outer {
            let first = (outer * $g.channels + $c) * $g.inner;
            for $i in first..first + $g.inner {
                $body
            }
        }
    };
}

#[inline(always)]
unsafe fn map<V: Vector>(f: impl Learned, g: &PerChannel, x: *const f32, parameter: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise: as many vectors as the geometry has positions, and a parameter per channel.
    unsafe {
        for c in 0..g.channels {
            let p = Lanes::new(V::splat(*parameter.add(c)));
            of_channel!(g, c, |i| {
                f.value(Lanes::new(V::load(x.add(i * V::WIDTH))), p).get().store(y.add(i * V::WIDTH));
            });
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn map_back<V: Vector>(
    f: impl Learned,
    g: &PerChannel,
    x: *const f32,
    parameter: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: as for `map`.
    unsafe {
        for c in 0..g.channels {
            let p = Lanes::new(V::splat(*parameter.add(c)));
            of_channel!(g, c, |i| {
                let at = i * V::WIDTH;
                let d = f.gradient(Lanes::new(V::load(x.add(at))), p, Lanes::new(V::load(dy.add(at)))).get();
                put_gradient(d, dx.add(at), accumulate);
            });
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn sum_back<V: Vector>(
    f: impl Learned,
    g: &PerChannel,
    x: *const f32,
    parameter: *const f32,
    dy: *const f32,
    dparameter: *mut f32,
) {
    // SAFETY: as for `map`.
    unsafe {
        for c in 0..g.channels {
            let p = Lanes::new(V::splat(*parameter.add(c)));
            // Four sums, which do not wait for each other.
            let mut sums = [V::splat(0.0); 4];
            for outer in 0..g.outer {
                let first = (outer * g.channels + c) * g.inner * V::WIDTH;
                along!(
                    V,
                    g.inner * V::WIDTH,
                    |i, chain| {
                        let (x, dy) = (V::load(x.add(first + i)), V::load(dy.add(first + i)));
                        sums[chain] = sums[chain].add(f.parameter_gradient(Lanes::new(x), p, Lanes::new(dy)).get());
                    },
                    |_i| {}
                );
            }
            let [first, second, third, fourth] = sums;
            *dparameter.add(c) += first.add(second).add(third.add(fourth)).sum();
        }
    }
}

#[inline(always)]
unsafe fn prelu_forward<V: Vector>(g: &PerChannel, x: *const f32, slope: *const f32, y: *mut f32) {
    if let Some(inner) = sixteens::<V>(g.inner) {
        // SAFETY: the caller's promise, for as many numbers.
        return unsafe { chwn16::prelu_forward(&PerChannel { inner, ..*g }, x, slope, y) };
    }
    // SAFETY: the caller's promise.
    unsafe { map::<V>(PRelu, g, x, slope, y) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn prelu_backward_input<V: Vector>(
    g: &PerChannel,
    x: *const f32,
    slope: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    if let Some(inner) = sixteens::<V>(g.inner) {
        // SAFETY: the caller's promise, for as many numbers.
        return unsafe { chwn16::prelu_backward_input(&PerChannel { inner, ..*g }, x, slope, dy, dx, accumulate) };
    }
    // SAFETY: the caller's promise.
    unsafe { map_back::<V>(PRelu, g, x, slope, dy, dx, accumulate) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn prelu_backward_weight<V: Vector>(g: &PerChannel, x: *const f32, slope: *const f32, dy: *const f32, dslope: *mut f32) {
    if let Some(inner) = sixteens::<V>(g.inner) {
        // SAFETY: the caller's promise, for as many numbers.
        return unsafe { chwn16::prelu_backward_weight(&PerChannel { inner, ..*g }, x, slope, dy, dslope) };
    }
    // SAFETY: the caller's promise.
    unsafe { sum_back::<V>(PRelu, g, x, slope, dy, dslope) };
}

fireclay_ir::learned_kernels!(declared);
