//! What flows into and out of a network: tensors, indices, and tuples of them.

#[cfg(feature = "std")]
use crate::layout::Layout;
use crate::{Index, Indices, Shape, Tensor};

/// The type of one value, for tables and messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// A tensor of these extents.
    Tensor(&'static [usize]),
    /// `len` indices below `bound`.
    Indices {
        /// Each is below this.
        bound: usize,
        /// How many.
        len: usize,
    },
}

#[cfg(feature = "std")]
impl ValueType {
    /// How many numbers one sample has.
    pub(crate) fn numbers(&self) -> usize {
        match self {
            Self::Tensor(dims) => dims.iter().product(),
            Self::Indices { len, .. } => *len,
        }
    }
}

impl core::fmt::Display for ValueType {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Tensor(dims) => write!(f, "{dims:?}"),
            Self::Indices { bound, len: 1 } => write!(f, "[0..{bound}]"),
            Self::Indices { bound, len } => write!(f, "[0..{bound}; {len}]"),
        }
    }
}

/// At most this many inputs, and as many outputs, may a network have.
pub const MAX_VALUES: usize = 6;

/// Where several values lie: for each its first number and the floats from one micro-batch to the next.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Pointers {
    at: [*mut f32; MAX_VALUES],
    stride: [usize; MAX_VALUES],
    len: usize,
}

// SAFETY: a list of addresses; whoever reads or writes through them answers for it.
unsafe impl Send for Pointers {}
// SAFETY: as above.
unsafe impl Sync for Pointers {}

impl Pointers {
    pub(crate) const NONE: Self = Self { at: [core::ptr::null_mut(); MAX_VALUES], stride: [0; MAX_VALUES], len: 0 };

    #[inline]
    pub(crate) fn push(&mut self, at: *mut f32, stride: usize) {
        assert!(self.len < MAX_VALUES, "a network has at most {MAX_VALUES} inputs and {MAX_VALUES} outputs");
        (self.at[self.len], self.stride[self.len]) = (at, stride);
        self.len += 1;
    }

    /// How many values.
    #[cfg(feature = "std")]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Floats of the i-th value of a micro-batch.
    pub(crate) fn floats(&self, i: usize) -> usize {
        self.stride[i]
    }

    /// The i-th value of a micro-batch.
    #[inline]
    pub(crate) fn get(&self, i: usize, micro: usize) -> *mut f32 {
        self.at[i].wrapping_add(self.stride[i] * micro)
    }
}

/// Unsafe code trusts the addresses that values give: nobody else may say what they are.
mod sealed {
    pub trait Sealed {}
    impl<S: crate::Shape> Sealed for crate::Tensor<S> {}
    impl<const BOUND: usize> Sealed for crate::Index<BOUND> {}
    impl<const BOUND: usize, const LEN: usize> Sealed for crate::Indices<BOUND, LEN> {}
}

/// What a network takes or yields: [`Tensor`], [`Index`], [`Indices`], or a tuple of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not something that flows through a network",
    note = "values are `Tensor<shape![…]>`, `Index<BOUND>`, `Indices<BOUND, LEN>`, or tuples of these"
)]
pub trait Values: sealed::Sealed + Clone + Send + Sync + 'static {
    /// The types, in order.
    const TYPES: &'static [ValueType];

    /// The addresses of one sample's values.
    #[doc(hidden)]
    fn pointers(&self, to: &mut Pointers);

    /// The addresses of one sample's values, to be written.
    #[doc(hidden)]
    fn pointers_mut(&mut self, to: &mut Pointers);

    /// Many samples.
    #[cfg(feature = "std")]
    type Batch: Send + Sync + core::fmt::Debug;

    /// Many samples, borrowed: `&Batch<S>`, or a tuple of such.
    #[cfg(feature = "std")]
    type Refs<'a>: Copy + Send + Sync;

    /// Room for `capacity` samples that lie so, empty.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn in_layout(capacity: usize, layout: Layout) -> Self::Batch;

    /// Whether all lie so.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn lie(refs: Self::Refs<'_>, layout: Layout) -> bool;

    /// A batch as networks take it: borrowed, or a tuple of borrows.
    ///
    /// ```
    /// use fireclay::{Values, prelude::*};
    /// type Pair = (Tensor<shape![2]>, Index<3>);
    /// let batches = (Batch::zeros(4), IndexBatch::from_indices(&[0, 1, 2, 0])?);
    /// assert_eq!(Pair::samples(Pair::refs(&batches)), 4);
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    #[cfg(feature = "std")]
    fn refs(batch: &Self::Batch) -> Self::Refs<'_>;

    /// How many samples.
    ///
    /// # Panics
    /// If the parts of a tuple have different numbers of them.
    #[cfg(feature = "std")]
    #[track_caller]
    fn samples(refs: Self::Refs<'_>) -> usize;

    /// Changes the number of samples, within the capacity; what they hold is then unspecified but initialized.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn set_samples(batch: &mut Self::Batch, samples: usize);

    /// Copies a gradient: padding lanes become zero.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn copy_from(batch: &mut Self::Batch, from: Self::Refs<'_>);

    /// Copies inputs from the `first`-th micro-batch on: padding lanes become copies of the last sample.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn copy_padded(batch: &mut Self::Batch, from: Self::Refs<'_>, first: usize);

    /// Puts samples into the batch, in order.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn put(batch: &mut Self::Batch, at: usize, sample: &Self);

    /// Copies the i-th sample.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    #[track_caller]
    fn read(refs: Self::Refs<'_>, i: usize, to: &mut Self);

    /// Whether no number is infinite or NaN.
    #[doc(hidden)]
    fn is_finite(&self) -> bool {
        true
    }

    /// Copies samples in order, from the `first` on.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    #[track_caller]
    fn read_all(refs: Self::Refs<'_>, first: usize, to: &mut [Self]) {
        for (i, to) in to.iter_mut().enumerate() {
            Self::read(refs, first + i, to);
        }
    }

    /// Becomes a copy of another one, in place: values of megabytes never stand on the stack.
    #[doc(hidden)]
    fn assign(&mut self, from: &Self);

    /// The class, where it is one: an index.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn class(&self) -> Option<usize> {
        None
    }

    /// All zero, in a box, never on the stack, which values of megabytes overflow in a debug build.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// let mut pair = <(Tensor<shape![3, 512, 512]>, Tensor<shape![3, 512, 512]>)>::boxed();
    /// pair.0[2][511][511] = 1.0;
    /// assert_eq!(pair.1.as_slice().len(), 3 * 512 * 512);
    /// ```
    #[cfg(feature = "std")]
    #[must_use]
    fn boxed() -> Box<Self> {
        // SAFETY: tensors and indices (nothing else is sealed), for which all bits zero are valid.
        unsafe { Box::new_zeroed().assume_init() }
    }

    /// So many of them.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn boxed_slice(len: usize) -> Box<[Self]> {
        // SAFETY: as in `boxed`.
        unsafe { Box::new_zeroed_slice(len).assume_init() }
    }

    /// The addresses of a batch.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn batch_pointers(refs: Self::Refs<'_>, to: &mut Pointers);

    /// The addresses of a batch, to be written.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn batch_pointers_mut(batch: &mut Self::Batch, to: &mut Pointers);

    /// One micro-batch as a loss sees it: numbers `[LEN][lanes]`, with as many samples side by side as its [`MicroBatch`](crate::loss::MicroBatch) says; a tuple
    /// of such.
    #[cfg(feature = "std")]
    type Lanes<'a>: Copy;

    /// The same, to be written.
    #[cfg(feature = "std")]
    type LanesMut<'a>;

    /// The `micro`-th micro-batch of what stands from the `at`-th pointer on; moves `at` on.
    ///
    /// # Safety
    /// The pointers were pushed by this type's `batch_pointers`, hold that many micro-batches, and nobody writes there for `'a`.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    unsafe fn lanes<'a>(pointers: &Pointers, at: &mut usize, micro: usize) -> Self::Lanes<'a>;

    /// The same, to be written.
    ///
    /// # Safety
    /// As for `lanes`, and nobody else reads or writes there for `'a`.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    unsafe fn lanes_mut<'a>(pointers: &Pointers, at: &mut usize, micro: usize) -> Self::LanesMut<'a>;
}

/// The methods of a leaf, which do not differ but in its batch type.
#[cfg(feature = "std")]
macro_rules! leaf_batches {
    ($batch:ty, $set:ident, $read:ident, $number:ty) => {
        type Lanes<'a> = &'a [$number];
        type LanesMut<'a> = &'a mut [$number];
        unsafe fn lanes<'a>(pointers: &Pointers, at: &mut usize, micro: usize) -> &'a [$number] {
            let i = *at;
            *at += 1;
            // SAFETY: one micro-batch of a leaf is `stride` numbers (the caller's promise).
            unsafe { core::slice::from_raw_parts(pointers.get(i, micro).cast(), pointers.stride[i]) }
        }
        unsafe fn lanes_mut<'a>(pointers: &Pointers, at: &mut usize, micro: usize) -> &'a mut [$number] {
            let i = *at;
            *at += 1;
            // SAFETY: as above, and exclusive (the caller's promise).
            unsafe { core::slice::from_raw_parts_mut(pointers.get(i, micro).cast(), pointers.stride[i]) }
        }
        type Batch = $batch;
        type Refs<'a> = &'a $batch;
        fn in_layout(capacity: usize, layout: Layout) -> $batch {
            <$batch>::in_layout(capacity, layout)
        }
        fn lie(refs: &$batch, layout: Layout) -> bool {
            refs.layout() == layout
        }
        fn refs(batch: &$batch) -> &$batch {
            batch
        }
        fn samples(refs: &$batch) -> usize {
            refs.len()
        }
        fn set_samples(batch: &mut $batch, samples: usize) {
            batch.set_len(samples);
        }
        fn copy_from(batch: &mut $batch, from: &$batch) {
            batch.copy_from(from);
        }
        fn copy_padded(batch: &mut $batch, from: &$batch, first: usize) {
            batch.copy_padded(from, first);
        }
        fn put(batch: &mut $batch, at: usize, sample: &Self) {
            batch.$set(at, sample);
        }
        fn read(refs: &$batch, i: usize, to: &mut Self) {
            refs.$read(i, to);
        }
        fn batch_pointers(refs: &$batch, to: &mut Pointers) {
            to.push(refs.as_ptr().cast_mut().cast(), refs.stride());
        }
        fn batch_pointers_mut(batch: &mut $batch, to: &mut Pointers) {
            to.push(batch.as_mut_ptr().cast(), batch.stride());
        }
    };
}

impl<S: Shape> Values for Tensor<S> {
    const TYPES: &'static [ValueType] = &[ValueType::Tensor(S::DIMS)];

    fn assign(&mut self, from: &Self) {
        self.as_mut_slice().copy_from_slice(from.as_slice());
    }

    fn pointers(&self, to: &mut Pointers) {
        to.push(self.as_slice().as_ptr().cast_mut(), 0);
    }

    fn pointers_mut(&mut self, to: &mut Pointers) {
        to.push(self.as_mut_slice().as_mut_ptr(), 0);
    }

    fn is_finite(&self) -> bool {
        self.as_slice().iter().all(|x| x.is_finite())
    }

    #[cfg(feature = "std")]
    fn read_all(refs: &crate::Batch<S>, first: usize, to: &mut [Self]) {
        refs.read_all(first, to);
    }

    #[cfg(feature = "std")]
    leaf_batches!(crate::Batch<S>, set, read, f32);
}

impl<const BOUND: usize> Values for Index<BOUND> {
    const TYPES: &'static [ValueType] = &[ValueType::Indices { bound: BOUND, len: 1 }];

    #[cfg(feature = "std")]
    fn class(&self) -> Option<usize> {
        Some(self.get())
    }

    fn assign(&mut self, from: &Self) {
        *self = *from;
    }

    fn pointers(&self, to: &mut Pointers) {
        to.push((&raw const *self).cast_mut().cast(), 0);
    }

    fn pointers_mut(&mut self, to: &mut Pointers) {
        to.push((&raw mut *self).cast(), 0);
    }

    #[cfg(feature = "std")]
    leaf_batches!(crate::IndexBatch<BOUND>, set, read, Index<BOUND>);
}

impl<const BOUND: usize, const LEN: usize> Values for Indices<BOUND, LEN> {
    const TYPES: &'static [ValueType] = &[ValueType::Indices { bound: BOUND, len: LEN }];

    fn assign(&mut self, from: &Self) {
        self.clone_from(from);
    }

    fn pointers(&self, to: &mut Pointers) {
        to.push(self.as_slice().as_ptr().cast_mut().cast(), 0);
    }

    fn pointers_mut(&mut self, to: &mut Pointers) {
        to.push((&raw mut *self).cast(), 0);
    }

    #[cfg(feature = "std")]
    leaf_batches!(crate::IndicesBatch<BOUND, LEN>, set_all, read_all, Index<BOUND>);
}

/// The types of all parts, one after another.
const fn join<const N: usize>(parts: &[&'static [ValueType]]) -> [ValueType; N] {
    let mut joined = [ValueType::Tensor(&[]); N];
    let (mut n, mut i) = (0, 0);
    while i < parts.len() {
        let mut j = 0;
        while j < parts[i].len() {
            joined[n] = parts[i][j];
            n += 1;
            j += 1;
        }
        i += 1;
    }
    joined
}

macro_rules! tuples {
    ($($T:ident $i:tt),+; $n:literal) => {
        impl<$($T: Leaf),+> sealed::Sealed for ($($T,)+) {}
        impl<$($T: Leaf),+> Values for ($($T,)+) {
            const TYPES: &'static [ValueType] = &const { join::<$n>(&[$($T::TYPES),+]) };
            fn assign(&mut self, from: &Self) {
                $(self.$i.assign(&from.$i);)+
            }
            fn pointers(&self, to: &mut Pointers) {
                $(self.$i.pointers(to);)+
            }
            fn pointers_mut(&mut self, to: &mut Pointers) {
                $(self.$i.pointers_mut(to);)+
            }
            #[cfg(feature = "std")]
            type Batch = ($($T::Batch,)+);
            #[cfg(feature = "std")]
            type Refs<'a> = ($($T::Refs<'a>,)+);
            #[cfg(feature = "std")]
            fn in_layout(capacity: usize, layout: Layout) -> Self::Batch {
                ($($T::in_layout(capacity, layout),)+)
            }
            #[cfg(feature = "std")]
            fn lie(refs: Self::Refs<'_>, layout: Layout) -> bool {
                $($T::lie(refs.$i, layout))&&+
            }
            #[cfg(feature = "std")]
            fn refs(batch: &Self::Batch) -> Self::Refs<'_> {
                ($($T::refs(&batch.$i),)+)
            }
            #[cfg(feature = "std")]
            fn samples(refs: Self::Refs<'_>) -> usize {
                let samples = [$($T::samples(refs.$i)),+];
                for other in samples {
                    assert!(other == samples[0], "the parts of a batch differ: {} samples and {other}", samples[0]);
                }
                samples[0]
            }
            #[cfg(feature = "std")]
            fn set_samples(batch: &mut Self::Batch, samples: usize) {
                $($T::set_samples(&mut batch.$i, samples);)+
            }
            #[cfg(feature = "std")]
            fn copy_from(batch: &mut Self::Batch, from: Self::Refs<'_>) {
                $($T::copy_from(&mut batch.$i, from.$i);)+
            }
            #[cfg(feature = "std")]
            fn copy_padded(batch: &mut Self::Batch, from: Self::Refs<'_>, first: usize) {
                $($T::copy_padded(&mut batch.$i, from.$i, first);)+
            }
            #[cfg(feature = "std")]
            fn put(batch: &mut Self::Batch, at: usize, sample: &Self) {
                $($T::put(&mut batch.$i, at, &sample.$i);)+
            }
            #[cfg(feature = "std")]
            fn read(refs: Self::Refs<'_>, i: usize, to: &mut Self) {
                $($T::read(refs.$i, i, &mut to.$i);)+
            }
            fn is_finite(&self) -> bool {
                $(self.$i.is_finite())&&+
            }
            #[cfg(feature = "std")]
            fn batch_pointers(refs: Self::Refs<'_>, to: &mut Pointers) {
                $($T::batch_pointers(refs.$i, to);)+
            }
            #[cfg(feature = "std")]
            fn batch_pointers_mut(batch: &mut Self::Batch, to: &mut Pointers) {
                $($T::batch_pointers_mut(&mut batch.$i, to);)+
            }
            #[cfg(feature = "std")]
            type Lanes<'a> = ($($T::Lanes<'a>,)+);
            #[cfg(feature = "std")]
            type LanesMut<'a> = ($($T::LanesMut<'a>,)+);
            #[cfg(feature = "std")]
            unsafe fn lanes<'a>(pointers: &Pointers, at: &mut usize, micro: usize) -> Self::Lanes<'a> {
                // SAFETY: the parts' pointers stand one after another, as `batch_pointers` pushed them.
                unsafe { ($($T::lanes(pointers, at, micro),)+) }
            }
            #[cfg(feature = "std")]
            unsafe fn lanes_mut<'a>(pointers: &Pointers, at: &mut usize, micro: usize) -> Self::LanesMut<'a> {
                // SAFETY: as above; the parts do not overlap.
                unsafe { ($($T::lanes_mut(pointers, at, micro),)+) }
            }
        }
    };
}

/// A value that is not a tuple.
pub trait Leaf: Values {}
impl<S: Shape> Leaf for Tensor<S> {}
impl<const BOUND: usize> Leaf for Index<BOUND> {}
impl<const BOUND: usize, const LEN: usize> Leaf for Indices<BOUND, LEN> {}

tuples!(A 0; 1);
tuples!(A 0, B 1; 2);
tuples!(A 0, B 1, C 2; 3);
tuples!(A 0, B 1, C 2, D 3; 4);
tuples!(A 0, B 1, C 2, D 3, E 4; 5);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5; 6);
