//! Direct convolutions.

/// Direct convolutions (`conv/direct/kernels.rs`): the sums as they stand.
#[macro_export]
macro_rules! conv_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Direct convolutions (`conv/direct/kernels.rs`): the sums as they stand.

            /// `y = conv(x, weight) + bias`; `bias` may be null.
            [both] conv_forward(g: geometry[Conv], x: value, weight: param, bias: param[null], y: output);
            /// The gradient of x, or added to it.
            #[cfg(feature = "train")]
            [both] conv_backward_input(g: geometry[Conv], dy: gradient, weight: param, dx: gradient_out, accumulate: flag);
            /// Adds the gradients of weight and bias; `dbias` may be null.
            #[cfg(feature = "train")]
            [both] conv_backward_weight(g: geometry[Conv], x: value, dy: gradient, dweight: param_gradient, dbias: param_gradient[null]);
            /// `y = conv_transpose(x, weight) + bias`; `bias` may be null. The geometry is that of the convolution from y to x, and the weight is laid
            /// out as that convolution's.
            [both] conv_transpose_forward(g: geometry[Conv], x: value, weight: param, bias: param[null], y: output);
            /// The gradient of a transposed convolution's x, or added to it.
            #[cfg(feature = "train")]
            [both] conv_transpose_backward_input(g: geometry[Conv], dy: gradient, weight: param, dx: gradient_out, accumulate: flag);
            /// Adds the gradients of a transposed convolution's weight and bias; `dbias` may be null.
            #[cfg(feature = "train")]
            [both] conv_transpose_backward_weight(g: geometry[Conv], x: value, dy: gradient, dweight: param_gradient, dbias: param_gradient[null]);
        } }
    };
}

/// Direct convolutions of a single sample in `chw` with packed weights (`conv/direct/packed.rs`).
#[macro_export]
macro_rules! conv_packed_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Direct convolutions of a single sample in `chw` with packed weights (`conv/direct/packed.rs`).

            /// `y = conv(x, weight) + bias` from packed weights.
            [chw] conv_forward_packed(g: geometry[Conv], x: value, packed: packed, y: output);
        } }
    };
}

/// How their weights are packed; `bias` may be null.
#[macro_export]
macro_rules! conv_pack_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! How their weights are packed; `bias` may be null.

            /// Packs a convolution: `conv_packed_len` floats.
            [chw] conv_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
        } }
    };
}

/// Direct convolutions of a single sample in `chw16c` (`conv/direct/chw16c.rs`): `y = max(low, conv(x, weight) + bias +
/// add)`; `add` may be null.
#[macro_export]
macro_rules! conv_chw16c_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Direct convolutions of a single sample in `chw16c` (`conv/direct/chw16c.rs`): `y = max(low, conv(x,
            //! weight) + bias + add)`; `add` may be null. A share is some of the filters, or of the rows.

            /// Reads `chw16c`.
            [chw] conv_chw16c(g: geometry[Conv], x: value, packed: packed, add: residual[null], low: lower_bound, y: output, share: share);
            /// Reads `chw`.
            [chw] conv_chw16c_from_chw(g: geometry[Conv], x: value, packed: packed, add: residual[null], low: lower_bound, y: output, share: share);
            /// A transposed convolution; reads `chw16c`.
            [chw] conv_transpose_chw16c(g: geometry[Conv], x: value, packed: packed, add: residual[null], low: lower_bound, y: output, share: share);
            /// A transposed convolution; reads `chw`.
            [chw] conv_transpose_chw16c_from_chw(g: geometry[Conv], x: value, packed: packed, add: residual[null], low: lower_bound, y: output, share: share);
        } }
    };
}

/// How their weights are packed: `conv_chw16c_len` floats; `bias` may be null.
#[macro_export]
macro_rules! conv_chw16c_pack_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! How their weights are packed: `conv_chw16c_len` floats; `bias` may be null.

            /// For `conv_chw16c`.
            [chw] conv_chw16c_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
            /// For `conv_chw16c_from_chw`.
            [chw] conv_chw16c_from_chw_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
            /// For `conv_transpose_chw16c`.
            [chw] conv_transpose_chw16c_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
            /// For `conv_transpose_chw16c_from_chw`.
            [chw] conv_transpose_chw16c_from_chw_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
        } }
    };
}

/// Training of a single sample in `chw16c` by direct sums (`conv/direct/train_chw16c.rs`), where `conv_chw16c_fits`; scratch:
/// `conv_chw16c_train_scratch` floats.
#[macro_export]
macro_rules! conv_chw16c_train_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Training of a single sample in `chw16c` by direct sums (`conv/direct/train_chw16c.rs`), where `conv_chw16c_fits`; scratch:
            //! `conv_chw16c_train_scratch` floats.

            /// `y = conv(x, weight) + bias`; `bias` may be null.
            #[cfg(feature = "train")]
            [chw] conv_chw16c_forward(g: geometry[Conv], x: value, weight: param, bias: param[null], y: output, scratch: scratch);
            /// The gradient of x, or added to it.
            #[cfg(feature = "train")]
            [chw] conv_chw16c_backward_input(g: geometry[Conv], dy: gradient, weight: param, dx: gradient_out, accumulate: flag, scratch: scratch);
            /// `y = conv_transpose(x, weight) + bias`; `bias` may be null.
            #[cfg(feature = "train")]
            [chw] conv_transpose_chw16c_forward(g: geometry[Conv], x: value, weight: param, bias: param[null], y: output, scratch: scratch);
            /// The gradient of a transposed convolution's x, or added to it.
            #[cfg(feature = "train")]
            [chw] conv_transpose_chw16c_backward_input(g: geometry[Conv], dy: gradient, weight: param, dx: gradient_out, accumulate: flag, scratch: scratch);
        } }
    };
}

/// Training in `chw16c` across all samples of a batch by direct sums (`conv/direct/across.rs`, `weight_gradient/across.rs`), where
/// `conv_chw16c_fits`: the weight of some filters is packed once for all samples, and a share is some of the results. Scratch:
/// `conv_across_scratch` floats for each share.
#[macro_export]
macro_rules! conv_across_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Training in `chw16c` across all samples of a batch by direct sums (`conv/direct/across.rs`, `weight_gradient/across.rs`), where
            //! `conv_chw16c_fits`: the weight of some filters is packed once for all samples, and a share is some of the results. Scratch:
            //! `conv_across_scratch` floats for each share.

            /// `y = conv(x, weight) + bias`; `bias` may be null.
            #[cfg(feature = "train")]
            [across] conv_across_forward(g: geometry[Conv], samples: samples, x: value, weight: param, bias: param[null], y: output, scratch: scratch, share: share);
            /// The gradient of x, or added to it.
            #[cfg(feature = "train")]
            [across] conv_across_backward_input(g: geometry[Conv], samples: samples, dy: gradient, weight: param, dx: gradient_out, accumulate: flag, scratch: scratch, share: share);
            /// Adds the gradients of weight and bias; `dbias` may be null.
            #[cfg(feature = "train")]
            [across] conv_across_backward_weight(g: geometry[Conv], samples: samples, x: value, dy: gradient, dweight: param_gradient, dbias: param_gradient[null], scratch: scratch, share: share);
            /// `y = conv_transpose(x, weight) + bias`; `bias` may be null.
            #[cfg(feature = "train")]
            [across] conv_transpose_across_forward(g: geometry[Conv], samples: samples, x: value, weight: param, bias: param[null], y: output, scratch: scratch, share: share);
            /// The gradient of a transposed convolution's x, or added to it.
            #[cfg(feature = "train")]
            [across] conv_transpose_across_backward_input(g: geometry[Conv], samples: samples, dy: gradient, weight: param, dx: gradient_out, accumulate: flag, scratch: scratch, share: share);
            /// Adds the gradients of a transposed convolution's weight and bias; `dbias` may be null.
            #[cfg(feature = "train")]
            [across] conv_transpose_across_backward_weight(g: geometry[Conv], samples: samples, x: value, dy: gradient, dweight: param_gradient, dbias: param_gradient[null], scratch: scratch, share: share);
        } }
    };
}
