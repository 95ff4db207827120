//! `y = weight · x` for all rows of all samples. A part of the weight, which stays in the first-level cache, is packed and meets all rows.

use super::block::{add_products, load_row, store_row};
use super::panels::{Matrix, pack};
use super::{Cursor, Rows};
use crate::simd::{LANES, Vector};
use fireclay_ir::sizes::{ROW_RESULTS, ROW_SOURCES};

/// What the results start from.
#[derive(Clone, Copy)]
pub enum From {
    /// Zero.
    Zero,
    /// What is there.
    There,
    /// Two biases, each for the results below a number; both may be null.
    Biases([(*const f32, usize); 2]),
}

impl From {
    /// By whether to add.
    pub fn accumulate(accumulate: bool) -> Self {
        if accumulate { Self::There } else { Self::Zero }
    }

    /// The numbers that results from `first` on start from, where these are the same for all rows.
    unsafe fn numbers(self, first: usize, live: usize) -> [f32; ROW_RESULTS] {
        let mut numbers = [0.0; ROW_RESULTS];
        if let Self::Biases(biases) = self {
            for (bias, below) in biases.into_iter().filter(|(bias, _)| !bias.is_null()) {
                for i in 0..live.min(below.saturating_sub(first)) {
                    // SAFETY: the caller's promise: there are so many.
                    numbers[i] += unsafe { *bias.add(first + i) };
                }
            }
        }
        numbers
    }
}

/// Rows × vectors that are computed at once.
const fn shape<V: Vector>() -> [usize; 2] {
    if V::ACCUMULATORS >= 24 {
        [6, 4]
    } else if V::ACCUMULATORS >= 6 {
        [6, 1]
    } else {
        [2, 1]
    }
}

/// Results `range` of so many rows of each sample, `x` and `y` of them by their numbers. Scratch: `ROW_SOURCES · ROW_RESULTS` floats.
#[inline(always)]
unsafe fn rows_product<V: Vector>(
    m: &Matrix,
    rows: usize,
    x: Rows<*const f32>,
    y: Rows<*mut f32>,
    range: (usize, usize),
    start: From,
    scratch: *mut f32,
) {
    let all = rows * x.samples.count;
    let width = const { shape::<V>()[1] * LANES };
    for first in (range.0..range.1).step_by(width) {
        let live = (range.1 - first).min(width);
        // SAFETY: the caller's promise.
        let begin = unsafe { start.numbers(first, live) };
        let mut source = 0;
        // Without sources there still is what results start from.
        loop {
            let until = (source + ROW_SOURCES).min(m.sources);
            let there = source > 0 || matches!(start, From::There);
            let (mut of_x, mut of_y) = (Cursor::new(rows), Cursor::new(rows));
            let mut row = 0;
            macro_rules! block {
                ($R:literal, $N:literal) => {
                    while all - row >= $R {
                        let x: [*const f32; $R] = core::array::from_fn(|_| {
                            let (sample, row) = of_x.next();
                            x.row(sample, row).wrapping_add(source)
                        });
                        let y: [*mut f32; $R] = core::array::from_fn(|_| {
                            let (sample, row) = of_y.next();
                            y.row(sample, row).wrapping_add(first)
                        });
                        let mut sums = [load_row::<V, $N>(begin.as_ptr(), $N * LANES); $R];
                        for r in 0..if there { $R } else { 0 } {
                            sums[r] = load_row::<V, $N>(y[r], live);
                        }
                        add_products::<V, $R, $N>(until - source, scratch, x, &mut sums);
                        for r in 0..$R {
                            store_row(sums[r], y[r], live);
                        }
                        row += $R;
                    }
                };
            }
            // SAFETY: the caller's promise.
            unsafe {
                pack::<V>(m, (first, live), (source, until), const { shape::<V>()[1] }, scratch);
                if const { shape::<V>()[1] == 4 } {
                    block!(6, 4);
                    block!(3, 4);
                    block!(1, 4);
                } else if const { shape::<V>()[0] == 6 } {
                    block!(6, 1);
                    block!(3, 1);
                    block!(1, 1);
                } else {
                    block!(2, 1);
                    block!(1, 1);
                }
            }
            source = until;
            if source >= m.sources {
                break;
            }
        }
    }
}

/// Numbers `range` of a gradient of x of `rows` rows in each sample, which are cut into shares as if they lay in one row: other kernels that write
/// them know no rows.
///
/// # Safety
/// As [`product`].
pub unsafe fn product_flat(
    m: &Matrix,
    rows: usize,
    x: Rows<*const f32>,
    y: Rows<*mut f32>,
    (from, until): (usize, usize),
    start: From,
    scratch: *mut f32,
) {
    let width = m.results;
    // Rows `first..first + rows`, some of their numbers.
    let some = |first: usize, rows: usize, range: (usize, usize)| {
        let x = Rows { at: x.at.wrapping_add(first * x.next), ..x };
        let y = Rows { at: y.at.wrapping_add(first * y.next), ..y };
        // SAFETY: the caller's promise.
        unsafe { product(m, rows, x, y, range, start, scratch) };
    };
    if from >= until || width == 0 {
        return;
    }
    let (mut first, last) = (from / width, until / width);
    debug_assert!(until <= rows * width, "all rows");
    let (begin, end) = (from % width, until % width);
    if first == last {
        return some(first, 1, (begin, end));
    }
    if begin > 0 {
        some(first, 1, (begin, width));
        first += 1;
    }
    if last > first {
        some(first, last - first, (0, width));
    }
    if end > 0 {
        some(last, 1, (0, end));
    }
}

#[expect(dead_code, reason = "the lanes are results here, so that only one of both entries is used")]
mod entry {
    use super::{From, Matrix, Rows, rows_product};
    entries! {
        /// `y = weight · x` for the results of a range.
        pub(in crate::kernels) unsafe fn rows_product(
            m: &Matrix, rows: usize, x: Rows<*const f32>, y: Rows<*mut f32>, range: (usize, usize), start: From, scratch: *mut f32,
        );
    }
}
pub(in crate::kernels) use entry::chwn16::rows_product as product;
