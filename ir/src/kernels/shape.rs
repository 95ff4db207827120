//! Copies and rows of a table.

/// Copies of blocks: concat and split (`copy.rs`).
#[macro_export]
macro_rules! copy_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Copies of blocks: concat and split (`copy.rs`).

            /// Copies blocks, or adds them to what is there. Of values or of gradients.
            [both] copy_blocks(g: geometry[Blocks], x: any, y: any_out, accumulate: flag);
            /// Copies blocks of indices: those that are an output, and something else besides.
            [both] copy_indices(g: geometry[Blocks], x: index, y: index_out);
        } }
    };
}

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
