//! Batch norms, group norms, norms along an axis, local response normalization.

/// Batch norms (`norm/batch_norm.rs`).
#[macro_export]
macro_rules! batch_norm_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Batch norms (`norm/batch_norm.rs`).

            /// Of each channel the mean and the sum of squared deviations, `[channels][2]`, over the `count` real samples of a micro-batch.
            [both] batch_norm_statistics(g: geometry[BatchNorm], x: value, count: size, stats: statistics_out);
            /// Normalizes by the batch's statistics; γ and β may be null. With `relu` a ReLU comes after it, in this and in the gradients.
            [both] batch_norm_normalize(g: geometry[BatchNorm], x: value, gamma: param[null], beta: param[null], shared: statistics, relu: flag, y: output);
            /// Normalizes by the running statistics; γ and β may be null. May run in place.
            [both] batch_norm_eval(g: geometry[BatchNorm], x: value, gamma: param[null], beta: param[null], running_mean: param, running_var: param, y: output);
        } }
    };
}

/// The barriers of batch norms (`norm/batch_norm.rs`).
#[macro_export]
macro_rules! batch_norm_barrier_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! The barriers of batch norms (`norm/batch_norm.rs`).

            /// Merges the statistics of all micro-batches of `lanes` samples, which stand `stride` floats apart, in order (Chan et al. 1979): mean
            /// and `1 / √(σ² + ε)`, `[channels][2]`; moves the running ones, whose variance is unbiased.
            #[cfg(feature = "train")]
            [barrier] batch_norm_merge(g: geometry[BatchNorm], stats: statistics, stride: size, samples: size, lanes: size, running_mean: buffer, running_var: buffer, shared: statistics_out);
        } }
    };
}

/// Gradients of batch norms (`norm/batch_norm_backward.rs`).
#[macro_export]
macro_rules! batch_norm_backward_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Gradients of batch norms (`norm/batch_norm_backward.rs`).

            /// For each channel the sums of dy and of dy · x̂ over a micro-batch, `[channels][2]`.
            #[cfg(feature = "train")]
            [both] batch_norm_backward_sums(g: geometry[BatchNorm], x: value, dy: gradient, gamma: param[null], beta: param[null], shared: statistics, relu: flag, stats: statistics_out);
            /// The gradient of x, or added to it, in training; zero in padding lanes.
            #[cfg(feature = "train")]
            [both] batch_norm_backward(g: geometry[BatchNorm], x: value, dy: gradient, gamma: param[null], beta: param[null], shared: statistics, sums: statistics, relu: flag, samples: size, count: size, dx: gradient_out, accumulate: flag);
            /// The gradient of x, or added to it, by the running statistics.
            #[cfg(feature = "train")]
            [both] batch_norm_eval_backward(g: geometry[BatchNorm], dy: gradient, gamma: param[null], running_var: param, dx: gradient_out, accumulate: flag);
            /// Adds the gradients of γ and β (which may be null) by the running statistics.
            #[cfg(feature = "train")]
            [both] batch_norm_eval_backward_params(g: geometry[BatchNorm], x: value, dy: gradient, running_mean: param, running_var: param, dgamma: param_gradient[null], dbeta: param_gradient[null]);
        } }
    };
}

/// The barriers of their gradients (`norm/batch_norm_backward.rs`).
#[macro_export]
macro_rules! batch_norm_backward_barrier_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! The barriers of their gradients (`norm/batch_norm_backward.rs`).

            /// Merges the sums of all micro-batches of `lanes` samples, which stand `stride` floats apart; adds the gradients of γ and β, which may be null.
            #[cfg(feature = "train")]
            [barrier] batch_norm_backward_merge(g: geometry[BatchNorm], stats: statistics, stride: size, samples: size, lanes: size, sums: statistics_out, dgamma: param_gradient[null], dbeta: param_gradient[null]);
        } }
    };
}

/// Batch norms folded into the weight before them (`norm/fold.rs`).
#[macro_export]
macro_rules! fold_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Batch norms folded into the weight before them (`norm/fold.rs`).

            /// Folds a batch norm with running statistics into the weight and bias before it: `w' = w · γ / √(σ² + ε)`,
            /// `b' = (b − μ) · γ / √(σ² + ε) + β`.
            [chw] fold_batch_norm(g: geometry[Fold], weight: param, bias: param[null], gamma: param[null], beta: param[null], mean: param, var: param, to_weight: packed_out, to_bias: packed_out);
        } }
    };
}

/// Batch norms by their running statistics (`norm/chw16c.rs`).
#[macro_export]
macro_rules! batch_norm_chw16c_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Batch norms by their running statistics (`norm/chw16c.rs`).

            /// `y = max(low, batch_norm(x) + add)`; `add` may be null.
            [chw] batch_norm_chw16c(g: geometry[BatchNorm], x: value, packed: packed, add: residual[null], low: lower_bound, y: output);
        } }
    };
}

/// The packing of their numbers.
#[macro_export]
macro_rules! batch_norm_chw16c_pack_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! The packing of their numbers.

            /// `batch_norm_chw16c_len` floats; γ and β may be null.
            [chw] batch_norm_chw16c_pack(g: geometry[BatchNorm], gamma: param[null], beta: param[null], running_mean: param, running_var: param, packed: packed_out);
        } }
    };
}

/// Batch norms in training (`norm/batch_norm_chw16c.rs`).
#[macro_export]
macro_rules! batch_norm_chw16c_train_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Batch norms in training (`norm/batch_norm_chw16c.rs`).

            /// Of each channel the mean and the sum of squared deviations, `[channels][2]`, over one sample; `count` is 1.
            #[cfg(feature = "train")]
            [chw] batch_norm_chw16c_statistics(g: geometry[BatchNorm], x: value, count: size, stats: statistics_out);
            /// Normalizes by the batch's statistics; γ and β may be null. With `relu` a ReLU comes after it, in this and in the gradients.
            #[cfg(feature = "train")]
            [chw] batch_norm_chw16c_normalize(g: geometry[BatchNorm], x: value, gamma: param[null], beta: param[null], shared: statistics, relu: flag, y: output);
            /// Normalizes by the running statistics; γ and β may be null. May run in place.
            #[cfg(feature = "train")]
            [chw] batch_norm_chw16c_eval(g: geometry[BatchNorm], x: value, gamma: param[null], beta: param[null], running_mean: param, running_var: param, y: output);
            /// For each channel the sums of dy and of dy · x̂ over one sample, `[channels][2]`.
            #[cfg(feature = "train")]
            [chw] batch_norm_chw16c_backward_sums(g: geometry[BatchNorm], x: value, dy: gradient, gamma: param[null], beta: param[null], shared: statistics, relu: flag, stats: statistics_out);
            /// The gradient of x, or added to it, in training; `count` is 1.
            #[cfg(feature = "train")]
            [chw] batch_norm_chw16c_backward(g: geometry[BatchNorm], x: value, dy: gradient, gamma: param[null], beta: param[null], shared: statistics, sums: statistics, relu: flag, samples: size, count: size, dx: gradient_out, accumulate: flag);
            /// The gradient of x, or added to it, by the running statistics.
            #[cfg(feature = "train")]
            [chw] batch_norm_chw16c_eval_backward(g: geometry[BatchNorm], dy: gradient, gamma: param[null], running_var: param, dx: gradient_out, accumulate: flag);
            /// Adds the gradients of γ and β (which may be null) by the running statistics.
            #[cfg(feature = "train")]
            [chw] batch_norm_chw16c_eval_backward_params(g: geometry[BatchNorm], x: value, dy: gradient, running_mean: param, running_var: param, dgamma: param_gradient[null], dbeta: param_gradient[null]);
        } }
    };
}

/// Group norms (`norm/group_norm.rs`).
#[macro_export]
macro_rules! group_norm_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Group norms (`norm/group_norm.rs`).

            /// Normalizes each group of channels by its own statistics, `[groups][2]`: mean and `1 / √(σ² + ε)`. γ and β may be null.
            [both] group_norm_forward(g: geometry[GroupNorm], x: value, gamma: param[null], beta: param[null], y: output, stats: output);
            /// What the gradients are made of: `[2][channels]`, of each channel the sum of dy, and that of dy times what x is above the mean.
            #[cfg(feature = "train")]
            [both] group_norm_backward_sums(g: geometry[GroupNorm], x: value, stats: value, dy: gradient, sums: gradient_out);
            /// The gradient of x, or added to it.
            #[cfg(feature = "train")]
            [both] group_norm_backward_input(g: geometry[GroupNorm], x: value, stats: value, sums: gradient, gamma: param[null], dy: gradient, dx: gradient_out, accumulate: flag);
            /// Adds the gradients of γ and β, which may be null.
            #[cfg(feature = "train")]
            [both] group_norm_backward_params(g: geometry[GroupNorm], stats: value, sums: gradient, dgamma: param_gradient[null], dbeta: param_gradient[null]);
        } }
    };
}

/// Norms along an axis: layer norms, RMS norms, L2 norms (`norm/axis_norm.rs`).
#[macro_export]
macro_rules! axis_norm_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Norms along an axis: layer norms, RMS norms, L2 norms (`norm/axis_norm.rs`).

            /// Normalizes each row by its own statistics, `[outer][inner][2]`: what is taken off, and what it is multiplied by. γ and β, one for
            /// each number of a row, may be null.
            [both] axis_norm_forward(g: geometry[AxisNorm], x: value, gamma: param[null], beta: param[null], y: output, stats: output);
            /// The gradient of x, or added to it.
            #[cfg(feature = "train")]
            [both] axis_norm_backward_input(g: geometry[AxisNorm], x: value, stats: value, gamma: param[null], dy: gradient, dx: gradient_out, accumulate: flag);
            /// Adds the gradients of γ and β, which may be null.
            #[cfg(feature = "train")]
            [both] axis_norm_backward_params(g: geometry[AxisNorm], x: value, stats: value, dy: gradient, dgamma: param_gradient[null], dbeta: param_gradient[null]);
        } }
    };
}

/// Local response normalization (`norm/lrn.rs`).
#[macro_export]
macro_rules! lrn_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Local response normalization (`norm/lrn.rs`).

            /// `y = x · base^−β` with `base = k + α · Σ x² / window` over neighboring channels; keeps the bases unless they are null.
            [both] lrn_forward(g: geometry[Lrn], x: value, y: output, bases: output[null]);
            /// The gradient of x, or added to it; works in as many numbers as x has.
            #[cfg(feature = "train")]
            [both] lrn_backward(g: geometry[Lrn], x: value, bases: value, dy: gradient, dx: gradient_out, accumulate: flag, scratch: scratch);
        } }
    };
}
