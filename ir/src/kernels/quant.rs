//! Quantization, between `f32` and `i8`.

/// Quantization (`elementwise/quant.rs`), number by number.
#[macro_export]
macro_rules! quant_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Quantization (`elementwise/quant.rs`), number by number.

            /// `y = clamp(round(x / scale) + zero_point, −128, 127)`, ties to even; of NaN `zero_point`.
            [both] quantize_forward(g: geometry[Quant], x: value, y: output[i8]);
            /// `y = (x − zero_point) · scale`
            [both] dequantize_forward(g: geometry[Quant], x: value[i8], y: output);
            /// `dx (+)= dy / scale` where x was in range, 0 elsewhere and where it is NaN; dy is the gradient of the integer.
            #[cfg(feature = "train")]
            [both] quantize_backward(g: geometry[Quant], x: value, dy: gradient, dx: gradient_out, accumulate: flag);
            /// `dx (+)= dy · scale`, the gradient of the integer.
            #[cfg(feature = "train")]
            [both] dequantize_backward(g: geometry[Quant], dy: gradient, dx: gradient_out, accumulate: flag);
        } }
    };
}
