//! One axis of a convolution: which taps of the kernel meet an input, and where.

/// `a / b` without a path that panics.
#[inline(always)]
pub(super) const fn div(a: usize, b: usize) -> usize {
    if b == 1 {
        return a;
    }
    match a.checked_div(b) {
        Some(quotient) => quotient,
        None => 0,
    }
}

/// `a / b`, rounded up.
#[inline(always)]
pub(super) const fn div_ceil(a: usize, b: usize) -> usize {
    div(a.wrapping_add(b.wrapping_sub(1)), b)
}

const fn gcd(a: usize, b: usize) -> usize {
    match a.checked_rem(b) {
        Some(rest) => gcd(b, rest),
        None => a,
    }
}

/// The taps that meet an input position, and how to walk along them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taps {
    /// The first tap.
    pub tap: usize,
    /// How many.
    pub len: usize,
    /// From one to the next.
    pub tap_step: usize,
    /// The source position that the first one meets.
    pub at: usize,
    /// From one to the next; wraps for negative steps.
    pub at_step: usize,
}

/// One axis of a convolution, in the direction of the forward pass or of the input gradient.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    pub input: usize,
    pub output: usize,
    pub kernel: usize,
    pub stride: usize,
    pub pad: usize,
    pub dilation: usize,
    /// Results are inputs, sources are outputs.
    pub backward: bool,
}

impl Axis {
    /// Positions of the result.
    pub const fn results(self) -> usize {
        if self.backward { self.input } else { self.output }
    }

    /// Positions that it is computed from.
    pub const fn sources(self) -> usize {
        if self.backward { self.output } else { self.input }
    }

    /// Results that lie this far apart meet the same taps (but for the edges).
    pub const fn phases(self) -> usize {
        if self.backward { self.stride } else { 1 }
    }

    /// By how much the source moves between results [`Axis::phases`] apart.
    pub const fn next(self) -> usize {
        if self.backward { 1 } else { self.stride }
    }

    /// The taps of a result.
    #[inline]
    pub fn taps(self, position: usize) -> Taps {
        if self.backward { self.backward(position) } else { self.forward(position) }
    }

    /// How many results from `position` on, [`Axis::phases`] apart and before `end`, may be computed as one block: they meet the same
    /// taps. One of the block sizes that `most` accumulators allow.
    #[inline]
    pub fn alike(self, position: usize, taps: &Taps, end: usize, most: usize) -> usize {
        for size in [12, 6, 4, 3, 2] {
            let last = position + (size - 1) * self.phases();
            if is_block_size(size, most) && last < end {
                let same = |n: usize| {
                    let other = self.taps(position + n * self.phases());
                    other.tap == taps.tap && other.len == taps.len
                };
                // Both edges move in one direction, so that the last one speaks for those between, unless they meet nothing.
                let first = if taps.len == 0 { 1 } else { size - 1 };
                if (first..size).all(same) {
                    return size;
                }
            }
        }
        1
    }

    /// For an output position: the taps that fall on the input.
    #[inline]
    fn forward(self, o: usize) -> Taps {
        let start = o * self.stride;
        if start >= self.pad && start - self.pad + (self.kernel - 1) * self.dilation < self.input {
            // Far from the edges, without a division.
            return Taps { tap: 0, tap_step: 1, at: start - self.pad, at_step: self.dilation, len: self.kernel };
        }
        // The first tap that is not in the padding before: start + tap · dilation >= pad.
        let tap = div_ceil(self.pad.saturating_sub(start), self.dilation);
        let end = div_ceil((self.input + self.pad).saturating_sub(start), self.dilation).min(self.kernel);
        let len = end.saturating_sub(tap);
        let at = if len == 0 { 0 } else { start + tap * self.dilation - self.pad };
        Taps { tap, len, tap_step: 1, at, at_step: self.dilation }
    }

    /// For an input position: the taps through which outputs saw it.
    #[inline]
    fn backward(self, i: usize) -> Taps {
        let none = Taps { tap: 0, len: 0, tap_step: 1, at: 0, at_step: 0 };
        let Some(last) = self.output.checked_sub(1).map(|o| o * self.stride) else { return none };
        let place = i + self.pad;
        // Output o saw it through tap k where o · stride + k · dilation = place.
        let mut tap = div_ceil(place.saturating_sub(last), self.dilation);
        let end = (div(place, self.dilation) + 1).min(self.kernel);
        let tap_step = if self.stride == 1 { 1 } else { div(self.stride, gcd(self.stride, self.dilation)) };
        let stop = end.min(tap + tap_step);
        while tap < stop && !(place - tap * self.dilation).is_multiple_of(self.stride) {
            tap += 1;
        }
        if tap >= stop {
            return none;
        }
        let at = div(place - tap * self.dilation, self.stride);
        let at_step = div(tap_step * self.dilation, self.stride).wrapping_neg();
        Taps { tap, len: div_ceil(end - tap, tap_step), tap_step, at, at_step }
    }

    /// For a tap: the outputs (from, to) for which it falls on the input.
    #[inline]
    pub fn outputs(self, tap: usize) -> (usize, usize) {
        let from = div_ceil(self.pad.saturating_sub(tap * self.dilation), self.stride);
        let to = div_ceil((self.input + self.pad).saturating_sub(tap * self.dilation), self.stride);
        (from.min(self.output), to.min(self.output))
    }
}

/// Whether blocks of this many positions are built where registers hold `most` per channel: few sizes, to keep the machine code small.
pub(super) const fn is_block_size(size: usize, most: usize) -> bool {
    match size {
        1 => true,
        2 => most == 2 || most == 4 || most == 5,
        3 => most == 3 || most >= 6,
        4 => most == 4 || most == 5,
        6 => most >= 6,
        12 => most >= 12,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::tests::axes;
    use std::vec::Vec;

    #[test]
    fn taps_agree_with_a_search() {
        for (input, kernel, stride, pad, dilation) in axes() {
            let span = dilation * (kernel - 1) + 1;
            let Some(room) = (input + 2 * pad).checked_sub(span) else { continue };
            let output = room / stride + 1;
            let axis = Axis { input, output, kernel, stride, pad, dilation, backward: false };
            let meets = |o: usize, k: usize| (o * stride + k * dilation).checked_sub(pad).filter(|i| *i < input);
            for o in 0..output {
                let wanted: Vec<_> = (0..kernel).filter_map(|k| meets(o, k).map(|i| (k, i))).collect();
                let t = axis.forward(o);
                let found: Vec<_> = (0..t.len).map(|n| (t.tap + n * t.tap_step, t.at + n * t.at_step)).collect();
                assert_eq!(found, wanted, "{axis:?} output {o}");
            }
            for i in 0..input {
                let wanted: Vec<_> =
                    (0..kernel).flat_map(|k| (0..output).filter(move |o| meets(*o, k) == Some(i)).map(move |o| (k, o))).collect();
                let t = axis.backward(i);
                let found: Vec<_> =
                    (0..t.len).map(|n| (t.tap + n * t.tap_step, t.at.wrapping_add(n.wrapping_mul(t.at_step)))).collect();
                assert_eq!(found, wanted, "{axis:?} input {i}");
            }
            for k in 0..kernel {
                let (from, to) = axis.outputs(k);
                for o in 0..output {
                    assert_eq!(meets(o, k).is_some(), (from..to).contains(&o), "{axis:?} tap {k} output {o}");
                }
            }
        }
    }

    #[test]
    fn blocks_of_alike_positions_meet_the_same_taps() {
        for (input, kernel, stride, pad, dilation) in axes() {
            let span = dilation * (kernel - 1) + 1;
            let Some(room) = (input + 2 * pad).checked_sub(span) else { continue };
            let output = room / stride + 1;
            for backward in [false, true] {
                let axis = Axis { input, output, kernel, stride, pad, dilation, backward };
                for position in 0..axis.results() {
                    let taps = axis.taps(position);
                    for n in 1..axis.alike(position, &taps, axis.results(), 24) {
                        let t = axis.taps(position + n * axis.phases());
                        assert_eq!((t.tap, t.len), (taps.tap, taps.len));
                        assert!(t.len == 0 || t.at == taps.at + n * axis.next(), "{axis:?} position {position}");
                    }
                }
            }
        }
    }
}
