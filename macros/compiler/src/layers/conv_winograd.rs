//! Which convolutions are done in Winograd's form.

use super::conv_op::Numbers;

impl Numbers {
    /// Whether there is a Winograd form of it that pays. With fewer than sixteen channels it gains little, and its rounding (1e-6 to 1e-5 of the
    /// largest output, where the plain sum has 1e-7) costs more.
    pub(super) fn minimal(&self) -> bool {
        self.minimal_with(16)
    }

    /// The same for one sample, whose filters fill vectors in any form: it pays with half a vector of them.
    pub(super) fn minimal_blocked(&self) -> bool {
        self.axes[0].kernel == 3 && self.minimal_with(8)
    }

    fn minimal_with(&self, least_filters: usize) -> bool {
        let ([channels, height, width], [filters, out_height, out_width]) = (self.input, self.output);
        let [rows, cols] = &self.axes;
        let fits = |kernel: usize, stride: usize| {
            [rows, cols]
                .iter()
                .all(|axis| [axis.kernel, axis.stride, axis.dilation] == [kernel, stride, 1] && axis.before < kernel)
        };
        // Products of a tile of 4 × 4 outputs, and what plain sums take for all outputs.
        let tiles = out_height.div_ceil(4).saturating_mul(out_width.div_ceil(4));
        let pays = |products: usize| {
            let plain = self.area().saturating_mul(out_height).saturating_mul(out_width);
            tiles.saturating_mul(products).saturating_mul(7) <= plain.saturating_mul(5)
        };
        self.groups == 1
            && channels >= 16
            && filters >= least_filters
            && [height, width, out_height, out_width].iter().all(|n| *n >= 4)
            && (fits(3, 1) || fits(4, 2) && pays(100))
    }
}
