//! Sums and maps over numbers that lie side by side: a row of one sample, sixteen numbers in a vector. What fills no vector takes its turn number by number.

#[cfg(feature = "train")]
use crate::kernels::gradient::put_gradient;
use crate::kernels::strips::{along, sum4};
use crate::simd::Vector;

/// `Σ (x − shift)`
#[inline(always)]
pub(super) unsafe fn sum<V: Vector>(len: usize, x: *const f32, shift: f32) -> f32 {
    // SAFETY: the caller's promise: there are `len` numbers.
    unsafe {
        let (off, mut sums, mut rest) = (V::splat(shift), [V::splat(0.0); 4], 0.0);
        along!(
            V,
            len,
            |i, chain| {
                sums[chain] = sums[chain].add(V::load(x.add(i)).sub(off));
            },
            |i| {
                rest += *x.add(i) - shift;
            }
        );
        sum4(sums).sum() + rest
    }
}

/// `Σ (x − shift − own)²`
#[inline(always)]
pub(super) unsafe fn squares<V: Vector>(len: usize, x: *const f32, shift: f32, own: f32) -> f32 {
    // SAFETY: the caller's promise: there are `len` numbers.
    unsafe {
        let (off, mean, mut sums, mut rest) = (V::splat(shift), V::splat(own), [V::splat(0.0); 4], 0.0);
        along!(
            V,
            len,
            |i, chain| {
                let d = V::load(x.add(i)).sub(off).sub(mean);
                sums[chain] = d.mul_add(d, sums[chain]);
            },
            |i| {
                let d = *x.add(i) - shift - own;
                rest += d * d;
            }
        );
        sum4(sums).sum() + rest
    }
}

/// What the numbers of a row are multiplied by and what is added to them: the same for all, or for each its own, where not null.
#[derive(Clone, Copy)]
pub(super) struct Affine {
    pub all: [f32; 2],
    pub each: [*const f32; 2],
}

impl Affine {
    /// The factor of the numbers from the i-th on.
    #[inline(always)]
    unsafe fn factor<V: Vector>(&self, i: usize) -> V {
        // SAFETY: the caller's promise: as many numbers as the row has.
        unsafe {
            if self.each[0].is_null() { V::splat(self.all[0]) } else { V::load(self.each[0].add(i)).mul(V::splat(self.all[0])) }
        }
    }

    #[inline(always)]
    unsafe fn summand<V: Vector>(&self, i: usize) -> V {
        // SAFETY: as above.
        unsafe { if self.each[1].is_null() { V::splat(self.all[1]) } else { V::load(self.each[1].add(i)) } }
    }
}

/// `y = (x − mean) · factor + summand`
#[inline(always)]
pub(super) unsafe fn normalize<V: Vector>(len: usize, x: *const f32, mean: f32, affine: Affine, y: *mut f32) {
    // SAFETY: the caller's promise: there are `len` numbers.
    unsafe {
        let whole = len - len % V::WIDTH;
        let off = V::splat(mean);
        for i in (0..whole).step_by(V::WIDTH) {
            // Taking the mean off first keeps what little is left exact.
            V::load(x.add(i)).sub(off).mul_add(affine.factor(i), affine.summand(i)).store(y.add(i));
        }
        for i in whole..len {
            *y.add(i) = Vector::mul_add(*x.add(i) - mean, affine.factor(i), affine.summand(i));
        }
    }
}

/// `Σ dy` and `Σ dy · (x − mean)`, dy times the factor.
#[cfg(feature = "train")]
#[inline(always)]
pub(super) unsafe fn products<V: Vector>(len: usize, x: *const f32, mean: f32, affine: Affine, dy: *const f32) -> (f32, f32) {
    // SAFETY: the caller's promise: there are `len` numbers.
    unsafe {
        let (mut plain, mut weighted) = ([V::splat(0.0); 4], [V::splat(0.0); 4]);
        let (mut plain_rest, mut weighted_rest, off) = (0.0, 0.0, V::splat(mean));
        along!(
            V,
            len,
            |i, chain| {
                let d = V::load(dy.add(i)).mul(affine.factor(i));
                plain[chain] = plain[chain].add(d);
                weighted[chain] = d.mul_add(V::load(x.add(i)).sub(off), weighted[chain]);
            },
            |i| {
                let d = *dy.add(i) * affine.factor::<f32>(i);
                plain_rest += d;
                weighted_rest += d * (*x.add(i) - mean);
            }
        );
        (sum4(plain).sum() + plain_rest, sum4(weighted).sum() + weighted_rest)
    }
}

/// `dx = (dy · factor − a − (x − mean) · b) · inverse`
#[cfg(feature = "train")]
#[inline(always)]
pub(super) unsafe fn gradient<V: Vector>(
    len: usize,
    x: *const f32,
    [mean, inverse]: [f32; 2],
    affine: Affine,
    [a, b]: [f32; 2],
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise: there are `len` numbers.
    unsafe {
        let whole = len - len % V::WIDTH;
        let mut i = 0;
        while i < len {
            if i < whole {
                one::<V>(x.add(i), [mean, inverse], affine.factor(i), [a, b], dy.add(i), dx.add(i), accumulate);
                i += V::WIDTH;
            } else {
                one::<f32>(x.add(i), [mean, inverse], affine.factor(i), [a, b], dy.add(i), dx.add(i), accumulate);
                i += 1;
            }
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn one<V: Vector>(
    x: *const f32,
    [mean, inverse]: [f32; 2],
    factor: V,
    [a, b]: [f32; 2],
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let centered = V::load(x).sub(V::splat(mean));
        let d = V::load(dy).mul(factor).sub(V::splat(a)).sub(centered.mul(V::splat(b))).mul(V::splat(inverse));
        put_gradient(d, dx, accumulate);
    }
}
