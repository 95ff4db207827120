//! What [`Vector`] and [`Register`] promise, on every instruction set and bit for bit, beside plain numbers.

use crate::simd::{LANES, Level, Register, Vector};

/// As many as two vectors hold: ties, zeros, infinities, NaN, numbers beyond the integers and below the normal ones.
const NUMBERS: [f32; 2 * LANES] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1.5,
    -1.5,
    2.5,
    -2.5,
    0.499_999_97,
    2.1,
    -3.7,
    1e-3,
    -1e3,
    3e9,
    8_388_607.5,
    -8_388_609.0,
    4_194_303.5,
    1.234_567_9,
    f32::MIN_POSITIVE,
    -f32::MIN_POSITIVE,
    1e-40,
    -1e-45,
    f32::MAX,
    f32::MIN,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
    7.0,
    1e20,
    -1e-20,
];

/// Bit for bit, but any NaN is as good as another.
pub(crate) fn same(a: f32, b: f32) -> bool {
    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
}

#[track_caller]
fn assert_same(what: &str, arguments: &[f32], found: f32, wanted: f32) {
    assert!(same(found, wanted), "{:?}: {what} of {arguments:?} is {found}, not {wanted}", Level::current());
}

#[inline(always)]
unsafe fn lanes_of<V: Vector>(v: V) -> [f32; LANES] {
    let mut lanes = [0.0; LANES];
    // SAFETY: the caller's promise; no vector is longer.
    unsafe { v.store(lanes.as_mut_ptr()) };
    lanes
}

/// Three vectors from `NUMBERS`, the latter two so far behind the first.
#[inline(always)]
unsafe fn lane_by_lane<V: Vector>(at: usize, [second, third]: [usize; 2]) {
    let take = |from: usize| -> Vec<f32> { NUMBERS.iter().cycle().skip(from).take(V::WIDTH).copied().collect() };
    let [a, b, c] = [at, at + second, at + third].map(take);
    macro_rules! check {
        ($name:ident($($v:ident),*)) => {{
            // SAFETY: the caller's promise.
            let found = unsafe { lanes_of($crate::simd::Vector::$name($(V::load($v.as_ptr())),*)) };
            for i in 0..V::WIDTH {
                // SAFETY: f32 needs no instruction set.
                let wanted = unsafe { $crate::simd::Vector::$name($($v[i]),*) };
                assert_same(stringify!($name), &[$($v[i]),*], found[i], wanted);
            }
        }};
    }
    check!(add(a, b));
    check!(sub(a, b));
    check!(mul(a, b));
    check!(div(a, b));
    check!(max(a, b));
    check!(min(a, b));
    check!(sqrt(a));
    check!(round(a));
    check!(select_gt(a, b, c, b));
    check!(select_nan(a, b, c));
    for least in [f32::MIN_POSITIVE, 1.5] {
        // SAFETY: the caller's promise.
        let found = unsafe { lanes_of(V::load(a.as_ptr()).flush(least)) };
        for i in 0..V::WIDTH {
            assert_same("flush", &[a[i], least], found[i], if a[i].abs() < least { 0.0 } else { a[i] });
        }
    }
    let n: Vec<f32> = (0..V::WIDTH).map(|i| ((at + second + i) * 37 % 254) as f32 - 126.0).collect();
    check!(scale_by_power_of_two(a, n));
    // SAFETY: the caller's promise.
    unsafe {
        let found = lanes_of(V::load(a.as_ptr()).mul_add(V::load(b.as_ptr()), V::load(c.as_ptr())));
        let (fraction, exponent) = V::load(a.as_ptr()).split_power_of_two();
        let (fraction, exponent) = (lanes_of(fraction), lanes_of(exponent));
        // Two steps round twice where the result is no normal number.
        let far: Vec<f32> = (0..V::WIDTH).map(|i| ((at + second + i) * 37 % 500) as f32 - 250.0).collect();
        let scaled = lanes_of(V::load(a.as_ptr()).scale_by_powers_of_two(V::load(far.as_ptr())));
        for i in 0..V::WIDTH {
            let wanted = (f64::from(a[i]) * f64::from(far[i]).exp2()) as f32;
            let close = wanted.is_subnormal() && (scaled[i] - wanted).abs() <= f32::from_bits(1);
            assert!(close || same(scaled[i], wanted), "{} · 2^{} is {}, not {wanted}", a[i], far[i], scaled[i]);
        }
        for i in 0..V::WIDTH {
            // Fused or not.
            let plain = a[i] * b[i] + c[i];
            let wanted = if same(found[i], plain) { plain } else { a[i].mul_add(b[i], c[i]) };
            assert_same("mul_add", &[a[i], b[i], c[i]], found[i], wanted);
            let whole = f64::from(fraction[i]) * f64::from(exponent[i]).exp2();
            if a[i].is_normal() && a[i] > 0.0 {
                assert!((1.0..2.0).contains(&fraction[i]), "fraction of {} is {}", a[i], fraction[i]);
                assert_same("split_power_of_two", &[a[i]], whole as f32, a[i]);
            }
            assert!(whole.is_finite());
        }
    }
}

#[inline(always)]
unsafe fn across_lanes<V: Vector>() {
    const STRIDE: usize = LANES + 3;
    let numbers: Vec<f32> = (0..LANES * LANES).map(|i| (i * i % 1009) as f32).collect();
    // SAFETY: the caller's promise; `numbers` holds WIDTH vectors.
    unsafe {
        let v = V::load(numbers.as_ptr().add(3));
        assert_eq!(v.sum(), numbers[3..3 + V::WIDTH].iter().sum::<f32>());
        assert_eq!(lanes_of(V::splat(-2.5))[..V::WIDTH], [-2.5; LANES][..V::WIDTH]);
        for count in 0..LANES + 2 {
            let first = lanes_of(v.first(count));
            for i in 0..V::WIDTH {
                assert_eq!(first[i], if i < count { numbers[3 + i] } else { 0.0 }, "first {count}");
            }
        }
        let mut transposed = vec![-1.0; V::WIDTH * STRIDE];
        V::transpose(numbers.as_ptr(), transposed.as_mut_ptr(), STRIDE);
        for (i, found) in transposed.into_iter().enumerate() {
            let (lane, vector) = (i / STRIDE, i % STRIDE);
            assert_eq!(found, if vector < V::WIDTH { numbers[vector * V::WIDTH + lane] } else { -1.0 }, "transposed {i}");
        }
        let mut odd_one = [f32::MAX; LANES];
        for i in 0..V::WIDTH {
            assert!(V::load(odd_one.as_ptr()).finite());
            for x in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                odd_one[i] = x;
                assert!(!V::load(odd_one.as_ptr()).finite(), "{x} in lane {i}");
            }
            odd_one[i] = f32::MIN;
        }
        let (even, odd) = V::split(numbers.as_ptr());
        for (i, (even, odd)) in lanes_of(even).into_iter().zip(lanes_of(odd)).take(V::WIDTH).enumerate() {
            assert_eq!([even, odd], [numbers[2 * i], numbers[2 * i + 1]], "split {i}");
        }
        let mut together = vec![-1.0; 2 * V::WIDTH];
        even.interleave(odd, together.as_mut_ptr());
        assert_eq!(together, numbers[..2 * V::WIDTH], "interleaved");
        let mut half = vec![-1.0; V::WIDTH * V::WIDTH];
        V::transpose_half(numbers.as_ptr(), half.as_mut_ptr());
        for (i, found) in half.into_iter().enumerate() {
            let (lane, vector) = (i / V::WIDTH, i % V::WIDTH);
            assert_eq!(found, if 2 * vector < V::WIDTH { numbers[vector * V::WIDTH + lane] } else { 0.0 }, "half transposed {i}");
        }
    }
}

/// All numbers are small integers, so any order gives the same sums.
#[inline(always)]
unsafe fn part<P: Register>() {
    let numbers: Vec<f32> = (0..5 * P::WIDTH).map(|i| (i * 7 % 23) as f32).collect();
    let sum = |n: usize| numbers[n * P::WIDTH..][..P::WIDTH].iter().sum::<f32>();
    let product: f32 = (0..P::WIDTH).map(|i| numbers[i] * numbers[P::WIDTH + i]).sum();
    // SAFETY: the caller's promise.
    unsafe {
        let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|n| P::load(numbers.as_ptr().add(n * P::WIDTH)));
        let found = P::sum_four([a.mul_add(b, c), P::zero(), c.add(d), e]);
        assert_eq!(found, [product + sum(2), 0.0, sum(2) + sum(3), sum(4)]);
    }
}

#[inline(always)]
unsafe fn contract<V: Vector>() {
    // SAFETY: the caller's promise.
    unsafe {
        for at in (0..NUMBERS.len()).step_by(V::WIDTH) {
            for second in 0..NUMBERS.len() {
                lane_by_lane::<V>(at, [second, 2 * second + 5]);
            }
        }
        across_lanes::<V>();
        part::<V::Register>();
    }
}

entries! {
    /// Checks the vectors of this level.
    pub unsafe fn contract();
}

#[test]
fn every_instruction_set_keeps_the_contract() {
    for level in Level::all() {
        // SAFETY: the machine has this level.
        Level::with(level, || unsafe {
            chwn16::contract();
            chw::contract();
        });
    }
    // SAFETY: arrays need no instruction set; where there is a better baseline, no level has them.
    unsafe { contract::<crate::simd::scalar::Scalar16>() };
}

#[test]
fn the_level_in_use_is_one_that_the_machine_has() {
    assert!(Level::all().any(|level| level == Level::current()));
    assert!(Level::all().any(|level| level == Level::detect()));
    assert!(Level::NAMED.is_sorted_by_key(|(_, level)| *level));
    Level::with(Level::Scalar, || assert_eq!(Level::current(), Level::Scalar));
}
