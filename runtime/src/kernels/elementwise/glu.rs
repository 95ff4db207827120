//! Gated linear units (Dauphin et al. 2016, arXiv 1612.08083): `y = a · sigmoid(b)`, where a is the first half of an axis and b the second.

#[cfg(feature = "train")]
use crate::kernels::gradient::put_gradient;
use crate::kernels::strips::sixteens;
use crate::math;
use crate::simd::Vector;
use fireclay_ir::geometry::Glu;

#[inline(always)]
unsafe fn glu_forward<V: Vector>(g: &Glu, x: *const f32, y: *mut f32) {
    if let Some(half) = sixteens::<V>(g.half) {
        // SAFETY: the caller's promise, for as many numbers.
        return unsafe { chwn16::glu_forward(&Glu { half, ..*g }, x, y) };
    }
    // SAFETY: the caller's promise.
    unsafe {
        for o in 0..g.outer {
            let (values, gates) = (x.add(2 * o * g.half * V::WIDTH), x.add((2 * o + 1) * g.half * V::WIDTH));
            let to = y.add(o * g.half * V::WIDTH);
            for at in (0..g.half * V::WIDTH).step_by(V::WIDTH) {
                let gate = math::sigmoid(V::load(gates.add(at)));
                V::load(values.add(at)).mul(gate).flush(f32::MIN_POSITIVE).store(to.add(at));
            }
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn glu_backward<V: Vector>(g: &Glu, x: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    if let Some(half) = sixteens::<V>(g.half) {
        // SAFETY: the caller's promise, for as many numbers.
        return unsafe { chwn16::glu_backward(&Glu { half, ..*g }, x, dy, dx, accumulate) };
    }
    // SAFETY: the caller's promise.
    unsafe {
        for o in 0..g.outer {
            let (value, gate) = (2 * o * g.half * V::WIDTH, (2 * o + 1) * g.half * V::WIDTH);
            for at in (0..g.half * V::WIDTH).step_by(V::WIDTH) {
                let d = V::load(dy.add(o * g.half * V::WIDTH + at));
                let open = math::sigmoid(V::load(x.add(gate + at)));
                let of_value = d.mul(open);
                let of_gate = of_value.mul(V::splat(1.0).sub(open)).mul(V::load(x.add(value + at)));
                for (to, d) in [(dx.add(value + at), of_value), (dx.add(gate + at), of_gate)] {
                    put_gradient(d, to, accumulate);
                }
            }
        }
    }
}

fireclay_ir::glu_kernels!(declared);
