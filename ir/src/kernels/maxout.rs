//! Maxout.

/// Maxout (`maxout.rs`).
#[macro_export]
macro_rules! maxout_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Maxout (`maxout.rs`).

            /// The largest of each group of pieces, or NaN where one is.
            [both] maxout_forward(g: geometry[Maxout], x: value, y: output);
            /// The gradient of x, or added to it: that of y where the largest stood, the first of equals.
            #[cfg(feature = "train")]
            [both] maxout_backward(g: geometry[Maxout], x: value, dy: gradient, dx: gradient_out, accumulate: flag);
        } }
    };
}
