//! exp, ln, tanh, sigmoid and their relatives: one implementation for every instruction set and for machines without std, so that results agree.
//!
//! Each states its error in units in the last place (ulp), tested against f64 over all exponents, numbers below the normal ones too,
//! on every instruction set (`tests/kernels/functions.rs`).

use crate::simd::Vector;

const LOG2_E: f32 = core::f32::consts::LOG2_E;
/// ln 2 in two parts: the first has few digits, so that its product with a small integer is exact.
const LN2_HIGH: f32 = 0.693_359_4;
const LN2_LOW: f32 = -2.121_944_4e-4;

/// x as `n·ln 2 + r` with |r| ≤ ln 2 / 2, and `eʳ − 1`: `(eʳ − 1, n)`. For x between −105 and 89.
#[inline(always)]
unsafe fn reduced<V: Vector>(x: V) -> (V, V) {
    // SAFETY: the caller's promise.
    unsafe {
        // A number this large has no digits behind the point: what is added to it is rounded, to even where it is in the middle.
        let large = V::splat(12_582_912.0);
        let n = x.mul_add(V::splat(LOG2_E), large).sub(large);
        let r = n.mul_add(V::splat(-LN2_HIGH), x);
        let r = n.mul_add(V::splat(-LN2_LOW), r);
        // The degree-7 Taylor polynomial in pairs (Estrin's scheme), a shorter chain than one coefficient after the other; the largest
        // terms come last.
        let r2 = r.mul(r);
        let first = r.mul_add(V::splat(1.0 / 6.0), V::splat(0.5));
        let second = r.mul_add(V::splat(1.0 / 120.0), V::splat(1.0 / 24.0));
        let third = r.mul_add(V::splat(1.0 / 5040.0), V::splat(1.0 / 720.0));
        let rest = r2.mul_add(r2.mul_add(third, second), first);
        (r2.mul_add(rest, r), n)
    }
}

/// `eˣ`, to 1.5 ulp.
///
/// Range reduction, and the power of two in two halves so that results near overflow and below the normal numbers are right.
///
/// # Safety
/// The instruction set behind `V` is there.
#[inline(always)]
pub unsafe fn exp<V: Vector>(x: V) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        // Beyond these the result is infinity or zero anyway. `max` and `min` give their second operand where one is NaN, so NaN stays.
        let (less_one, n) = reduced(V::splat(89.0).min(V::splat(-105.0).max(x)));
        less_one.add(V::splat(1.0)).scale_by_powers_of_two(n)
    }
}

/// `eˣ − 1`, to 2 ulp.
///
/// # Safety
/// The instruction set behind `V` is there.
#[inline(always)]
pub unsafe fn exp_m1<V: Vector>(x: V) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let one = V::splat(1.0);
        // Below −20 the result is −1.
        let (less_one, n) = reduced(x.max(V::splat(-20.0)).min(V::splat(89.0)));
        let large = less_one.add(one).scale_by_powers_of_two(n).sub(one);
        // (eʳ − 1)·2ⁿ + (2ⁿ − 1) does not cancel near zero; its powers of two would overflow first.
        let power = one.scale_by_powers_of_two(n);
        let small = less_one.mul_add(power, power.sub(one));
        x.select_nan(x, x.select_gt(one, large, small))
    }
}

/// Natural logarithm, to 1 ulp (after Cephes' logf).
///
/// # Safety
/// The instruction set behind `V` is there.
#[inline(always)]
pub unsafe fn ln<V: Vector>(x: V) -> V {
    /// Half the numbers between two powers of two lie below its double: the fraction becomes one of [√½, √2).
    const ROOT: f32 = 1.414_213_4;
    // SAFETY: the caller's promise.
    unsafe {
        let (zero, one) = (V::splat(0.0), V::splat(1.0));
        // Numbers below the normal ones are scaled up first.
        let least = V::splat(f32::MIN_POSITIVE);
        let (m, e) = least.select_gt(x, x.mul(V::splat(8_388_608.0)), x).split_power_of_two();
        let e = least.select_gt(x, e.sub(V::splat(23.0)), e);
        let half = V::splat(ROOT);
        let (m, e) = (m.select_gt(half, m.mul(V::splat(0.5)), m).sub(one), m.select_gt(half, e.add(one), e));
        let z = m.mul(m);
        let mut p = V::splat(7.037_683_6e-2);
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
            p = p.mul_add(m, V::splat(c));
        }
        let y = p.mul(m).mul(z).add(e.mul(V::splat(LN2_LOW))).sub(z.mul(V::splat(0.5)));
        let y = m.add(y).add(e.mul(V::splat(LN2_HIGH)));
        // Infinity is its own logarithm; zero has −∞, what is below has none.
        let y = x.select_gt(V::splat(f32::MAX), x, y);
        let y = x.select_gt(zero, y, zero.select_gt(x, V::splat(f32::NAN), V::splat(f32::NEG_INFINITY)));
        x.select_nan(x, y)
    }
}

/// `ln(1 + eˣ)`, to 4 ulp.
///
/// # Safety
/// The instruction set behind `V` is there.
#[inline(always)]
pub unsafe fn softplus<V: Vector>(x: V) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let zero = V::splat(0.0);
        // max(x, 0) + ln(1 + u) with u = e^−|x|, and ln(1 + u) = 2·artanh(s) with s = u / (2 + u) ≤ 1/3: an odd polynomial, fitted.
        let u = exp(x.min(zero.sub(x)));
        let s = u.div(u.add(V::splat(2.0)));
        let s2 = s.mul(s);
        let mut p = V::splat(0.243_939_08);
        for c in [0.213_985_6, 0.286_202_07, 0.399_987_1, 0.666_666_8, 2.0] {
            p = p.mul_add(s2, V::splat(c));
        }
        // `max` gives its second operand where one is NaN.
        p.mul_add(s, zero.max(x))
    }
}

/// The complementary error function: to 6 ulp up to 1; beyond, as it vanishes, to x² ulp more.
///
/// # Safety
/// The instruction set behind `V` is there.
#[inline(always)]
pub unsafe fn erfc<V: Vector>(x: V) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let (zero, one, two) = (V::splat(0.0), V::splat(1.0), V::splat(2.0));
        let size = x.max(zero.sub(x));
        // e^(−x²)·t·P(t) with t = 1 / (1 + |x| / 2): what is left of erfc is smooth in t, and a polynomial was fitted for |x| up to 9.5,
        // around a t in the middle, so that its terms do not cancel.
        let t = one.div(size.mul_add(V::splat(0.5), one));
        let w = t.sub(V::splat(0.6));
        let mut p = V::splat(0.020_147_26);
        for c in [
            -0.055_642_925,
            -0.006_374_510_3,
            0.111_554_735,
            -0.038_054_912,
            -0.207_691_94,
            0.068_695_14,
            0.591_468,
            0.802_588_6,
            0.585_224_5,
        ] {
            p = p.mul_add(w, V::splat(c));
        }
        // NaN passes all of it.
        let y = p.mul(t).mul(exp(zero.sub(x.mul(x))));
        zero.select_gt(x, two.sub(y), y)
    }
}

/// `eˣ` for x up to 0, or zero below e⁻⁸⁷ (1.6e-38): no denormal number is a result, nor met on the way to it.
///
/// # Safety
/// The instruction set behind `V` is there.
#[inline(always)]
pub unsafe fn exp_or_zero<V: Vector>(x: V) -> V {
    /// A little more than e⁻⁸⁷.
    const LEAST: f32 = 1.65e-38;
    // SAFETY: the caller's promise. `max` gives its second operand where one is NaN, so NaN stays.
    unsafe {
        // The power of two is a normal number, so that one multiplication by it will do.
        let (less_one, n) = reduced(V::splat(-87.0).max(x));
        let y = less_one.add(V::splat(1.0)).scale_by_power_of_two(n);
        // As `flush`, of what is not below zero.
        V::splat(LEAST).select_gt(y, V::splat(0.0), y)
    }
}

/// `1 / (1 + e⁻ˣ)`, to 3 ulp; as `eˣ / (1 + eˣ)` where x is negative.
///
/// # Safety
/// The instruction set behind `V` is there.
#[inline(always)]
pub unsafe fn sigmoid<V: Vector>(x: V) -> V {
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
pub unsafe fn tanh<V: Vector>(x: V) -> V {
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

/// Hyperbolic tangents for gates, to 5e-7 (absolute): quotients of an odd polynomial of degree 13 and an even one of degree 6, which Eigen uses,
/// half as long as [`tanh`] where one step waits for the one before. Two share a division. NaN stays (and makes NaN of the other).
///
/// # Safety
/// The instruction set behind `V` is there.
#[inline(always)]
pub unsafe fn gate_tanhs<V: Vector>([a, b]: [V; 2]) -> [V; 2] {
    // SAFETY: the caller's promise.
    unsafe {
        let ((a, under_a), (b, under_b)) = (quotient(a), quotient(b));
        let inverse = V::splat(1.0).div(under_a.mul(under_b));
        [a.mul(under_b).mul(inverse), b.mul(under_a).mul(inverse)]
    }
}

/// One of [`gate_tanhs`], to 4e-7.
///
/// # Safety
/// The instruction set behind `V` is there.
#[inline(always)]
pub unsafe fn gate_tanh<V: Vector>(x: V) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let (above, under) = quotient(x);
        above.div(under)
    }
}

/// tanh x as a quotient; what is below lies between 0.004 and 1.
#[inline(always)]
unsafe fn quotient<V: Vector>(x: V) -> (V, V) {
    // SAFETY: the caller's promise.
    unsafe {
        // Beyond, the result is ±1 to the last digit but one. The bounds come second: `max` and `min` give `other` where one is NaN.
        let x = V::splat(7.905_311).min(V::splat(-7.905_311).max(x));
        let s = x.mul(x);
        // In pairs, as in `exp`.
        let s2 = s.mul(s);
        let s4 = s2.mul(s2);
        let pair = |low: f32, high: f32| s.mul_add(V::splat(high), V::splat(low));
        let low = pair(4.893_524_6e-3, 6.372_619_3e-4);
        let middle = pair(1.485_722_4e-5, 5.122_297e-8);
        let high = pair(-8.604_672e-11, 2.000_188e-13);
        let odd = s4.mul_add(s2.mul_add(V::splat(-2.760_768_5e-16), high), s2.mul_add(middle, low));
        let even = s2.mul_add(pair(1.185_347_1e-4, 1.198_258_4e-6), pair(4.893_525e-3, 2.268_434_6e-3));
        (x.mul(odd), even)
    }
}

/// The gates of an LSTM from their products: `[σ(i), σ(f), tanh(g), σ(o)]`, to 5e-7 (absolute). `σ(x) = (1 + tanh(x / 2)) / 2`.
///
/// # Safety
/// The instruction set behind `V` is there.
#[inline(always)]
pub unsafe fn gates<V: Vector>([i, f, g, o]: [V; 4]) -> [V; 4] {
    // SAFETY: the caller's promise.
    unsafe {
        let half = V::splat(0.5);
        let [i, f] = gate_tanhs([i.mul(half), f.mul(half)]);
        let [g, o] = gate_tanhs([g, o.mul(half)]);
        [i.mul_add(half, half), f.mul_add(half, half), g, o.mul_add(half, half)]
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
    /// Natural logarithm, to 1 ulp.
    ln;
}

/// Functions of one number.
pub mod number {
    pub use super::scalars::{exp, ln, sigmoid, tanh};

    /// Square root, correctly rounded (0.5 ulp).
    #[must_use]
    pub fn sqrt(x: f32) -> f32 {
        // SAFETY: f32 needs no instruction set.
        unsafe { crate::simd::Vector::sqrt(x) }
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
pub use number::{ln_1p, sqrt};
