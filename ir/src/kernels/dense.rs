//! Dense layers.

/// Dense layers (`dense/forward.rs`).
#[macro_export]
macro_rules! dense_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Dense layers (`dense/forward.rs`).

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

/// Dense layers with the weight of another one, transposed (`dense/tied.rs`).
#[macro_export]
macro_rules! dense_tied_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Dense layers with the weight of another one, transposed (`dense/tied.rs`): its rows are inputs.

            /// `y = weightᵀ · x + bias`; `bias` may be null.
            [both] dense_tied_forward(g: geometry[Dense], x: value, weight: param, bias: param[null], y: output);
            /// The gradient of x, or added to it.
            #[cfg(feature = "train")]
            [both] dense_tied_backward_input(g: geometry[Dense], dy: gradient, weight: param, dx: gradient_out, accumulate: flag);
            /// Adds the gradients of weight and bias, of which each may be null. Scratch: `Dense::SCRATCH` floats per output and row at once (`Dense::ROWS`).
            #[cfg(feature = "train")]
            [both] dense_tied_backward_weight(g: geometry[Dense], x: value, dy: gradient, dweight: param_gradient[null], dbias: param_gradient[null], scratch: scratch);
        } }
    };
}

/// Weight gradients of dense layers (`dense/weight_gradient.rs`).
#[macro_export]
macro_rules! dense_weight_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Weight gradients of dense layers (`dense/weight_gradient.rs`).

            /// Adds the gradients of weight and bias; `dbias` may be null. Scratch: `Dense::SCRATCH` floats per input and row at once (`Dense::ROWS`).
            #[cfg(feature = "train")]
            [both] dense_backward_weight(g: geometry[Dense], x: value, dy: gradient, dweight: param_gradient, dbias: param_gradient[null], scratch: scratch);
            /// Saves the operands of the weight gradient of the whole batch, for a layer of one row: `Dense::saved_len` floats.
            #[cfg(feature = "train")]
            [chwn16] dense_save(g: geometry[Dense], x: value, dy: gradient, saved: statistics_out);
            /// Adds a share of the gradients of weight and bias, of all micro-batches, whose operands `dense_save` saved `stride` floats apart; `dbias` may be null.
            #[cfg(feature = "train")]
            [batch] dense_batch_weight(g: geometry[Dense], saved: statistics, stride: size, samples: size, dweight: param_gradient, dbias: param_gradient[null], share: share);
        } }
    };
}

/// Dense layers of one row in `chw` across all samples of a batch (`dense/across.rs`): a share is some of the results.
#[macro_export]
macro_rules! dense_across_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Dense layers of one row in `chw` across all samples of a batch (`dense/across.rs`): a share is some of the results.

            /// `y = weight · x + bias`; `bias` may be null.
            #[cfg(feature = "train")]
            [across] dense_across_forward(g: geometry[Dense], x_samples: samples, x: value, weight: param, bias: param[null], y_samples: samples, y: output, share: share);
            /// The gradient of x, or added to it.
            #[cfg(feature = "train")]
            [across] dense_across_backward_input(g: geometry[Dense], y_samples: samples, dy: gradient, weight: param, x_samples: samples, dx: gradient_out, accumulate: flag, share: share);
            /// Adds the gradients of weight and bias; `dbias` may be null.
            #[cfg(feature = "train")]
            [across] dense_across_backward_weight(g: geometry[Dense], x_samples: samples, x: value, y_samples: samples, dy: gradient, dweight: param_gradient, dbias: param_gradient[null], share: share);
        } }
    };
}

/// Dense layers of several rows in `chw` across all samples of a batch (`dense/rows_across.rs`): a share is some of the results.
#[macro_export]
macro_rules! dense_rows_across_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Dense layers of several rows in `chw` across all samples of a batch (`dense/rows_across.rs`): a share is some of the results. Scratch:
            //! `rows_scratch` floats for each share.

            /// `y = weight · x + bias`; `bias` may be null.
            #[cfg(feature = "train")]
            [across] dense_rows_across_forward(g: geometry[Dense], x_samples: samples, x: value, weight: param, bias: param[null], y_samples: samples, y: output, scratch: scratch, share: share);
            /// The gradient of x, or added to it.
            #[cfg(feature = "train")]
            [across] dense_rows_across_backward_input(g: geometry[Dense], y_samples: samples, dy: gradient, weight: param, x_samples: samples, dx: gradient_out, accumulate: flag, scratch: scratch, share: share);
            /// Adds the gradients of weight and bias; `dbias` may be null.
            #[cfg(feature = "train")]
            [across] dense_rows_across_backward_weight(g: geometry[Dense], x_samples: samples, x: value, y_samples: samples, dy: gradient, dweight: param_gradient, dbias: param_gradient[null], scratch: scratch, share: share);
        } }
    };
}

/// Dense layers of a single sample with packed weights (`dense/packed.rs`).
#[macro_export]
macro_rules! dense_packed_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Dense layers of a single sample with packed weights (`dense/packed.rs`).

            /// `y = weight · x + bias` from packed weights.
            [chw] dense_forward_packed(g: geometry[Dense], x: value, packed: packed, y: output);
        } }
    };
}

/// The packing of their weights; `bias` may be null.
#[macro_export]
macro_rules! dense_pack_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! The packing of their weights; `bias` may be null.

            /// Packs a dense layer: `dense_packed_len` floats.
            [chw] dense_pack(g: geometry[Dense], weight: param, bias: param[null], packed: packed_out);
        } }
    };
}

/// Dense layers over a vector of features (`dense/chw16c.rs`); weights as `dense_pack` lays them out.
#[macro_export]
macro_rules! dense_chw16c_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Dense layers over a vector of features (`dense/chw16c.rs`); weights as `dense_pack` lays them out.

            /// `y = max(low, weight · x + bias + add)` of one row; `add` may be null. A share is some of the outputs.
            [chw] dense_chw16c(g: geometry[Dense], x: value, packed: packed, add: residual[null], low: lower_bound, y: output, share: share);
        } }
    };
}
