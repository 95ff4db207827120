//! Indices of many samples: classes, texts.

use super::{bytes_of, pad, repeat_last, room};
use crate::layout::{self, Layout};
use crate::{Error, Index, Indices, LANES, Result};

/// An index per sample: the classes of a batch.
pub type IndexBatch<const BOUND: usize> = IndicesBatch<BOUND, 1>;

/// `LEN` indices per sample, as [`Batch`](super::Batch) has numbers. The texts of a batch.
#[derive(Clone)]
pub struct IndicesBatch<const BOUND: usize, const LEN: usize> {
    data: Vec<Index<BOUND>>,
    len: usize,
    layout: Layout,
}

impl<const BOUND: usize, const LEN: usize> IndicesBatch<BOUND, LEN> {
    /// Empty, with room for `capacity` samples.
    #[must_use]
    #[track_caller]
    pub fn with_capacity(capacity: usize) -> Self {
        Self::in_layout(capacity, Layout::default())
    }

    /// Empty, with room for `capacity` samples that lie so.
    #[must_use]
    #[track_caller]
    pub fn in_layout(capacity: usize, layout: Layout) -> Self {
        let bytes = room(layout.micros(capacity), bytes_of(LEN.saturating_mul(layout.lanes())));
        Self { data: vec![Index::default(); bytes / size_of::<u32>()], len: 0, layout }
    }

    /// How the samples lie.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// How many samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// No sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The j-th index of the i-th sample.
    ///
    /// # Panics
    /// If there are not that many.
    #[must_use]
    #[track_caller]
    pub fn get(&self, i: usize, j: usize) -> Index<BOUND> {
        assert!(i < self.len && j < LEN, "index {j} of sample {i} in a batch of {} × {LEN}", self.len);
        self.data[self.layout.position(LEN, i, j)]
    }

    fn put(&mut self, i: usize, j: usize, index: Index<BOUND>) {
        self.data[self.layout.position(LEN, i, j)] = index;
    }

    /// Changes the number of samples; those that are new hold what was there before.
    ///
    /// # Panics
    /// If there is no room for that many.
    #[track_caller]
    pub fn set_len(&mut self, len: usize) {
        let capacity = self.data.len() / LEN.max(1);
        assert!(len <= capacity, "{len} samples in a batch made for {capacity}");
        self.len = len;
    }

    pub(crate) fn copy_from(&mut self, from: &Self) {
        self.copy_padded(from, 0);
    }

    /// Copies what a pass reads, from the `first`-th micro-batch on: the last sample stands once more in every padding lane.
    pub(crate) fn copy_padded(&mut self, from: &Self, first: usize) {
        self.set_len(from.len);
        let (layout, lanes) = (self.layout, self.layout.lanes());
        let end = layout.micros(from.len) * LEN * lanes;
        if layout == from.layout {
            let first = first * LEN * lanes;
            self.data[first..end].copy_from_slice(&from.data[first..end]);
        } else {
            layout::copy(LEN, from.len, (from.layout, &from.data), (layout, &mut self.data));
        }
        pad(LEN, layout, from.len, &mut self.data[..end], repeat_last);
    }

    pub(crate) fn as_ptr(&self) -> *const Index<BOUND> {
        self.data.as_ptr()
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut Index<BOUND> {
        self.data.as_mut_ptr()
    }

    pub(crate) fn stride(&self) -> usize {
        LEN * self.layout.lanes()
    }
}

impl<const BOUND: usize> IndicesBatch<BOUND, 1> {
    /// These indices, one per sample.
    pub fn from_samples(samples: impl IntoIterator<Item = Index<BOUND>>) -> Self {
        let data: Vec<_> = samples.into_iter().collect();
        let len = data.len();
        let mut batch = Self { data, len, layout: Layout::Chwn16 };
        batch.data.resize(len.next_multiple_of(LANES), Index::default());
        batch
    }

    /// These numbers as indices, one per sample.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// let classes = IndexBatch::<10>::from_indices(&[3, 1, 4])?;
    /// assert_eq!((classes.len(), classes.sample(2).get()), (3, 4));
    ///
    /// let error = IndexBatch::<10>::from_indices(&[3, 1, 10]).unwrap_err().to_string();
    /// assert_eq!(error, "index 10 at place 2 is not below 10");
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// # Errors
    /// If one is not below `BOUND`: the first such.
    pub fn from_indices(indices: &[usize]) -> Result<Self> {
        let checked = indices
            .iter()
            .enumerate()
            .map(|(place, &index)| Index::new(index).ok_or(Error::Index { place, index, bound: BOUND }));
        checked.collect::<Result<Vec<_>>>().map(Self::from_samples)
    }

    /// The i-th sample.
    ///
    /// # Panics
    /// If there are not that many.
    #[must_use]
    #[track_caller]
    pub fn sample(&self, i: usize) -> Index<BOUND> {
        self.get(i, 0)
    }

    #[track_caller]
    pub(crate) fn read(&self, i: usize, to: &mut Index<BOUND>) {
        *to = self.sample(i);
    }

    /// Replaces the i-th sample.
    ///
    /// # Panics
    /// If there are not that many.
    #[track_caller]
    pub fn set(&mut self, i: usize, sample: &Index<BOUND>) {
        assert!(i < self.len, "sample {i} of a batch of {}", self.len);
        self.put(i, 0, *sample);
    }
}

impl<const BOUND: usize, const LEN: usize> IndicesBatch<BOUND, LEN> {
    /// Sequences of indices, in order.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// let text = Indices::<96, 4>::from_fn(|t| Index::new(t).expect("below 96"));
    /// let batch = IndicesBatch::from_sequences([text]);
    /// assert_eq!((batch.len(), batch.get(0, 3).get()), (1, 3));
    /// ```
    pub fn from_sequences(samples: impl IntoIterator<Item = Indices<BOUND, LEN>>) -> Self {
        let samples: Vec<_> = samples.into_iter().collect();
        let mut batch = Self::with_capacity(samples.len());
        batch.set_len(samples.len());
        for (i, sample) in samples.iter().enumerate() {
            batch.set_all(i, sample);
        }
        batch
    }

    /// A copy of the i-th sample.
    ///
    /// # Panics
    /// If there are not that many.
    #[must_use]
    #[track_caller]
    pub fn sample_all(&self, i: usize) -> Indices<BOUND, LEN> {
        Indices::from_fn(|j| self.get(i, j))
    }

    #[track_caller]
    pub(crate) fn read_all(&self, i: usize, to: &mut Indices<BOUND, LEN>) {
        *to = self.sample_all(i);
    }

    /// Replaces the i-th sample.
    ///
    /// # Panics
    /// If there are not that many.
    #[track_caller]
    pub fn set_all(&mut self, i: usize, sample: &Indices<BOUND, LEN>) {
        assert!(i < self.len, "sample {i} of a batch of {}", self.len);
        for (j, index) in sample.as_slice().iter().enumerate() {
            self.put(i, j, *index);
        }
    }
}

impl<const BOUND: usize, const LEN: usize> core::fmt::Debug for IndicesBatch<BOUND, LEN> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Batch of {} × [0..{BOUND}; {LEN}]", self.len)
    }
}
