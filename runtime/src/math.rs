//! exp, ln, tanh and sigmoid: one implementation for every instruction set and for machines without std, so that results agree.
//!
//! Each states its error in units in the last place (ulp), tested against f64 over all exponents, numbers below the normal ones too,
//! on every instruction set (`kernels/tests/math.rs`).

use crate::simd::Vector;

const LOG2_E: f32 = core::f32::consts::LOG2_E;
/// ln 2 in two parts: the first has few digits, so that its product with a small integer is exact.
const LN2_HIGH: f32 = 0.693_359_4;
const LN2_LOW: f32 = -2.121_944_4e-4;

/// `eˣ`, to 1.5 ulp.
///
/// Range reduction to |r| ≤ ln 2 / 2, the degree-7 Taylor polynomial, and the power of two in two halves so that results near
/// overflow and below the normal numbers are right.
///
/// # Safety
/// The instruction set behind `V` is there.
#[inline(always)]
pub(crate) unsafe fn exp<V: Vector>(x: V) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        // Beyond these the result is infinity or zero anyway. `max` and `min` drop NaN, so it is put back at the end.
        let clamped = x.max(V::splat(-105.0)).min(V::splat(89.0));
        let n = clamped.mul(V::splat(LOG2_E)).round();
        let r = n.mul_add(V::splat(-LN2_HIGH), clamped);
        let r = n.mul_add(V::splat(-LN2_LOW), r);
        // In pairs (Estrin's scheme), a shorter chain than one coefficient after the other; the largest terms come last.
        let r2 = r.mul(r);
        let first = r.mul_add(V::splat(1.0 / 6.0), V::splat(0.5));
        let second = r.mul_add(V::splat(1.0 / 120.0), V::splat(1.0 / 24.0));
        let third = r.mul_add(V::splat(1.0 / 5040.0), V::splat(1.0 / 720.0));
        let rest = r2.mul_add(r2.mul_add(third, second), first);
        let p = r2.mul_add(rest, r).add(V::splat(1.0));
        let half = n.mul(V::splat(0.5)).round();
        let y = p.scale_by_power_of_two(half).scale_by_power_of_two(n.sub(half));
        x.select_nan(x, y)
    }
}

/// `1 / (1 + e⁻ˣ)`, to 3 ulp; as `eˣ / (1 + eˣ)` where x is negative.
///
/// # Safety
/// The instruction set behind `V` is there.
#[inline(always)]
pub(crate) unsafe fn sigmoid<V: Vector>(x: V) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let (zero, one) = (V::splat(0.0), V::splat(1.0));
        // Of −|x|, which does not overflow: results below the normal numbers are right too.
        let e = exp(x.min(zero.sub(x)));
        x.select_gt(zero, one, e).div(one.add(e))
    }
}

/// Hyperbolic tangent, to 2 ulp: an odd polynomial near zero, `1 − 2 / (e²ˣ + 1)` elsewhere.
///
/// # Safety
/// The instruction set behind `V` is there.
#[inline(always)]
pub(crate) unsafe fn tanh<V: Vector>(x: V) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let (zero, one, two) = (V::splat(0.0), V::splat(1.0), V::splat(2.0));
        let size = x.max(zero.sub(x));
        let large = one.sub(two.div(exp(size.add(size)).add(one)));
        let large = zero.select_gt(x, zero.sub(large), large);
        // Near zero the difference above would cancel: Cephes' polynomial for |x| < 0.625.
        let s = x.mul(x);
        let mut p = V::splat(-5.704_988_7e-3);
        for c in [2.063_909e-2, -5.373_971_6e-2, 1.333_144_2e-1, -3.333_328e-1] {
            p = p.mul_add(s, V::splat(c));
        }
        let small = x.mul(p.mul_add(s, one));
        let y = size.select_gt(V::splat(0.625), large, small);
        x.select_nan(x, y)
    }
}

macro_rules! scalars {
    ($($(#[$meta:meta])* $name:ident;)*) => {
        /// The functions on plain numbers.
        mod scalars {
            $($(#[$meta])*
            #[must_use]
            pub fn $name(x: f32) -> f32 {
                // SAFETY: f32 needs no instruction set.
                unsafe { super::$name::<f32>(x) }
            })*
        }
    };
}

scalars! {
    /// `eˣ`, to 1.5 ulp.
    exp;
    /// `1 / (1 + e⁻ˣ)`, to 3 ulp.
    sigmoid;
    /// Hyperbolic tangent, to 2 ulp.
    tanh;
}

/// Functions of one number.
pub mod number {
    pub use super::scalars::{exp, sigmoid, tanh};

    /// Square root, correctly rounded (0.5 ulp).
    #[must_use]
    pub fn sqrt(x: f32) -> f32 {
        // SAFETY: f32 needs no instruction set.
        unsafe { crate::simd::Vector::sqrt(x) }
    }

    /// Natural logarithm, to 1 ulp (after Cephes' logf).
    #[must_use]
    pub fn ln(x: f32) -> f32 {
        if x.is_nan() || x < 0.0 {
            return f32::NAN;
        }
        if x == 0.0 {
            return f32::NEG_INFINITY;
        }
        if x == f32::INFINITY {
            return x;
        }
        // Numbers below the normal ones are scaled up first.
        let (x, shift) = if x < f32::MIN_POSITIVE { (x * 8_388_608.0, -23) } else { (x, 0) };
        let bits = x.to_bits();
        let mut e = ((bits >> 23) as i32) - 126 + shift;
        let mut m = f32::from_bits((bits & 0x007f_ffff) | 0x3f00_0000);
        if m < core::f32::consts::FRAC_1_SQRT_2 {
            e -= 1;
            m += m;
        }
        let (m, e) = (m - 1.0, e as f32);
        let z = m * m;
        let mut p = 7.037_683_6e-2;
        for c in [
            -1.151_461e-1,
            1.167_699_9e-1,
            -1.242_014_1e-1,
            1.424_932_3e-1,
            -1.666_805_7e-1,
            2.000_071_5e-1,
            -2.499_999_4e-1,
            3.333_333e-1,
        ] {
            p = p * m + c;
        }
        let y = p * m * z + e * super::LN2_LOW - 0.5 * z;
        m + y + e * super::LN2_HIGH
    }

    /// `ln(1 + x)`, to 3 ulp for small x too.
    #[must_use]
    pub fn ln_1p(x: f32) -> f32 {
        let u = 1.0 + x;
        if u == 1.0 {
            return x;
        }
        if u == f32::INFINITY {
            return u;
        }
        // What rounding took from 1 + x is put back, to first order (Higham 2002, §1.14.1).
        ln(u) * (x / (u - 1.0))
    }
}
pub use number::{ln, ln_1p, sqrt};
