//! Rows of a padded map, split into the phases of a stride: first every position that the first tap reaches, then those of the second, and
//! so on. Positions that lie side by side in a result then read what lies side by side.

use crate::simd::{LANES, Vector};

/// How the rows of one map are split.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phases {
    /// Height and width of the map.
    pub size: [usize; 2],
    /// Before it.
    pub pad: [usize; 2],
    /// Of each row.
    pub step: usize,
    /// Numbers of a phase.
    pub len: usize,
}

impl Phases {
    /// Writes `count` rows from the padded map's row `first` on: `[row][phase][len]`.
    ///
    /// # Safety
    /// A map of this size, and room.
    #[inline(always)]
    pub unsafe fn write<V: Vector>(&self, x: *const f32, first: usize, count: usize, to: *mut f32) {
        let Self { size: [height, width], pad, step, len } = *self;
        // SAFETY: the caller's promise.
        unsafe {
            to.write_bytes(0, count * step * len);
            for i in 0..count {
                let row = (first + i).wrapping_sub(pad[0]);
                if row >= height {
                    continue;
                }
                let (from, to) = (x.add(row * width), to.add(i * step * len));
                match step {
                    1 => to.wrapping_add(pad[1]).copy_from_nonoverlapping(from, width.min(len.saturating_sub(pad[1]))),
                    2 => self.halves::<V>(from, to),
                    _ => {
                        for column in 0..width {
                            let (phase, at) = ((column + pad[1]) % step, (column + pad[1]) / step);
                            if at < len {
                                *to.add(phase * len + at) = *from.add(column);
                            }
                        }
                    }
                }
            }
        }
    }

    /// Two phases of one row.
    #[inline(always)]
    unsafe fn halves<V: Vector>(&self, from: *const f32, to: *mut f32) {
        let (len, width, at, odd) = (self.len, self.size[1], self.pad[1] / 2, self.pad[1] % 2);
        let pairs = len.saturating_sub(at + odd).min(width / 2);
        let (first, second) = (to.wrapping_add(odd * len + at), to.wrapping_add((1 - odd) * len + at + odd));
        // By way of arrays, so that they become shuffles: pointers might overlap.
        macro_rules! split {
            ($n:literal, $k:expr) => {{
                let k = $k;
                let both = from.add(2 * k).cast::<[f32; 2 * $n]>().read();
                let (mut even, mut odd) = ([0.0; $n], [0.0; $n]);
                for lane in 0..$n {
                    (even[lane], odd[lane]) = (both[2 * lane], both[2 * lane + 1]);
                }
                first.add(k).cast::<[f32; $n]>().write(even);
                second.add(k).cast::<[f32; $n]>().write(odd);
            }};
        }
        let mut k = 0;
        // SAFETY: the caller's promise.
        unsafe {
            while k + LANES <= pairs {
                let (even, odd) = V::split(from.add(2 * k));
                even.store(first.add(k));
                odd.store(second.add(k));
                k += LANES;
            }
            // What is left by eights or fours, some of it twice.
            if k < pairs && pairs >= 8 {
                if k + 8 < pairs {
                    split!(8, k);
                }
                split!(8, pairs - 8);
                k = pairs;
            } else if k < pairs && pairs >= 4 {
                split!(4, k);
                split!(4, pairs - 4);
                k = pairs;
            }
            while k < pairs {
                (*first.add(k), *second.add(k)) = (*from.add(2 * k), *from.add(2 * k + 1));
                k += 1;
            }
            // What is left of a row that does not come out even.
            if 2 * pairs < width && at + pairs < len {
                *first.add(pairs) = *from.add(2 * pairs);
            }
        }
    }
}
