//! Dense layers.

/// Dense layers (`dense.rs`).
#[macro_export]
macro_rules! dense_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Dense layers (`dense.rs`).

            /// `y = weight · x + bias`; `bias` may be null.
            [both] dense_forward(g: geometry[Dense], x: value, weight: param, bias: param[null], y: output);
            /// `y += weight · x`
            [both] dense_add(g: geometry[Dense], x: value, weight: param, y: output);
            /// The gradient of x, or added to it.
            #[cfg(feature = "train")]
            [both] dense_backward_input(g: geometry[Dense], dy: gradient, weight: param, dx: gradient_out, accumulate: flag);
        } }
    };
}

/// Weight gradients of dense layers (`dense_weight.rs`).
#[macro_export]
macro_rules! dense_weight_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Weight gradients of dense layers (`dense_weight.rs`).

            /// Adds the gradients of weight and bias; `dbias` may be null. Scratch: `Dense::SCRATCH` floats per input and row at once (`Dense::ROWS`).
            #[cfg(feature = "train")]
            [both] dense_backward_weight(g: geometry[Dense], x: value, dy: gradient, dweight: param_gradient, dbias: param_gradient[null], scratch: scratch);
            /// Keeps what the weight gradient of the whole batch takes of a micro-batch, for a layer of one row: `Dense::kept` floats.
            #[cfg(feature = "train")]
            [chwn16] dense_keep(g: geometry[Dense], x: value, dy: gradient, kept: statistics_out);
            /// Adds a share of the gradients of weight and bias, of all micro-batches that `dense_keep` kept `stride` floats apart; `dbias` may be null.
            #[cfg(feature = "train")]
            [batch] dense_batch_weight(g: geometry[Dense], kept: statistics, stride: size, samples: size, dweight: param_gradient, dbias: param_gradient[null], share: share);
        } }
    };
}
