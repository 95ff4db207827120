//! Rows that become columns: of one sample, sixteen by sixteen.

use crate::simd::{LANES, Vector};

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
    let (mut square, mut turned) = ([0.0_f32; LANES * LANES], [0.0_f32; LANES * LANES]);
    // SAFETY: the caller's promise.
    unsafe {
        for row in (0..whole_rows).step_by(LANES) {
            for column in (0..whole_columns).step_by(LANES) {
                let (from, to) = (from.add(row * from_row + column), to.add(column * to_column + row));
                for i in 0..LANES {
                    V::load(from.add(i * from_row)).store(square.as_mut_ptr().add(i * LANES));
                }
                if !accumulate {
                    V::transpose(square.as_ptr(), to, to_column);
                    continue;
                }
                V::transpose(square.as_ptr(), turned.as_mut_ptr(), LANES);
                for i in 0..LANES {
                    let to = to.add(i * to_column);
                    V::load(to).add(V::load(turned.as_ptr().add(i * LANES))).store(to);
                }
            }
        }
        for row in 0..rows {
            for column in if row < whole_rows { whole_columns } else { 0 }..columns {
                let (number, to) = (*from.add(row * from_row + column), to.add(column * to_column + row));
                *to = if accumulate { *to + number } else { number };
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
