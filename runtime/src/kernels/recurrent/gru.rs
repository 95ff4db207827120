//! Gated recurrent unit (Cho et al. 2014), as PyTorch's, whose reset gate stands outside of the recurrent product:
//!
//! ```text
//! r, z = σ(W x + b + U h + c)   n = tanh(W x + b + r · (U h + c))
//! h = (1 − z) · n + z · h before
//! ```

#[cfg(feature = "train")]
use super::cell::{Back, Grads};
use super::cell::{Cell, Made, SUMS, four_of_eight};
use crate::math;
use crate::simd::{TINY, Vector};
use fireclay_ir::geometry::CellKind;

/// See the module.
pub(super) struct Gru;

// SAFETY: three sums and that of n with h apart, which is saved; one state.
unsafe impl Cell for Gru {
    const KIND: CellKind = CellKind::Gru;
    const CARRIED: Option<usize> = Some(0);

    /// r and z.
    #[inline(always)]
    unsafe fn gates<V: Vector>([r, z, n, apart]: [V; SUMS]) -> [V; SUMS] {
        // SAFETY: the caller's promise.
        unsafe {
            let half = V::splat(0.5);
            let [r, z] = math::gate_tanhs([r.mul(half), z.mul(half)]);
            [r.mul_add(half, half), z.mul_add(half, half), n, apart]
        }
    }

    /// The first vector holds r and z, the second one both products of n.
    #[inline(always)]
    unsafe fn gates_of_eight<V: Vector>([first, second]: [V; 2]) -> [V; SUMS] {
        // SAFETY: the caller's promise.
        unsafe {
            let half = V::splat(0.5);
            let first = math::gate_tanh(first.mul(half)).mul_add(half, half);
            four_of_eight([first, second])
        }
    }

    #[inline(always)]
    unsafe fn inner<V: Vector>(&[r, _, n, apart]: &[V; SUMS], _: *const f32) -> V {
        // SAFETY: the caller's promise.
        unsafe { r.mul_add(apart, n) }
    }

    #[inline(always)]
    unsafe fn squash<V: Vector>(inner: V) -> V {
        // SAFETY: the caller's promise.
        unsafe { math::gate_tanh(inner) }
    }

    #[inline(always)]
    unsafe fn squash_two<V: Vector>(inner: [V; 2]) -> [V; 2] {
        // SAFETY: the caller's promise.
        unsafe { math::gate_tanhs(inner) }
    }

    #[inline(always)]
    unsafe fn finish<V: Vector>([r, z, _, apart]: [V; SUMS], _: V, n: V, before: *const f32) -> Made<V> {
        // SAFETY: the caller's promise.
        unsafe {
            let fresh = V::splat(1.0).sub(z).mul(n);
            let h = if before.is_null() { fresh } else { z.mul_add(V::load(before), fresh) };
            // A state that nothing comes into decays: at some point it is empty.
            Made { h: h.flush(TINY), gates: [r, z, n, apart], saved: apart }
        }
    }

    #[cfg(feature = "train")]
    #[inline(always)]
    unsafe fn backward<V: Vector>(back: Back<V>, before: *const f32) -> Grads<V> {
        let Back { gates: [r, z, n, _], saved: apart, dh, .. } = back;
        // SAFETY: the caller's promise.
        unsafe {
            let (zero, one) = (V::splat(0.0), V::splat(1.0));
            let before = if before.is_null() { zero } else { V::load(before) };
            let through = |d: V, s: V| d.mul(s).mul(one.sub(s));
            let dn = dh.mul(one.sub(z)).mul(one.sub(n.mul(n)));
            // What r multiplies has n's gradient times r; what x gives to n has it whole.
            let gates = [through(dn.mul(apart), r), through(dh.mul(before.sub(n)), z), dn, zero];
            Grads { gates, apart: dn.mul(r), carried: dh.mul(z) }
        }
    }
}

fireclay_ir::gru_kernels!(cell_entries[Gru]);
