//! Weights that are made of parameters: norms and masks.

/// Weights that are made of parameters, once per batch or where weights are packed (`norm/weight.rs`).
#[macro_export]
macro_rules! weight_norm_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Weights that are made of parameters, once per batch or where weights are packed (`norm/weight.rs`).

            /// `w = g · v / ‖v‖` for each row of the weight (Salimans and Kingma 2016).
            [chw] weight_norm(g: geometry[WeightRows], magnitude: param, direction: param, weight: packed_out);
            /// The magnitudes with which the weight is the direction: its lengths.
            [chw] weight_norm_start(g: geometry[WeightRows], direction: param, magnitude: buffer);
            /// Adds the gradients of magnitude and direction.
            #[cfg(feature = "train")]
            [chw] weight_norm_backward(g: geometry[WeightRows], magnitude: param, direction: param, dweight: gradient, dmagnitude: param_gradient, ddirection: param_gradient);
            /// `W / σ` with `σ = uᵀ·W·v` (Miyato et al. 2018); keeps σ, u and v for the gradient, unless `saved` is null.
            [chw] spectral_norm(g: geometry[WeightRows], original: param, u: param, v: param, weight: packed_out, saved: output[null]);
            /// So many steps of the power iteration that `u` and `v` come from.
            [chw] power_iteration(g: geometry[WeightRows], steps: size, original: param, u: buffer, v: buffer);
            /// Adds the gradient of `W`, for which `u` and `v` are constants; `weight` is `W / σ`.
            #[cfg(feature = "train")]
            [chw] spectral_norm_backward(g: geometry[WeightRows], weight: param, saved: value, dweight: gradient, doriginal: param_gradient);
            /// What the mask leaves of a weight, and zeros (van den Oord et al. 2016, arXiv 1601.06759).
            [chw] weight_mask(mask: geometry[Mask], from: param, weight: packed_out);
            /// Adds the gradient of what the mask leaves.
            #[cfg(feature = "train")]
            [chw] weight_mask_backward(mask: geometry[Mask], dweight: gradient, dfrom: param_gradient);
        } }
    };
}
