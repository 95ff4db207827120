//! What something takes in memory.

use crate::graph::{Count, Layout, ValueType};
use fireclay_ir::{ALIGN, Dtype, LANES};

/// Bytes, and what the place of the first must be a multiple of.
#[derive(Debug, Clone)]
pub struct Room {
    /// Bytes.
    pub bytes: Count,
    /// The alignment, in bytes. A size that is a type is a multiple of it.
    pub align: usize,
}

impl Room {
    /// For the numbers of a value in its layout: of one sample, or of the samples that lie side by side.
    #[must_use]
    pub fn of(ty: &ValueType, layout: Layout) -> Self {
        Self::numbers(ty.dtype(), &layout.numbers(ty), layout)
    }

    /// For the gradient of a value, which is of `f32` whatever the value is of.
    #[must_use]
    pub fn of_gradient(ty: &ValueType, layout: Layout) -> Self {
        Self::numbers(Dtype::F32, &layout.numbers(ty), layout)
    }

    /// For so many numbers a sample of an operation's own, beside values of this layout.
    #[must_use]
    pub fn saved(len: &Count, layout: Layout) -> Self {
        Self::numbers(Dtype::F32, len, layout)
    }

    /// For scratch that takes so many numbers over sixteen samples; a single one in `chw` takes a sixteenth.
    #[must_use]
    pub fn scratch(numbers: &Count, layout: Layout) -> Self {
        let all = match layout {
            // A size that is a type: sixteen times too much, which costs pages that are never touched.
            Layout::Chw => numbers.num().map_or_else(|| numbers.clone(), |n| n.div_ceil(LANES).into()),
            Layout::Chwn16 | Layout::Chw16c(_) => numbers.clone(),
        };
        Self { bytes: all.times(&Dtype::F32.size().into()), align: layout.align(Dtype::F32) }.whole(layout)
    }

    fn numbers(dtype: Dtype, len: &Count, layout: Layout) -> Self {
        let samples = layout.samples();
        Self { bytes: len.times(&(dtype.size() * samples).into()), align: layout.align(dtype) }.whole(layout)
    }

    /// What lies in `chw16c`, or beside it, is read and written by vectors.
    fn whole(self, layout: Layout) -> Self {
        if matches!(layout, Layout::Chw16c(_)) { self.in_vectors() } else { self }
    }

    /// In whole vectors of sixteen `f32`, beginning with one: what kernels may read and write by vectors whatever its length is.
    #[must_use]
    pub fn in_vectors(self) -> Self {
        // What is so large that it has no next multiple is refused elsewhere.
        let whole = self.bytes.num().map(|n| n.checked_next_multiple_of(ALIGN).unwrap_or(usize::MAX & !(ALIGN - 1)).into());
        // A size that is a type stays as it is: kernels of whole vectors are not chosen for it.
        whole.map_or(self, |bytes| Self { bytes, align: ALIGN })
    }
}
