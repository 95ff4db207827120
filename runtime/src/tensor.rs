//! [`Tensor`]: numbers of one shape, in place, without a heap.

use crate::shape::Shape;
use core::fmt;

/// Numbers of the shape `S`, outermost axis first, with nothing beside them.
///
/// ```
/// use fireclay_runtime::{Tensor, shape};
/// let logits: Tensor<shape![3]> = Tensor::from([0.1, 2.0, -1.0]);
/// assert_eq!(logits.argmax(), 1);
/// ```
#[repr(transparent)]
pub struct Tensor<S: Shape>(S::Storage);

// Derived, these would ask it of the sizes, which are never values.
impl<S: Shape> Copy for Tensor<S> {}
impl<S: Shape> Clone for Tensor<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Shape> Tensor<S> {
    /// All zero.
    #[must_use]
    pub fn zeros() -> Self {
        const { assert!(size_of::<S::Storage>() == S::LEN * size_of::<f32>()) };
        // SAFETY: the storage is nested arrays of f32 (asserted by size), for which all bits zero are valid.
        Self(unsafe { core::mem::zeroed() })
    }

    /// All zero, on the heap, never on the stack: for images of hundreds of kilobytes.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn boxed() -> std::boxed::Box<Self> {
        // SAFETY: nested arrays of f32, for which all bits zero are valid.
        unsafe { std::boxed::Box::new_zeroed().assume_init() }
    }

    /// A tensor of these numbers; `None` if their count is not the shape's.
    ///
    /// ```
    /// use fireclay_runtime::{Tensor, shape};
    /// assert!(Tensor::<shape![2, 2]>::from_slice(&[1.0, 2.0, 3.0]).is_none());
    /// ```
    #[must_use]
    pub fn from_slice(numbers: &[f32]) -> Option<Self> {
        if numbers.len() != S::LEN {
            return None;
        }
        let mut tensor = Self::zeros();
        tensor.as_mut_slice().copy_from_slice(numbers);
        Some(tensor)
    }

    /// A tensor whose i-th number is `f(i)`, counted as they lie in memory.
    #[must_use]
    pub fn from_fn(f: impl FnMut(usize) -> f32) -> Self {
        let mut tensor = Self::zeros();
        let mut f = f;
        for (i, x) in tensor.as_mut_slice().iter_mut().enumerate() {
            *x = f(i);
        }
        tensor
    }

    /// The numbers, as they lie in memory.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        // SAFETY: the storage is S::LEN numbers without padding (asserted in `zeros`, the only constructor).
        unsafe { core::slice::from_raw_parts((&raw const self.0).cast(), S::LEN) }
    }

    /// The numbers, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        // SAFETY: as in `as_slice`, and the borrow is exclusive.
        unsafe { core::slice::from_raw_parts_mut((&raw mut self.0).cast(), S::LEN) }
    }

    /// The numbers of tensors that stand one after another, as they lie in memory.
    ///
    /// ```
    /// use fireclay_runtime::{Tensor, shape};
    /// let points = [Tensor::<shape![2]>::from([1.0, 2.0]), Tensor::from([3.0, 4.0])];
    /// assert_eq!(Tensor::flat(&points), [1.0, 2.0, 3.0, 4.0]);
    /// ```
    #[must_use]
    pub fn flat(tensors: &[Self]) -> &[f32] {
        // SAFETY: as in `as_slice`; a slice of tensors has nothing between them.
        unsafe { core::slice::from_raw_parts(tensors.as_ptr().cast(), tensors.len() * S::LEN) }
    }

    /// The numbers of tensors that stand one after another, to be changed.
    pub fn flat_mut(tensors: &mut [Self]) -> &mut [f32] {
        // SAFETY: as in `flat`, and the borrow is exclusive.
        unsafe { core::slice::from_raw_parts_mut(tensors.as_mut_ptr().cast(), tensors.len() * S::LEN) }
    }

    /// The place of the largest number, the first of equals; NaN counts as smallest.
    #[must_use]
    pub fn argmax(&self) -> usize {
        let mut best = 0;
        for (i, x) in self.as_slice().iter().enumerate() {
            let largest = self.as_slice()[best];
            if *x > largest || (largest.is_nan() && !x.is_nan()) {
                best = i;
            }
        }
        best
    }
}

impl<S: Shape> Default for Tensor<S> {
    fn default() -> Self {
        Self::zeros()
    }
}

impl<S: Shape> PartialEq for Tensor<S> {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl<S: Shape> fmt::Debug for Tensor<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        write!(f, "Tensor{:?} ", S::DIMS)?;
        let (head, more) = (&self.as_slice()[..S::LEN.min(SHOWN)], S::LEN > SHOWN);
        let mut list = f.debug_list();
        list.entries(head);
        if more {
            list.entry(&format_args!("…"));
        }
        list.finish()
    }
}

impl<const A: usize> From<[f32; A]> for Tensor<(typenum::Const<A>,)> {
    fn from(numbers: [f32; A]) -> Self {
        Self(numbers)
    }
}

impl<const A: usize, const B: usize> From<[[f32; B]; A]> for Tensor<(typenum::Const<A>, typenum::Const<B>)> {
    fn from(numbers: [[f32; B]; A]) -> Self {
        Self(numbers)
    }
}

impl<const A: usize, const B: usize, const C: usize> From<[[[f32; C]; B]; A]>
    for Tensor<(typenum::Const<A>, typenum::Const<B>, typenum::Const<C>)>
{
    fn from(numbers: [[[f32; C]; B]; A]) -> Self {
        Self(numbers)
    }
}

impl<const A: usize, const B: usize, const C: usize, const D: usize> From<[[[[f32; D]; C]; B]; A]>
    for Tensor<(typenum::Const<A>, typenum::Const<B>, typenum::Const<C>, typenum::Const<D>)>
{
    fn from(numbers: [[[[f32; D]; C]; B]; A]) -> Self {
        Self(numbers)
    }
}

impl<S: Shape> core::ops::Deref for Tensor<S> {
    type Target = S::Storage;
    fn deref(&self) -> &S::Storage {
        &self.0
    }
}

impl<S: Shape> core::ops::DerefMut for Tensor<S> {
    fn deref_mut(&mut self) -> &mut S::Storage {
        &mut self.0
    }
}
