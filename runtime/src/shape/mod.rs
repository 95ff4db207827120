//! Shapes as types: a tuple of typenum's [`Const<K>`](typenum::Const), written `shape![1, 28, 28]`.
//!
//! A rustc message about two shapes shows their numbers: `(Const<1>, Const<28>, Const<28>)`.

pub mod formula;

use core::marker::PhantomData;
use typenum::Const;

/// Unsafe code trusts the numbers and arrays below: nobody else may say what they are.
mod sealed {
    pub trait Sealed {}
    impl<const K: usize> Sealed for super::Const<K> {}
    impl<A: super::Dim, B: super::Dim> Sealed for super::Plus<A, B> {}
    impl<A: super::Dim, B: super::Dim> Sealed for super::Times<A, B> {}
    impl<A: super::Dim> Sealed for (A,) {}
    impl<A: super::Dim, B: super::Dim> Sealed for (A, B) {}
    impl<A: super::Dim, B: super::Dim, C: super::Dim> Sealed for (A, B, C) {}
    impl<A: super::Dim, B: super::Dim, C: super::Dim, D: super::Dim> Sealed for (A, B, C, D) {}
}

/// The extent of one axis, as a type.
///
/// ```
/// use fireclay_runtime::shape::Dim;
/// use typenum::Const;
/// assert_eq!(<Const<28> as Dim>::N, 28);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a size",
    label = "not a size",
    note = "a size is `Const<28>`, or a type alias or type parameter (`In: Dim`) for one"
)]
pub trait Dim: sealed::Sealed + Send + Sync + 'static {
    /// The number.
    const N: usize;
    /// That many `T` side by side.
    type Array<T: Copy + Send + Sync + 'static>: Copy + Send + Sync + 'static;
}

impl<const K: usize> Dim for Const<K> {
    const N: usize = K;
    type Array<T: Copy + Send + Sync + 'static> = [T; K];
}

/// The sum of two sizes: what parameters behind a `concat` of sizes that are types have.
///
/// ```
/// use fireclay_runtime::shape::{Dim, Plus};
/// use typenum::Const;
/// assert_eq!(Plus::<Const<3>, Const<4>>::N, 7);
/// ```
#[derive(Debug)]
pub struct Plus<A, B>(PhantomData<fn() -> (A, B)>);

/// The product of two sizes: what parameters behind a `Flatten` of sizes that are types have.
///
/// ```
/// use fireclay_runtime::shape::{Dim, Times};
/// use typenum::Const;
/// assert_eq!(Times::<Const<3>, Const<4>>::N, 12);
/// ```
#[derive(Debug)]
pub struct Times<A, B>(PhantomData<fn() -> (A, B)>);

/// Two things of the same numbers, one behind the other: nothing lies between them.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Both<A, B>(A, B);

impl<A: Dim, B: Dim> Dim for Plus<A, B> {
    const N: usize = A::N + B::N;
    type Array<T: Copy + Send + Sync + 'static> = Both<A::Array<T>, B::Array<T>>;
}

impl<A: Dim, B: Dim> Dim for Times<A, B> {
    const N: usize = A::N * B::N;
    type Array<T: Copy + Send + Sync + 'static> = A::Array<B::Array<T>>;
}

/// The extents of all axes, outermost first.
///
/// ```
/// use fireclay_runtime::{shape, shape::Shape};
/// assert_eq!(<shape![1, 28, 28]>::DIMS, &[1, 28, 28]);
/// assert_eq!(<shape![1, 28, 28]>::LEN, 784);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a shape",
    label = "not a shape",
    note = "a shape is written `shape![1, 28, 28]`, with one to four sizes"
)]
pub trait Shape: sealed::Sealed + Send + Sync + 'static {
    /// How many numbers a tensor of this shape holds.
    const LEN: usize;
    /// The extents.
    const DIMS: &'static [usize];
    /// Nested arrays of `f32`.
    type Storage: Copy + Send + Sync + 'static;
}

impl<A: Dim> Shape for (A,) {
    const LEN: usize = A::N;
    const DIMS: &'static [usize] = &[A::N];
    type Storage = A::Array<f32>;
}

impl<A: Dim, B: Dim> Shape for (A, B) {
    const LEN: usize = A::N * B::N;
    const DIMS: &'static [usize] = &[A::N, B::N];
    type Storage = A::Array<B::Array<f32>>;
}

impl<A: Dim, B: Dim, C: Dim> Shape for (A, B, C) {
    const LEN: usize = A::N * B::N * C::N;
    const DIMS: &'static [usize] = &[A::N, B::N, C::N];
    type Storage = A::Array<B::Array<C::Array<f32>>>;
}

impl<A: Dim, B: Dim, C: Dim, D: Dim> Shape for (A, B, C, D) {
    const LEN: usize = A::N * B::N * C::N * D::N;
    const DIMS: &'static [usize] = &[A::N, B::N, C::N, D::N];
    type Storage = A::Array<B::Array<C::Array<D::Array<f32>>>>;
}

/// A shape as a type: `shape![1, 28, 28]` is `(Const<1>, Const<28>, Const<28>)`.
///
/// ```
/// use fireclay_runtime::{Tensor, shape};
/// let image: Tensor<shape![1, 28, 28]> = Tensor::zeros();
/// assert_eq!(image.as_slice().len(), 784);
/// ```
#[macro_export]
macro_rules! shape {
    ($($n:expr),+ $(,)?) => { ($($crate::__private::Const<{ $n }>,)+) };
}
