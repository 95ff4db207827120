//! Products of matrices that are both values: one for each sample, of each sample's own numbers. A block of results is summed up in registers,
//! so that a number that is read meets several others.

#[cfg(feature = "train")]
use crate::simd::TINY;
use crate::simd::Vector;
use fireclay_ir::geometry::Product;

/// One product of the batch.
#[derive(Clone, Copy)]
struct One {
    a: *const f32,
    b: *const f32,
    y: *mut f32,
    /// Results below it are zero.
    least: f32,
    accumulate: bool,
}

/// `R` rows and `C` columns of the results, from these on.
#[inline(always)]
unsafe fn block<V: Vector, const R: usize, const C: usize>(g: &Product, of: One, row: usize, col: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [[V::splat(0.0); C]; R];
        let mut a = of.a.add(row * g.a[1] * V::WIDTH);
        let mut b = of.b.add(col * g.b[2] * V::WIDTH);
        for _ in 0..g.inner {
            let mut right = [V::splat(0.0); C];
            for c in 0..C {
                right[c] = V::load(b.add(c * g.b[2] * V::WIDTH));
            }
            for r in 0..R {
                let left = V::load(a.add(r * g.a[1] * V::WIDTH));
                for c in 0..C {
                    sums[r][c] = left.mul_add(right[c], sums[r][c]);
                }
            }
            (a, b) = (a.wrapping_add(g.a[2] * V::WIDTH), b.wrapping_add(g.b[1] * V::WIDTH));
        }
        for r in 0..R {
            for c in 0..C {
                let to = of.y.add(((row + r) * g.y[1] + (col + c) * g.y[2]) * V::WIDTH);
                let sum = sums[r][c].mul(V::splat(g.scale));
                let sum = if of.accumulate { V::load(to).add(sum) } else { sum };
                sum.flush(of.least).store(to);
            }
        }
    }
}

/// From so many multiplications on one sample's product is left to matrixmultiply.
#[cfg(feature = "std")]
const MANY: usize = 4096;

#[cfg(feature = "std")]
unsafe fn large(g: &Product, of: One) {
    let [a, b, y] = [g.a, g.b, g.y].map(|strides| strides.map(usize::cast_signed));
    let beta = if of.accumulate { 1.0 } else { 0.0 };
    // SAFETY: the caller's promise.
    unsafe {
        matrixmultiply::sgemm(g.rows, g.inner, g.cols, g.scale, of.a, a[1], a[2], of.b, b[1], b[2], beta, of.y, y[1], y[2]);
        for i in 0..g.rows {
            for j in 0..g.cols {
                let to = of.y.add(i * g.y[1] + j * g.y[2]);
                Vector::flush(*to, of.least).store(to);
            }
        }
    }
}

#[inline(always)]
unsafe fn one<V: Vector>(g: &Product, of: One) {
    #[cfg(feature = "std")]
    if const { V::WIDTH == 1 } && g.rows * g.cols * g.inner >= MANY && crate::simd::Level::current() != crate::simd::Level::Scalar
    {
        // SAFETY: the caller's promise.
        return unsafe { large(g, of) };
    }
    // SAFETY: the caller's promise.
    unsafe {
        macro_rules! rows {
            ($C:expr, $col:expr) => {{
                let mut row = 0;
                while const { V::ACCUMULATORS >= 4 * $C } && row + 4 <= g.rows {
                    block::<V, 4, { $C }>(g, of, row, $col);
                    row += 4;
                }
                while const { V::ACCUMULATORS >= 2 * $C } && row + 2 <= g.rows {
                    block::<V, 2, { $C }>(g, of, row, $col);
                    row += 2;
                }
                while row < g.rows {
                    block::<V, 1, { $C }>(g, of, row, $col);
                    row += 1;
                }
            }};
        }
        let mut col = 0;
        while const { V::ACCUMULATORS >= 16 } && col + 4 <= g.cols {
            rows!(4, col);
            col += 4;
        }
        while const { V::ACCUMULATORS >= 4 } && col + 2 <= g.cols {
            rows!(2, col);
            col += 2;
        }
        while col < g.cols {
            rows!(1, col);
            col += 1;
        }
    }
}

#[inline(always)]
unsafe fn all<V: Vector>(g: &Product, of: One) {
    for n in 0..g.batch {
        let at = |i: usize, stride: usize| (g.from[i] + n * stride) * V::WIDTH;
        // SAFETY: the caller's promise: positions are inside.
        unsafe {
            let of = One { a: of.a.add(at(0, g.a[0])), b: of.b.add(at(1, g.b[0])), y: of.y.add(at(2, g.y[0])), ..of };
            one::<V>(g, of);
        }
    }
}

#[inline(always)]
unsafe fn product_forward<V: Vector>(g: &Product, a: *const f32, b: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { all::<V>(g, One { a, b, y, least: f32::MIN_POSITIVE, accumulate: false }) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn product_backward<V: Vector>(g: &Product, a: *const f32, b: *const f32, y: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe { all::<V>(g, One { a, b, y, least: TINY, accumulate }) };
}

fireclay_ir::product_kernels!(declared);
