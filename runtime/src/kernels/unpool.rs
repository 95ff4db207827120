//! Unpooling: numbers go back to where a pool took them from.

use crate::simd::Vector;
use fireclay_ir::geometry::Unpool;

#[inline(always)]
unsafe fn max_unpool_forward<V: Vector>(g: &Unpool, x: *const f32, indices: *const u32, y: *mut f32) {
    // SAFETY: the caller's promise: indices are below `out_len`.
    unsafe {
        for c in 0..g.channels {
            let map = y.add(c * g.out_len * V::WIDTH);
            // A map at a time: it is still in the cache when the numbers come.
            map.write_bytes(0, g.out_len * V::WIDTH);
            for i in (c * g.len)..((c + 1) * g.len) {
                for lane in 0..V::WIDTH {
                    let at = *indices.add(i * V::WIDTH + lane) as usize;
                    *map.add(at * V::WIDTH + lane) = *x.add(i * V::WIDTH + lane);
                }
            }
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn max_unpool_backward<V: Vector>(g: &Unpool, indices: *const u32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: as above.
    unsafe {
        for c in 0..g.channels {
            let map = dy.add(c * g.out_len * V::WIDTH);
            for i in (c * g.len)..((c + 1) * g.len) {
                for lane in 0..V::WIDTH {
                    let at = *indices.add(i * V::WIDTH + lane) as usize;
                    let (d, to) = (*map.add(at * V::WIDTH + lane), dx.add(i * V::WIDTH + lane));
                    *to = if accumulate { *to + d } else { d };
                }
            }
        }
    }
}

fireclay_ir::unpool_kernels!(declared);
