//! The numbers of batches, whatever their types.

use crate::layout::Layout;
use crate::values::{Pointers, ValueType, Values};
use core::marker::PhantomData;

/// The tensors of a borrowed batch, by value, sample and place.
pub(super) struct Numbers<'a> {
    pointers: Pointers,
    types: &'static [ValueType],
    layout: Layout,
    samples: usize,
    borrowed: PhantomData<&'a mut [f32]>,
}

impl<'a> Numbers<'a> {
    /// Those of a batch of so many samples, made in this layout.
    pub fn of<V: Values>(batch: &'a mut V::Batch, layout: Layout, samples: usize) -> Self {
        assert!(V::lie(V::refs(batch), layout) && V::samples(V::refs(batch)) == samples, "a batch as it was made");
        let mut pointers = Pointers::NONE;
        V::batch_pointers_mut(batch, &mut pointers);
        Self { pointers, types: V::TYPES, layout, samples, borrowed: PhantomData }
    }

    /// Which values are tensors, and their extents.
    pub fn tensors(types: &'static [ValueType]) -> impl Iterator<Item = (usize, &'static [usize])> {
        types.iter().enumerate().filter_map(|(i, ty)| match ty {
            ValueType::Tensor(dims) => Some((i, *dims)),
            ValueType::Indices { .. } => None,
        })
    }

    /// The address of a number of a tensor.
    fn at(&self, value: usize, sample: usize, j: usize) -> *mut f32 {
        let ty = self.types[value];
        assert!(matches!(ty, ValueType::Tensor(_)) && sample < self.samples && j < ty.numbers(), "a number of the batch");
        self.pointers.get(value, 0).wrapping_add(self.layout.position(ty.numbers(), sample, j))
    }

    pub fn get(&self, value: usize, sample: usize, j: usize) -> f32 {
        // SAFETY: a number of a tensor of the batch, which is borrowed exclusively.
        unsafe { *self.at(value, sample, j) }
    }

    pub fn set(&mut self, value: usize, sample: usize, j: usize, to: f32) {
        // SAFETY: as in `get`.
        unsafe { *self.at(value, sample, j) = to };
    }

    /// All numbers of each tensor, sample by sample; none of what is no tensor.
    pub fn all(&self) -> Vec<Vec<f32>> {
        let mut all = vec![Vec::new(); self.types.len()];
        for (value, dims) in Self::tensors(self.types) {
            let len: usize = dims.iter().product();
            all[value] = (0..self.samples * len).map(|i| self.get(value, i / len, i % len)).collect();
        }
        all
    }
}
