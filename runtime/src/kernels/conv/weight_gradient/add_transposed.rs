//! From sums with their filters in the lanes to the gradient as PyTorch lays it out.

use crate::simd::Vector;

/// Adds `[len][WIDTH]`, transposed, to rows that are `step` apart. Row by row: the next lines of a row are fetched before they are asked for.
#[inline(always)]
pub(in crate::kernels::conv) unsafe fn add_transposed<V: Vector>(
    from: *const f32,
    rows: usize,
    step: usize,
    len: usize,
    transposed: *mut f32,
    to: *mut f32,
) {
    let whole = len - len % V::WIDTH;
    // SAFETY: the caller's promise.
    unsafe {
        let mut at = 0;
        while at < whole {
            V::transpose(from.add(at * V::WIDTH), transposed.add(at), whole);
            at += V::WIDTH;
        }
        for row in 0..rows {
            let (from_row, to) = (transposed.add(row * whole).cast_const(), to.add(row * step));
            let mut at = 0;
            while at < whole {
                V::load(to.add(at)).add(V::load(from_row.add(at))).store(to.add(at));
                at += V::WIDTH;
            }
            while at < len {
                *to.add(at) += *from.add(at * V::WIDTH + row);
                at += 1;
            }
        }
    }
}
