//! Products of values, and the weights of an attention.

/// Products of matrices that are both values (`product.rs`).
#[macro_export]
macro_rules! product_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Products of matrices that are both values (`product.rs`).

            /// `y = scale · a · b`
            [both] product_forward(g: geometry[Product], a: value, b: value, y: output);
            /// `y = scale · a · b`, or added to it: a gradient, and so one of a and b.
            #[cfg(feature = "train")]
            [both] product_backward(g: geometry[Product], a: any, b: any, y: gradient_out, accumulate: flag);
        } }
    };
}

/// The weights of an attention (`attend.rs`).
#[macro_export]
macro_rules! attend_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! The weights of an attention (`attend.rs`).

            /// A softmax over each row of p, in place: if it is causal over the numbers up to the diagonal, behind which are zeros.
            [both] attend_forward(g: geometry[Attend], p: output);
            /// The gradient of what p was before, in place of dp.
            #[cfg(feature = "train")]
            [both] attend_backward(g: geometry[Attend], p: value, dp: gradient_out);
        } }
    };
}
