//! Values that come of nothing, or of indices.

/// Values without an input, and what indices become (`constant.rs`).
#[macro_export]
macro_rules! constant_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Values without an input, and what indices become (`constant.rs`).

            /// `y = number`, `len` vectors.
            [both] fill(len: size, number: number, y: output);
            /// y is a parameter, the same for all samples.
            [both] param_value(len: size, param: param, y: output);
            /// For each of `len` indices a row of `bound` numbers, of which the one at the index is 1 and all others 0.
            [both] one_hot(len: size, bound: size, x: index, y: output);
            /// Copies `len` vectors, where they are not there already.
            [both] keep(len: size, x: value, y: output);
            /// Adds the gradient of a value that is a parameter.
            #[cfg(feature = "train")]
            [both] param_value_backward(len: size, dy: gradient, dparam: param_gradient);
        } }
    };
}
