//! [`Share`]: the part of a batch step that one thread takes.

use crate::arithmetic::div;

/// One of several equal shares of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The index of the share.
    pub index: usize,
    /// The number of shares.
    pub shares: usize,
}

impl Share {
    /// All of it.
    pub const ALL: Self = Self { index: 0, shares: 1 };

    /// The range of pieces in this share, `(from, until)`. Ranges end at multiples of six, which kernels take at once, where possible.
    #[must_use]
    pub const fn of(self, pieces: usize) -> (usize, usize) {
        const AT_ONCE: usize = 6;
        let blocks = pieces.div_ceil(AT_ONCE);
        let (from, until) = (self.index * blocks / self.shares * AT_ONCE, (self.index + 1) * blocks / self.shares * AT_ONCE);
        (if from < pieces { from } else { pieces }, if until < pieces { until } else { pieces })
    }
}

impl Share {
    /// The range of pieces in this share, `(from, until)`, each share with as many as the others or one more. Kernels across samples that may write the
    /// same numbers cut them by this, into the same pieces (`docs/kernels.md`).
    #[inline]
    #[must_use]
    pub const fn evenly(self, pieces: usize) -> (usize, usize) {
        (div(pieces * self.index, self.shares), div(pieces * (self.index + 1), self.shares))
    }
}

#[cfg(test)]
mod tests {
    use super::Share;

    #[test]
    fn shares_are_a_partition() {
        for pieces in [0, 1, 5, 6, 7, 13, 256] {
            for shares in 1..9 {
                for range in [Share::of, Share::evenly] {
                    let mut next = 0;
                    for index in 0..shares {
                        let (from, until) = range(Share { index, shares }, pieces);
                        assert_eq!(from, next);
                        assert!(until >= from);
                        next = until;
                    }
                    assert_eq!(next, pieces);
                }
            }
        }
    }
}
