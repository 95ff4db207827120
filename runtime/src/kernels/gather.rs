//! The loop under convolutions, their input gradients, and dense products: sums of weight × vector, register-blocked.
//!
//! Outputs are computed in blocks of channels (and of neighbouring positions where there are few channels), each with its own
//! accumulator, so that a dozen independent chains of fused multiply-adds are under way; a weight is a broadcast, an input a vector.

use crate::simd::Vector;

/// Along one axis: which taps of the kernel meet an input, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taps {
    /// The first tap.
    pub tap: usize,
    /// How many.
    pub len: usize,
    /// From one to the next.
    pub tap_step: usize,
    /// The input position that the first one meets.
    pub at: usize,
    /// From one to the next; wraps for negative steps.
    pub at_step: usize,
}

/// One axis of a convolution.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    pub input: usize,
    pub output: usize,
    pub kernel: usize,
    pub stride: usize,
    pub pad: usize,
    pub dilation: usize,
}

impl Axis {
    /// For an output position: the taps that fall on the input.
    #[inline]
    pub fn forward(self, o: usize) -> Taps {
        let start = o * self.stride;
        // The first tap that is not in the padding before: start + tap · dilation >= pad.
        let tap = self.pad.saturating_sub(start).div_ceil(self.dilation);
        let end = (self.input + self.pad).saturating_sub(start).div_ceil(self.dilation).min(self.kernel);
        let len = end.saturating_sub(tap);
        let at = if len == 0 { 0 } else { start + tap * self.dilation - self.pad };
        Taps { tap, len, tap_step: 1, at, at_step: self.dilation }
    }

    /// For an input position: the taps through which outputs saw it.
    #[inline]
    pub fn backward(self, i: usize) -> Taps {
        let none = Taps { tap: 0, len: 0, tap_step: 1, at: 0, at_step: 0 };
        if self.output == 0 {
            return none;
        }
        let (place, last) = (i + self.pad, (self.output - 1) * self.stride);
        // Output o saw it through tap k where o · stride + k · dilation = place.
        let mut tap = place.saturating_sub(last).div_ceil(self.dilation);
        let end = (place / self.dilation + 1).min(self.kernel);
        let tap_step = self.stride / gcd(self.stride, self.dilation);
        let stop = end.min(tap + tap_step);
        while tap < stop && !(place - tap * self.dilation).is_multiple_of(self.stride) {
            tap += 1;
        }
        if tap >= stop {
            return none;
        }
        let at = (place - tap * self.dilation) / self.stride;
        let at_step = (tap_step * self.dilation / self.stride).wrapping_neg();
        Taps { tap, len: (end - tap).div_ceil(tap_step), tap_step, at, at_step }
    }

    /// For a tap: the outputs (from, to) for which it falls on the input.
    #[inline]
    pub fn outputs(self, tap: usize) -> (usize, usize) {
        let from = self.pad.saturating_sub(tap * self.dilation).div_ceil(self.stride);
        let to = (self.input + self.pad).saturating_sub(tap * self.dilation).div_ceil(self.stride);
        (from.min(self.output), to.min(self.output))
    }
}

const fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Strides of the input, in floats, and of the weight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strides {
    /// Channels that are summed over.
    pub channels: usize,
    /// From one such channel to the next, in the input.
    pub x_channel: usize,
    /// From one such channel to the next, in the weight.
    pub w_channel: usize,
    /// From one output channel to the next, in the weight.
    pub w_out: usize,
}

/// The window of one output position: pointers to its first input and weight, and how to walk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub x: *const f32,
    pub w: *const f32,
    pub rows: usize,
    pub cols: usize,
    pub x_row: usize,
    pub x_col: usize,
    pub w_row: usize,
    pub w_col: usize,
    /// From the window of one position of a block to that of the next.
    pub x_next: usize,
}

/// Adds to `B` output channels × `P` neighbouring positions.
///
/// # Safety
/// All that the window and strides reach is valid.
#[inline(always)]
pub(super) unsafe fn accumulate<V: Vector, const B: usize, const P: usize>(acc: &mut [[V; P]; B], s: &Strides, window: Window) {
    // SAFETY: the caller's promise.
    unsafe {
        for c in 0..s.channels {
            let (x, w) = (window.x.add(c * s.x_channel), window.w.add(c * s.w_channel));
            for row in 0..window.rows {
                let mut x = x.wrapping_add(row.wrapping_mul(window.x_row));
                let mut w = w.wrapping_add(row * window.w_row);
                for _ in 0..window.cols {
                    let inputs: [V; P] = core::array::from_fn(|p| V::load(x.wrapping_add(p * window.x_next)));
                    for (b, acc) in acc.iter_mut().enumerate() {
                        let weight = V::splat(*w.add(b * s.w_out));
                        for (acc, input) in acc.iter_mut().zip(inputs) {
                            *acc = weight.mul_add(input, *acc);
                        }
                    }
                    x = x.wrapping_add(window.x_col);
                    w = w.wrapping_add(window.w_col);
                }
            }
        }
    }
}

/// What an output starts from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start {
    /// Zero.
    Zero,
    /// What is there already.
    Output,
    /// The bias of its channel.
    Bias(*const f32),
}

impl Start {
    /// By a nullable bias.
    pub fn bias(bias: *const f32) -> Self {
        if bias.is_null() { Self::Zero } else { Self::Bias(bias) }
    }

    /// By whether to add.
    pub fn accumulate(accumulate: bool) -> Self {
        if accumulate { Self::Output } else { Self::Zero }
    }
}

/// Computes a block: `B` channels from `channel` on × `P` positions, into `y` (its place for the block's first channel and position).
///
/// # Safety
/// All that is reached is valid.
#[inline(always)]
pub(super) unsafe fn block<V: Vector, const B: usize, const P: usize>(
    start: Start,
    channel: usize,
    s: &Strides,
    window: Window,
    y: *mut f32,
    y_channel: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut acc: [[V; P]; B] = match start {
            Start::Zero => [[V::splat(0.0); P]; B],
            Start::Bias(bias) => core::array::from_fn(|b| [V::splat(*bias.add(channel + b)); P]),
            Start::Output => core::array::from_fn(|b| core::array::from_fn(|p| V::load(y.add(b * y_channel + p * V::WIDTH)))),
        };
        accumulate(&mut acc, s, window);
        for (b, row) in acc.into_iter().enumerate() {
            for (p, v) in row.into_iter().enumerate() {
                v.store(y.add(b * y_channel + p * V::WIDTH));
            }
        }
    }
}

/// Calls `$run` with a const block size for each block of `$total` channels, the largest that registers allow first.
macro_rules! blocks {
    ($V:ty, $total:expr, |$from:ident, $B:ident| $run:block) => {{
        let total: usize = $total;
        let mut $from = 0;
        while $from < total {
            let left = total - $from;
            if <$V>::ACCUMULATORS >= 12 && left >= 12 {
                const $B: usize = 12;
                $run
                $from += $B;
            } else if <$V>::ACCUMULATORS >= 6 && left >= 6 {
                const $B: usize = 6;
                $run
                $from += $B;
            } else if <$V>::ACCUMULATORS >= 4 && left >= 4 {
                const $B: usize = 4;
                $run
                $from += $B;
            } else if left >= 2 {
                const $B: usize = 2;
                $run
                $from += $B;
            } else {
                const $B: usize = 1;
                $run
                $from += $B;
            }
        }
    }};
}
pub(super) use blocks;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taps_agree_with_a_search() {
        for (input, kernel, stride, pad, dilation) in crate::kernels::tests::axes() {
            let span = dilation * (kernel - 1) + 1;
            if input + 2 * pad < span {
                continue;
            }
            let output = (input + 2 * pad - span) / stride + 1;
            let axis = Axis { input, output, kernel, stride, pad, dilation };
            let meets = |o: usize, k: usize| (o * stride + k * dilation).checked_sub(pad).filter(|i| *i < input);
            for o in 0..output {
                let wanted: std::vec::Vec<_> = (0..kernel).filter_map(|k| meets(o, k).map(|i| (k, i))).collect();
                let t = axis.forward(o);
                let found: std::vec::Vec<_> = (0..t.len).map(|n| (t.tap + n * t.tap_step, t.at + n * t.at_step)).collect();
                assert_eq!(found, wanted, "{axis:?} output {o}");
            }
            for i in 0..input {
                let wanted: std::vec::Vec<_> =
                    (0..kernel).flat_map(|k| (0..output).filter(move |o| meets(*o, k) == Some(i)).map(move |o| (k, o))).collect();
                let t = axis.backward(i);
                let found: std::vec::Vec<_> =
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
