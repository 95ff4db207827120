//! Embedding: a row of the weight for each index.

use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Embedding;

/// y from x, whose indices are below the bound. Sixteen features of sixteen samples are transposed at once.
#[inline(always)]
unsafe fn embedding_forward<V: Vector>(g: &Embedding, x: *const u32, weight: *const f32, y: *mut f32) {
    let whole = whole::<V>(g);
    let mut square = [0.0_f32; LANES * LANES];
    for i in 0..g.len {
        // SAFETY: the caller's promise: indices are below the weight's rows.
        unsafe {
            let y = y.add(i * g.features * V::WIDTH);
            let row = |lane: usize| weight.add(*x.add(i * V::WIDTH + lane) as usize * g.features);
            for first in (0..whole).step_by(LANES) {
                for lane in 0..V::WIDTH {
                    V::load(row(lane).add(first)).store(square.as_mut_ptr().add(lane * LANES));
                }
                V::transpose(square.as_ptr(), y.add(first * V::WIDTH), V::WIDTH);
            }
            if V::WIDTH == 1 {
                y.copy_from_nonoverlapping(row(0), g.features);
                continue;
            }
            for lane in 0..V::WIDTH {
                let row = row(lane);
                for f in whole..g.features {
                    *y.add(f * V::WIDTH + lane) = *row.add(f);
                }
            }
        }
    }
}

/// Features that are transposed sixteen at a time: none where there is nothing to transpose.
#[inline(always)]
fn whole<V: Vector>(g: &Embedding) -> usize {
    if V::WIDTH == LANES { g.features - g.features % LANES } else { 0 }
}

/// Adds the gradient of the weight.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn embedding_backward<V: Vector>(g: &Embedding, x: *const u32, dy: *const f32, dweight: *mut f32) {
    let whole = whole::<V>(g);
    let mut square = [0.0_f32; LANES * LANES];
    for i in 0..g.len {
        // SAFETY: as above; padding lanes add zeros.
        unsafe {
            let dy = dy.add(i * g.features * V::WIDTH);
            let index = |lane: usize| *x.add(i * V::WIDTH + lane) as usize;
            for first in (0..whole).step_by(LANES) {
                V::transpose(dy.add(first * V::WIDTH), square.as_mut_ptr(), LANES);
                for lane in (0..V::WIDTH).filter(|lane| index(*lane) != g.padding_index) {
                    let to = dweight.add(index(lane) * g.features + first);
                    V::load(to).add(V::load(square.as_ptr().add(lane * LANES))).store(to);
                }
            }
            for lane in (0..V::WIDTH).filter(|lane| index(*lane) != g.padding_index) {
                let row = dweight.add(index(lane) * g.features);
                for f in whole..g.features {
                    *row.add(f) += *dy.add(f * V::WIDTH + lane);
                }
            }
        }
    }
}

fireclay_ir::embedding_kernels!(declared);
