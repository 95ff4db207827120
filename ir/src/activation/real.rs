//! The numbers that activations are written over.

use core::ops::{Add, Div, Mul, Neg, Sub};

/// A real number, or many side by side: vectors of each instruction set, one `f32` (a single sample, a microcontroller), and the `f64` of the
/// tests. A formula over it stands for all of them.
///
/// Every method keeps NaN, but for the selections, which say what they do.
pub trait Real:
    Copy
    + Neg<Output = Self>
    + Add<Output = Self>
    + Add<f32, Output = Self>
    + Sub<Output = Self>
    + Sub<f32, Output = Self>
    + Mul<Output = Self>
    + Mul<f32, Output = Self>
    + Div<Output = Self>
    + Div<f32, Output = Self>
{
    /// This number, as wide as `self`: vectors are made of vectors alone, for only who has one may use the instructions it needs.
    fn number(self, value: f32) -> Self;

    /// `max(self, low)`
    fn at_least(self, low: f32) -> Self;
    /// `min(self, high)`
    fn at_most(self, high: f32) -> Self;
    /// `|self|`
    fn abs(self) -> Self;
    /// `if self > bound { yes } else { no }`; `no` where NaN.
    fn if_above(self, bound: f32, yes: Self, no: Self) -> Self;
    /// `if self < bound { yes } else { no }`; `no` where NaN.
    fn if_below(self, bound: f32, yes: Self, no: Self) -> Self;
    /// `if self is NaN { yes } else { no }`
    fn if_nan(self, yes: Self, no: Self) -> Self;

    /// Square root.
    fn sqrt(self) -> Self;
    /// `eˣ`
    fn exp(self) -> Self;
    /// `eˣ − 1`, right to the last digits near zero too.
    fn exp_m1(self) -> Self;
    /// Natural logarithm.
    fn ln(self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
    /// `1 / (1 + e⁻ˣ)`
    fn sigmoid(self) -> Self;
    /// `ln(1 + eˣ)`
    fn softplus(self) -> Self;
    /// The complementary error function, `2/√π · ∫ e^(−t²) dt` from x to infinity.
    fn erfc(self) -> Self;

    /// −1, 0 or 1.
    #[inline(always)]
    fn sign(self) -> Self {
        self.if_above(0.0, self.number(1.0), self.if_below(0.0, self.number(-1.0), self))
    }

    /// `yes` where `low < self < high` and where NaN, zero elsewhere.
    #[inline(always)]
    fn inside(self, low: f32, high: f32, yes: Self) -> Self {
        let zero = self.number(0.0);
        self.if_nan(yes, self.if_above(low, self.if_below(high, yes, zero), zero))
    }
}
