//! Embeddings.

/// Embeddings (`embedding.rs`).
#[macro_export]
macro_rules! embedding_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Embeddings (`embedding.rs`).

            /// y from x, whose indices are below the number of rows.
            [both] embedding_forward(g: geometry[Embedding], x: index, weight: param, y: output);
            /// Adds the gradient of the weight.
            #[cfg(feature = "train")]
            [both] embedding_backward(g: geometry[Embedding], x: index, dy: gradient, dweight: param_gradient);
        } }
    };
}
