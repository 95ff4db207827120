//! What makes a recurrent layer that layer: its cell. Everything else (the loop over time, weight gradients, packing, symbols) is the same.

use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::{CellKind, HALF_LANES};

/// Sums of products that a unit of any cell has at most: one for each gate, and those with h once more where they stay apart.
pub(super) const SUMS: usize = 4;

/// What a cell makes of a vector of units in one step.
pub(super) struct Made<V> {
    /// The output, and the state h.
    pub h: V,
    /// What backward reads of the gates; as many as the cell has.
    pub gates: [V; SUMS],
    /// What is saved beside them ([`CellKind::saved`]); of an LSTM this is the state c.
    pub saved: V,
}

/// What backward reads of a vector of units, and the gradients that come in.
#[cfg(feature = "train")]
pub(super) struct Back<V> {
    /// As [`Made::gates`].
    pub gates: [V; SUMS],
    /// As [`Made::saved`].
    pub saved: V,
    /// The gradient of h: of the output and of the step after.
    pub dh: V,
    /// The gradient of the state that the cell carries on by itself ([`Cell::CARRIED`]), where that is c.
    pub dc: V,
}

/// The gradients of a vector of units.
#[cfg(feature = "train")]
pub(super) struct Grads<V> {
    /// Of the gates' products with x, and with h where they are summed.
    pub gates: [V; SUMS],
    /// Of the gate's product with h that stays apart.
    pub apart: V,
    /// Of the carried state of the step before.
    pub carried: V,
}

/// A recurrent cell: the gates of one step from their sums of products, the new states from the gates, and the gradients of both.
///
/// Sums of a unit stand in the order of its gates; after them those of products with h that stay apart ([`CellKind::apart`]), whose gates
/// then hold the products with x alone. `before` is where the carried state of these units stands, null for zero.
///
/// # Safety
/// As for [`Vector`]. The numbers of sums, states and saved values are those of [`Cell::KIND`], by which memory is laid out.
pub(super) unsafe trait Cell: 'static {
    /// How many gates and states there are.
    const KIND: CellKind;
    /// Which state goes into the next one by itself, not only by way of products: c (1) of an LSTM, h (0) of a GRU, none of an RNN.
    const CARRIED: Option<usize>;

    /// The gates that need nothing but their sums.
    unsafe fn gates<V: Vector>(sums: [V; SUMS]) -> [V; SUMS];

    /// The same of eight units, whose sums lie two in a vector; in the results, the lanes beyond the eighth hold any numbers.
    #[inline(always)]
    unsafe fn gates_of_eight<V: Vector>(sums: [V; 2]) -> [V; SUMS] {
        // SAFETY: the caller's promise.
        unsafe { Self::gates(four_of_eight(sums)) }
    }

    /// What the last non-linear function of the step is applied to.
    unsafe fn inner<V: Vector>(gates: &[V; SUMS], before: *const f32) -> V;

    /// That function.
    unsafe fn squash<V: Vector>(inner: V) -> V;

    /// That function of two vectors, which may share a division.
    unsafe fn squash_two<V: Vector>(inner: [V; 2]) -> [V; 2];

    /// The new state, and what backward reads.
    unsafe fn finish<V: Vector>(gates: [V; SUMS], inner: V, squashed: V, before: *const f32) -> Made<V>;

    /// The gradients.
    #[cfg(feature = "train")]
    unsafe fn backward<V: Vector>(back: Back<V>, before: *const f32) -> Grads<V>;
}

/// Of both states the one that goes into the next by itself; null where none does.
#[inline(always)]
pub(super) const fn carried<C: Cell>(h: *const f32, c: *const f32) -> *const f32 {
    match C::CARRIED {
        Some(0) => h,
        Some(_) => c,
        None => core::ptr::null(),
    }
}

/// Four vectors of eight units each out of two that hold two times eight; the other lanes hold any numbers.
#[inline(always)]
pub(super) unsafe fn four_of_eight<V: Vector>(pairs: [V; 2]) -> [V; SUMS] {
    // The last vector is read from its eighth number on.
    let mut numbers = [0.0_f32; 3 * LANES];
    // SAFETY: the caller's promise.
    unsafe {
        for n in 0..2 {
            pairs[n].store(numbers.as_mut_ptr().add(n * LANES));
        }
        [0, 1, 2, 3].map(|n| V::load(numbers.as_ptr().add(n * HALF_LANES)))
    }
}
