//! The size formulas as types, for bounds of generic code and for proofs: typenum's numbers, one step each.
//!
//! `network!` computes sizes as plain numbers; chains of type-level arithmetic over many layers cost the compiler seconds. A test holds these
//! formulas against the macro's. Numbers are `Const<K>`, on both sides, as far as typenum knows them ([`ToUInt`]: all up to 1024).

use super::Dim;
use core::ops::{Add, Div, Mul, Sub};
use typenum::{Add1, B0, B1, Const, Diff, Prod, Quot, Sub1, Sum, ToUInt, UInt, UTerm};

/// typenum's own form of a number.
type U<K> = <K as ToUInt>::Output;
/// `n + 2·pad`
type Padded<N, P> = Sum<U<N>, Sum<U<P>, U<P>>>;
/// `dilation·(kernel − 1)`, one less than what the kernel reaches over.
type Reach<K, D> = Prod<U<D>, Sub1<U<K>>>;
/// `(n + 2·pad − dilation·(kernel − 1) − 1) / stride`
type Steps<N, K, S, P, D> = Quot<Diff<Padded<N, P>, Add1<Reach<K, D>>>, U<S>>;
/// `stride·(n − 1)`
type Spread<N, S> = Prod<U<S>, Sub1<U<N>>>;
/// `stride·(n − 1) + output_pad + dilation·(kernel − 1) + 1`
type Written<N, K, S, D, O> = Add1<Sum<Sum<Spread<N, S>, U<O>>, Reach<K, D>>>;

/// A number of typenum's as a [`Const`], up to 1024: what messages show, and what sizes are.
pub trait ToConst {
    /// That number.
    type Output: Dim;
}

/// Those whose first digits are a type and a number, with so many more digits to come.
macro_rules! numbers {
    ($ty:ty, $n:expr;) => {
        #[doc(hidden)]
        impl ToConst for $ty {
            type Output = Const<{ $n }>;
        }
    };
    ($ty:ty, $n:expr; $digit:tt $($rest:tt)*) => {
        numbers!(UInt<$ty, B0>, 2 * ($n); $($rest)*);
        numbers!(UInt<$ty, B1>, 2 * ($n) + 1; $($rest)*);
    };
}

/// Those of up to so many digits.
macro_rules! digits {
    () => {
        numbers!(UInt<UTerm, B1>, 1;);
    };
    ($digit:tt $($rest:tt)*) => {
        numbers!(UInt<UTerm, B1>, 1; $digit $($rest)*);
        digits!($($rest)*);
    };
}

digits!(- - - - - - - - -);

impl ToConst for UTerm {
    type Output = Const<0>;
}

impl ToConst for typenum::U1024 {
    type Output = Const<1024>;
}

/// The size that a convolution or pool gives, as a type for bounds: a kernel, a stride, and the padding on each side.
///
/// ```
/// use fireclay_runtime::shape::{Dim, formula::ConvOut};
/// use typenum::Const;
/// assert_eq!(<ConvOut<Const<28>, 3, 2, 1> as Dim>::N, 14);
/// ```
pub type ConvOut<N, const KERNEL: usize, const STRIDE: usize, const PAD: usize> =
    <N as ConvSize<Const<KERNEL>, Const<STRIDE>, Const<PAD>, Const<1>>>::Output;

/// The size that a transposed convolution gives, as a type for bounds.
///
/// ```
/// use fireclay_runtime::shape::{Dim, formula::TransposedOut};
/// use typenum::Const;
/// assert_eq!(<TransposedOut<Const<14>, 4, 2, 1> as Dim>::N, 28);
/// ```
pub type TransposedOut<N, const KERNEL: usize, const STRIDE: usize, const PAD: usize> =
    <N as TransposedSize<Const<KERNEL>, Const<STRIDE>, Const<PAD>, Const<1>, Const<0>>>::Output;

/// The size that a convolution or pool gives: `(n + 2·pad − dilation·(kernel − 1) − 1) / stride + 1`, rounded down (Dumoulin and Visin 2016,
/// arXiv 1603.07285, relationship 15). Where the kernel does not fit, the bound does not hold.
///
/// ```
/// use fireclay_runtime::shape::formula::ConvSize;
/// use typenum::Const;
/// // LeNet's first convolution: 28 positions, a kernel of 5, stride 1, padding 2.
/// assert_eq!(<Const<28> as ConvSize<Const<5>, Const<1>, Const<2>, Const<1>>>::SIZE, 28);
/// ```
#[diagnostic::on_unimplemented(
    message = "a kernel of `{Kernel}` with padding `{Pad}` and dilation `{Dilation}` does not fit `{Self}` positions"
)]
pub trait ConvSize<Kernel, Stride, Pad, Dilation> {
    /// The size, as a type.
    type Output: Dim;
    /// The size.
    const SIZE: usize = Self::Output::N;
}

// What does not hold is said of the bound, in its numbers, not of typenum's steps.
#[diagnostic::do_not_recommend]
impl<N, K, S, P, D> ConvSize<K, S, P, D> for N
where
    N: ToUInt,
    K: ToUInt,
    S: ToUInt,
    P: ToUInt,
    D: ToUInt,
    U<P>: Add<U<P>>,
    U<N>: Add<Sum<U<P>, U<P>>>,
    U<K>: Sub<B1>,
    U<D>: Mul<Sub1<U<K>>>,
    Reach<K, D>: Add<B1>,
    Padded<N, P>: Sub<Add1<Reach<K, D>>>,
    Diff<Padded<N, P>, Add1<Reach<K, D>>>: Div<U<S>>,
    Steps<N, K, S, P, D>: Add<B1>,
    Add1<Steps<N, K, S, P, D>>: ToConst,
{
    type Output = <Add1<Steps<N, K, S, P, D>> as ToConst>::Output;
}

/// The size that a transposed convolution gives: `stride·(n − 1) + output_pad + dilation·(kernel − 1) + 1 − 2·pad` (as above,
/// relationship 14, with dilation). Where the padding takes more than there is, the bound does not hold.
///
/// ```
/// use fireclay_runtime::shape::formula::TransposedSize;
/// use typenum::Const;
/// // From 4 positions with a kernel of 4, stride 2, padding 1.
/// assert_eq!(<Const<4> as TransposedSize<Const<4>, Const<2>, Const<1>, Const<1>, Const<0>>>::SIZE, 8);
/// ```
#[diagnostic::on_unimplemented(message = "a padding of `{Pad}` leaves nothing of what `{Self}` positions give")]
pub trait TransposedSize<Kernel, Stride, Pad, Dilation, OutputPad> {
    /// The size, as a type.
    type Output: Dim;
    /// The size.
    const SIZE: usize = Self::Output::N;
}

#[diagnostic::do_not_recommend]
impl<N, K, S, P, D, O> TransposedSize<K, S, P, D, O> for N
where
    N: ToUInt,
    K: ToUInt,
    S: ToUInt,
    P: ToUInt,
    D: ToUInt,
    O: ToUInt,
    U<N>: Sub<B1>,
    U<S>: Mul<Sub1<U<N>>>,
    U<K>: Sub<B1>,
    U<D>: Mul<Sub1<U<K>>>,
    Spread<N, S>: Add<U<O>>,
    Sum<Spread<N, S>, U<O>>: Add<Reach<K, D>>,
    Sum<Sum<Spread<N, S>, U<O>>, Reach<K, D>>: Add<B1>,
    U<P>: Add<U<P>>,
    Written<N, K, S, D, O>: Sub<Sum<U<P>, U<P>>>,
    Diff<Written<N, K, S, D, O>, Sum<U<P>, U<P>>>: ToConst,
{
    type Output = <Diff<Written<N, K, S, D, O>, Sum<U<P>, U<P>>> as ToConst>::Output;
}
