//! Copies of blocks: what concat and split are made of.

use crate::simd::Vector;

/// `outer` blocks of `len` vectors; the o-th goes from `from + o · from_stride` to `to + o · to_stride`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocks {
    /// How many.
    pub outer: usize,
    /// Vectors of each.
    pub len: usize,
    /// The first source.
    pub from: usize,
    /// From one source to the next.
    pub from_stride: usize,
    /// The first target.
    pub to: usize,
    /// From one target to the next.
    pub to_stride: usize,
}

#[inline(always)]
unsafe fn copy_blocks<V: Vector>(g: &Blocks, x: *const f32, y: *mut f32, accumulate: bool) {
    for o in 0..g.outer {
        for i in 0..g.len {
            // SAFETY: the caller's promise.
            unsafe {
                let from = x.add((g.from + o * g.from_stride + i) * V::WIDTH);
                let to = y.add((g.to + o * g.to_stride + i) * V::WIDTH);
                let v = V::load(from);
                let v = if accumulate { V::load(to).add(v) } else { v };
                v.store(to);
            }
        }
    }
}

entries! {
    /// Copies blocks, or adds them to what is there.
    pub unsafe fn copy_blocks(g: &Blocks, x: *const f32, y: *mut f32, accumulate: bool);
}
