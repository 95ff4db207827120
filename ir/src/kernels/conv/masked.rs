//! Masked convolutions.

/// Masked convolutions (`conv/masked.rs`): stride 1, one group, padded so that the middle of the kernel lies on the output's pixel. Weights under the mask
/// are not read.
#[macro_export]
macro_rules! conv_masked_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Masked convolutions (`conv/masked.rs`): stride 1, one group, padded so that the middle of the kernel lies on the output's pixel. Weights
            //! under the mask are not read.

            /// `y = conv(x, masked weight) + bias`; `bias` may be null.
            [both] conv_masked_forward(g: geometry[Conv], mask: geometry[Mask], x: value, weight: param, bias: param[null], y: output);
            /// The gradient of x, or added to it.
            #[cfg(feature = "train")]
            [both] conv_masked_backward_input(g: geometry[Conv], mask: geometry[Mask], dy: gradient, weight: param, dx: gradient_out, accumulate: flag);
        } }
    };
}

/// Zeros under the mask (`conv/masked.rs`).
#[macro_export]
macro_rules! conv_mask_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Zeros under the mask (`conv/masked.rs`).

            /// Of a weight that is packed, or of the gradient of one; nothing where it is null.
            [both] conv_mask(g: geometry[Conv], mask: geometry[Mask], weight: param_gradient[null]);
        } }
    };
}
