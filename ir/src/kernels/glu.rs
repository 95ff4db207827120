//! Gated linear units.

/// Gated linear units (`elementwise/glu.rs`).
#[macro_export]
macro_rules! glu_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Gated linear units (`elementwise/glu.rs`).

            /// `y = a · sigmoid(b)`, a and b the halves of x; zero where that is denormal.
            [both] glu_forward(g: geometry[Glu], x: value, y: output);
            /// `da (+)= dy · sigmoid(b)`, `db (+)= dy · a · sigmoid′(b)`
            #[cfg(feature = "train")]
            [both] glu_backward(g: geometry[Glu], x: value, dy: gradient, dx: gradient_out, accumulate: flag);
        } }
    };
}
