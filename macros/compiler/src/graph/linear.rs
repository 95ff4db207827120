//! The linear part of an operation as data: what is to be computed. Selection (`passes/select`) decides how.

use super::{Panel, Size};
use fireclay_ir::geometry::{Conv, Conv1d};

/// A product with weights. Parameter 0 is the weight, parameter 1 the bias, where there is one.
#[derive(Debug, Clone)]
pub enum Linear {
    /// A convolution; `exact`: its sums as they stand, no Winograd.
    Conv {
        /// The geometry.
        g: Conv,
        /// `#[fireclay(exact)]`
        exact: bool,
    },
    /// A transposed convolution: the input gradient of this convolution.
    ConvTranspose {
        /// The geometry of that convolution: from the output to the input.
        g: Conv,
        /// `#[fireclay(exact)]`
        exact: bool,
    },
    /// A convolution over time, or a transposed one.
    Conv1d {
        /// The geometry.
        g: Conv1d,
    },
    /// A dense layer.
    Dense {
        /// Rows of one sample, each a product of its own.
        rows: Size,
        /// Input features.
        inputs: Size,
        /// Output features.
        outputs: Size,
    },
    /// A factor and a summand for each channel: a batch norm by its running statistics.
    PerChannel {
        /// Channels.
        channels: usize,
        /// Both, packed for `chw16c`.
        panel: Panel,
    },
}
