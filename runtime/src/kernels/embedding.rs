//! Embedding: a row of the weight for each index.

use crate::simd::Vector;

/// Sizes of an embedding: x `[len]` indices, y `[len][features]`, weight `[bound][features]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Embedding {
    /// Indices.
    pub len: usize,
    /// Numbers of a row.
    pub features: usize,
    /// The row that is never learnt; `usize::MAX` for none.
    pub padding_index: usize,
}

/// y from x, which holds `u32` below the bound.
#[inline(always)]
unsafe fn embedding_forward<V: Vector>(g: &Embedding, x: *const f32, weight: *const f32, y: *mut f32) {
    let x = x.cast::<u32>();
    for i in 0..g.len {
        for lane in 0..V::WIDTH {
            // SAFETY: the caller's promise: indices are below the weight's rows.
            unsafe {
                let row = weight.add(*x.add(i * V::WIDTH + lane) as usize * g.features);
                let to = y.add(i * g.features * V::WIDTH + lane);
                for f in 0..g.features {
                    *to.add(f * V::WIDTH) = *row.add(f);
                }
            }
        }
    }
}

/// Adds the gradient of the weight.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn embedding_backward<V: Vector>(g: &Embedding, x: *const f32, dy: *const f32, dweight: *mut f32) {
    let x = x.cast::<u32>();
    for i in 0..g.len {
        for lane in 0..V::WIDTH {
            // SAFETY: as above; surplus lanes add zeros.
            unsafe {
                let index = *x.add(i * V::WIDTH + lane) as usize;
                if index == g.padding_index {
                    continue;
                }
                let row = dweight.add(index * g.features);
                let from = dy.add(i * g.features * V::WIDTH + lane);
                for f in 0..g.features {
                    *row.add(f) += *from.add(f * V::WIDTH);
                }
            }
        }
    }
}

entries! {
    /// y from x, which holds `u32` below the number of rows.
    pub unsafe fn embedding_forward(g: &Embedding, x: *const f32, weight: *const f32, y: *mut f32);
    /// Adds the gradient of the weight.
    #[cfg(feature = "train")]
    pub unsafe fn embedding_backward(g: &Embedding, x: *const f32, dy: *const f32, dweight: *mut f32);
}
