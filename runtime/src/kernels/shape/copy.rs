//! Copies of blocks: what concat and split are made of.

use crate::simd::Vector;
use fireclay_ir::geometry::Blocks;

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

#[inline(always)]
unsafe fn copy_indices<V: Vector>(g: &Blocks, x: *const u32, y: *mut u32) {
    for o in 0..g.outer {
        let (from, to) = (g.from + o * g.from_stride, g.to + o * g.to_stride);
        // SAFETY: the caller's promise: two values, which do not overlap.
        unsafe { core::ptr::copy_nonoverlapping(x.add(from * V::WIDTH), y.add(to * V::WIDTH), g.len * V::WIDTH) };
    }
}

fireclay_ir::copy_kernels!(declared);
