//! Reductions.

/// Sums, means, largest and smallest numbers over some axes (`reduce.rs`).
#[macro_export]
macro_rules! reduce_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Sums, means, largest and smallest numbers over some axes (`reduce.rs`).

            /// `y = op(x)` over the reduced axes.
            [both] reduce_forward(g: geometry[Reduce], x: value, y: output);
            /// The place of the largest number among those of a result, the first of several; NaN counts as the largest.
            [both] arg_max(g: geometry[Reduce], x: value, y: index_out);
            /// The gradient of x, or added to it; numbers that share the largest place share its gradient. x and y are read for `Max` and `Min` alone.
            #[cfg(feature = "train")]
            [both] reduce_backward(g: geometry[Reduce], x: value[null], y: value[null], dy: gradient, dx: gradient_out, accumulate: flag);
        } }
    };
}
