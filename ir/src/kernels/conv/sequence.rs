//! Convolutions over the time of a sequence.

/// Convolutions over `[time, features]`, and transposed ones (`conv/sequence/direct.rs`): the sums as they stand.
#[macro_export]
macro_rules! conv1d_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Convolutions over `[time, features]`, and transposed ones (`conv/sequence/direct.rs`): the sums as they stand.

            /// `y = conv(x, weight) + bias`; `bias` may be null.
            [both] conv1d_forward(g: geometry[Conv1d], x: value, weight: param, bias: param[null], y: output);
            /// The gradient of x, or added to it.
            #[cfg(feature = "train")]
            [both] conv1d_backward_input(g: geometry[Conv1d], dy: gradient, weight: param, dx: gradient_out, accumulate: flag);
            /// Adds the gradients of weight and bias; `dbias` may be null.
            #[cfg(feature = "train")]
            [both] conv1d_backward_weight(g: geometry[Conv1d], x: value, dy: gradient, dweight: param_gradient, dbias: param_gradient[null]);
        } }
    };
}

/// Weight gradients over sequences of one group from an x with its features last (`conv/sequence/channels_last.rs`); scratch: `conv1d_channels_last_scratch` floats.
#[macro_export]
macro_rules! conv1d_channels_last_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Weight gradients over sequences of one group from an x with its features last (`conv/sequence/channels_last.rs`); scratch: `conv1d_channels_last_scratch` floats.

            /// Adds the gradients of weight and bias; `dbias` may be null.
            #[cfg(feature = "train")]
            [chwn16] conv1d_channels_last_backward_weight(g: geometry[Conv1d], x: value, dy: gradient, dweight: param_gradient, dbias: param_gradient[null], scratch: scratch);
        } }
    };
}

/// One step of a causal convolution of stride 1 (`conv/sequence/step.rs`): the inputs before are its state, `Conv1d::state_len` floats.
#[macro_export]
macro_rules! conv1d_step_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! One step of a causal convolution of stride 1 (`conv/sequence/step.rs`): the inputs before are its state, `Conv1d::state_len` floats.

            /// `y = conv(x and those before, weight) + bias`; `bias` may be null.
            [chw] conv1d_step(g: geometry[Conv1d], x: value, weight: param, bias: param[null], state: output, y: output);
            /// The same from packed weights, as `conv1d_pack` lays them out.
            [chw] conv1d_step_packed(g: geometry[Conv1d], x: value, packed: packed, state: output, y: output);
        } }
    };
}

/// Convolutions of a single sequence with packed weights (`conv/sequence/windows.rs`).
#[macro_export]
macro_rules! conv1d_packed_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Convolutions of a single sequence with packed weights (`conv/sequence/windows.rs`).

            /// `y = conv(x, weight) + bias` from packed weights.
            [chw] conv1d_forward_packed(g: geometry[Conv1d], x: value, packed: packed, y: output);
        } }
    };
}

/// The packing of their weights; `bias` may be null.
#[macro_export]
macro_rules! conv1d_pack_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! The packing of their weights; `bias` may be null.

            /// Packs a convolution over a sequence: `conv1d_packed_len` floats.
            [chw] conv1d_pack(g: geometry[Conv1d], weight: param, bias: param[null], packed: packed_out);
        } }
    };
}

/// Convolutions over sequences in `chw` across all samples of a batch (`conv/sequence/across.rs`): a share is some of the results.
#[macro_export]
macro_rules! conv1d_across_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Convolutions over sequences in `chw` across all samples of a batch (`conv/sequence/across.rs`): a share is some of the results. Scratch:
            //! `conv1d_scratch` floats for each share.

            /// `y = conv(x, weight) + bias`; `bias` may be null.
            #[cfg(feature = "train")]
            [across] conv1d_across_forward(g: geometry[Conv1d], x_samples: samples, x: value, weight: param, bias: param[null], y_samples: samples, y: output, scratch: scratch, share: share);
            /// The gradient of x, or added to it.
            #[cfg(feature = "train")]
            [across] conv1d_across_backward_input(g: geometry[Conv1d], y_samples: samples, dy: gradient, weight: param, x_samples: samples, dx: gradient_out, accumulate: flag, scratch: scratch, share: share);
            /// Adds the gradients of weight and bias; `dbias` may be null.
            #[cfg(feature = "train")]
            [across] conv1d_across_backward_weight(g: geometry[Conv1d], x_samples: samples, x: value, y_samples: samples, dy: gradient, dweight: param_gradient, dbias: param_gradient[null], scratch: scratch, share: share);
        } }
    };
}
