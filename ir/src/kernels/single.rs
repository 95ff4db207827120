//! A single sample with packed weights.

/// A single sample whose channels are maps, with packed weights (`packed.rs`).
#[macro_export]
macro_rules! packed_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! A single sample whose channels are maps, with packed weights (`packed.rs`).

            /// `y = conv(x, weight) + bias` from packed weights.
            [chw] conv_forward_packed(g: geometry[Conv], x: value, packed: packed, y: output);
            /// `y = weight · x + bias` from packed weights.
            [chw] dense_forward_packed(g: geometry[Dense], x: value, packed: packed, y: output);
        } }
    };
}

/// How weights are packed (`packed.rs`); `bias` may be null.
#[macro_export]
macro_rules! pack_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! How weights are packed (`packed.rs`); `bias` may be null.

            /// Packs a convolution: `conv_packed_len` floats.
            [chw] conv_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
            /// Packs a dense layer: `dense_packed_len` floats.
            [chw] dense_pack(g: geometry[Dense], weight: param, bias: param[null], packed: packed_out);
            /// Folds a batch norm with running statistics into the weight and bias before it: `w' = w · γ / √(σ² + ε)`,
            /// `b' = (b − μ) · γ / √(σ² + ε) + β`.
            [chw] fold_batch_norm(g: geometry[Fold], weight: param, bias: param[null], gamma: param[null], beta: param[null], mean: param, var: param, to_weight: packed_out, to_bias: packed_out);
        } }
    };
}

/// Depthwise convolutions of a single sample (`packed_depthwise.rs`).
#[macro_export]
macro_rules! packed_depthwise_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Depthwise convolutions of a single sample (`packed_depthwise.rs`).

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
