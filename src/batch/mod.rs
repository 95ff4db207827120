//! Many samples at once.

mod indices;
#[cfg(feature = "random")]
mod noise;

pub use indices::{IndexBatch, IndicesBatch};

use crate::layout::{self, Layout};
use crate::{LANES, Shape, Tensor};
use core::marker::PhantomData;

/// Sixteen `f32` on a cache line: the unit that large memory is made of, whatever lies in it.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Line(pub [f32; LANES]);

/// Zeroed lines, at least so many bytes. Pages that are never touched take no memory.
pub(crate) fn lines(bytes: usize) -> Box<[Line]> {
    // SAFETY: a line is f32s, for which all bits zero are valid.
    unsafe { Box::new_zeroed_slice(bytes.div_ceil(size_of::<Line>())).assume_init() }
}

/// Bytes of `count` things (micro-batches, slots) of so many bytes each.
///
/// # Panics
/// Where this machine has no addresses for so many: a product that wrapped around would be too little memory.
#[track_caller]
pub(crate) fn room(count: usize, bytes: usize) -> usize {
    match count.checked_mul(bytes) {
        Some(all) if isize::try_from(all).is_ok() => all,
        _ => panic!("a memory of {count} × {bytes} bytes is larger than this machine can address: take a smaller batch"),
    }
}

/// Bytes of so many `f32`; too many stay too many for [`room`].
pub(crate) const fn bytes_of(numbers: usize) -> usize {
    numbers.saturating_mul(size_of::<f32>())
}

/// Calls `fill(lanes, samples)` for each number of the last micro-batch, where that has padding lanes; a sample has `len` numbers.
fn pad<T>(len: usize, layout: Layout, samples: usize, numbers: &mut [T], fill: impl Fn(&mut [T], usize)) {
    let (lanes, count) = (layout.lanes(), samples % layout.lanes());
    if count > 0 {
        let first = numbers.len() - len * lanes;
        numbers[first..].chunks_exact_mut(lanes).for_each(|lanes| fill(lanes, count));
    }
}

/// The last sample once more in every padding lane.
fn repeat_last<T: Copy>(lanes: &mut [T], samples: usize) {
    let last = lanes[samples - 1];
    lanes[samples..].fill(last);
}

/// Samples of the shape `S`. Those that a program makes lie sixteen side by side, `[sixteens][S…][16]`; what a network gives lies as it trains:
/// [`layout`](Batch::layout) tells.
///
/// ```
/// use fireclay::prelude::*;
/// let a: Tensor<shape![2]> = Tensor::from([1.0, 2.0]);
/// let b = Tensor::from([3.0, 4.0]);
/// let batch = Batch::from_samples([&a, &b]);
/// assert_eq!((batch.len(), batch.sample(1)), (2, b));
/// ```
pub struct Batch<S: Shape> {
    data: Box<[Line]>,
    len: usize,
    layout: Layout,
    shape: PhantomData<S>,
}

impl<S: Shape> Batch<S> {
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
        let data = lines(room(layout.micros(capacity), bytes_of(S::LEN.saturating_mul(layout.lanes()))));
        Self { data, len: 0, layout, shape: PhantomData }
    }

    /// How the samples lie.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// `len` samples, all zero.
    #[must_use]
    pub fn zeros(len: usize) -> Self {
        Self::zeros_in(len, Layout::default())
    }

    /// `len` samples that lie so, all zero.
    pub(crate) fn zeros_in(len: usize, layout: Layout) -> Self {
        let mut batch = Self::in_layout(len, layout);
        batch.len = len;
        batch
    }

    /// These samples.
    pub fn from_samples<'a>(samples: impl IntoIterator<Item = &'a Tensor<S>, IntoIter: ExactSizeIterator>) -> Self {
        let samples = samples.into_iter();
        let mut batch = Self::zeros(samples.len());
        for (i, sample) in samples.enumerate() {
            batch.set(i, sample);
        }
        batch
    }

    /// `len` samples whose j-th number is `f(sample, j)`.
    pub fn from_fn(len: usize, mut f: impl FnMut(usize, usize) -> f32) -> Self {
        let mut batch = Self::zeros(len);
        for i in 0..len {
            for j in 0..S::LEN {
                let at = batch.position(i, j);
                batch.as_mut_slice()[at] = f(i, j);
            }
        }
        batch
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

    /// For how many samples there is room.
    #[must_use]
    pub fn capacity(&self) -> usize {
        (self.data.len() * LANES / (S::LEN.max(1) * self.layout.lanes())) * self.layout.lanes()
    }

    /// Where the j-th number of the i-th sample stands in [`Batch::as_slice`].
    #[must_use]
    pub fn position(&self, i: usize, j: usize) -> usize {
        self.layout.position(S::LEN, i, j)
    }

    /// A function of `(j, lane)`: the j-th number of the sample `first + lane`, which lies in the same micro-batch as the first one.
    #[cfg(feature = "train")]
    pub(crate) fn part(&self, first: usize) -> impl Fn(usize, usize) -> f32 {
        let ([number, sample], lanes) = (self.layout.strides(S::LEN), &self.as_slice()[self.position(first, 0)..]);
        move |j, lane| lanes[j * number + lane * sample]
    }

    /// Numbers of all micro-batches, padding lanes included.
    fn numbers(&self) -> usize {
        self.layout.micros(self.len) * S::LEN * self.layout.lanes()
    }

    /// The numbers as they lie in memory, those of padding lanes included, whose content is unspecified.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        // SAFETY: lines are sixteen f32 each, without padding.
        unsafe { core::slice::from_raw_parts(self.data.as_ptr().cast(), self.numbers()) }
    }

    /// The numbers as they lie in memory, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        // SAFETY: lines are sixteen f32 each, without padding; the borrow is exclusive.
        unsafe { core::slice::from_raw_parts_mut(self.data.as_mut_ptr().cast(), self.numbers()) }
    }

    /// A copy of the i-th sample.
    ///
    /// # Panics
    /// If there are not that many.
    #[must_use]
    #[track_caller]
    pub fn sample(&self, i: usize) -> Tensor<S> {
        assert!(i < self.len, "sample {i} of a batch of {}", self.len);
        Tensor::from_fn(|j| self.as_slice()[self.position(i, j)])
    }

    /// Copies the i-th sample to `to`: for samples of megabytes, which [`sample`](Batch::sample) puts on the stack in a debug build.
    ///
    /// # Panics
    /// If there are not that many.
    #[track_caller]
    pub fn read(&self, i: usize, to: &mut Tensor<S>) {
        assert!(i < self.len, "sample {i} of a batch of {}", self.len);
        let from = self.as_slice()[self.position(i, 0)..].iter().step_by(self.layout.lanes());
        for (to, from) in to.as_mut_slice().iter_mut().zip(from) {
            *to = *from;
        }
    }

    /// Copies samples in order, from the `first` on; quickly, where whole micro-batches are copied.
    #[track_caller]
    pub(crate) fn read_all(&self, first: usize, to: &mut [Tensor<S>]) {
        if !first.is_multiple_of(self.layout.lanes()) {
            return to.iter_mut().enumerate().for_each(|(i, to)| self.read(first + i, to));
        }
        let end = first + to.len();
        assert!(end <= self.len, "samples {first} to {end} of a batch of {}", self.len);
        let from = &self.as_slice()[first * S::LEN..];
        crate::layout::copy_numbers(S::LEN, to.len(), (self.layout, from), (Layout::Chw, Tensor::flat_mut(to)));
    }

    /// Replaces the i-th sample.
    ///
    /// # Panics
    /// If there are not that many.
    #[track_caller]
    pub fn set(&mut self, i: usize, sample: &Tensor<S>) {
        assert!(i < self.len, "sample {i} of a batch of {}", self.len);
        let layout = self.layout;
        let lanes = self.as_mut_slice();
        for (j, x) in sample.as_slice().iter().enumerate() {
            lanes[layout.position(S::LEN, i, j)] = *x;
        }
    }

    /// All samples, one after another: `[len][S…]`.
    #[must_use]
    pub fn to_vec(&self) -> Vec<f32> {
        let mut samples = vec![0.0; self.len * S::LEN];
        layout::copy_numbers(S::LEN, self.len, (self.layout, self.as_slice()), (Layout::Chw, &mut samples));
        samples
    }

    /// Samples that lie one after another (`[len][S…]`); `None` if the numbers do not come out even.
    #[must_use]
    pub fn from_slice(samples: &[f32]) -> Option<Self> {
        if !samples.len().is_multiple_of(S::LEN) {
            return None;
        }
        let mut batch = Self::zeros_in(samples.len() / S::LEN, Layout::Chwn16);
        let len = batch.len;
        layout::copy_numbers(S::LEN, len, (Layout::Chw, samples), (Layout::Chwn16, batch.as_mut_slice()));
        Some(batch)
    }

    /// Changes the number of samples. Those that are new hold what was there before, or zeros.
    ///
    /// # Panics
    /// If there is no room for that many.
    #[track_caller]
    pub fn set_len(&mut self, len: usize) {
        assert!(len <= self.capacity(), "{len} samples in a batch made for {}", self.capacity());
        self.len = len;
        self.clear_padding();
    }

    pub(crate) fn copy_from(&mut self, from: &Self) {
        self.copy_micros(from, 0);
        self.clear_padding();
    }

    /// Copies what a pass reads, from the `first`-th micro-batch on: the last sample stands once more in every padding lane.
    pub(crate) fn copy_padded(&mut self, from: &Self, first: usize) {
        self.copy_micros(from, first);
        self.pad(repeat_last);
    }

    /// Copies from the `first`-th micro-batch on; all where the layouts differ.
    fn copy_micros(&mut self, from: &Self, first: usize) {
        self.set_len(from.len);
        if self.layout == from.layout {
            let first = first * S::LEN * self.layout.lanes();
            self.as_mut_slice()[first..].copy_from_slice(&from.as_slice()[first..]);
        } else {
            let layout = self.layout;
            layout::copy_numbers(S::LEN, from.len, (from.layout, from.as_slice()), (layout, self.as_mut_slice()));
        }
    }

    /// Zeros in the padding lanes, as gradients have them.
    pub(crate) fn clear_padding(&mut self) {
        self.pad(|lanes, count| lanes[count..].fill(0.0));
    }

    /// Calls `fill(lanes, samples)` for each number of a last micro-batch that has padding lanes.
    fn pad(&mut self, fill: impl Fn(&mut [f32], usize)) {
        let (layout, len) = (self.layout, self.len);
        pad(S::LEN, layout, len, self.as_mut_slice(), fill);
    }

    pub(crate) fn as_ptr(&self) -> *const f32 {
        self.data.as_ptr().cast()
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut f32 {
        self.data.as_mut_ptr().cast()
    }

    pub(crate) fn stride(&self) -> usize {
        S::LEN * self.layout.lanes()
    }
}

impl<S: Shape> Clone for Batch<S> {
    fn clone(&self) -> Self {
        Self { data: self.data.clone(), len: self.len, layout: self.layout, shape: PhantomData }
    }
}

impl<S: Shape> core::fmt::Debug for Batch<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Batch of {} × {:?}", self.len, S::DIMS)
    }
}
