//! The gates of an LSTM alone, for cells whose products are others than those of a dense layer: of a convolution, for one.

#[cfg(feature = "train")]
use super::cell::Back;
use super::cell::{Cell, SUMS};
use super::lstm::Lstm;
#[cfg(feature = "train")]
use crate::simd::TINY;
use crate::simd::Vector;

/// Where the state before stands, of the numbers from `at` on.
#[inline(always)]
fn before(c0: *const f32, at: usize) -> *const f32 {
    if c0.is_null() { c0 } else { c0.wrapping_add(at) }
}

#[inline(always)]
unsafe fn lstm_gates_forward<V: Vector>(len: usize, x: *const f32, c0: *const f32, h: *mut f32, cn: *mut f32, gates: *mut f32) {
    // SAFETY: the caller's promise: `len` vectors, of the sums and gates four times as many.
    unsafe {
        for at in (0..len * V::WIDTH).step_by(V::WIDTH) {
            let of = |gate: usize| gate * len * V::WIDTH + at;
            let mut sums = [V::splat(0.0); SUMS];
            for k in 0..SUMS {
                sums[k] = V::load(x.add(of(k)));
            }
            let (opened, before) = (Lstm::gates(sums), before(c0, at));
            let inner = Lstm::inner(&opened, before);
            let made = Lstm::finish(opened, inner, Lstm::squash(inner), before);
            made.h.store(h.add(at));
            made.saved.store(cn.add(at));
            if !gates.is_null() {
                for k in 0..SUMS {
                    made.gates[k].store(gates.add(of(k)));
                }
            }
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn lstm_gates_backward<V: Vector>(
    len: usize,
    c0: *const f32,
    cn: *const f32,
    gates: *const f32,
    dh: *const f32,
    dcn: *const f32,
    dc: *mut f32,
    accumulate_c: bool,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: as above.
    unsafe {
        let put = |d: V, to: *mut f32, accumulate: bool| {
            let d = d.flush(TINY);
            let d = if accumulate { V::load(to).add(d) } else { d };
            d.store(to);
        };
        for at in (0..len * V::WIDTH).step_by(V::WIDTH) {
            let of = |gate: usize| gate * len * V::WIDTH + at;
            let mut opened = [V::splat(0.0); SUMS];
            for k in 0..SUMS {
                opened[k] = V::load(gates.add(of(k)));
            }
            let (dh, dcn) = (V::load(dh.add(at)), V::load(dcn.add(at)));
            let back = Back { gates: opened, saved: V::load(cn.add(at)), dh, dc: dcn };
            let grads = Lstm::backward(back, before(c0, at));
            if !dc.is_null() {
                put(grads.carried, dc.add(at), accumulate_c);
            }
            if !dx.is_null() {
                for k in 0..SUMS {
                    put(grads.gates[k], dx.add(of(k)), accumulate);
                }
            }
        }
    }
}

fireclay_ir::lstm_gates_kernels!(declared);
