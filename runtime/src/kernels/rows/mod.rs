//! Products over many rows: the steps of all samples of a batch, which dense layers over sequences and recurrent layers share. Lanes are results.
//!
//! | file | what |
//! |---|---|
//! | `block` | rows × vectors in registers |
//! | `panels` | a weight, or part of it, in the order in which blocks read it |
//! | `product` | `y = weight · x` for all rows, a part of the weight at a time |
//! | `gradient` | the gradient of the weight: the outer products of all rows, each number read and written once for many of them |
//! | `steps` | products of one row of each sample, with a weight that is packed for many of them |
//!
//! Every result is one chain of sums in the order of its sources, however rows and results are blocked: its bits depend neither on the shares nor
//! on the number of samples.

pub(super) mod block;
#[cfg(feature = "train")]
pub(super) mod gradient;
#[cfg(feature = "train")]
mod panels;
#[cfg(feature = "train")]
pub(super) mod product;
#[cfg(feature = "train")]
pub(super) mod steps;

#[cfg(feature = "train")]
pub(super) use panels::Matrix;

#[cfg(feature = "train")]
use fireclay_ir::{Samples, Share};

/// Rows of numbers in all samples.
#[cfg(feature = "train")]
#[derive(Clone, Copy)]
pub(super) struct Rows<P> {
    /// The first row of the first sample.
    pub at: P,
    pub samples: Samples,
    /// Floats from a row to the next.
    pub next: usize,
}

#[cfg(feature = "train")]
impl Rows<*const f32> {
    /// A row of a sample.
    #[inline(always)]
    pub fn row(&self, sample: usize, row: usize) -> *const f32 {
        self.at.wrapping_add(sample * self.samples.step + row * self.next)
    }
}

#[cfg(feature = "train")]
impl Rows<*mut f32> {
    /// A row of a sample.
    #[inline(always)]
    pub fn row(&self, sample: usize, row: usize) -> *mut f32 {
        self.at.wrapping_add(sample * self.samples.step + row * self.next)
    }
}

/// Goes through the rows of all samples in order.
#[cfg(feature = "train")]
pub(super) struct Cursor {
    sample: usize,
    row: usize,
    /// Rows of a sample.
    rows: usize,
}

#[cfg(feature = "train")]
impl Cursor {
    pub const fn new(rows: usize) -> Self {
        Self { sample: 0, row: 0, rows }
    }

    /// The next row: `(sample, row)`.
    #[inline(always)]
    pub fn next(&mut self) -> (usize, usize) {
        let now = (self.sample, self.row);
        self.row += 1;
        if self.row == self.rows {
            (self.sample, self.row) = (self.sample + 1, 0);
        }
        now
    }
}

/// The part of so many numbers, in pieces of so many, that a share takes; the last piece is longer.
#[cfg(feature = "train")]
pub(super) fn part(numbers: usize, piece: usize, share: Share) -> (usize, usize) {
    let pieces = (numbers / piece).max(1);
    let (from, until) = share.evenly(pieces);
    let place = |at: usize| if at == pieces { numbers } else { at * piece };
    (place(from), place(until))
}
