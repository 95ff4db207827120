//! Unpooling.

/// Unpooling (`unpool.rs`).
#[macro_export]
macro_rules! unpool_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Unpooling (`unpool.rs`).

            /// Each number of x where its index says, in the map of its channel; zeros elsewhere. Of several that go to one place the last one stays.
            [both] max_unpool_forward(g: geometry[Unpool], x: value, indices: index, y: output);
            /// The gradient of where each number went.
            #[cfg(feature = "train")]
            [both] max_unpool_backward(g: geometry[Unpool], indices: index, dy: gradient, dx: gradient_out, accumulate: flag);
        } }
    };
}
