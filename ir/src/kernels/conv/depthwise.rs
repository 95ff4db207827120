//! Depthwise convolutions.

/// Depthwise convolutions of a single sample in `chw` (`conv/depthwise/packed.rs`).
#[macro_export]
macro_rules! depthwise_packed_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Depthwise convolutions of a single sample in `chw` (`conv/depthwise/packed.rs`).

            /// `y = conv(x, weight) + bias` of each channel for itself, from packed weights.
            [chw] depthwise_forward_packed(g: geometry[Conv], x: value, packed: packed, y: output);
        } }
    };
}

/// How their weights are packed.
#[macro_export]
macro_rules! depthwise_pack_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! How their weights are packed.

            /// Packs a depthwise convolution: `depthwise_packed_len` floats; `bias` may be null.
            [chw] depthwise_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
        } }
    };
}

/// Depthwise convolutions of a single sample in `chw16c` (`conv/depthwise/chw16c.rs`).
#[macro_export]
macro_rules! depthwise_chw16c_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Depthwise convolutions of a single sample in `chw16c` (`conv/depthwise/chw16c.rs`).

            /// `y = max(low, conv(x, weight) + bias + add)` of each channel for itself; `add` may be null.
            [chw] depthwise_chw16c(g: geometry[Conv], x: value, packed: packed, add: residual[null], low: lower_bound, y: output);
        } }
    };
}

/// How their weights are packed.
#[macro_export]
macro_rules! depthwise_chw16c_pack_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! How their weights are packed.

            /// `depthwise_chw16c_len` floats; `bias` may be null.
            [chw] depthwise_chw16c_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
        } }
    };
}

/// Depthwise convolutions in training, in `chw16c` (`conv/depthwise/chw16c_train.rs`): a group for each channel, and as many filters.
#[macro_export]
macro_rules! depthwise_chw16c_forward_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Depthwise convolutions in training, in `chw16c` (`conv/depthwise/chw16c_train.rs`): a group for each channel, and as many filters.

            /// `y = conv(x, weight) + bias` of each channel for itself; `bias` may be null. Scratch: `depthwise_chw16c_train_scratch`, here and in the gradients.
            #[cfg(feature = "train")]
            [chw] depthwise_chw16c_forward(g: geometry[Conv], x: value, weight: param, bias: param[null], y: output, scratch: scratch);
        } }
    };
}

/// Their gradients.
#[macro_export]
macro_rules! depthwise_chw16c_backward_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Their gradients.

            /// The gradient of x, or added to it.
            #[cfg(feature = "train")]
            [chw] depthwise_chw16c_backward_input(g: geometry[Conv], dy: gradient, weight: param, dx: gradient_out, accumulate: flag, scratch: scratch);
            /// Adds the gradients of weight and bias; `dbias` may be null.
            #[cfg(feature = "train")]
            [chw] depthwise_chw16c_backward_weight(g: geometry[Conv], x: value, dy: gradient, dweight: param_gradient, dbias: param_gradient[null], scratch: scratch);
        } }
    };
}
