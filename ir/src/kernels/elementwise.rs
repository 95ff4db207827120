//! Element-wise kernels.

/// The kernels of every activation (`elementwise/activation.rs`), `len` vectors. All may run in place.
#[macro_export]
macro_rules! activation_kernels {
    ($then:ident $($with:tt)*) => { $crate::activations! { activation_kernels_of $then { $($with)* } } };
}

/// The kernels of [`activation_kernels!`], from the list of activations.
#[doc(hidden)]
#[macro_export]
macro_rules! activation_kernels_of {
    ($then:ident { $($with:tt)* } $($forward:ident $Name:ident $backward:ident;)*) => {
        $then! { $($with)* {
            $(
                /// `y = f(x)`; zero where that is denormal and the declaration says so.
                [both] $forward(f: activation[$Name], len: size, x: value, y: output);
                /// `dx (+)= dy · f′(x)`, from x or y, as `f.saved()` says.
                #[cfg(feature = "train")]
                [both] $backward(f: activation[$Name], len: size, saved: value, dy: gradient, dx: gradient_out, accumulate: flag);
            )*
        } }
    };
}

/// Activations with a learned parameter (`elementwise/learned.rs`). x and y, dy and dx may be the same.
#[macro_export]
macro_rules! learned_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            /// `y = x` where x > 0, else `slope · x`.
            [both] prelu_forward(g: geometry[PerChannel], x: value, slope: param, y: output);
            /// `dx (+)= dy` where x > 0, else `slope · dy`.
            #[cfg(feature = "train")]
            [both] prelu_backward_input(g: geometry[PerChannel], x: value, slope: param, dy: gradient, dx: gradient_out, accumulate: flag);
            /// Adds `x · dy` where x ≤ 0 to the gradient of the slope.
            #[cfg(feature = "train")]
            [both] prelu_backward_weight(g: geometry[PerChannel], x: value, slope: param, dy: gradient, dslope: param_gradient);
        } }
    };
}

/// Sums, differences and products (`elementwise/binary.rs`), `len` vectors. All may run in place.
#[macro_export]
macro_rules! elementwise_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Sums, differences and products (`elementwise/binary.rs`), `len` vectors. All may run in place.

            /// `y = a op b`; products are zero where they are denormal.
            [both] binary(g: geometry[Binary], a: value, b: value, y: output);
            /// `y = scale · x + shift`
            [both] affine(len: size, scale: number, shift: number, x: value, y: output);
            /// Makes gradients zero that are below `TINY`: those of a loss, or of another network.
            #[cfg(feature = "train")]
            [both] flush_gradient(len: size, dy: gradient_out);
            /// The gradient of a, or added to it; a and b are read as `BinaryOp::reads_for_a` says.
            #[cfg(feature = "train")]
            [both] binary_backward_a(g: geometry[Binary], dy: gradient, a: value[null], b: value[null], da: gradient_out, accumulate: flag);
            /// The gradient of b, or added to it; a and b are read as `BinaryOp::reads_for_b` says.
            #[cfg(feature = "train")]
            [both] binary_backward_b(g: geometry[Binary], dy: gradient, a: value[null], b: value[null], db: gradient_out, accumulate: flag);
            /// `dx (+)= scale · dy`
            #[cfg(feature = "train")]
            [both] affine_backward(len: size, scale: number, dy: gradient, dx: gradient_out, accumulate: flag);
        } }
    };
}

/// Operators between a value and a number, and powers (`elementwise/with_number.rs`). All may run in place.
#[macro_export]
macro_rules! number_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Operators between a value and a number, and powers (`elementwise/with_number.rs`). All may run in place.

            /// `y = x op number`, or `number op x`.
            [both] with_number(g: geometry[WithNumber], x: value, y: output);
            /// `y = x ^ exponent`
            [both] power(g: geometry[Power], x: value, y: output);
            /// The gradient of x, or added to it. At the number `max` and `min` pass nothing on, as PyTorch's `clamp`.
            #[cfg(feature = "train")]
            [both] with_number_backward(g: geometry[WithNumber], x: value, dy: gradient, dx: gradient_out, accumulate: flag);
            /// `dx (+)= exponent · x ^ (exponent − 1) · dy`
            #[cfg(feature = "train")]
            [both] power_backward(g: geometry[Power], x: value, dy: gradient, dx: gradient_out, accumulate: flag);
        } }
    };
}

/// Choices between two values (`elementwise/select.rs`).
#[macro_export]
macro_rules! select_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Choices between two values (`elementwise/select.rs`).

            /// `y = a` where the mask is not zero, else b.
            [both] select(g: geometry[Select], mask: value, a: value, b: value, y: output);
            /// The gradient of a, or added to it.
            #[cfg(feature = "train")]
            [both] select_backward_a(g: geometry[Select], mask: value, dy: gradient, da: gradient_out, accumulate: flag);
            /// The gradient of b, or added to it.
            #[cfg(feature = "train")]
            [both] select_backward_b(g: geometry[Select], mask: value, dy: gradient, db: gradient_out, accumulate: flag);
        } }
    };
}

/// Dropout (`elementwise/dropout.rs`).
#[macro_export]
macro_rules! dropout_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Dropout (`elementwise/dropout.rs`).

            /// Drops some of x and scales the rest; `count` samples are real.
            [both] dropout_forward(g: geometry[Dropout], key: key, first_sample: size, count: size, x: value, y: output);
            /// Puts some of x to the least value of a SELU and moves all so that mean and variance stay; its gradient is that of dropout.
            [both] alpha_dropout_forward(g: geometry[Dropout], key: key, first_sample: size, count: size, x: value, y: output);
            /// The gradient of x, or added to it.
            #[cfg(feature = "train")]
            [both] dropout_backward(g: geometry[Dropout], key: key, first_sample: size, count: size, dy: gradient, dx: gradient_out, accumulate: flag);
        } }
    };
}

/// The mean of several values (`elementwise/mean.rs`): one call for each, in order.
#[macro_export]
macro_rules! mean_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! The mean of several values (`elementwise/mean.rs`): one call for each, in order.

            /// The first value is written to y, others are added, and with the last y is divided by their number.
            [both] mean_forward(g: geometry[Mean], x: value, y: output);
            /// The same of values that are dropped, all of a sample or none, and of which one at least is kept; `count` samples are real.
            [both] mean_drop_forward(g: geometry[Mean], node: node, key: key, first_sample: size, count: size, x: value, y: output);
            /// The gradient of one value, or added to it.
            #[cfg(feature = "train")]
            [both] mean_backward(g: geometry[Mean], dy: gradient, dx: gradient_out, accumulate: flag);
            /// The gradient of one value that may be dropped, or added to it.
            #[cfg(feature = "train")]
            [both] mean_drop_backward(g: geometry[Mean], node: node, key: key, first_sample: size, count: size, dy: gradient, dx: gradient_out, accumulate: flag);
        } }
    };
}
