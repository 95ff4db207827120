//! Saturating arithmetic for sizes: what is too large stays too large, and nothing panics.

/// The product.
#[inline]
#[must_use]
pub const fn product<const N: usize>(factors: [usize; N]) -> usize {
    let (mut result, mut i) = (1_usize, 0);
    while i < N {
        result = result.saturating_mul(factors[i]);
        i += 1;
    }
    result
}

/// The sum.
#[inline]
#[must_use]
pub const fn sum<const N: usize>(terms: [usize; N]) -> usize {
    let (mut result, mut i) = (0_usize, 0);
    while i < N {
        result = result.saturating_add(terms[i]);
        i += 1;
    }
    result
}

/// `n` rounded up to whole vectors of [`LANES`](crate::LANES).
#[inline]
#[must_use]
pub const fn whole_vectors(n: usize) -> usize {
    product([n.div_ceil(crate::LANES), crate::LANES])
}

/// The smaller one.
#[inline]
#[must_use]
pub const fn min(a: usize, b: usize) -> usize {
    if a < b { a } else { b }
}

/// The larger one.
#[inline]
#[must_use]
pub const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// `a / b`; 0 for `b = 0`.
#[inline(always)]
#[must_use]
pub const fn div(a: usize, b: usize) -> usize {
    if b == 1 {
        return a;
    }
    match a.checked_div(b) {
        Some(quotient) => quotient,
        None => 0,
    }
}

/// `a / b`, rounded up; 0 for `b = 0`.
#[inline(always)]
#[must_use]
pub const fn div_ceil(a: usize, b: usize) -> usize {
    div(a.wrapping_add(b.wrapping_sub(1)), b)
}

/// The greatest common divisor.
#[must_use]
pub(crate) const fn gcd(a: usize, b: usize) -> usize {
    match a.checked_rem(b) {
        Some(rest) => gcd(b, rest),
        None => a,
    }
}
