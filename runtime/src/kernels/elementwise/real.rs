//! Vectors as the numbers that formulas of [`fireclay_ir::activation`] are written over.

use crate::math;
use crate::simd::Vector;
use core::ops::{Add, Div, Mul, Neg, Sub};
use fireclay_ir::activation::Real;

/// A vector in a formula. Who has one has its instruction set: they are made in kernels, of what those loaded, and of each other.
#[derive(Clone, Copy)]
pub(super) struct Lanes<V>(V);

impl<V: Vector> Lanes<V> {
    /// # Safety
    /// The instruction set behind `V` is there.
    #[inline(always)]
    pub(super) unsafe fn new(vector: V) -> Self {
        Self(vector)
    }

    #[inline(always)]
    pub(super) fn get(self) -> V {
        self.0
    }
}

impl<V: Vector> Neg for Lanes<V> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self * -1.0
    }
}

macro_rules! operators {
    ($($Operator:ident $method:ident;)*) => {
        $(
            impl<V: Vector> $Operator for Lanes<V> {
                type Output = Self;
                #[inline(always)]
                fn $method(self, other: Self) -> Self {
                    // SAFETY: the instruction set is there, or there were no Lanes.
                    Self(unsafe { self.0.$method(other.0) })
                }
            }
            impl<V: Vector> $Operator<f32> for Lanes<V> {
                type Output = Self;
                #[inline(always)]
                fn $method(self, other: f32) -> Self {
                    self.$method(self.number(other))
                }
            }
        )*
    };
}
operators! { Add add; Sub sub; Mul mul; Div div; }

macro_rules! functions {
    ($($name:ident = $function:path;)*) => {
        $(
            #[inline(always)]
            fn $name(self) -> Self {
                // SAFETY: the instruction set is there, or there were no Lanes.
                Self(unsafe { $function(self.0) })
            }
        )*
    };
}

// SAFETY of all below: the instruction set is there, or there were no Lanes.
impl<V: Vector> Real for Lanes<V> {
    #[inline(always)]
    fn number(self, value: f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { V::splat(value) })
    }
    #[inline(always)]
    fn at_least(self, low: f32) -> Self {
        // SAFETY: see above. `max` gives its second operand where one is NaN, so NaN stays.
        Self(unsafe { V::splat(low).max(self.0) })
    }
    #[inline(always)]
    fn at_most(self, high: f32) -> Self {
        // SAFETY: see above; as for `max`.
        Self(unsafe { V::splat(high).min(self.0) })
    }
    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: see above.
        Self(unsafe { self.0.max(V::splat(0.0).sub(self.0)) })
    }
    #[inline(always)]
    fn if_above(self, bound: f32, yes: Self, no: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { self.0.select_gt(V::splat(bound), yes.0, no.0) })
    }
    #[inline(always)]
    fn if_below(self, bound: f32, yes: Self, no: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { V::splat(bound).select_gt(self.0, yes.0, no.0) })
    }
    #[inline(always)]
    fn if_nan(self, yes: Self, no: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { self.0.select_nan(yes.0, no.0) })
    }
    functions! {
        sqrt = V::sqrt;
        exp = math::exp;
        exp_m1 = math::exp_m1;
        ln = math::ln;
        tanh = math::tanh;
        sigmoid = math::sigmoid;
        softplus = math::softplus;
        erfc = math::erfc;
    }
}
