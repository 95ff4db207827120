//! One axis of a convolution: which taps of the kernel meet an input, and where.

use crate::arithmetic::{div, div_ceil, gcd};

/// A run of taps with the source positions that they meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taps {
    /// The first tap.
    pub tap: usize,
    /// The number of taps.
    pub len: usize,
    /// The distance from one tap to the next.
    pub tap_step: usize,
    /// The source position that the first tap meets.
    pub at: usize,
    /// The distance from one source position to the next; wraps for negative steps.
    pub at_step: usize,
}

/// One axis of a convolution, in the direction of the forward pass or of the input gradient.
#[derive(Debug, Clone, Copy)]
pub struct Axis {
    /// The positions that the forward pass reads.
    pub input: usize,
    /// The positions that the forward pass writes.
    pub output: usize,
    /// The number of taps.
    pub kernel: usize,
    /// The distance from one output to the next, in inputs.
    pub stride: usize,
    /// The padding before the first input.
    pub pad: usize,
    /// The distance from one tap to the next, in inputs.
    pub dilation: usize,
    /// The direction of the input gradient: results are inputs, sources are outputs.
    pub backward: bool,
}

impl Axis {
    /// The `which`-th axis of a window with these kernel, stride, pad and dilation, from `input` to `output` positions.
    #[inline]
    #[must_use]
    pub const fn of(
        which: usize,
        [input, output]: [usize; 2],
        [kernel, stride, pad, dilation]: [[usize; 2]; 4],
        backward: bool,
    ) -> Self {
        Self { input, output, kernel: kernel[which], stride: stride[which], pad: pad[which], dilation: dilation[which], backward }
    }

    /// The positions of the result.
    #[inline]
    #[must_use]
    pub const fn results(self) -> usize {
        if self.backward { self.input } else { self.output }
    }

    /// The positions of the source.
    #[inline]
    #[must_use]
    pub const fn sources(self) -> usize {
        if self.backward { self.output } else { self.input }
    }

    /// The number of phases: results this far apart meet the same taps, but for the edges.
    #[inline]
    #[must_use]
    pub const fn phases(self) -> usize {
        if self.backward { self.stride } else { 1 }
    }

    /// The distance of the sources of two results that lie [`Axis::phases`] apart.
    #[inline]
    #[must_use]
    pub const fn next(self) -> usize {
        if self.backward { 1 } else { self.stride }
    }

    /// The taps of a result.
    #[inline]
    #[must_use]
    pub fn taps(self, position: usize) -> Taps {
        if self.backward { self.backward(position) } else { self.forward(position) }
    }

    /// The taps of an output position that fall on the input.
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

    /// The taps through which outputs read an input position.
    #[inline]
    fn backward(self, i: usize) -> Taps {
        let none = Taps { tap: 0, len: 0, tap_step: 1, at: 0, at_step: 0 };
        let Some(last) = self.output.checked_sub(1).map(|o| o * self.stride) else { return none };
        let place = i + self.pad;
        // Output o read it through tap k where o · stride + k · dilation = place.
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

    /// The outputs (from, to) for which a tap falls on the input.
    #[inline]
    #[must_use]
    pub fn outputs(self, tap: usize) -> (usize, usize) {
        let from = div_ceil(self.pad.saturating_sub(tap * self.dilation), self.stride);
        let to = div_ceil((self.input + self.pad).saturating_sub(tap * self.dilation), self.stride);
        (from.min(self.output), to.min(self.output))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// Every combination of (input, kernel, stride, pad, dilation) of a few values each.
    fn axes() -> impl Iterator<Item = [usize; 5]> {
        let numbers =
            |n: usize| [[1, 2, 3, 5, 8, 15], [1, 2, 3, 5, 7, 7], [1, 2, 3, 4, 4, 4], [0, 1, 2, 4, 4, 4], [1, 2, 3, 3, 3, 3]][n];
        let all = 6 * 6 * 6 * 6 * 6;
        (0..all).map(move |i| [0, 1, 2, 3, 4].map(|n| numbers(n)[i / 6_usize.pow(n as u32) % 6]))
    }

    #[test]
    fn taps_agree_with_a_search() {
        for [input, kernel, stride, pad, dilation] in axes() {
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
}
