//! Pools.

use super::Axis;

/// The sizes of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// The channels of x and y.
    pub channels: usize,
    /// The height of x.
    pub height: usize,
    /// The width of x.
    pub width: usize,
    /// The height of y.
    pub out_height: usize,
    /// The width of y.
    pub out_width: usize,
    /// The height and width of a window.
    pub kernel: [usize; 2],
    /// The strides down and across.
    pub stride: [usize; 2],
    /// The padding before, down and across.
    pub pad: [usize; 2],
    /// The padding after, down and across; only a mean needs it.
    pub pad_after: [usize; 2],
    /// The dilations down and across.
    pub dilation: [usize; 2],
    /// Whether a mean counts the positions of the padding too.
    pub count_pad: bool,
    /// Whether the windows share x evenly, as far as that goes ([`Pool::share`]); kernel, stride and padding say nothing then, and the dilation is 1.
    pub adaptive: bool,
}

impl Pool {
    /// The axes down and across.
    #[inline]
    #[must_use]
    pub const fn axes(&self) -> [Axis; 2] {
        [self.axis(0, [self.height, self.out_height]), self.axis(1, [self.width, self.out_width])]
    }

    #[inline]
    const fn axis(&self, which: usize, sizes: [usize; 2]) -> Axis {
        Axis::of(which, sizes, [self.kernel, self.stride, self.pad, self.dilation], false)
    }

    /// From where to where the `o`-th window of an adaptive pool reaches, down (0) or across (1): from `⌊o·n / m⌋` to `⌈(o + 1)·n / m⌉`, as PyTorch's.
    /// Windows overlap where m does not divide n.
    #[inline]
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "at most the positions of x")]
    pub const fn share(&self, axis: usize, o: usize) -> [usize; 2] {
        let (n, m) = if axis == 0 { (self.height, self.out_height) } else { (self.width, self.out_width) };
        if m == 0 {
            return [0, 0];
        }
        // Products may not fit 32 bits.
        let (o, n, m) = (o as u64, n as u64, m as u64);
        [(o * n / m) as usize, ((o + 1) * n).div_ceil(m) as usize]
    }

    /// Whether its windows are 2×2, side by side and without padding.
    #[inline]
    #[must_use]
    pub fn four(&self) -> bool {
        let fits = self.out_height <= self.height / 2 && self.out_width <= self.width / 2;
        !self.adaptive && fits && [self.kernel, self.stride] == [[2, 2]; 2] && self.pad == [0, 0] && self.dilation == [1, 1]
    }
}
