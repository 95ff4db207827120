//! Pools.

/// Pools (`pool/`).
#[macro_export]
macro_rules! pool_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Pools (`pool/`).

            /// The largest of each window; NaN wins.
            [both] max_pool_forward(g: geometry[Pool], x: value, y: output);
            /// The same, and where it stands, a `u32`: `row · width + column`, the first of equals, the last NaN.
            [both] max_pool_indices_forward(g: geometry[Pool], x: value, y: output, indices: index_out);
            /// The mean of each window; the divisor is PyTorch's (a window is cut at height + pad_after before it counts).
            [both] avg_pool_forward(g: geometry[Pool], x: value, y: output);
            /// The gradient goes to the largest of each window.
            #[cfg(feature = "train")]
            [both] max_pool_backward(g: geometry[Pool], x: value, dy: gradient, dx: gradient_out, accumulate: flag);
            /// The gradient is shared among each window's positions.
            #[cfg(feature = "train")]
            [both] avg_pool_backward(g: geometry[Pool], dy: gradient, dx: gradient_out, accumulate: flag);
        } }
    };
}
