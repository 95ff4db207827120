//! Rows that become columns: of one sample, sixteen by sixteen.

use crate::simd::{LANES, Vector};

/// Squares of sixteen by sixteen that are read or written in a run: where rows lie far apart, one square alone would take of each a line of the cache, often all from the
/// same set of it.
const RUN: usize = 8;

/// Writes numbers, or adds them.
#[inline(always)]
pub(super) unsafe fn put<V: Vector>(numbers: V, to: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe { if accumulate { V::load(to).add(numbers) } else { numbers }.store(to) };
}

/// What lies at `[row][column]` goes to `[column][row]`, or is added there; rows begin `from_row` floats apart, columns `to_column`.
#[inline(always)]
unsafe fn turn<V: Vector>(
    rows: usize,
    columns: usize,
    from: *const f32,
    from_row: usize,
    to: *mut f32,
    to_column: usize,
    accumulate: bool,
) {
    let (whole_rows, whole_columns) = (rows - rows % LANES, columns - columns % LANES);
    // SAFETY: the caller's promise.
    unsafe {
        if from_row >= to_column {
            read_in_runs::<V>([whole_rows, whole_columns], from, from_row, to, to_column, accumulate);
        } else {
            write_in_runs::<V>([whole_rows, whole_columns], from, from_row, to, to_column, accumulate);
        }
        for row in 0..rows {
            for column in if row < whole_rows { whole_columns } else { 0 }..columns {
                put(*from.add(row * from_row + column), to.add(column * to_column + row), accumulate);
            }
        }
    }
}

/// Rows and columns that fill vectors, where the rows lie farther apart.
#[inline(always)]
unsafe fn read_in_runs<V: Vector>(
    [rows, columns]: [usize; 2],
    from: *const f32,
    from_row: usize,
    to: *mut f32,
    to_column: usize,
    accumulate: bool,
) {
    let (mut squares, mut turned) = ([0.0_f32; RUN * LANES * LANES], [0.0_f32; LANES * LANES]);
    // SAFETY: the caller's promise.
    unsafe {
        for row in (0..rows).step_by(LANES) {
            for first in (0..columns).step_by(RUN * LANES) {
                let run = RUN.min((columns - first) / LANES);
                for i in 0..LANES {
                    let from = from.add((row + i) * from_row + first);
                    for k in 0..run {
                        V::load(from.add(k * LANES)).store(squares.as_mut_ptr().add((k * LANES + i) * LANES));
                    }
                }
                for k in 0..run {
                    let (square, to) = (squares.as_ptr().add(k * LANES * LANES), to.add((first + k * LANES) * to_column + row));
                    if !accumulate {
                        V::transpose(square, to, to_column);
                        continue;
                    }
                    V::transpose(square, turned.as_mut_ptr(), LANES);
                    for i in 0..LANES {
                        put(V::load(turned.as_ptr().add(i * LANES)), to.add(i * to_column), true);
                    }
                }
            }
        }
    }
}

/// The same where the columns lie farther apart.
#[inline(always)]
unsafe fn write_in_runs<V: Vector>(
    [rows, columns]: [usize; 2],
    from: *const f32,
    from_row: usize,
    to: *mut f32,
    to_column: usize,
    accumulate: bool,
) {
    let (mut square, mut turned) = ([0.0_f32; LANES * LANES], [0.0_f32; RUN * LANES * LANES]);
    // SAFETY: the caller's promise.
    unsafe {
        for column in (0..columns).step_by(LANES) {
            for first in (0..rows).step_by(RUN * LANES) {
                let run = RUN.min((rows - first) / LANES);
                for k in 0..run {
                    let from = from.add((first + k * LANES) * from_row + column);
                    for i in 0..LANES {
                        V::load(from.add(i * from_row)).store(square.as_mut_ptr().add(i * LANES));
                    }
                    V::transpose(square.as_ptr(), turned.as_mut_ptr().add(k * LANES), RUN * LANES);
                }
                for i in 0..LANES {
                    let to = to.add((column + i) * to_column + first);
                    for k in 0..run {
                        put(V::load(turned.as_ptr().add((i * RUN + k) * LANES)), to.add(k * LANES), accumulate);
                    }
                }
            }
        }
    }
}

#[expect(dead_code, reason = "the lanes are numbers of one sample, so that only one of both entries is used")]
mod lanes {
    use super::turn;
    entries! {
        /// Of a matrix of one sample.
        pub(in crate::kernels) unsafe fn turn(
            rows: usize,
            columns: usize,
            from: *const f32,
            from_row: usize,
            to: *mut f32,
            to_column: usize,
            accumulate: bool,
        );
    }
}

pub(super) use lanes::chwn16::turn as matrix;
