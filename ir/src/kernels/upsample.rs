//! Upsampling.

/// Upsampling (`upsample/`).
#[macro_export]
macro_rules! upsample_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Upsampling (`upsample/`).

            /// The nearest position of x, as PyTorch chooses it.
            [both] upsample_nearest_forward(g: geometry[Upsample], x: value, y: output);
            /// Between the four nearest positions of x, linear down and across.
            [both] upsample_bilinear_forward(g: geometry[Upsample], x: value, y: output);
            /// Each number of x in the first position of its window of y; zeros beside it.
            [both] bed_of_nails_forward(g: geometry[Upsample], x: value, y: output);
            /// The gradient of each position of y goes to the nearest one of x.
            #[cfg(feature = "train")]
            [both] upsample_nearest_backward(g: geometry[Upsample], dy: gradient, dx: gradient_out, accumulate: flag);
            /// The gradient of each position of y goes to the four nearest ones of x.
            #[cfg(feature = "train")]
            [both] upsample_bilinear_backward(g: geometry[Upsample], dy: gradient, dx: gradient_out, accumulate: flag);
            /// The gradient of the first position of each window.
            #[cfg(feature = "train")]
            [both] bed_of_nails_backward(g: geometry[Upsample], dy: gradient, dx: gradient_out, accumulate: flag);
        } }
    };
}
