//! Winograd's transforms of a line, in the sizes that are used: F(4, 3) and F(4, 2).
//!
//! `y = Aᵀ [ Σ (G w Gᵀ) ⊙ (Bᵀ x B) ] A` for each tile of outputs. Weight gradients are the same with the gradient of y in place of w:
//! filters as long as the tile, results as many as the kernel has taps.

use crate::simd::Vector;

/// F(`OUT` × `OUT`, `KERNEL` × `KERNEL`): a tile of `IN` × `IN` inputs, and as many products.
///
/// # Safety
/// The methods ask for what [`Vector`] does.
pub(super) trait Transforms<const IN: usize, const OUT: usize, const KERNEL: usize> {
    /// `G k` of the taps of a line.
    unsafe fn of_kernel<V: Vector>(k: [V; KERNEL]) -> [V; IN];
    /// `Bᵀ d` of a line of inputs.
    unsafe fn of_inputs<V: Vector>(d: [V; IN]) -> [V; IN];
    /// `Aᵀ m` of a line of products.
    unsafe fn of_products<V: Vector>(m: [V; IN]) -> [V; OUT];
    /// Of a line of gradients: what `G` is to filters as long as a tile.
    #[cfg(feature = "train")]
    unsafe fn of_gradients<V: Vector>(d: [V; OUT]) -> [V; IN];
    /// Of a line of their products with inputs, summed: what `Aᵀ` is to them.
    #[cfg(feature = "train")]
    unsafe fn of_sums<V: Vector>(s: [V; IN]) -> [V; KERNEL];
}

/// `x · k + y`.
#[inline(always)]
unsafe fn by<V: Vector>(x: V, k: f32, y: V) -> V {
    // SAFETY: the caller's promise.
    unsafe { x.mul_add(V::splat(k), y) }
}

/// F(4×4, 3×3) for 3×3 kernels of stride 1, at the points 0, 1, −1, 2, −2, ∞: 36 products where the sum as it stands takes 144.
#[derive(Debug)]
pub(super) struct F43;

impl Transforms<6, 4, 3> for F43 {
    #[inline(always)]
    unsafe fn of_kernel<V: Vector>([a, b, c]: [V; 3]) -> [V; 6] {
        // SAFETY: the caller's promise.
        unsafe {
            let ends = a.add(c).mul(V::splat(-1.0 / 6.0));
            let middle = b.mul(V::splat(1.0 / 6.0));
            let wide = by(c, 4.0, a).mul(V::splat(1.0 / 24.0));
            let narrow = b.mul(V::splat(1.0 / 12.0));
            [a.mul(V::splat(0.25)), ends.sub(middle), ends.add(middle), wide.add(narrow), wide.sub(narrow), c]
        }
    }

    #[inline(always)]
    unsafe fn of_inputs<V: Vector>(d: [V; 6]) -> [V; 6] {
        // SAFETY: the caller's promise.
        unsafe {
            let (a, b) = (by(d[2], -4.0, d[4]), by(d[1], -4.0, d[3]));
            let (c, e) = (d[4].sub(d[2]), d[3].sub(d[1]));
            [
                by(d[2], -5.0, by(d[0], 4.0, d[4])),
                a.add(b),
                a.sub(b),
                by(e, 2.0, c),
                by(e, -2.0, c),
                by(d[3], -5.0, by(d[1], 4.0, d[5])),
            ]
        }
    }

    #[inline(always)]
    unsafe fn of_products<V: Vector>(m: [V; 6]) -> [V; 4] {
        // SAFETY: the caller's promise.
        unsafe {
            let (s1, d1) = (m[1].add(m[2]), m[1].sub(m[2]));
            let (s2, d2) = (m[3].add(m[4]), m[3].sub(m[4]));
            [m[0].add(s1).add(s2), by(d2, 2.0, d1), by(s2, 4.0, s1), by(d2, 8.0, d1).add(m[5])]
        }
    }

    #[cfg(feature = "train")]
    #[inline(always)]
    unsafe fn of_gradients<V: Vector>([a, b, c, d]: [V; 4]) -> [V; 6] {
        // SAFETY: the caller's promise.
        unsafe {
            let (even, odd) = (a.add(c).mul(V::splat(-1.0 / 6.0)), b.add(d).mul(V::splat(-1.0 / 6.0)));
            let (wide, steep) = (by(c, 4.0, a).mul(V::splat(1.0 / 24.0)), by(d, 4.0, b).mul(V::splat(1.0 / 12.0)));
            [a.mul(V::splat(0.25)), even.add(odd), even.sub(odd), wide.add(steep), wide.sub(steep), d]
        }
    }

    #[cfg(feature = "train")]
    #[inline(always)]
    unsafe fn of_sums<V: Vector>(s: [V; 6]) -> [V; 3] {
        // SAFETY: the caller's promise.
        unsafe {
            let (s1, d1) = (s[1].add(s[2]), s[1].sub(s[2]));
            let (s2, d2) = (s[3].add(s[4]), s[3].sub(s[4]));
            [s[0].add(s1).add(s2), by(d2, 2.0, d1), by(s2, 4.0, s1).add(s[5])]
        }
    }
}

/// F(4×4, 2×2) for 4×4 kernels of stride 2, which are 2×2 kernels of stride 1 on every other row and column, at the points 0, 1, −1, 2, ∞:
/// 25 products where the sum as it stands takes 64. (−2, 1/2 and −1/2 in place of 2 round same_taps.)
#[derive(Debug)]
pub(super) struct F42;

impl Transforms<5, 4, 2> for F42 {
    #[inline(always)]
    unsafe fn of_kernel<V: Vector>([a, b]: [V; 2]) -> [V; 5] {
        // SAFETY: the caller's promise.
        unsafe {
            let sixth = V::splat(1.0 / 6.0);
            [a.mul(V::splat(0.5)), a.add(b).mul(V::splat(-0.5)), b.sub(a).mul(sixth), by(b, 2.0, a).mul(sixth), b]
        }
    }

    #[inline(always)]
    unsafe fn of_inputs<V: Vector>(d: [V; 5]) -> [V; 5] {
        // SAFETY: the caller's promise.
        unsafe {
            let odd = d[3].sub(d[1]);
            [
                by(d[0].sub(d[2]), 2.0, odd),
                odd.sub(d[1].add(d[2])),
                by(d[1].sub(d[2]), 3.0, odd),
                odd,
                by(odd, -2.0, d[4].sub(d[2])),
            ]
        }
    }

    #[inline(always)]
    unsafe fn of_products<V: Vector>(m: [V; 5]) -> [V; 4] {
        // SAFETY: the caller's promise.
        unsafe {
            let (s, d) = (m[1].add(m[2]), m[1].sub(m[2]));
            [m[0].add(s).add(m[3]), by(m[3], 2.0, d), by(m[3], 4.0, s), by(m[3], 8.0, d).add(m[4])]
        }
    }

    #[cfg(feature = "train")]
    #[inline(always)]
    unsafe fn of_gradients<V: Vector>([a, b, c, d]: [V; 4]) -> [V; 5] {
        // SAFETY: the caller's promise.
        unsafe {
            let (even, odd) = (a.add(c), b.add(d));
            let steep = by(d, 8.0, by(c, 4.0, by(b, 2.0, a)));
            let sixth = V::splat(1.0 / 6.0);
            [a.mul(V::splat(0.5)), even.add(odd).mul(V::splat(-0.5)), odd.sub(even).mul(sixth), steep.mul(sixth), d]
        }
    }

    #[cfg(feature = "train")]
    #[inline(always)]
    unsafe fn of_sums<V: Vector>(s: [V; 5]) -> [V; 2] {
        // SAFETY: the caller's promise.
        unsafe { [s[0].add(s[1].add(s[2])).add(s[3]), by(s[3], 2.0, s[1].sub(s[2])).add(s[4])] }
    }
}

/// One of the 36 numbers of `G w Gᵀ`, from nine taps.
///
/// # Safety
/// Nine numbers.
pub(super) unsafe fn kernel_product(taps: *const f32, product: usize) -> f32 {
    const G: [[f32; 3]; 6] = [
        [0.25, 0.0, 0.0],
        [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
        [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
        [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
        [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
        [0.0, 0.0, 1.0],
    ];
    let (down, across) = (G[product / 6], G[product % 6]);
    let mut sum = 0.0;
    for i in 0..3 {
        for j in 0..3 {
            // SAFETY: the caller's promise.
            sum += down[i] * across[j] * unsafe { *taps.add(3 * i + j) };
        }
    }
    sum
}
