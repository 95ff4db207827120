//! The size formulas of windows along one axis. The tests compare them with a count of positions.

/// A window that moves along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    /// The positions of the kernel.
    pub kernel: usize,
    /// The distance from one window to the next.
    pub stride: usize,
    /// The distance between positions of the kernel.
    pub dilation: usize,
    /// The padding before.
    pub before: usize,
    /// The padding after.
    pub after: usize,
}

impl Axis {
    /// A window without padding or dilation.
    #[must_use]
    pub fn new(kernel: usize, stride: usize) -> Self {
        Self { kernel, stride, dilation: 1, before: 0, after: 0 }
    }

    /// The window with this padding.
    #[must_use]
    pub fn padded(mut self, (before, after): (usize, usize)) -> Self {
        (self.before, self.after) = (before, after);
        self
    }

    /// The extent of the kernel: `dilation·(kernel − 1) + 1`.
    #[must_use]
    pub fn extent(&self) -> usize {
        self.dilation * (self.kernel - 1) + 1
    }

    /// The largest kernel that fits `n` positions with this padding and dilation.
    #[must_use]
    pub fn largest_kernel(&self, n: usize) -> usize {
        (n + self.before + self.after - 1) / self.dilation + 1
    }

    /// The outputs of a convolution over `n`: `(n + pads − extent) / stride + 1`. `None` when the kernel does not fit.
    #[must_use]
    pub fn conv(&self, n: usize) -> Option<usize> {
        (n + self.before + self.after).checked_sub(self.extent()).map(|room| room / self.stride + 1)
    }

    /// The outputs of a pool; `ceil` lets a last window hang over the end, as long as it starts inside the input or the padding before it.
    #[must_use]
    pub fn pool(&self, n: usize, ceil: bool) -> Option<usize> {
        if !ceil {
            return self.conv(n);
        }
        let room = (n + self.before + self.after + self.stride - 1).checked_sub(self.extent())?;
        let outputs = room / self.stride + 1;
        let starts_late = (outputs - 1) * self.stride >= n + self.before;
        Some(outputs - usize::from(starts_late))
    }

    /// The outputs of a transposed convolution of `n` before the padding is cut off.
    fn written(&self, n: usize) -> usize {
        self.stride.saturating_mul(n - 1).saturating_add(self.extent())
    }

    /// The outputs of a transposed convolution: `stride·(n − 1) + output_pad + extent − pads`. `None` when nothing is left.
    #[must_use]
    pub fn transposed(&self, n: usize, output_pad: usize) -> Option<usize> {
        self.written(n).saturating_add(output_pad).checked_sub(self.before + self.after).filter(|&size| size > 0)
    }

    /// `output_pad = auto`: `(n + pads − extent) mod stride` (Dumoulin and Visin 2016, arXiv 1603.07285).
    #[must_use]
    pub fn auto_output_pad(&self, n: usize) -> usize {
        let (padded, extent) = (n + self.before + self.after, self.extent());
        // (padded − extent) mod stride, kept positive.
        (padded + (self.stride - extent % self.stride)) % self.stride
    }

    /// The limit that `output_pad` must stay below.
    #[must_use]
    pub fn output_pad_limit(&self) -> usize {
        self.stride.max(self.dilation)
    }

    /// The `output_pad` with which a transposed convolution of `n` gives `size`.
    #[must_use]
    pub fn output_pad_for(&self, n: usize, size: usize) -> Option<usize> {
        (size + self.before + self.after).checked_sub(self.written(n)).filter(|&pad| pad < self.output_pad_limit())
    }

    /// `pad = same`: the padding with which a convolution gives `ceil(n / stride)`, the odd one after.
    #[must_use]
    pub fn same(&self, n: usize) -> (usize, usize) {
        let total = ((n.div_ceil(self.stride) - 1) * self.stride + self.extent()).saturating_sub(n);
        (total / 2, total - total / 2)
    }

    /// `pad = same` of a transposed convolution, which gives `stride·n`: the padding, and the `output_pad` that goes with it.
    #[must_use]
    pub fn same_transposed(&self) -> ((usize, usize), usize) {
        let total = self.extent().saturating_sub(self.stride);
        ((total / 2, total - total / 2), self.stride.saturating_sub(self.extent()))
    }

    /// The first of `outputs` windows over `n` that sees only padding.
    #[must_use]
    pub fn blind_window(&self, n: usize, outputs: usize) -> Option<usize> {
        let blind = |window: usize| {
            let start = window * self.stride;
            // The first tap at or after the input's first position.
            let skip = self.before.saturating_sub(start).div_ceil(self.dilation);
            skip >= self.kernel || start + skip * self.dilation >= self.before + n
        };
        // Those that start before the input, as far as a tap may step over it or none reach it; then the first that starts behind it.
        let early = if self.dilation <= n && self.extent() > self.before { 0 } else { self.before.div_ceil(self.stride) };
        let late = (self.before + n).div_ceil(self.stride);
        (0..early.min(outputs)).chain([late]).find(|&window| window < outputs && blind(window))
    }
}

#[cfg(test)]
mod tests {
    use super::Axis;

    /// Calls `test` with every window of a grid.
    fn grid(mut test: impl FnMut(usize, Axis)) -> usize {
        let mut cases = 0;
        for n in 1..=25 {
            for kernel in 1..=5 {
                for stride in 1..=4 {
                    for dilation in 1..=3 {
                        for (before, after) in [(0, 0), (1, 1), (2, 2), (0, 1), (2, 0), (1, 3), (3, 4)] {
                            test(n, Axis { kernel, stride, dilation, before, after });
                            cases += 1;
                        }
                    }
                }
            }
        }
        cases
    }

    /// The last position (counted with the padding before) that the window starting at `start` reads.
    fn last(axis: &Axis, start: usize) -> usize {
        (0..axis.kernel).map(|tap| start + tap * axis.dilation).max().unwrap_or(start)
    }

    #[test]
    fn conv_counts_windows() {
        let cases = grid(|n, axis| {
            let padded = n + axis.before + axis.after;
            let count = (0..padded).step_by(axis.stride).filter(|&start| last(&axis, start) < padded).count();
            assert_eq!(axis.conv(n).unwrap_or(0), count, "{n} {axis:?}");
            let largest = (1..=padded).rev().find(|&kernel| Axis { kernel, ..axis }.conv(n).is_some());
            assert_eq!(Some(axis.largest_kernel(n)), largest, "{n} {axis:?}");
        });
        assert!(cases >= 10_000);
    }

    #[test]
    fn pool_counts_windows_until_the_end_is_covered() {
        let mut cases = 0;
        grid(|n, axis| {
            assert_eq!(axis.pool(n, false), axis.conv(n));
            // More padding than half a window is refused.
            if axis.before.max(axis.after) > axis.extent() / 2 {
                return;
            }
            cases += 1;
            let padded = n + axis.before + axis.after;
            let mut count = 0;
            for start in (0..).step_by(axis.stride) {
                let covered = start > 0 && last(&axis, start - axis.stride) + 1 >= padded;
                let outside = start >= axis.before + n;
                // As PyTorch: a first window that hangs over by a whole stride does not count.
                let hangs = start == 0 && last(&axis, 0) + 1 >= padded + axis.stride;
                if covered || outside || hangs {
                    break;
                }
                count += 1;
            }
            assert_eq!(axis.pool(n, true).unwrap_or(0), count, "{n} {axis:?}");
        });
        assert!(cases >= 5_000);
    }

    #[test]
    fn transposed_counts_what_is_written_and_conv_goes_back() {
        let mut cases = 0;
        grid(|n, axis| {
            for output_pad in 0..axis.output_pad_limit() {
                cases += 1;
                let written = (0..n).map(|i| last(&axis, i * axis.stride)).max().unwrap_or(0) + 1;
                let size = (written + output_pad).saturating_sub(axis.before + axis.after);
                assert_eq!(axis.transposed(n, output_pad).unwrap_or(0), size, "{n} {axis:?} {output_pad}");
                if size > 0 {
                    assert_eq!(axis.output_pad_for(n, size), Some(output_pad));
                    if output_pad < axis.stride {
                        assert_eq!(axis.conv(size), Some(n), "{n} {axis:?} {output_pad}");
                    }
                }
            }
        });
        assert!(cases >= 10_000);
    }

    #[test]
    fn auto_is_the_remainder() {
        grid(|n, axis| {
            let signed = |x: usize| i64::try_from(x).expect("small");
            let expected = (signed(n + axis.before + axis.after) - signed(axis.extent())).rem_euclid(signed(axis.stride));
            assert_eq!(signed(axis.auto_output_pad(n)), expected);
            assert!(axis.auto_output_pad(n) < axis.stride);
        });
    }

    #[test]
    fn same_gives_the_stated_size() {
        grid(|n, axis| {
            let (before, after) = axis.same(n);
            assert!(after == before || after == before + 1);
            assert_eq!(axis.padded((before, after)).conv(n), Some(n.div_ceil(axis.stride)), "{n} {axis:?}");
            if axis.stride == 1 && axis.kernel % 2 == 1 {
                assert_eq!((before, after), (axis.extent() / 2, axis.extent() / 2));
            }
            let (pads, output_pad) = axis.same_transposed();
            assert_eq!(axis.padded(pads).transposed(n, output_pad), Some(n * axis.stride));
        });
    }

    #[test]
    fn blind_windows_are_those_without_a_position() {
        grid(|n, axis| {
            let outputs = axis.pool(n, true).unwrap_or(0);
            let sees = |window: usize| {
                (0..axis.kernel).any(|tap| (axis.before..axis.before + n).contains(&(window * axis.stride + tap * axis.dilation)))
            };
            assert_eq!(axis.blind_window(n, outputs), (0..outputs).find(|&w| !sees(w)), "{n} {axis:?}");
        });
    }
}
