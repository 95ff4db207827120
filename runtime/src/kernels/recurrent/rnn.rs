//! The plain recurrent layer (Elman 1990), as PyTorch's: `h = tanh(W x + b + U h + c)`, or a ReLU in place of tanh.

#[cfg(feature = "train")]
use super::cell::{Back, Grads};
use super::cell::{Cell, Made, SUMS};
use crate::math;
use crate::simd::{TINY, Vector};
use fireclay_ir::geometry::CellKind;

/// With tanh.
pub(super) struct RnnTanh;

/// With a ReLU.
pub(super) struct RnnRelu;

/// NaN passes: `max` gives its second operand where one is NaN.
#[inline(always)]
unsafe fn relu<V: Vector>(sum: V) -> V {
    // SAFETY: the caller's promise.
    unsafe { V::splat(0.0).max(sum) }
}

#[inline(always)]
unsafe fn relus<V: Vector>([a, b]: [V; 2]) -> [V; 2] {
    // SAFETY: the caller's promise.
    unsafe { [relu(a), relu(b)] }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn tanh_backward<V: Vector>(h: V, dh: V) -> V {
    // SAFETY: the caller's promise.
    unsafe { dh.mul(V::splat(1.0).sub(h.mul(h))) }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn relu_backward<V: Vector>(h: V, dh: V) -> V {
    // SAFETY: the caller's promise.
    unsafe { h.select_nan(dh, h.select_gt(V::splat(0.0), dh, V::splat(0.0))) }
}

/// A cell by its function, of one vector and of two, and the gradient of that: `backward(h, dh)`.
macro_rules! rnn {
    ($Rnn:ident, $squash:path, $squash_two:path, $backward:path) => {
        // SAFETY: one sum, one state, nothing saved beside them.
        unsafe impl Cell for $Rnn {
            const KIND: CellKind = CellKind::$Rnn;
            const CARRIED: Option<usize> = None;

            #[inline(always)]
            unsafe fn gates<V: Vector>(sums: [V; SUMS]) -> [V; SUMS] {
                sums
            }

            #[inline(always)]
            unsafe fn inner<V: Vector>(sums: &[V; SUMS], _: *const f32) -> V {
                sums[0]
            }

            #[inline(always)]
            unsafe fn squash<V: Vector>(sum: V) -> V {
                // SAFETY: the caller's promise.
                unsafe { $squash(sum) }
            }

            #[inline(always)]
            unsafe fn squash_two<V: Vector>(sums: [V; 2]) -> [V; 2] {
                // SAFETY: the caller's promise.
                unsafe { $squash_two(sums) }
            }

            #[inline(always)]
            unsafe fn finish<V: Vector>(_: [V; SUMS], _: V, h: V, _: *const f32) -> Made<V> {
                // SAFETY: the caller's promise. A state that nothing comes into decays: at some point it is empty.
                let h = unsafe { h.flush(TINY) };
                Made { h, gates: [h; SUMS], saved: h }
            }

            #[cfg(feature = "train")]
            #[inline(always)]
            unsafe fn backward<V: Vector>(back: Back<V>, _: *const f32) -> Grads<V> {
                // SAFETY: the caller's promise.
                let (d, zero) = unsafe { ($backward(back.gates[0], back.dh), V::splat(0.0)) };
                Grads { gates: [d, zero, zero, zero], apart: zero, carried: zero }
            }
        }
    };
}

rnn!(RnnTanh, math::gate_tanh, math::gate_tanhs, tanh_backward);
rnn!(RnnRelu, relu, relus, relu_backward);

/// With tanh.
pub mod tanh {
    use super::RnnTanh;
    fireclay_ir::rnn_tanh_kernels!(cell_entries[RnnTanh]);
}
/// With a ReLU.
pub mod relu {
    use super::RnnRelu;
    fireclay_ir::rnn_relu_kernels!(cell_entries[RnnRelu]);
}
