//! Activations in `f64`: what tests compare with.

use super::{Activation, Real};
use core::ops::{Add, Div, Mul, Neg, Sub};

/// An `f64` for formulas over [`Real`].
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Double(pub f64);

impl Neg for Double {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

macro_rules! operators {
    ($($Operator:ident $method:ident;)*) => {
        $(
            impl $Operator for Double {
                type Output = Self;
                fn $method(self, other: Self) -> Self {
                    Self(self.0.$method(other.0))
                }
            }
            impl $Operator<f32> for Double {
                type Output = Self;
                fn $method(self, other: f32) -> Self {
                    Self(self.0.$method(f64::from(other)))
                }
            }
        )*
    };
}
operators! { Add add; Sub sub; Mul mul; Div div; }

impl Real for Double {
    fn number(self, value: f32) -> Self {
        Self(value.into())
    }
    fn at_least(self, low: f32) -> Self {
        self.if_below(low, self.number(low), self)
    }
    fn at_most(self, high: f32) -> Self {
        self.if_above(high, self.number(high), self)
    }
    fn abs(self) -> Self {
        Self(libm::fabs(self.0))
    }
    fn if_above(self, bound: f32, yes: Self, no: Self) -> Self {
        if self.0 > bound.into() { yes } else { no }
    }
    fn if_below(self, bound: f32, yes: Self, no: Self) -> Self {
        if self.0 < bound.into() { yes } else { no }
    }
    fn if_nan(self, yes: Self, no: Self) -> Self {
        if self.0.is_nan() { yes } else { no }
    }
    fn sqrt(self) -> Self {
        Self(libm::sqrt(self.0))
    }
    fn exp(self) -> Self {
        Self(libm::exp(self.0))
    }
    fn exp_m1(self) -> Self {
        Self(libm::expm1(self.0))
    }
    fn ln(self) -> Self {
        Self(libm::log(self.0))
    }
    fn tanh(self) -> Self {
        Self(libm::tanh(self.0))
    }
    fn sigmoid(self) -> Self {
        Self(1.0 / (1.0 + libm::exp(-self.0)))
    }
    fn softplus(self) -> Self {
        self.at_least(0.0) + Self(libm::log1p(libm::exp(-libm::fabs(self.0))))
    }
    fn erfc(self) -> Self {
        Self(libm::erfc(self.0))
    }
}

/// An activation with its defaults, then with other arguments that tests take, in all combinations.
pub fn examples<A: Activation>() -> impl Iterator<Item = A> {
    const MOST: usize = 4;
    let count = A::ARGUMENTS.len();
    (0..4_usize.pow(count.min(MOST) as u32)).map(move |combination| {
        let mut values = [0.0; MOST];
        let mut rest = combination;
        for (value, argument) in values.iter_mut().zip(A::ARGUMENTS) {
            *value = argument.kind.examples()[rest % 4];
            rest /= 4;
        }
        A::with(&values)
    })
}
