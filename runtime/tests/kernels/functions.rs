//! exp, tanh, sigmoid and others against f64, over all exponents.

use super::{WIDTHS, at_each_level};
use crate::math::number;
use crate::simd::Vector;
use crate::simd::scalar::Scalar16;
use fireclay_ir::activation::{Exp, Sigmoid, Tanh};
use std::vec;

/// Numbers of all signs and exponents, NaN, zeros and infinities among them, and evenly spaced ones in [-128, 128).
fn numbers() -> Vec<f32> {
    // Few under Miri.
    let (bits, places) = if cfg!(miri) { (30_000_001, 1 << 11) } else { (10_007, 1) };
    let mut all: Vec<f32> = (0..=u32::MAX).step_by(bits).map(f32::from_bits).collect();
    all.extend((0..1 << 17).step_by(places).map(|i| (i as f32 + 0.37) / 512.0 - 128.0));
    let tiny = f32::from_bits(1);
    let edges = [0.0, tiny, f32::MIN_POSITIVE, f32::MIN_POSITIVE - tiny, 0.625, 1.0, 88.722_83, 88.722_84, 103.972_08, 105.0];
    for x in edges.into_iter().chain([f32::MAX, f32::INFINITY]) {
        all.extend([x, -x]);
    }
    all.push(f32::NAN);
    all.resize(all.len().next_multiple_of(16), 0.5);
    all
}

/// By how many units in the last place `found` differs from `wanted`; infinity counts as 2¹²⁸.
fn ulps(found: f32, wanted: f64) -> f64 {
    if wanted.is_nan() || found.is_nan() {
        return if wanted.is_nan() && found.is_nan() { 0.0 } else { f64::INFINITY };
    }
    let finite = |v: f64| v.clamp(-(128_f64.exp2()), 128_f64.exp2());
    let (found, wanted) = (finite(f64::from(found)), finite(wanted));
    // The exponent of a power of two below which `wanted` does not lie.
    let exponent = ((wanted.abs().to_bits() >> 52) as i32 - 1023).clamp(-126, 127);
    (found - wanted).abs() / f64::from(exponent - 23).exp2()
}

/// No error above the bound, in units in the last place.
#[track_caller]
fn assert_error(name: &str, bound: f64, x: &[f32], found: &[f32], exact: impl Fn(f64) -> f64) {
    let worst = x.iter().zip(found).map(|(x, y)| (ulps(*y, exact(f64::from(*x))), x, y)).max_by(|a, b| a.0.total_cmp(&b.0));
    let (error, x, y) = worst.unwrap();
    let level = crate::simd::Level::current();
    assert!(error <= bound, "{level:?}: {name}({x:e}) = {y:e} is {error} ulp off");
    if std::env::var_os("FIRECLAY_ERRORS").is_some() {
        println!("{level:?}: {name} {error} ulp at {x:e}");
    }
}

/// The kernel of an activation at each level and in both layouts. As a layer, a result is zero where it would be denormal; as a function of numbers
/// it is not.
macro_rules! layer {
    ($Name:ident $name:ident, $bound:expr, $exact:expr) => {{
        let flushed = |x: f64| {
            let exact: fn(f64) -> f64 = $exact;
            let y = exact(x);
            if y.abs() < f64::from(f32::MIN_POSITIVE) { 0.0 } else { y }
        };
        let x = numbers();
        at_each_level(|| {
            for width in WIDTHS {
                let mut y = vec![7.0; x.len()];
                call!(width, $name($Name {}, x.len() / width, x.as_ptr(), y.as_mut_ptr()));
                assert_error(stringify!($name), $bound, &x, &y, flushed);
            }
        });
        let y: Vec<f32> = x.iter().map(|x| number::$name(*x)).collect();
        assert_error(stringify!($name), $bound, &x, &y, $exact);
    }};
}

#[test]
fn exp() {
    layer!(Exp exp, 1.5, f64::exp);
}

#[test]
fn sigmoid() {
    layer!(Sigmoid sigmoid, 3.0, |x| 1.0 / (1.0 + (-x).exp()));
}

#[test]
fn tanh() {
    layer!(Tanh tanh, 2.0, f64::tanh);
}

/// A function of vectors at every number of `x`.
#[inline(always)]
unsafe fn all<V: Vector>(x: &[f32], f: unsafe fn(V) -> V) -> Vec<f32> {
    let mut y = vec![7.0; x.len()];
    for (x, y) in x.chunks(V::WIDTH).zip(y.chunks_mut(V::WIDTH)) {
        // SAFETY: whole vectors; the caller has the instruction set.
        unsafe { f(V::load(x.as_ptr())).store(y.as_mut_ptr()) };
    }
    y
}

/// Calls `$check!` with each type of vector that this machine has.
macro_rules! each_vector {
    ($check:ident) => {
        // SAFETY: each level is there when its turn comes; f32 needs none.
        unsafe {
            $check!(f32);
            $check!(Scalar16);
            $check!(crate::simd::Baseline);
            #[cfg(target_arch = "x86_64")]
            if crate::simd::Level::detect() >= crate::simd::Level::Avx2 {
                $check!(crate::simd::avx2::Avx2);
            }
            #[cfg(target_arch = "x86_64")]
            if crate::simd::Level::detect() >= crate::simd::Level::Avx512 {
                $check!(crate::simd::avx512::Avx512);
            }
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            $check!(crate::simd::neon::Neon);
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            $check!(crate::simd::wasm::Simd128);
        }
    };
}

/// Gates state an absolute error.
#[test]
fn gates() {
    let check = |name: &str, bound: f64, x: &[f32], y: &[f32], exact: fn(f64) -> f64| {
        for (x, y) in x.iter().zip(y) {
            let error = (f64::from(*y) - exact(f64::from(*x))).abs();
            assert!(error <= bound || x.is_nan() && y.is_nan(), "{name}({x:e}) = {y:e} is {error:e} off");
        }
    };
    let x = numbers();
    #[inline(always)]
    unsafe fn shared<V: Vector>(x: V) -> V {
        // SAFETY: the caller has the instruction set.
        unsafe { crate::math::gates([x, V::splat(1.0), x, V::splat(-9.0)])[0] }
    }
    macro_rules! check_all {
        ($V:ty) => {
            check("gate_tanh", 4e-7, &x, &all::<$V>(&x, crate::math::gate_tanh), f64::tanh);
            check("gates", 5e-7, &x, &all::<$V>(&x, shared), |x| 1.0 / (1.0 + (-x).exp()));
        };
    }
    each_vector!(check_all);
}

#[test]
fn functions_of_activations() {
    use fireclay_ir::activation::{Double, Real};
    let x = numbers();
    let (near, far): (Vec<f32>, Vec<f32>) = x.iter().partition(|x| **x <= 1.0 || x.is_nan());
    let [near, far] = [near, far].map(|mut x| {
        x.resize(x.len().next_multiple_of(16), 0.25);
        x
    });
    macro_rules! check_all {
        ($V:ty) => {
            assert_error("exp_m1", 2.0, &x, &all::<$V>(&x, crate::math::exp_m1), f64::exp_m1);
            assert_error("ln", 1.0, &x, &all::<$V>(&x, crate::math::ln), f64::ln);
            assert_error("softplus", 4.0, &x, &all::<$V>(&x, crate::math::softplus), |x| Double(x).softplus().0);
            assert_error("erfc", 6.0, &near, &all::<$V>(&near, crate::math::erfc), |x| Double(x).erfc().0);
            // 10² is more than the square of any number whose result is a normal one.
            assert_error("erfc", 106.0, &far, &all::<$V>(&far, crate::math::erfc), |x| Double(x).erfc().0);
        };
    }
    each_vector!(check_all);
}

/// Functions of plain numbers.
fn plain(name: &str, bound: f64, f: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64) {
    let x = numbers();
    let y: Vec<f32> = x.iter().map(|x| f(*x)).collect();
    assert_error(name, bound, &x, &y, exact);
}

#[test]
fn ln() {
    plain("ln", 1.0, number::ln, f64::ln);
}

#[test]
fn ln_1p() {
    plain("ln_1p", 3.0, number::ln_1p, f64::ln_1p);
}

#[test]
fn sqrt() {
    plain("sqrt", 0.5, number::sqrt, f64::sqrt);
    // What machines without std have.
    plain("newton_sqrt", 0.5, crate::simd::scalar::newton_sqrt, f64::sqrt);
}

/// Zeros keep their sign where the function is odd.
#[test]
fn signs_of_zero() {
    for zero in [0.0_f32, -0.0] {
        for f in [number::tanh, number::sqrt, number::ln_1p] {
            assert_eq!(f(zero).to_bits(), zero.to_bits());
        }
    }
}
