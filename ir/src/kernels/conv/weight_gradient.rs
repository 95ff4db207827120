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
