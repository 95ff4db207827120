//! Convolutions with samples in the lanes, or of a single sample as it stands.

/// Direct convolutions (`conv.rs`): the sums as they stand.
#[macro_export]
macro_rules! conv_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Direct convolutions (`conv.rs`): the sums as they stand.

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

/// Weight gradients of one group from an x with its channels last (`conv_weight_channels_last.rs`); scratch: `channels_last_scratch` floats.
#[macro_export]
macro_rules! conv_channels_last_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Weight gradients of one group from an x with its channels last (`conv_weight_channels_last.rs`); scratch: `channels_last_scratch`
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
