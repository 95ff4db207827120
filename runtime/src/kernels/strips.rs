//! How kernels go over an axis in the midst of a value `[outer][len][inner]`, and over numbers of one sample that lie side by side.
//!
//! A row of an axis that is not the last one has its numbers apart: going along one row after the other would take a line of the cache for each number, often all from
//! the same set of it. So rows that lie side by side are gone through together, a strip of them at a time. Loops are macros: a closure would not take the instruction
//! set of the entry that it is inlined into.

use crate::simd::{LANES, Vector};

/// The vectors of a strip: what is kept of each stays in the first-level cache, and their numbers mostly in the second.
pub(super) const STRIP: usize = 32;

/// The numbers of rows of one strip, `stride` floats apart, and the vectors that lie side by side.
#[derive(Clone, Copy)]
pub(super) struct Strip {
    pub stride: usize,
    pub count: usize,
}

/// Runs `$f` for each strip of `$g`, whose rows' numbers are `$stride` floats apart, with the place of its first number, and of its first row among all rows. What fills no
/// vector is a strip of single numbers. `$f` has the constants `[…]` beside the type of the vector.
macro_rules! for_each_strip {
    ($V:ident, [$($constant:ident)?], $g:expr, $stride:expr, |$strip:ident, $at:ident $(, $row:ident)?| $f:ident($($arg:expr),* $(,)?)) => {{
        use $crate::kernels::strips::{STRIP, Strip};
        let (stride, whole) = ($stride, $stride - $stride % $V::WIDTH);
        for o in 0..$g.outer {
            let mut from = 0;
            while from < stride {
                let $at = o * $g.len * stride + from;
                $(let $row = o * stride + from;)?
                if from < whole {
                    let $strip = Strip { stride, count: STRIP.min((whole - from) / $V::WIDTH) };
                    $f::<$V $(, $constant)?>($($arg),*);
                    from += $strip.count * $V::WIDTH;
                } else {
                    let $strip = Strip { stride, count: stride - whole };
                    $f::<f32 $(, $constant)?>($($arg),*);
                    from = stride;
                }
            }
        }
    }};
}

/// How many vectors of sixteen so many numbers of one sample are, where they come out even: what computes position by position may then take them for sixteen samples.
#[inline(always)]
pub(super) fn sixteens<V: Vector>(numbers: usize) -> Option<usize> {
    let even = V::WIDTH == 1 && numbers > 0 && numbers.is_multiple_of(LANES);
    even.then_some(numbers / LANES)
}

/// Runs `$vector` for the place of each whole vector of `len` numbers, in four chains that do not wait for each other, and `$number` for that of each number that is left.
macro_rules! along {
    ($V:ident, $len:expr, |$i:ident, $chain:ident| $vector:block, |$j:ident| $number:block) => {{
        let len: usize = $len;
        let whole = len - len % $V::WIDTH;
        let mut at = 0;
        while at + 4 * $V::WIDTH <= whole {
            for $chain in 0..4 {
                let $i = at + $chain * $V::WIDTH;
                $vector
            }
            at += 4 * $V::WIDTH;
        }
        while at < whole {
            let ($i, $chain) = (at, 0);
            $vector
            at += $V::WIDTH;
        }
        for $j in whole..len {
            $number
        }
    }};
}

/// The sum of four chains.
#[inline(always)]
pub(super) unsafe fn sum4<V: Vector>([a, b, c, d]: [V; 4]) -> V {
    // SAFETY: the caller's promise.
    unsafe { a.add(b).add(c.add(d)) }
}

pub(super) use {along, for_each_strip};
