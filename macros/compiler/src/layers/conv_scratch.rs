//! What the kernels of convolutions work in: the kernels' own formulas again, which tests compare.

use super::conv_op::Numbers;
use super::formula::Axis;
use crate::graph::Count;

/// How far the last tap lies from the first.
fn reach(axis: &Axis) -> usize {
    (axis.kernel - 1).saturating_mul(axis.dilation)
}

impl Numbers {
    /// As `conv_few_scratch` of the kernels, which a test compares.
    pub(super) fn few_scratch(&self, pooled: bool) -> Count {
        let by = if pooled { 2 } else { 1 };
        let [height, width] = [self.output[1] / by, self.output[2] / by];
        let step = |axis: &Axis| axis.stride.saturating_mul(by);
        let reach = |axis: &Axis| reach(axis).saturating_add(axis.stride.saturating_mul(by - 1));
        let [rows, cols] = &self.axes;
        let places = reach(cols).saturating_add(1).saturating_mul(step(rows));
        let row = self.input[0].saturating_mul(places).saturating_mul(width);
        let band = height.min((1_usize << 14).checked_div(row).unwrap_or(0).max(4));
        let plane = (band + reach(rows) / step(rows)).saturating_mul(width).saturating_add(16);
        let copies = if width.is_multiple_of(16) { 0 } else { places.saturating_mul(plane) };
        let read = band.saturating_sub(1).saturating_mul(step(rows)).saturating_add(reach(rows) + 1);
        let apart = step(cols).saturating_mul(width.next_multiple_of(16).saturating_add(reach(cols) / step(cols)));
        self.input[0].saturating_mul(copies.saturating_add(read.saturating_mul(apart))).into()
    }

    /// As `conv_transpose_few_scratch` of the kernels, which a test compares.
    pub(super) fn transposed_few_scratch(&self) -> Count {
        let ([channels, height, width], [_, out_height, out_width]) = (self.input, self.output);
        let taps = channels.saturating_mul(self.area()).saturating_add(15) / 16 * 16;
        let products = taps.saturating_mul(out_height).saturating_mul(out_width);
        products.saturating_add(channels.saturating_mul(height).saturating_mul(width)).into()
    }

    /// As `conv_blocked_minimal_scratch` of the kernels, which a test compares.
    pub(super) fn minimal_scratch(&self, plain: bool) -> Count {
        let ([channels, ..], [filters, height, width]) = (self.input, self.output);
        let tiles = width.div_ceil(2);
        let sources = if plain { channels } else { channels.next_multiple_of(16) };
        let results = filters.next_multiple_of(16);
        let products = sources.saturating_add(results).saturating_mul(tiles).saturating_mul(6);
        let room = (3_usize << 15).checked_div(products).unwrap_or(0);
        let band = height.min(if room > 4 { room - room % 2 } else { 4 });
        let rows = band + self.axes[0].kernel - 1;
        let from = sources.saturating_mul(rows).saturating_mul(tiles).saturating_add(if plain { 16 } else { 0 });
        let products = from.saturating_add(results.saturating_mul(band).saturating_mul(tiles)).saturating_mul(6);
        let apart = 2 * (tiles.next_multiple_of(16).saturating_add(2));
        products.saturating_add(if plain { channels.saturating_mul(rows).saturating_mul(apart) } else { 0 }).into()
    }

    /// As `turned_scratch` of the kernels, which a test compares.
    pub(super) fn turned_scratch(&self) -> usize {
        let ([channels, height, width], [filters, out_height, out_width]) = (self.input, self.output);
        let (channels, rows) = (channels.next_multiple_of(16), &self.axes[0]);
        let reach = |high: usize| (high - 1).saturating_mul(rows.stride).saturating_add(reach(rows) + 1);
        let floats = |high: usize| {
            let x = reach(high).saturating_mul(width).saturating_mul(channels);
            x.saturating_add(high.saturating_mul(out_width).saturating_mul(filters)).saturating_mul(16)
        };
        let (mut high, mut too_high) = (1, out_height.saturating_add(1));
        while high + 1 < too_high {
            let middle = high + (too_high - high) / 2;
            let fits = middle.saturating_mul(out_width) <= 64 || floats(middle) <= 3 << 16;
            if fits { high = middle } else { too_high = middle }
        }
        let turned = reach(high).min(height).saturating_mul(width).saturating_mul(16).saturating_mul(channels);
        turned.saturating_add(self.area().saturating_mul(6 * 4 * 16))
    }

    /// As `conv_blocked_winograd_scratch` of the kernels, which a test compares.
    pub(super) fn blocked_winograd_scratch(&self) -> Count {
        let tiles = self.output[1].div_ceil(4).saturating_mul(self.output[2].div_ceil(4));
        let vectors = self.input[0].div_ceil(16).saturating_add(self.output[0].div_ceil(16));
        vectors.saturating_mul(tiles.min((192 / vectors).max(24))).saturating_mul(36 * 16).into()
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
