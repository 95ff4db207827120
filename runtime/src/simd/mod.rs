//! Sixteen numbers at a time, on whatever the machine has.
//!
//! Every kernel is written once, generic over [`Vector`]. A vector is either sixteen samples side by side
//! (layout `chwn16`: the batch lies in the lanes) or a single number ([`f32`] itself: layout `chw`, one sample,
//! which is also the scalar reference and what a microcontroller runs). `entries!` turns one
//! generic function into a non-generic entry per layout, which picks the instruction set when it is called.
//!
//! Memory layout does not depend on the instruction set: a vector is always [`LANES`] consecutive `f32`.

#![expect(clippy::missing_safety_doc, reason = "said once, on the traits")]

/// A register that is the whole vector.
macro_rules! whole_register {
    ($Vector:ty, accumulators = $accumulators:literal) => {
        impl $crate::simd::Register for $Vector {
            const WIDTH: usize = <Self as $crate::simd::Vector>::WIDTH;
            const ACCUMULATORS: usize = $accumulators;

            #[inline(always)]
            unsafe fn zero() -> Self {
                // SAFETY: the caller's promise.
                unsafe { $crate::simd::Vector::splat(0.0) }
            }
            #[inline(always)]
            unsafe fn load(from: *const f32) -> Self {
                // SAFETY: the caller's promise.
                unsafe { $crate::simd::Vector::load(from) }
            }
            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                // SAFETY: the caller's promise.
                unsafe { $crate::simd::Vector::add(self, other) }
            }
            #[inline(always)]
            unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
                // SAFETY: the caller's promise.
                unsafe { $crate::simd::Vector::mul_add(self, factor, addend) }
            }
            #[inline(always)]
            unsafe fn sum_four(four: [Self; 4]) -> [f32; 4] {
                // SAFETY: the caller's promise.
                unsafe { four.map(|v| $crate::simd::Vector::sum(v)) }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
pub mod avx2;
#[cfg(target_arch = "x86_64")]
pub mod avx512;
mod level;
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
pub mod neon;
pub mod scalar;
#[cfg(target_arch = "x86_64")]
pub mod sse2;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub mod wasm;

pub use level::Level;

/// The vector of [`Level::Scalar`]. (Miri follows plain arrays.)
#[cfg(not(all(target_arch = "x86_64", not(miri))))]
pub use scalar::Scalar16 as Baseline;
#[cfg(all(target_arch = "x86_64", not(miri)))]
pub use sse2::Sse2 as Baseline;

/// How many samples lie side by side in `chwn16`.
pub use fireclay_ir::LANES;

/// Kernels trust vectors with their memory: nobody else may say what one is.
mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for super::scalar::Scalar16 {}
    #[cfg(target_arch = "x86_64")]
    impl Sealed for super::sse2::Sse2 {}
    #[cfg(target_arch = "x86_64")]
    impl Sealed for super::avx2::Half {}
    #[cfg(target_arch = "x86_64")]
    impl Sealed for super::avx2::Avx2 {}
    #[cfg(target_arch = "x86_64")]
    impl Sealed for super::avx512::Avx512 {}
    #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
    impl Sealed for super::neon::Quarter {}
    #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
    impl Sealed for super::neon::Neon {}
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    impl Sealed for super::wasm::Quarter {}
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    impl Sealed for super::wasm::Simd128 {}
}

/// Gradients below this size, 2⁻¹⁰⁰ or 7.9e-31, count as zero. Their products with weights and activations would leave the normal
/// numbers, where some processors take a hundred times as long (`docs/kernels.md`, "Denormal numbers").
pub const TINY: f32 = f32::from_bits((127 - 100) << 23);

/// Gradients below this size, 2⁻⁵⁶ or 1.4e-17, count as zero where an optimizer squares them: the square, and a thousandth of it, are
/// normal numbers. Weight decay ends here too.
pub const TINY_ROOT: f32 = f32::from_bits((127 - 56) << 23);

/// A group of `f32` that is loaded, computed on and stored as one.
///
/// # Safety
/// All methods are `unsafe`: the instruction set behind the type must exist on this machine (the entry that
/// instantiates a kernel has checked it), and pointers must be valid for [`Vector::WIDTH`] consecutive `f32`
/// (no alignment beyond that of `f32` is assumed).
pub trait Vector: sealed::Sealed + Copy + 'static {
    /// How many `f32` one vector holds: [`LANES`], or 1 in `chw`.
    const WIDTH: usize;
    /// How many accumulators of this type a kernel may keep in registers besides its operands.
    const ACCUMULATORS: usize;
    /// One register of this vector.
    type Register: Register;

    /// All lanes equal to `value`.
    unsafe fn splat(value: f32) -> Self;
    /// Reads `WIDTH` numbers.
    unsafe fn load(from: *const f32) -> Self;
    /// Writes `WIDTH` numbers.
    unsafe fn store(self, to: *mut f32);
    /// Lane by lane sum.
    unsafe fn add(self, other: Self) -> Self;
    /// Lane by lane difference.
    unsafe fn sub(self, other: Self) -> Self;
    /// Lane by lane product.
    unsafe fn mul(self, other: Self) -> Self;
    /// Lane by lane quotient.
    unsafe fn div(self, other: Self) -> Self;
    /// `self * factor + addend`, fused where the instruction set has it.
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// The larger of both; `other` where one of them is NaN (as the x86 instruction).
    unsafe fn max(self, other: Self) -> Self;
    /// The smaller of both; `other` where one of them is NaN (as the x86 instruction).
    unsafe fn min(self, other: Self) -> Self;
    /// Square root.
    unsafe fn sqrt(self) -> Self;
    /// Lane by lane `if self > bound { yes } else { no }` (false where NaN).
    unsafe fn select_gt(self, bound: Self, yes: Self, no: Self) -> Self;
    /// Lane by lane `if self is NaN { yes } else { no }`.
    unsafe fn select_nan(self, yes: Self, no: Self) -> Self;
    /// Lane by lane `if |self| < least { 0 } else { self }`; NaN stays.
    #[inline(always)]
    unsafe fn flush(self, least: f32) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            let zero = Self::splat(0.0);
            let size = self.max(zero.sub(self));
            Self::splat(least).select_gt(size, zero, self)
        }
    }
    /// Rounds to the nearest integer, ties to even.
    unsafe fn round(self) -> Self;
    /// `self * 2^n`, where `n` holds integers between -126 and 127.
    unsafe fn scale_by_power_of_two(self, n: Self) -> Self;
    /// `self * 2^n`, where `n` holds integers between -252 and 252: 2ⁿ itself may be no normal number.
    #[inline(always)]
    unsafe fn scale_by_powers_of_two(self, n: Self) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            let half = n.mul(Self::splat(0.5)).round();
            self.scale_by_power_of_two(half).scale_by_power_of_two(n.sub(half))
        }
    }
    /// `(m, n)` with `self = m * 2^n` and m in [1, 2), for positive normal numbers; anything finite for the rest.
    unsafe fn split_power_of_two(self) -> (Self, Self);
    /// The sum of all lanes, always added in the same order.
    unsafe fn sum(self) -> f32;
    /// Whether every lane is finite.
    #[inline(always)]
    unsafe fn finite(self) -> bool {
        // SAFETY: the caller's promise. What is not finite is NaN when it is taken off itself.
        unsafe { self.sub(self).sum() == 0.0 }
    }
    /// Lanes `0..count` of `self`, zero in the others.
    unsafe fn first(self, count: usize) -> Self;
    /// Turns `WIDTH` vectors that lie one behind the other: lane `l` of vector `v` goes to `to[l * stride + v]`.
    unsafe fn transpose(from: *const f32, to: *mut f32, stride: usize);
    /// Of twice `WIDTH` numbers those at even places and those at odd ones.
    #[inline(always)]
    unsafe fn split(from: *const f32) -> (Self, Self) {
        let (mut even, mut odd) = ([0.0_f32; LANES], [0.0_f32; LANES]);
        // SAFETY: the caller's promise.
        unsafe {
            for lane in 0..Self::WIDTH {
                (even[lane], odd[lane]) = (*from.add(2 * lane), *from.add(2 * lane + 1));
            }
            (Self::load(even.as_ptr()), Self::load(odd.as_ptr()))
        }
    }
    /// Writes twice `WIDTH` numbers: its own to even places, those of the other to odd ones.
    #[inline(always)]
    unsafe fn interleave(self, odd: Self, to: *mut f32) {
        let (mut evens, mut odds) = ([0.0_f32; LANES], [0.0_f32; LANES]);
        // SAFETY: the caller's promise.
        unsafe {
            self.store(evens.as_mut_ptr());
            odd.store(odds.as_mut_ptr());
            for lane in 0..Self::WIDTH {
                (*to.add(2 * lane), *to.add(2 * lane + 1)) = (evens[lane], odds[lane]);
            }
        }
    }
    /// Turns the first half of `WIDTH` vectors into `WIDTH` vectors one behind the other, whose other halves are zero.
    #[inline(always)]
    unsafe fn transpose_half(from: *const f32, to: *mut f32) {
        for lane in 0..Self::WIDTH {
            for vector in 0..Self::WIDTH {
                let there = 2 * vector < Self::WIDTH;
                // SAFETY: the caller's promise.
                unsafe {
                    *to.add(lane * Self::WIDTH + vector) = if there { *from.add(vector * Self::WIDTH + lane) } else { 0.0 }
                };
            }
        }
    }
}

/// One register: all of a [`Vector`] or an even part of it. Sums over lanes and positions need no whole vectors, and single registers
/// make better shaped blocks of accumulators.
///
/// # Safety
/// As for [`Vector`].
pub trait Register: sealed::Sealed + Copy + 'static {
    /// How many `f32` one register holds.
    const WIDTH: usize;
    /// How many accumulators of this type a kernel may keep in registers besides its operands.
    const ACCUMULATORS: usize;

    /// All zero.
    unsafe fn zero() -> Self;
    /// Reads `WIDTH` numbers.
    unsafe fn load(from: *const f32) -> Self;
    /// Lane by lane sum.
    unsafe fn add(self, other: Self) -> Self;
    /// `self * factor + addend`, fused where the instruction set has it.
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// The sums of the lanes of four vectors, always added in the same order.
    unsafe fn sum_four(four: [Self; 4]) -> [f32; 4];
}

/// The numbers of the lanes.
#[inline(always)]
pub(crate) unsafe fn lane_numbers<V: Vector>() -> V {
    let mut numbers = [0.0_f32; LANES];
    for (lane, number) in numbers.iter_mut().enumerate() {
        *number = lane as f32;
    }
    // SAFETY: the caller's promise.
    unsafe { V::load(numbers.as_ptr()) }
}
