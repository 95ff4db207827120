//! Convolutions by Winograd's minimal filtering, samples in the lanes.

/// Winograd's minimal filtering with samples in the lanes (`winograd.rs`), for 3×3 kernels of stride 1 and 4×4 kernels of stride 2,
/// dilation 1, one group; scratch: `winograd_scratch` floats.
#[macro_export]
macro_rules! conv_winograd_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Winograd's minimal filtering with samples in the lanes (`winograd.rs`), for 3×3 kernels of stride 1 and 4×4 kernels of
            //! stride 2, dilation 1, one group; scratch: `winograd_scratch` floats.

            /// `y = conv(x, weight) + bias`; `bias` may be null.
            [chwn16] conv_winograd_forward(g: geometry[Conv], x: value, weight: param, bias: param[null], y: output, scratch: scratch);
            /// The gradient of x, or added to it.
            #[cfg(feature = "train")]
            [chwn16] conv_winograd_backward_input(g: geometry[Conv], dy: gradient, weight: param, dx: gradient_out, accumulate: flag, scratch: scratch);
            /// `y = conv_transpose(x, weight) + bias`; `bias` may be null.
            [chwn16] conv_transpose_winograd_forward(g: geometry[Conv], x: value, weight: param, bias: param[null], y: output, scratch: scratch);
            /// The gradient of a transposed convolution's x, or added to it.
            #[cfg(feature = "train")]
            [chwn16] conv_transpose_winograd_backward_input(g: geometry[Conv], dy: gradient, weight: param, dx: gradient_out, accumulate: flag, scratch: scratch);
        } }
    };
}

/// Weight gradients in Winograd's form (`winograd_weight.rs`); scratch: `winograd_weight_scratch` floats.
#[macro_export]
macro_rules! conv_winograd_weight_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Weight gradients in Winograd's form (`winograd_weight.rs`); scratch: `winograd_weight_scratch` floats.

            /// Adds the gradients of weight and bias; `dbias` may be null.
            #[cfg(feature = "train")]
            [chwn16] conv_winograd_backward_weight(g: geometry[Conv], x: value, dy: gradient, dweight: param_gradient, dbias: param_gradient[null], scratch: scratch);
            /// Adds the gradients of a transposed convolution's weight and bias; `dbias` may be null.
            #[cfg(feature = "train")]
            [chwn16] conv_transpose_winograd_backward_weight(g: geometry[Conv], x: value, dy: gradient, dweight: param_gradient, dbias: param_gradient[null], scratch: scratch);
        } }
    };
}
