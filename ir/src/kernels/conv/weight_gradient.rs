//! Weight gradients of convolutions, beside the direct ones and those of Winograd.

/// Weight gradients of one group from an x with its channels last (`conv/weight_gradient/channels_last.rs`); scratch: `channels_last_scratch` floats.
#[macro_export]
macro_rules! conv_channels_last_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Weight gradients of one group from an x with its channels last (`conv/weight_gradient/channels_last.rs`); scratch: `channels_last_scratch`
            //! floats.

            /// Adds the gradients of weight and bias; `dbias` may be null.
            #[cfg(feature = "train")]
            [chwn16] conv_channels_last_backward_weight(g: geometry[Conv], x: value, dy: gradient, dweight: param_gradient, dbias: param_gradient[null], scratch: scratch);
            /// Adds the gradients of a transposed convolution's weight and bias; `dbias` may be null.
            #[cfg(feature = "train")]
            [chwn16] conv_transpose_channels_last_backward_weight(g: geometry[Conv], x: value, dy: gradient, dweight: param_gradient, dbias: param_gradient[null], scratch: scratch);
        } }
    };
}

/// Weight gradients of a single sample in `chw16c` (`conv/weight_gradient/chw16c.rs`), where `conv_chw16c_fits`; scratch: `conv_chw16c_train_scratch`
/// floats.
#[macro_export]
macro_rules! conv_chw16c_weight_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Weight gradients of a single sample in `chw16c` (`conv/weight_gradient/chw16c.rs`), where `conv_chw16c_fits`; scratch:
            //! `conv_chw16c_train_scratch` floats.

            /// Adds the gradients of weight and bias; `dbias` may be null.
            #[cfg(feature = "train")]
            [chw] conv_chw16c_backward_weight(g: geometry[Conv], x: value, dy: gradient, dweight: param_gradient, dbias: param_gradient[null], scratch: scratch);
            /// Adds the gradients of a transposed convolution's weight and bias; `dbias` may be null.
            #[cfg(feature = "train")]
            [chw] conv_transpose_chw16c_backward_weight(g: geometry[Conv], x: value, dy: gradient, dweight: param_gradient, dbias: param_gradient[null], scratch: scratch);
        } }
    };
}
