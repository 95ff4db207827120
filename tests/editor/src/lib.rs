//! A declaration that `main.rs` opens in rust-analyzer.

use fireclay::prelude::*;

network! {
    const WIDTH = 8;

    block Residual(value; channels) { value + (value -> inner: Conv(channels, 3, pad = 1) -> Relu) }

    /// A network.
    pub Small(image: [3, 8, 8]) -> (class: [10], other: [10]) {
        let trunk = image -> stem: Conv(WIDTH, 3, pad = 1);
        let (first, second) = split(trunk, 2);
        let class = concat(second, first) -> body: Residual(WIDTH) -> Flatten -> last: Dense(10);
        (class, other: first -> Flatten -> Dense(256) -> again: Dense(256) -> again -> LogSoftmax -> Dense(10))
    }
}

/// Fields that are labels.
#[must_use]
pub fn fields(net: &Small) -> f32 {
    net.stem.weight.as_slice()[0] + net.body.inner.bias.as_slice()[0]
}
