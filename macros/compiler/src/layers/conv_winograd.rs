//! Which convolutions are trained in Winograd's form, and what memory its kernels ask for.

use super::conv_op::Numbers;

impl Numbers {
    /// Whether there is a Winograd form of it that pays. With fewer than sixteen channels it gains little, and its rounding (1e-6 to 1e-5 of the
    /// largest output, where the plain sum has 1e-7) costs more.
    pub(super) fn minimal(&self) -> bool {
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
            && channels.min(filters) >= 16
            && [height, width, out_height, out_width].iter().all(|n| *n >= 4)
            && (fits(3, 1) || fits(4, 2) && pays(100))
    }

    /// As `winograd_scratch` of the kernels, which a test compares.
    pub(super) fn winograd_scratch(&self) -> usize {
        let ([channels, height, width], [filters, out_height, out_width]) = (self.input, self.output);
        let [stride, area] = [self.axes[0].stride, self.area()];
        let products = if self.axes[0].kernel == 3 { 36 } else { 25 };
        let walk = |sources: usize, results: usize, phases: usize, [height, width]: [usize; 2], step: usize| {
            let all = height.div_ceil(step).saturating_mul(width.div_ceil(step));
            let tiles = (256 / results).clamp(4, 16).min(all);
            let results = results.min(256).next_multiple_of(16).min(256 / tiles / 16 * 16);
            let sources = sources.min((256 / tiles).min(64) / phases);
            let depth = sources * phases;
            let apart = |vectors: usize| (vectors + 1) * 16;
            let products = products * (apart(depth) + apart(depth * tiles) + apart(results * tiles));
            products + sources * area * 16 + 256
        };
        let forward = walk(channels, filters, stride * stride, [out_height, out_width], 4);
        forward.max(walk(filters, channels, 1, [height, width], 4 * stride))
    }

    /// As `winograd_weight_scratch` of the kernels, which a test compares.
    pub(super) fn winograd_weight_scratch(&self) -> usize {
        let ([channels, ..], [filters, out_height, out_width]) = (self.input, self.output);
        let [stride, area] = [self.axes[0].stride, self.area()];
        let products = if self.axes[0].kernel == 3 { 36 } else { 25 };
        let all = out_height.div_ceil(4).saturating_mul(out_width.div_ceil(4));
        let tiles = (512 / filters).clamp(4, 16).min(all);
        let blocks = if tiles < 4 { 8 } else { 8_usize.div_ceil(tiles) };
        let channels = channels.min(blocks * 16 / (stride * stride));
        let apart = |vectors: usize| (vectors + 1) * 16;
        let gradients = filters.div_ceil(16).saturating_mul(products * apart(tiles * 16));
        let inputs = products * apart(tiles * channels * stride * stride);
        // Sums for taps, and the same turned or a tile of gradients turned.
        let taps = channels * area * 16;
        gradients.saturating_add(inputs + products * apart(16) + taps + taps.max(16 * 256))
    }
}
