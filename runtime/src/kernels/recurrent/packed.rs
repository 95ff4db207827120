//! Packed weights of a recurrent layer, in the order in which a step of one sample reads them.
//!
//! Sixteen hidden units are a vector, and what a step needs of one or several such vectors stands together:
//! `[inputs][vector][gate][16]`, `[hidden][vector][gate][16]`, then the biases `[vector][sum][16]`; sums are gates, and once more those gates
//! whose products with h stay apart, with their bias of h. Eight units that are left have two gates in a vector: `[inputs, hidden, 1][2][16]`,
//! with zeros where a sum has no product.

use crate::simd::LANES;
use fireclay_ir::geometry::{HALF_LANES, Recurrent};

/// The weights and biases of a layer and direction.
struct Weights<'a> {
    g: &'a Recurrent,
    w_ih: *const f32,
    w_hh: *const f32,
    b_ih: *const f32,
    b_hh: *const f32,
}

/// What a sum is made of.
#[derive(Clone, Copy)]
enum Term {
    /// Products with the i-th number of x.
    Input(usize),
    /// Products with the i-th number of h.
    Hidden(usize),
    /// Biases.
    Bias,
}

impl Weights<'_> {
    /// What a unit's sum takes of this; `None` for nothing.
    unsafe fn number(&self, term: Term, sum: usize, unit: usize) -> Option<f32> {
        let (gates, apart) = (self.g.cell.gates(), self.g.cell.apart());
        // Rows of the weights of x and of h that go into this sum.
        let of_x = (sum < gates).then_some(sum);
        let of_h = if sum < gates - apart { Some(sum) } else { (sum >= gates).then(|| sum - apart) };
        let row = |gate: usize| gate * self.g.hidden + unit;
        // SAFETY: the caller's promise.
        unsafe {
            match term {
                Term::Input(i) => of_x.map(|gate| *self.w_ih.add(row(gate) * self.g.inputs + i)),
                Term::Hidden(i) => of_h.map(|gate| *self.w_hh.add(row(gate) * self.g.hidden + i)),
                Term::Bias => {
                    let biases = [(of_x, self.b_ih), (of_h, self.b_hh)].into_iter().filter(|(_, bias)| !bias.is_null());
                    Some(biases.filter_map(|(gate, bias)| gate.map(|gate| *bias.add(row(gate)))).sum())
                }
            }
        }
    }
}

/// Packs a layer and direction; biases may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `packed` holds [`recurrent_packed_len`](fireclay_ir::geometry::recurrent_packed_len) floats.
pub unsafe fn recurrent_pack(
    g: &Recurrent,
    w_ih: *const f32,
    w_hh: *const f32,
    b_ih: *const f32,
    b_hh: *const f32,
    packed: *mut f32,
) {
    let weights = Weights { g, w_ih, w_hh, b_ih, b_hh };
    let ((whole, eight), sums) = (g.unit_vectors(), g.cell.gates() + g.cell.apart());
    let terms = || (0..g.inputs).map(Term::Input).chain((0..g.hidden).map(Term::Hidden)).chain([Term::Bias]);
    let mut to = packed;
    let mut push = |number: f32| {
        // SAFETY: the caller's promise: as many as `recurrent_packed_len` counts.
        unsafe {
            *to = number;
            to = to.add(1);
        }
    };
    // Units beyond the last one have zeros.
    // SAFETY: the caller's promise; units are below `hidden`, sums below the cell's.
    let number = |term, sum, unit| if unit < g.hidden { unsafe { weights.number(term, sum, unit) } } else { Some(0.0) };
    for vector in (0..whole).step_by(g.cell.vectors()) {
        for term in terms() {
            for vector in vector..(vector + g.cell.vectors()).min(whole) {
                for sum in 0..sums {
                    // A sum that a term has no part in: of all units or of none.
                    if number(term, sum, 0).is_some() {
                        for unit in g.first_unit(vector)..g.first_unit(vector) + LANES {
                            push(number(term, sum, unit).unwrap_or(0.0));
                        }
                    }
                }
            }
        }
    }
    if eight {
        for term in terms() {
            for sum in 0..sums {
                for unit in whole * LANES..whole * LANES + HALF_LANES {
                    push(number(term, sum, unit).unwrap_or(0.0));
                }
            }
        }
    }
}
